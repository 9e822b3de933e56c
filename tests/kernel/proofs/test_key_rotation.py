"""Rotation of keys: what was made before still verifies and opens; half a rotation does not exist."""

import json
import logging
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lre_kit import failpoints
from lre_kit.cli.main import cli
from lre_kit.clock import now
from lre_kit.doctor import examine
from lre_kit.errors import ConfigurationError, WrongKeyError
from lre_kit.failpoints import FailpointError
from lre_kit.letters import rewrap
from lre_kit.letters.rewrap import Rewrapper, plan_rewrap
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.forms.note import open_note
from lre_kit.proofs.keys import expiry
from lre_kit.proofs.keys.certificates import CERTIFICATE_LIFE
from lre_kit.proofs.keys.key_files import KeyFolder, KeysBusyError
from lre_kit.proofs.keys.keys import Keys, every_kek
from lre_kit.proofs.keys.rotation import KEY_NAMES, KeyName, finish, generations, rotate
from lre_kit.proofs.publication.monitor_state import MonitorStateError
from lre_kit.proofs.publication.publish import published_head
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.settings import Settings
from lre_kit.setup import prepare
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.forking import ForkingPython
from lre_kit.testing.office import SMALL_PDF, deposit_sample, identify, throwaway_office

LETTER = table_of(LetterRow)
STEPS = ["keys.before_commit", "keys.after_commit", "keys.before_trust", "keys.while_moving",
         "keys.before_cleanup"]  # fmt: skip


@dataclass
class Story:
    """An office with a letter, and that letter's proofs as they were on the first day."""

    home: Path
    letter: Letter
    early: Path

    @property
    def settings(self) -> Settings:
        return Settings(home=self.home, base_url="https://notices.example")

    def open(self) -> PostOffice:
        return PostOffice.open(self.settings, courier=MemoryCourier())

    @property
    def keys(self) -> Keys:
        return Keys.load(self.home / "keys")

    def verify(self, folder: Path) -> None:
        """Every proof in a folder verifies with the trust folder as it is now."""
        trust = Anchors.load(self.home / "trust")
        for path in (folder / "bundle", *folder.glob("bundle/*.pdf"), *folder.glob("*.pdf")):
            report = verify_path(path, trust)
            assert report.result is Result.PASSED, (path, report.checks)

    def check(self) -> None:
        """Old and new letters, their documents and the whole log are as they should be."""
        self.verify(self.early)
        with self.open() as office:
            assert read(office, self.letter) == SMALL_PDF
            fresh = deposit_sample(office)
            office.run_until_idle()
            office.desk.accept(fresh.id, identify(office, fresh))
            office.run_until_idle()
            assert read(office, fresh) == SMALL_PDF
            out = self.home.parent / "later" / fresh.id
            office.issuer.export(fresh.id, out)
            office.issuer.export(self.letter.id, self.home.parent / "again" / fresh.id)
            report = audit_office(office)
            assert report.findings == []
            target = office.publisher.target
            assert target is not None
            head = published_head(target, office.log)
            assert head is not None
            assert head.size > 0
        self.verify(out)
        self.verify(self.home.parent / "again" / fresh.id)


def read(office: PostOffice, letter: Letter) -> bytes:
    return b"".join(office.desk.open_document(letter.id, 1)[1])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Story:
    folder = tmp_path_factory.mktemp("rotation")
    with throwaway_office(folder / "office") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        office.run_until_idle()
        office.issuer.export(letter.id, folder / "early")
    return Story(folder / "office", letter, folder / "early")


@pytest.fixture
def story(template: Story, tmp_path: Path) -> Story:
    shutil.copytree(template.home, tmp_path / "office")
    return Story(tmp_path / "office", template.letter, template.early)


def secret_of(keys: Keys, name: KeyName) -> object:
    """What is new after a rotation, in a form that compares."""
    return {
        "seal": keys.seal_certificate,
        "tsa": keys.tsa_certificate,
        "log": keys.log_verifiers[0].public,
        "kek": keys.kek,
    }[name]


@pytest.mark.parametrize("name", KEY_NAMES)
def test_after_each_rotation_all_that_was_made_before_still_holds(story: Story, name: KeyName) -> None:
    """F4.07."""
    before = story.keys
    assert rotate(story.settings, name, clock=now) is True
    after = story.keys
    for one in KEY_NAMES:
        assert (secret_of(after, one) == secret_of(before, one)) is (one != name)
    story.check()
    assert all(finding.well for finding in examine(story.settings) if "key" in finding.name)


def test_many_rotations_after_each_other_keep_every_generation(story: Story) -> None:
    """F4.07."""
    first = story.keys
    for name in KEY_NAMES * 2:
        rotate(story.settings, name, clock=now)
    keys = story.keys
    assert [len(keys.old_seal_chains), len(keys.old_tsa_chains), len(keys.old_keks)] == [2, 2, 2]
    assert [v.public for v in keys.old_log_verifiers][-1] == first.log_verifiers[0].public
    assert {path.name for path in (story.home / "trust").glob("*.vkey")} == {
        "log.vkey", "log-2.vkey", "log-3.vkey",
    }  # fmt: skip
    assert (story.home / "trust" / "log.vkey").read_text().strip() == keys.log_verifiers[0].vkey
    assert len({one.id for one in generations(keys)}) == len(generations(keys)) == 12
    story.check()


def test_former_private_keys_are_destroyed_and_what_remains_is_for_the_owner_only(story: Story) -> None:
    folder = story.home / "keys"
    former = {name: (folder / f"{name}.key").read_bytes() for name in ("seal", "tsa", "log")}
    for name in KEY_NAMES:
        rotate(story.settings, name, clock=now)
    left = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for content in former.values():
        assert content not in left.values()
    assert sorted(path.name[19:] for path in (folder / "old").iterdir()) == [
        "kek.secret", "log.vkey", "seal.pem", "tsa.pem",
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o077 for path in folder.rglob("*")} == {0}
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"old"}


def test_the_new_log_key_signs_from_then_on_under_the_same_name(story: Story) -> None:
    old = story.keys.log_verifiers[0]
    rotate(story.settings, "log", clock=now)
    new = story.keys.log_verifiers[0]
    assert (new.name, new.id == old.id) == (old.name, False)
    with story.open() as office:
        deposit_sample(office)
        office.run_until_idle()
        note = (story.home / "checkpoints" / "latest.txt").read_text()
    assert open_note(note, [new]) == open_note(note, [new, old])


def test_a_monitor_goes_on_over_a_rotation_of_the_logs_key(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LRE_TRUST", str(story.home / "trust"))
    look = ["log", "monitor", str(story.home / "public-log"), "--state", str(tmp_path / "state.json")]
    assert not cli.main(look, standalone_mode=False)
    rotate(story.settings, "log", clock=now)
    assert not cli.main(look, standalone_mode=False)
    with story.open() as office:
        deposit_sample(office)
        office.run_until_idle()
    assert not cli.main(look, standalone_mode=False)
    (story.home / "trust" / "log.vkey").write_text((story.home / "trust" / "log-2.vkey").read_text())
    with pytest.raises(MonitorStateError):
        cli.main(look, standalone_mode=False)


def failing_at(step: str, act: Callable[[], object]) -> None:
    failpoints.arm(step, "raise")
    try:
        with pytest.raises(FailpointError):
            act()
    finally:
        failpoints.disarm()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", KEY_NAMES)
def test_killed_at_any_step_the_rotation_is_whole_or_never_was(
    story: Story, name: KeyName, step: str, forking: ForkingPython
) -> None:
    before = story.keys
    program = (
        "import sys; from lre_kit.failpoints import arm_from_environment; arm_from_environment()\n"
        "from pathlib import Path; from lre_kit.clock import now; from lre_kit.settings import Settings\n"
        "from lre_kit.proofs.keys.rotation import rotate\n"
        "rotate(Settings(home=Path(sys.argv[1]), base_url='https://notices.example'), sys.argv[2], clock=now)"
    )
    environment = {"LRE_FAILPOINTS": f"{step}=kill"}
    assert forking.run(program, str(story.home), name, environment=environment) == -9, forking.complaints
    took_effect = step != "keys.before_commit"
    assert (secret_of(story.keys, name) != secret_of(before, name)) is took_effect
    with story.open() as office:
        # Nothing has been mended yet, and letters go on.
        assert read(office, story.letter) == SMALL_PDF
        deposit_sample(office)
        office.run_until_idle()
    if took_effect:
        found = {finding.name: finding for finding in examine(story.settings)}
        assert "interrupted" in found["keys"].found
    after = story.keys
    # Whoever tries again finds the first try finished, or may begin.
    assert rotate(story.settings, name, clock=now) is not took_effect
    if took_effect:
        assert secret_of(story.keys, name) == secret_of(after, name)
    folders = {path.name for path in (story.home / "keys").iterdir() if path.is_dir()}
    assert folders == {"old"}
    story.check()


def test_init_finishes_a_rotation_that_was_interrupted(story: Story) -> None:
    failing_at("keys.before_trust", lambda: rotate(story.settings, "log", clock=now))
    assert KeyFolder(story.home / "keys").is_unfinished
    assert any("interrupted" in line for line in prepare(story.settings))
    assert not KeyFolder(story.home / "keys").is_unfinished
    story.check()


def test_a_try_that_failed_before_it_took_effect_leaves_no_secret(story: Story) -> None:
    kept = {path: path.read_bytes() for path in (story.home / "keys").rglob("*") if path.is_file()}
    failing_at("keys.before_commit", lambda: rotate(story.settings, "seal", clock=now))
    left = {p: p.read_bytes() for p in (story.home / "keys").rglob("*") if p.is_file() and p.stat().st_size}
    assert left == kept


def test_two_rotations_do_not_run_at_once(story: Story) -> None:
    files = KeyFolder(story.home / "keys")
    with files.changing(), pytest.raises(KeysBusyError):
        rotate(story.settings, "log", clock=now)
    assert rotate(story.settings, "log", clock=now) is True
    assert finish(story.settings, files, now) is False


@pytest.mark.parametrize("name", ["seal", "tsa"])
def test_without_the_authoritys_key_the_way_is_a_request(story: Story, name: KeyName) -> None:
    (story.home / "keys" / f"{name}-ca.key").unlink()
    with pytest.raises(ConfigurationError) as caught:
        rotate(story.settings, name, clock=now)
    assert f"lre keys request {name}" in caught.value.mend
    assert story.keys.old_seal_chains == story.keys.old_tsa_chains == ()


def test_a_new_certificate_never_outlives_its_authority(story: Story) -> None:
    clock = MovedClock()
    clock.advance(timedelta(days=365 * 18))
    rotate(story.settings, "seal", clock=clock)
    keys = story.keys
    assert keys.seal_certificate.not_valid_after_utc == keys.seal_chain[-1].not_valid_after_utc
    clock.advance(timedelta(days=365 * 3))
    with pytest.raises(ConfigurationError, match="authority"):
        rotate(story.settings, "seal", clock=clock)


def key_ids(office: PostOffice) -> set[str]:
    with office.database.read() as connection:
        return set(connection.execute(select(LETTER.c.key_id)).scalars())


def test_letters_are_locked_anew_in_batches_and_stay_readable_throughout(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewrap, "BATCH", 2)
    with story.open() as running:
        letters = [story.letter, *(deposit_sample(running) for _ in range(4))]
        rotate(story.settings, "kek", clock=now)
        with story.open() as office:
            assert office.rewrapper.waiting() == 5
            failing_at("rewrap.after_commit", office.rewrapper.run)
            assert office.rewrapper.waiting() == 3
            for letter in letters:
                # The process that did not start again finds the new key by itself.
                assert read(office, letter) == read(running, letter) == SMALL_PDF
            failing_at("rewrap.before_commit", office.rewrapper.run)
            assert office.rewrapper.waiting() == 3
            told: list[tuple[int, int]] = []
            assert office.rewrapper.run(lambda done, total: told.append((done, total))) == 3
            assert told == [(2, 3), (3, 3)]
            assert key_ids(office) == {office.keys.kek_id}
            for letter in letters:
                assert read(office, letter) == read(running, letter) == SMALL_PDF


def test_a_letter_that_is_erased_meanwhile_stays_erased(story: Story) -> None:
    rotate(story.settings, "kek", clock=now)
    with story.open() as office:
        wrap = office.vault.wrap

        def erased_meanwhile(key: bytes, *, letter_id: str) -> bytes:
            with office.database.write() as uow:
                uow.execute(update(LETTER).values(wrapped_key=None))
                uow.commit()
            return wrap(key, letter_id=letter_id)

        office.vault.wrap = erased_meanwhile  # type: ignore[method-assign]  # another process, at the worst moment
        office.rewrapper.run()
        with office.database.read() as connection:
            assert set(connection.execute(select(LETTER.c.wrapped_key)).scalars()) == {None}


def test_a_letter_that_no_key_opens_is_passed_over(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    rotate(story.settings, "kek", clock=now)
    with story.open() as office:
        spoiled = deposit_sample(office)
        with office.database.write() as uow:
            uow.execute(
                update(LETTER)
                .where(LETTER.c.id == spoiled.id)
                .values(wrapped_key=b"\x01" + bytes(60), key_id="lost")
            )
            uow.commit()
        assert office.rewrapper.run() == 1
        assert spoiled.id in caplog.text
        assert office.rewrapper.waiting() == 1
        assert read(office, story.letter) == SMALL_PDF


def test_locking_anew_is_a_duty_that_looks_once_more_a_day_later(story: Story) -> None:
    clock = MovedClock()
    with story.open() as running:
        rotate(story.settings, "kek", clock=now)
        with PostOffice.open(story.settings, clock=clock, courier=MemoryCourier()) as office:
            # A process with former keys leaves the duty to others.
            running.sweep()
            assert office.rewrapper.waiting() == 1
            clock.advance(timedelta(minutes=2))
            office.run_until_idle()
            assert office.rewrapper.waiting() == 0
            late = deposit_sample(running)
            assert office.rewrapper.waiting() == 1
            clock.advance(timedelta(days=1))
            office.run_until_idle()
            assert office.rewrapper.waiting() == 0
            assert read(office, late) == SMALL_PDF
            clock.advance(timedelta(days=2))
            office.run_until_idle()
            with office.database.read() as connection:
                actions = set(connection.execute(select(table_of(DutyRow).c.action)).scalars())
            assert rewrap.ACTION not in actions
        with PostOffice.open(story.settings, clock=clock, courier=MemoryCourier()) as office:
            assert office.agenda.next_due(office.keys.kek_id) is None


def test_a_duty_for_a_key_that_rotated_again_is_over(story: Story) -> None:
    rotate(story.settings, "kek", clock=now)
    first = story.keys.kek_id
    rotate(story.settings, "kek", clock=now)
    with story.open() as office:
        with office.database.write() as uow:
            uow.execute(table_of(DutyRow).delete())
            plan_rewrap(uow, first, clock=now)
            uow.commit()
        office.sweep()
        assert office.agenda.due_count() == 0
        assert office.rewrapper.waiting() == 1
        assert first in every_kek(office.keys)


def test_locking_anew_works_on_every_database(database: Database) -> None:
    old = Vault(bytes(32), "old")
    row = {
        "number": "1", "product": "simple", "phase": "deposited", "version": 1, "language": "fr",
        "sender_ref": "s", "sender_name": "s", "sender_email": "s", "recipient_name": "r",
        "recipient_email": "r", "subject": "s", "requirements": {}, "claim": "c", "key_id": "old",
        "request_digest": "", "deposited_at": now(), "notices": 0,
    }  # fmt: skip
    with database.write() as uow:
        for n in range(5):
            wrapped = old.wrap(bytes([n]) * 32, letter_id=f"l{n}")
            uow.add(LetterRow, **(row | {"id": f"l{n}", "number": str(n), "wrapped_key": wrapped}))
        uow.commit()
    vault = Vault(bytes([1]) * 32, "new", others={"old": bytes(32)})
    rewrapper = Rewrapper(database, vault, clock=now)
    assert (rewrapper.run(), rewrapper.run()) == (5, 0)
    alone = Vault(bytes([1]) * 32, "new")
    with database.read() as connection:
        rows = connection.execute(select(LETTER.c.id, LETTER.c.wrapped_key, LETTER.c.key_id)).all()
    assert {alone.unwrap(r.wrapped_key, letter_id=r.id)[0] for r in rows} == set(range(5))
    assert {r.key_id for r in rows} == {"new"}


def test_a_vault_with_other_keys_opens_nothing() -> None:
    wrapped = Vault(bytes(32), "a").wrap(bytes(32), letter_id="l")
    with pytest.raises(WrongKeyError):
        Vault(bytes([1]) * 32, "b", look_again=dict).unwrap(wrapped, letter_id="l")
    with pytest.raises(WrongKeyError):
        Vault(bytes(32), "a").unwrap(wrapped, letter_id="other")


@given(
    st.integers(min_value=0, max_value=400),
    st.sampled_from([None, *expiry.DAYS]),
)
def test_the_next_warning_is_later_than_the_last_and_none_is_left_out_but_missed_ones(
    left: int, after: int | None
) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    ends_at = at + timedelta(days=left)
    coming = expiry.next_warning(ends_at, after=after, at=at)
    if after == expiry.DAYS[-1]:
        assert coming is None
        return
    assert coming is not None
    due_at, days = coming
    assert due_at == ends_at - timedelta(days=days)
    assert after is None or days < after
    between = [d for d in expiry.DAYS if (after is None or d < after) and d > days]
    # What lies between was missed, and is not made up for.
    assert all(ends_at - timedelta(days=d) <= at for d in between)


def test_the_office_is_warned_three_times_and_no_more_once_the_key_rotated(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    clock = MovedClock()
    caplog.set_level(logging.WARNING, logger="lre_kit.proofs.keys.expiry")

    def warned() -> list[tuple[str, int]]:
        with PostOffice.open(story.settings, clock=clock, courier=MemoryCourier()) as office:
            office.sweep()
            return [(warning.name, warning.days) for warning in office.expiry.warnings()]

    def said() -> int:
        return sum(record.name == expiry.__name__ for record in caplog.records)

    assert warned() == []
    clock.advance(CERTIFICATE_LIFE - timedelta(days=89))
    assert warned() == [("seal", 90), ("tsa", 90)]
    found = {finding.name: finding for finding in examine(story.settings, clock=clock)}
    assert "lre keys rotate seal" in found["agenda"].found
    clock.advance(timedelta(days=60))
    assert warned() == [("seal", 30), ("tsa", 30)]
    rotate(story.settings, "seal", clock=clock)
    clock.advance(timedelta(days=23))
    assert warned() == [("tsa", 7)]
    assert said() == 5
    assert warned() == [("tsa", 7)]
    assert said() == 5


def test_an_office_from_before_there_were_warnings_gets_them_when_it_is_opened(story: Story) -> None:
    duty = table_of(DutyRow)
    with closing(Database(story.settings.database)) as database, database.write() as uow:
        uow.execute(duty.delete())
        uow.commit()
    for _ in range(2):
        with story.open() as office, office.database.read() as connection:
            due = connection.execute(select(duty.c.due_at).where(duty.c.action == expiry.ACTION)).scalars()
            assert {at - now() > timedelta(days=365) for at in due} == {True}


def test_lre_keys_lists_and_rotates(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LRE_HOME", str(story.home))
    monkeypatch.setenv("LRE_BASE_URL", "https://notices.example")
    assert not cli.main(["keys", "rotate", "kek", "--yes"], standalone_mode=False)
    said = capsys.readouterr().out
    assert "1 of 1 letters" in said
    assert "start lre serve" in said
    assert not cli.main(["keys", "list", "--json"], standalone_mode=False)
    listed = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["is_current"]) for one in listed] == [
        ("seal", True), ("tsa", True), ("log", True), ("kek", True), ("kek", False),
    ]  # fmt: skip
    assert datetime.fromisoformat(listed[0]["ends_at"]) > now()
    assert not cli.main(["keys", "list"], standalone_mode=False)
    assert "former" in capsys.readouterr().out
    story.check()


def test_an_offices_keys_of_former_versions_load_as_they_are(story: Story) -> None:
    folder = story.home / "keys"
    assert not (folder / "old").exists()
    keys = Keys.load(folder)
    assert keys.seal_anchors == keys.seal_chain[-1:]
    assert dict(keys.old_keks) == {}
    key = load_pem_private_key((folder / "seal.key").read_bytes(), None)
    certificate = x509.load_pem_x509_certificate((folder / "seal.pem").read_bytes())
    assert key.public_key() == certificate.public_key()
