"""An office to try out with: what may become one, its clock, and what it catches."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lre_kit.clock import now
from lre_kit.errors import NotFoundError
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.sandbox.clock import SandboxClock, SandboxTimeError
from lre_kit.sandbox.marking import POLICY, NotEmptyError, begin, is_sandbox, marked
from lre_kit.sandbox.room import NotASandboxError
from lre_kit.settings import Settings
from lre_kit.store.inserts import table_of
from lre_kit.testing import services
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, deposit_sample, throwaway_office


@pytest.fixture
def machine() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, machine: MovedClock) -> Iterator[PostOffice]:
    with ExitStack() as stack:
        more = {}
        if request.param == "postgresql":
            server = request.getfixturevalue("postgres_server")
            more["database_url"] = stack.enter_context(services.fresh_database(server))
        made = throwaway_office(tmp_path / "office", clock=machine, sandbox=True, **more)
        yield stack.enter_context(made)


def deposited(office: PostOffice, address: str) -> str:
    letter = deposit_sample(office, recipient=Recipient(name="Jean Dupont", email=address))
    office.run_until_idle()
    return letter.id


def test_its_clock_moves_for_every_process_and_runs_at_its_pace(
    office: PostOffice, machine: MovedClock
) -> None:
    other = SandboxClock(office.database, base=machine)
    before = other()
    office.sandbox.set_clock(advance=timedelta(days=15))
    assert office.clock() - before >= timedelta(days=15)
    other._read_at -= 60
    assert other() - before >= timedelta(days=15)
    office.sandbox.set_clock(day_lasts_s=60)
    began = office.clock()
    machine.advance(timedelta(minutes=3))
    assert abs(office.clock() - began - timedelta(days=3)) < timedelta(hours=2)
    state = office.sandbox.state()
    assert (state.day_lasts_s, state.is_scaled) == (60, True)
    assert state.ahead_s > 17 * 86_400


def test_its_clock_never_goes_back_though_the_machines_does(office: PostOffice) -> None:
    base = now()
    instants = iter([base, base, base - timedelta(hours=1), base - timedelta(hours=1)])
    clock = SandboxClock(office.database, base=lambda: next(instants))
    first = clock()
    assert clock() >= first
    assert clock() >= first


@pytest.mark.parametrize("wish", [
    {"advance": timedelta(days=401)}, {"advance": timedelta(seconds=-1)},
    {"day_lasts_s": 0.5}, {"day_lasts_s": 90_000.0},
])  # fmt: skip
def test_an_impossible_time_is_refused_and_changes_nothing(office: PostOffice, wish: dict) -> None:
    before = office.sandbox.state()
    with pytest.raises(SandboxTimeError):
        office.sandbox.set_clock(**wish)
    assert abs(office.sandbox.state().ahead_s - before.ahead_s) < 1
    office.sandbox.set_clock(advance=timedelta(days=400))
    with pytest.raises(SandboxTimeError):
        office.sandbox.set_clock(advance=timedelta(days=400))


def test_mail_is_caught_and_what_falls_due_by_its_clock_is_done(office: PostOffice) -> None:
    letter_id = deposited(office, "ignore@lre.test")
    [notice] = office.sandbox.mails(SENDER.ref, recipient="Ignore@lre.test")
    letter = office.reading.by_id(letter_id)
    assert (notice.letter_number, letter.phase) == (letter.number, Phase.NOTIFIED)
    assert "/r/" in notice.text
    assert office.sandbox.mails("another") == []
    with pytest.raises(NotFoundError):
        office.sandbox.mail(notice.id, "another")
    assert office.sandbox.mail(notice.id, SENDER.ref) == notice
    office.sandbox.set_clock(advance=timedelta(days=16))
    office.run_until_idle()
    assert office.reading.by_id(letter_id).phase is Phase.UNCLAIMED


def test_an_address_that_bounces_is_refused_at_once_or_reported_later(office: PostOffice) -> None:
    at_once = deposited(office, "bounce@lre.test")
    assert office.reading.by_id(at_once).phase is Phase.NOTIFICATION_FAILED
    later = deposited(office, "bounce+2h@lre.test")
    assert office.reading.by_id(later).phase is Phase.NOTIFIED
    office.sandbox.set_clock(advance=timedelta(hours=3))
    office.run_until_idle()
    assert office.reading.by_id(later).phase is Phase.NOTIFICATION_FAILED
    [report] = office.mail_room.bounces.newest(letter_id=later)
    assert report.status == "5.1.1"


def test_its_proofs_say_what_they_are(office: PostOffice, tmp_path: Path) -> None:
    letter_id = deposited(office, "ignore@lre.test")
    with office.database.read() as connection:
        records = list(connection.scalars(select(table_of(EvidenceRow).c.record)))
    assert records
    assert all(POLICY in each and "(sandbox)" in each for each in records)
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(office.issuer.bundle_zip(letter_id))
    report = verify_path(bundle, Anchors.load(office.settings.home / "trust"), at=office.clock())
    assert report.result.value == "passed"


def test_an_office_that_holds_anything_real_never_becomes_one(tmp_path: Path) -> None:
    with throwaway_office(tmp_path / "office") as office:
        with pytest.raises(NotASandboxError):
            office.sandbox.state()
        deposit_sample(office)
        with pytest.raises(NotEmptyError):
            begin(office.database, clock=now)
        assert not is_sandbox(office.database)


def test_it_is_one_for_ever_and_reaches_nobody_outside(tmp_path: Path) -> None:
    outside = Settings(
        tsa_url="https://tsa.example", sms_url="https://sms.example", imap_host="mail.example",
        log_witnesses=Path("witnesses.txt"), seal_trust_reference="x", post_provider="http",
    )  # fmt: skip
    kept = marked(marked(outside))
    assert (kept.tsa_url, kept.sms_url, kept.imap_host, kept.log_witnesses) == (None,) * 4
    assert (kept.seal_trust_reference, kept.post_provider) == (None, "spool")
    assert kept.provider_name == f"{outside.provider_name} (sandbox)"
    references = {"seal_trust_reference": "x", "timestamp_trust_reference": "x"}
    with throwaway_office(tmp_path / "office", sandbox=True, smtp_host="127.0.0.1", **references) as office:
        assert not begin(office.database, clock=now)
        assert "caught" in office.courier.ping()
        assert deposit_sample(office, product="qualified").claim.value == "non_qualified"
