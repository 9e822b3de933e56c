"""Renewing time stamps: years later, with other keys, old proofs still stand; else they say why not."""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lre_kit.letters.values import Letter
from lre_kit.office import LEASE, PostOffice
from lre_kit.proofs.auditing.audit import UNCOVERED, audit_office
from lre_kit.proofs.keys.authorities_file import write_authorities
from lre_kit.proofs.keys.keys import create_keys
from lre_kit.proofs.report import Report, Result
from lre_kit.proofs.rows import CheckpointRow, RenewalLeafRow, RenewalRow, RenewalTileRow
from lre_kit.proofs.sealing.exhibit import Exhibit, ExhibitError, parse_exhibit
from lre_kit.proofs.stamping.renewal import RENEWALS_MAX, archive_digest, covered_digest
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.settings import Settings
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.forking import ForkingPython
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

YEAR = timedelta(days=365)
JUST_BEFORE = 5 * YEAR - timedelta(days=60)
"""Within the margin before the end of a certificate of five years."""


@dataclass
class Story:
    """An office through the years: it is closed, its time-stamp key is replaced, it is opened again."""

    folder: Path
    clock: MovedClock
    generation: int = 0

    @property
    def home(self) -> Path:
        return self.folder / "office"

    def first(self) -> PostOffice:
        return throwaway_office(self.home, clock=self.clock)

    def open(self) -> PostOffice:
        from lre_kit.testing.courier import MemoryCourier

        tsa_file = self.folder / "authorities.toml" if self.generation else None
        made = Settings(home=self.home, base_url="https://notices.example", tsa_file=tsa_file)
        return PostOffice.open(made, clock=self.clock, courier=MemoryCourier())

    def new_tsa_key(self) -> None:
        """Put another key and certificate of the built-in authority in place; the former root retires."""
        fresh, keys = self.folder / f"fresh{self.generation}", self.home / "keys"
        create_keys(fresh, provider_name="Office", origin="notices.example/lre-log", clock=self.clock)
        root = (keys / "tsa.pem").read_text().split("-----END CERTIFICATE-----\n")[-2]
        (self.folder / f"former{self.generation}.pem").write_text(root + "-----END CERTIFICATE-----\n")
        for file in fresh.glob("tsa*"):
            shutil.copy(file, keys / file.name)
        self.generation += 1
        retired = "".join(
            f'[[authority]]\nname = "former {n}"\nanchor_file = "former{n}.pem"\nretired = true\n'
            for n in range(self.generation)
        )
        own = '[[authority]]\nname = "own"\nurl = "builtin"\n'
        (self.folder / "authorities.toml").write_text(own + retired)

    def anchors(self, office: PostOffice) -> Anchors:
        office.keys.write_trust(self.folder / "trust")
        write_authorities(self.folder / "trust", office.settings)
        return Anchors.load(self.folder / "trust")


def begin(folder: Path, letters: int = 1) -> tuple[Story, list[Letter]]:
    story = Story(folder, MovedClock())
    with story.first() as office:
        made = []
        for _ in range(letters):
            made.append(deposit_sample(office))
            office.run_until_idle()
        office.desk.accept(made[0].id, identify(office, made[0]))
        office.run_until_idle()
        office.issuer.export(made[0].id, folder / "early")
    return story, made


@dataclass
class Made:
    folder: Path
    anchors: Anchors
    later: datetime
    exhibit: Exhibit


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("restamp")
    story, letters = begin(folder)
    story.clock.advance(JUST_BEFORE)
    story.new_tsa_key()
    with story.open() as office:
        office.run_until_idle()
        assert audit_office(office).findings == []
        office.issuer.export(letters[0].id, folder / "late")
        anchors = story.anchors(office)
        exhibit = office.issuer.exhibits(letters[0].id)[0].exhibit
    return Made(folder, anchors, story.clock() + YEAR, exhibit)


def is_erasure(exhibit: Exhibit) -> bool:
    """Tell whether it is of the act that erased the content: new when the old acts are stamped again."""
    return str(exhibit.record["ERDSEventId"]).endswith("ContentErasure")


def reasons(report: Report) -> list[tuple[str, str]]:
    return [(c.name, c.sub_indication) for c in report.checks if c.result is not Result.PASSED]


def checked(exhibit: Exhibit, made: Made, folder: Path, at: datetime | None = None) -> Report:
    (folder / "exhibit.json").write_bytes(exhibit.to_bytes())
    return verify_path(folder / "exhibit.json", made.anchors, at=at or made.later)


def test_renewed_proofs_still_stand_when_the_first_certificate_has_ended(made: Made) -> None:
    exhibits = sorted((made.folder / "late" / "evidence").glob("*.json"))
    assert len(exhibits) >= 3
    for path in exhibits:
        report = verify_path(path, made.anchors, at=made.later)
        assert report.result is Result.PASSED, report.checks
        if "ContentErasure" in path.name:
            continue  # the content's span was over by then: this act is new, and under the new key
        (step,) = (check for check in report.checks if check.name == "renewal")
        assert "renewal 1 of 1: made on" in step.reason
        assert json.loads(path.read_bytes())["format"] == "lre-exhibit/2"


def test_openssl_agrees_with_what_a_renewal_covers(made: Made, tmp_path: Path) -> None:
    (renewal,) = made.exhibit.renewals
    digest = covered_digest(made.exhibit.checkpoint, [made.exhibit.token], renewal)
    assert digest is not None
    (tmp_path / "token").write_bytes(renewal.token)
    at = str(int(made.later.timestamp()))
    command = ["openssl", "ts", "-verify", "-token_in", "-in", str(tmp_path / "token"), "-attime", at,
               "-CAfile", str(made.folder / "trust" / "tsa-ca.pem"), "-digest"]  # fmt: skip
    good = subprocess.run([*command, digest.hex()], capture_output=True, check=False)
    assert b"Verification: OK" in good.stdout + good.stderr
    other = subprocess.run([*command, bytes(32).hex()], capture_output=True, check=False)
    assert b"Verification: OK" not in other.stdout + other.stderr


def test_a_renewed_letters_proof_is_made_anew_and_carries_the_renewals(made: Made) -> None:
    for path in sorted((made.folder / "late" / "proofs").iterdir()):
        report = verify_path(path, made.anchors, at=made.later)
        evidence = [check for check in report.checks if ".json" in check.subject]
        assert {check.result for check in evidence} == {Result.PASSED}
        assert any(check.name == "renewal" for check in evidence)


def test_without_renewal_the_same_proof_says_that_nothing_shows_its_age(made: Made) -> None:
    """F4.04: a time stamp's certificate that ended."""
    for path in sorted((made.folder / "early" / "evidence").glob("*.json")):
        assert json.loads(path.read_bytes())["format"] == "lre-exhibit/1"
        assert verify_path(path, made.anchors, at=made.later - 2 * YEAR).result is Result.PASSED
        report = verify_path(path, made.anchors, at=made.later)
        assert report.result is Result.INDETERMINATE
        assert reasons(report) == [("time stamp", "OUT_OF_BOUNDS_NO_POE")]


def test_the_renewals_own_certificate_ends_too(made: Made, tmp_path: Path) -> None:
    report = checked(made.exhibit, made, tmp_path, at=made.later + 5 * YEAR)
    assert reasons(report) == [("renewal", "OUT_OF_BOUNDS_NO_POE")]


def test_who_does_not_trust_the_renewing_authority_gets_no_pass(made: Made, tmp_path: Path) -> None:
    first_only = replace(made.anchors, timestamp=made.anchors.timestamp[:1])
    assert len(made.anchors.timestamp) == 2
    (tmp_path / "exhibit.json").write_bytes(made.exhibit.to_bytes())
    report = verify_path(tmp_path / "exhibit.json", first_only, at=made.later)
    assert reasons(report) == [("renewal", "NO_CERTIFICATE_CHAIN_FOUND")]


def test_each_wrong_renewal_fails_with_its_own_reason(made: Made, tmp_path: Path) -> None:
    (renewal,) = made.exhibit.renewals
    wrong = {
        "path leads nowhere": replace(renewal, size=renewal.index),
        "does not cover": replace(renewal, path=(bytes(32), *renewal.path[1:])),
        "signature": replace(renewal, token=renewal.token[:-3] + b"\x00" + renewal.token[-2:]),
        "format": replace(renewal, token=b"none"),
    }
    for reason, changed in wrong.items():
        report = checked(replace(made.exhibit, renewals=(changed,)), made, tmp_path)
        assert report.result is Result.FAILED
        assert any(reason in c.reason for c in report.checks if c.name == "renewal"), reason


def test_a_renewal_of_another_token_does_not_serve(made: Made, tmp_path: Path) -> None:
    (renewal,) = made.exhibit.renewals
    doubled = replace(made.exhibit, renewals=(renewal, renewal))
    report = checked(doubled, made, tmp_path)
    assert report.result is Result.FAILED
    assert reasons(report) == [("renewal", "HASH_FAILURE")]


def test_the_exhibit_has_one_form_with_renewals_too(made: Made) -> None:
    raw = made.exhibit.to_bytes()
    assert parse_exhibit(raw) == made.exhibit
    for old, new in ((b"lre-exhibit/2", b"lre-exhibit/1"), (b'"renewals"', b'"renewalz"')):
        with pytest.raises(ExhibitError):
            parse_exhibit(raw.replace(old, new))
    plain = replace(made.exhibit, renewals=()).to_bytes()
    with pytest.raises(ExhibitError):
        parse_exhibit(plain.replace(b"lre-exhibit/1", b"lre-exhibit/2"))
    with pytest.raises(ExhibitError):
        parse_exhibit(replace(made.exhibit, renewals=made.exhibit.renewals * (RENEWALS_MAX + 1)).to_bytes())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_changed_bit_of_a_renewal_passes(made: Made, tmp_path: Path, place: float, bit: int) -> None:
    raw = bytearray(made.exhibit.to_bytes())
    begin = raw.index(b'"renewals"')
    raw[begin + int(place * (len(raw) - begin))] ^= 1 << bit
    (tmp_path / "exhibit.json").write_bytes(raw)
    assert verify_path(tmp_path / "exhibit.json", made.anchors, at=made.later).result is not Result.PASSED


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_no_changed_bit_of_a_renewals_token_passes(
    made: Made, tmp_path: Path, place: float, bit: int
) -> None:
    (renewal,) = made.exhibit.renewals
    token = bytearray(renewal.token)
    token[int(place * len(token))] ^= 1 << bit
    changed = replace(made.exhibit, renewals=(replace(renewal, token=bytes(token)),))
    assert checked(changed, made, tmp_path).result is not Result.PASSED


def test_a_certificate_whose_country_is_no_country_is_a_report_and_no_crash(
    made: Made, tmp_path: Path
) -> None:
    (renewal,) = made.exhibit.renewals
    organisation, country = b"\x06\x03\x55\x04\x0a", b"\x06\x03\x55\x04\x06"
    assert organisation in renewal.token
    changed = replace(renewal, token=renewal.token.replace(organisation, country))
    report = checked(replace(made.exhibit, renewals=(changed,)), made, tmp_path)
    assert report.result is Result.FAILED


@given(
    one=st.tuples(st.text(max_size=9), st.lists(st.binary(max_size=9), max_size=3)),
    other=st.tuples(st.text(max_size=9), st.lists(st.binary(max_size=9), max_size=3)),
)
def test_no_two_lists_of_tokens_are_framed_alike(
    one: tuple[str, list[bytes]], other: tuple[str, list[bytes]]
) -> None:
    assert (archive_digest(*one) == archive_digest(*other)) == (one == other)


def test_the_framing_is_the_documented_one() -> None:
    framed = b"lre-kit/renewal-leaf/1\x00" + bytes(7) + b"\x02" + b"no" + bytes(7) + b"\x03" + b"tok"
    assert archive_digest("no", [b"tok"]) == sha256(framed).digest()


# --- the duty -----------------------------------------------------------------------------------


def renewals(office: PostOffice) -> list[tuple[int, bool]]:
    table = table_of(RenewalRow)
    with office.database.read() as connection:
        rows = connection.execute(select(table.c.size, table.c.token).order_by(table.c.id)).all()
    return [(row.size, row.token is not None) for row in rows]


def planned(office: PostOffice) -> list[datetime]:
    table = table_of(DutyRow)
    query = select(table.c.due_at).where(table.c.action == "restamp").order_by(table.c.due_at)
    with office.database.read() as connection:
        return list(connection.execute(query).scalars())


def test_one_duty_is_planned_per_certificate_and_one_token_serves_all(tmp_path: Path) -> None:
    story, _ = begin(tmp_path, letters=3)
    with story.open() as office:
        end = office.keys.tsa_certificate.not_valid_after_utc
        assert planned(office) == [end - timedelta(days=90)]
        with office.database.read() as connection:
            stamped = connection.execute(select(table_of(CheckpointRow).c.size)).all()
    assert len(stamped) >= 4
    story.clock.advance(JUST_BEFORE)
    story.new_tsa_key()
    with story.open() as office:
        office.run_until_idle()
        assert (len(stamped), True) in renewals(office)
        assert planned(office) == [office.keys.tsa_certificate.not_valid_after_utc - timedelta(days=90)]
        before = renewals(office)
        office.run_until_idle()
        assert renewals(office) == before


def test_until_a_longer_certificate_is_there_the_duty_waits_and_says_so(tmp_path: Path) -> None:
    story, _ = begin(tmp_path)
    story.clock.advance(JUST_BEFORE)
    with story.open() as office:
        office.run_until_idle()
        assert all(not done for _, done in renewals(office))
        (due,) = planned(office)
        assert timedelta(days=1) < due - story.clock() < timedelta(days=20)
        assert audit_office(office).findings == []
    story.clock.advance(timedelta(days=20))
    story.new_tsa_key()
    with story.open() as office:
        office.run_until_idle()
        assert [done for _, done in renewals(office)] == [True]
        assert audit_office(office).findings == []


def test_a_renewal_made_too_late_is_kept_but_proves_nothing(tmp_path: Path) -> None:
    story, letters = begin(tmp_path)
    story.clock.advance(6 * YEAR)
    story.new_tsa_key()
    with story.open() as office:
        office.run_until_idle()
        (exhibit, *_) = office.issuer.exhibits(letters[0].id)
        (tmp_path / "e.json").write_bytes(exhibit.exhibit.to_bytes())
        report = verify_path(tmp_path / "e.json", story.anchors(office), at=story.clock())
    assert reasons(report) == [("renewal", "OUT_OF_BOUNDS_NO_POE")]
    assert any("made too late" in check.reason for check in report.checks)


def test_renewals_are_renewed_and_the_chain_is_followed(tmp_path: Path) -> None:
    story, letters = begin(tmp_path)
    for _ in range(3):
        story.clock.advance(JUST_BEFORE)
        story.new_tsa_key()
        with story.open() as office:
            office.run_until_idle()
            assert audit_office(office).findings == []
    with story.open() as office:
        anchors = story.anchors(office)
        exhibit = office.issuer.exhibits(letters[0].id)[0].exhibit
    assert len(exhibit.renewals) == 3
    (tmp_path / "e.json").write_bytes(exhibit.to_bytes())
    later = story.clock() + YEAR
    report = verify_path(tmp_path / "e.json", anchors, at=later)
    assert report.result is Result.PASSED, report.checks
    for left in (exhibit.renewals[1:], exhibit.renewals[::2], exhibit.renewals[::-1], exhibit.renewals[:-1]):
        (tmp_path / "e.json").write_bytes(replace(exhibit, renewals=left).to_bytes())
        assert verify_path(tmp_path / "e.json", anchors, at=later).result is not Result.PASSED


DRIVER = """
import sys
from datetime import timedelta
from pathlib import Path
from lre_kit.failpoints import arm_from_environment
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
home, tsa_file, ahead_s = sys.argv[1:]
clock = MovedClock()
clock.advance(timedelta(seconds=float(ahead_s)))
made = Settings(home=Path(home), base_url="https://notices.example", tsa_file=Path(tsa_file))
arm_from_environment()
PostOffice.open(made, clock=clock, courier=MemoryCourier()).run_until_idle()
"""


@pytest.mark.parametrize("place", ["restamp.gathered", "restamp.stamped", "restamp.before_commit"])
def test_a_renewal_that_was_killed_is_taken_up_again(
    tmp_path: Path, place: str, forking: ForkingPython
) -> None:
    story, letters = begin(tmp_path)
    story.clock.advance(JUST_BEFORE)
    story.new_tsa_key()
    arguments = [str(story.home), str(tmp_path / "authorities.toml"), str(JUST_BEFORE.total_seconds())]
    environment = {"LRE_FAILPOINTS": f"{place}=kill"}
    assert forking.run(DRIVER, *arguments, environment=environment) == -9, forking.complaints
    with story.open() as office:
        assert [done for _, done in renewals(office)] == [False]
        assert audit_office(office).findings == []
        story.clock.advance(2 * LEASE)
        office.run_until_idle()
        assert [done for _, done in renewals(office)] == [True]
        assert audit_office(office).findings == []
        old = [e.exhibit for e in office.issuer.exhibits(letters[0].id) if not is_erasure(e.exhibit)]
        assert [len(each.renewals) for each in old] == [1] * len(old)


def test_the_operator_may_renew_at_once(tmp_path: Path) -> None:
    story, letters = begin(tmp_path)
    story.clock.advance(YEAR)
    story.new_tsa_key()
    with story.open() as office:
        office.run_until_idle()
        assert renewals(office) == []
        assert office.restamper.bring_forward() >= 1
        office.run_until_idle()
        assert len(office.issuer.exhibits(letters[0].id)[0].exhibit.renewals) == 1


# --- the audit ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def renewed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audited")
    story, _ = begin(folder)
    story.clock.advance(JUST_BEFORE)
    story.new_tsa_key()
    with story.open() as office:
        office.run_until_idle()
    return folder


def columns() -> Iterator[tuple[str, str]]:
    for row in (RenewalRow, RenewalLeafRow, RenewalTileRow):
        table = table_of(row)
        for column in table.columns:
            if column.name not in UNCOVERED.get(table.name, frozenset()):
                yield table.name, column.name


@pytest.mark.parametrize(("table", "column"), list(columns()))
def test_a_change_in_any_column_of_the_renewals_is_found(
    renewed_home: Path, tmp_path: Path, table: str, column: str
) -> None:
    shutil.copytree(renewed_home, tmp_path / "copy")
    story = Story(tmp_path / "copy", MovedClock(), generation=1)
    story.clock.advance(JUST_BEFORE)
    with story.open() as office:
        assert audit_office(office).findings == []
    with sqlite3.connect(story.home / "office.db") as database:
        rowid, value = database.execute(f"SELECT rowid, {column} FROM {table}").fetchone()
        changed = value + 77 if isinstance(value, int) else value + value[:1]
        assert changed != value
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (changed, rowid))
    database.close()
    with story.open() as office:
        assert audit_office(office).exit_code == 1, f"{table}.{column} was changed unseen"


def test_the_audit_says_which_time_stamps_ended_unrenewed(tmp_path: Path) -> None:
    story, _ = begin(tmp_path)
    story.clock.advance(6 * YEAR)
    with story.open() as office:
        found = audit_office(office).findings
    assert found
    assert {finding.problem for finding in found} == {"its certificate ended unrenewed"}
