"""The doctor: each sick organ is named with its cure, the others stay well, and nothing is changed."""

import shutil
import socket
import zoneinfo
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit import doctor
from lre_kit.clock import now
from lre_kit.doctor import RELEASED_AT, Finding, examine
from lre_kit.errors import TimestampUnavailableError
from lre_kit.office import PostOffice
from lre_kit.proofs.keys.keys import CERTIFICATE_LIFE
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.settings import Settings
from lre_kit.setup import prepare
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office

smtp = pytest.importorskip("lre_kit.testing.smtp")

NAMES = [
    "python",
    "clock",
    "time zones",
    "disk",
    "keys",
    "database",
    "migrations",
    "keys and data",
    "content store",
    "seal",
    "time stamps",
    "mail",
    "evidence",
    "agenda",
    "webhooks",
    "claim",
]


@pytest.fixture(scope="module")
def mail_port() -> Iterator[int]:
    """Port of a mail server that answers."""
    with smtp.ScriptedSmtp() as server:
        yield server.port


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared office, to copy."""
    folder = tmp_path_factory.mktemp("doctor") / "office"
    throwaway_office(folder).close()
    return folder


@pytest.fixture
def settings(template: Path, tmp_path: Path, mail_port: int) -> Settings:
    """A healthy office of our own."""
    shutil.copytree(template, tmp_path / "office")
    return Settings(
        home=tmp_path / "office",
        base_url="https://notices.example",
        smtp_host="127.0.0.1",
        smtp_port=mail_port,
        smtp_security="none",
    )


def changed(settings: Settings, **values: Any) -> Settings:
    return settings.model_copy(update=values)


def unwell(settings: Settings, **more: Any) -> dict[str, Finding]:
    """Return what is unwell by name, after checking what holds for every examination."""
    findings = examine(settings, **more)
    assert [finding.name for finding in findings] == NAMES
    for finding in findings:
        assert finding.found
        assert bool(finding.mend) is not finding.well
    return {finding.name: finding for finding in findings if not finding.well}


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_healthy_office_is_well_throughout(settings: Settings) -> None:
    assert unwell(settings) == {}


def test_an_examination_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    with PostOffice.open(settings) as office:
        deposit_sample(office)
        office.run_until_idle()
    kept = contents(tmp_path)
    assert unwell(settings) == {}
    assert contents(tmp_path) == kept


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_where_there_is_no_office_the_cure_is_init_and_none_is_made(
    settings: Settings, tmp_path: Path
) -> None:
    found = unwell(changed(settings, home=tmp_path / "none"))
    assert set(found) == {
        "keys", "database", "migrations", "keys and data", "content store",
        "seal", "time stamps", "evidence", "agenda", "webhooks",
    }  # fmt: skip
    assert all("lre init" in finding.mend for finding in found.values())
    assert not (tmp_path / "none").exists()


def test_a_clock_from_before_the_release_is_wrong(settings: Settings) -> None:
    """F6.01: a clock that is certainly wrong."""
    behind = RELEASED_AT - timedelta(days=1) - now()
    found = unwell(settings, clock=MovedClock(lambda: now() + behind))
    assert "clock" in found
    assert "NTP" in found["clock"].mend
    assert not set(found) - {"clock", "seal", "time stamps"}


def test_certificates_near_their_end_are_named_while_they_still_work(settings: Settings) -> None:
    clock = MovedClock()
    clock.advance(CERTIFICATE_LIFE - timedelta(days=20))
    found = unwell(settings, clock=clock)
    assert set(found) == {"keys"}
    assert "Renew" in found["keys"].mend


def test_a_system_without_time_zones_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PARIS", zoneinfo.ZoneInfo("UTC"))
    assert set(unwell(settings)) == {"time zones"}


def test_a_disk_that_is_nearly_full_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DISK_FREE_MIN_BYTES", 2**80)
    assert set(unwell(settings)) == {"disk"}


def test_missing_keys_take_with_them_only_what_needs_keys(settings: Settings) -> None:
    shutil.rmtree(settings.keys_folder)
    found = unwell(settings)
    assert set(found) == {"keys", "keys and data", "seal", "time stamps", "evidence", "agenda", "webhooks"}
    assert "lre init" in found["keys"].mend


def test_one_missing_key_file_is_named(settings: Settings) -> None:
    (settings.keys_folder / "pepper.secret").unlink()
    assert "pepper.secret" in unwell(settings)["keys"].found


def test_keys_of_another_office_do_not_fit_the_letters(settings: Settings, tmp_path: Path) -> None:
    with PostOffice.open(settings) as office:
        deposit_sample(office)
    throwaway_office(tmp_path / "other").close()
    shutil.rmtree(settings.keys_folder)
    shutil.copytree(tmp_path / "other" / "keys", settings.keys_folder)
    found = unwell(settings)
    assert set(found) == {"keys and data", "evidence", "agenda", "webhooks"}
    assert "Restore" in found["keys and data"].mend


def test_another_log_key_does_not_fit_the_checkpoints(settings: Settings, tmp_path: Path) -> None:
    with PostOffice.open(settings) as office:
        deposit_sample(office)
        office.run_until_idle()
    throwaway_office(tmp_path / "other").close()
    shutil.copy(tmp_path / "other" / "keys" / "log.key", settings.keys_folder)
    assert set(unwell(settings)) == {"keys and data", "evidence", "agenda", "webhooks"}


def test_an_office_that_moved_keeps_its_logs_name(settings: Settings, tmp_path: Path) -> None:
    moved = changed(settings, base_url="https://moved.example")
    assert unwell(moved) == {}
    with PostOffice.open(moved, courier=MemoryCourier()) as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        folder = office.issuer.export(letter.id, tmp_path / "letter")
    report = verify_path(folder / "bundle", Anchors.load(settings.home / "trust"))
    assert report.result is Result.PASSED


def test_a_missing_database_is_not_made_by_looking(settings: Settings) -> None:
    for path in settings.home.glob("office.db*"):
        path.unlink()
    found = unwell(settings)
    assert set(found) == {"database", "migrations", "keys and data", "evidence", "agenda", "webhooks"}
    assert not (settings.home / "office.db").exists()


def test_a_database_server_that_is_gone_is_told(settings: Settings) -> None:
    url = f"postgresql+psycopg://someone:secret@127.0.0.1:{closed_port()}/office"
    found = unwell(changed(settings, database_url=url))
    assert set(found) == {"database", "migrations", "keys and data", "evidence", "agenda", "webhooks"}
    assert "secret" not in repr(found)


def test_tables_of_an_older_version_call_for_init(settings: Settings) -> None:
    """F1.05: which step is missing."""
    import sqlite3

    database = sqlite3.connect(settings.home / "office.db")
    database.execute("UPDATE alembic_version SET version_num = '0001'")
    database.commit()
    database.close()
    found = unwell(settings)
    assert set(found) == {"migrations", "keys and data", "evidence", "agenda", "webhooks"}
    assert "0001" in found["migrations"].found
    assert "lre init" in found["migrations"].mend


def test_a_damaged_database_is_told(settings: Settings) -> None:
    (settings.home / "office.db").write_bytes(b"not a database" * 1000)
    found = unwell(settings)
    assert set(found) == {"database", "migrations", "keys and data", "evidence", "agenda", "webhooks"}
    assert "damaged" in found["database"].found


def test_a_content_store_that_cannot_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = unwell(changed(settings, blob_url=(tmp_path / "file" / "blobs").as_uri()))
    assert set(found) == {"content store"}


def test_a_content_folder_that_was_lost_after_deposits_is_told(settings: Settings) -> None:
    with PostOffice.open(settings) as office:
        deposit_sample(office)
    shutil.rmtree(settings.home / "blobs")
    found = unwell(settings)
    assert set(found) == {"content store"}
    assert "backup" in found["content store"].mend


def test_an_authority_that_does_not_answer_is_told(settings: Settings) -> None:
    """F4.01."""
    anchor = settings.home / "trust" / "tsa-ca.pem"
    url = f"http://127.0.0.1:{closed_port()}/"
    found = unwell(changed(settings, tsa_url=url, tsa_anchor_file=anchor, tsa_timeout_s=2.0))
    assert set(found) == {"time stamps"}


def test_a_mail_server_that_does_not_answer_is_told(settings: Settings) -> None:
    found = unwell(changed(settings, smtp_port=closed_port()))
    assert set(found) == {"mail"}
    assert "LRE_SMTP_PORT" in found["mail"].mend


def test_a_mail_server_without_the_protection_asked_for_is_told(settings: Settings) -> None:
    found = unwell(changed(settings, smtp_security="starttls"))
    assert set(found) == {"mail"}
    assert "LRE_SMTP_SECURITY" in found["mail"].mend


def test_no_mail_server_at_all_is_told(settings: Settings) -> None:
    found = unwell(changed(settings, smtp_host=None))
    assert set(found) == {"mail"}
    assert "LRE_SMTP_HOST" in found["mail"].mend


class Silent:
    """An authority that never answers."""

    def stamp(self, digest: bytes) -> bytes:
        """Answer nothing."""
        raise TimestampUnavailableError("No answer.", mend="Wait.")


@pytest.mark.parametrize("stage", ["unlogged", "unstamped"])
def test_evidence_that_waits_too_long_is_told_and_not_before(settings: Settings, stage: str) -> None:
    """F4.01: what waits is seen."""
    clock = MovedClock()
    with PostOffice.open(settings, clock=clock, authority=Silent()) as office:
        deposit_sample(office)
        if stage == "unstamped":
            office.sequence()
    assert unwell(settings, clock=clock) == {}
    clock.advance(timedelta(seconds=settings.evidence_alarm_s + 1))
    assert set(unwell(settings, clock=clock)) == {"evidence"}
    with PostOffice.open(settings, clock=clock) as office:
        office.sequence()
    assert unwell(settings, clock=clock) == {}


def test_a_duty_that_was_given_up_is_told_until_it_is_revived(settings: Settings) -> None:
    """F5.08."""
    with PostOffice.open(settings) as office:
        deposit_sample(office)
        office.sequence()
        duty, *_ = office.agenda.claim(limit=1, lease=timedelta(minutes=5))
        assert office.agenda.release(duty, error="the printer is on fire", dead=True)
        found = unwell(settings)
        assert set(found) == {"agenda"}
        assert "printer is on fire" in found["agenda"].mend
        assert office.agenda.revive(duty.key)
    assert unwell(settings) == {}


def test_the_claim_is_qualified_only_with_both_references(settings: Settings) -> None:
    one = {"seal_trust_reference": "https://tl.example/seal"}
    both = one | {"timestamp_trust_reference": "https://tl.example/tsa"}
    said = {}
    for name, values in {"none": {}, "one": one, "both": both}.items():
        findings = examine(changed(settings, **values))
        said[name] = next(finding.found for finding in findings if finding.name == "claim")
    assert said["none"] == said["one"]
    assert "non-qualified" in said["none"]
    assert "non-qualified" not in said["both"]


def test_preparing_an_office_heals_what_init_is_named_for(settings: Settings, tmp_path: Path) -> None:
    fresh = changed(settings, home=tmp_path / "fresh")
    assert "keys" in unwell(fresh)
    for _ in prepare(fresh):
        pass
    assert unwell(fresh) == {}
