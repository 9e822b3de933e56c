"""An old backup put back: nothing leaves and nothing is decided until an operator decides (F2.07)."""

import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lre_kit.cli import main as entrance
from lre_kit.doctor import examine
from lre_kit.errors import InputError
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.log.rollback import RolledBackError
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify, throwaway_office


@pytest.fixture(scope="module")
def after_the_backup(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Letter, Letter]:
    """An office whose database is of yesterday: one letter was told of it since, another was deposited."""
    home, backup = (tmp_path_factory.mktemp("made") / name for name in ("office", "backup.db"))
    with throwaway_office(home) as office:
        known = deposit_sample(office)
        office.sequence()
        with sqlite3.connect(home / "office.db") as source, sqlite3.connect(backup) as target:
            source.backup(target)
        source.close()
        target.close()
        lost = deposit_sample(office)
        office.run_until_idle()
        assert office.reading.by_id(known.id).phase is Phase.NOTIFIED
    for path in home.glob("office.db*"):
        path.unlink()
    shutil.copy(backup, home / "office.db")
    return home, known, lost


@pytest.fixture
def courier() -> MemoryCourier:
    return MemoryCourier()


@pytest.fixture
def restored(
    after_the_backup: tuple[Path, Letter, Letter], tmp_path: Path, courier: MemoryCourier
) -> Iterator[PostOffice]:
    home = shutil.copytree(after_the_backup[0], tmp_path / "office")
    settings = Settings(home=home, base_url="https://notices.example")
    with PostOffice.open(settings, clock=MovedClock(), courier=courier) as office:
        yield office


def test_nothing_leaves_and_nothing_is_decided_before_somebody_decides(
    restored: PostOffice, courier: MemoryCourier, after_the_backup: tuple[Path, Letter, Letter]
) -> None:
    _, known, lost = after_the_backup
    for act in (
        restored.sweep,
        restored.tick,
        lambda: deposit_sample(restored),
        lambda: restored.desk.notified(known.id),
        lambda: restored.desk.accept(known.id, identify(restored, known)),
    ):
        with pytest.raises(RolledBackError, match=r"holds 1 records, [34] were signed") as refused:
            act()
        assert "lre log rolled-back" in refused.value.mend
    assert [m for m in courier.messages if restored.links.message_id("notice", known.id, 1) in str(m)] == []
    assert restored.reading.by_id(known.id).phase is Phase.DEPOSITED, "reading goes on"
    assert restored.reading.count() == 1, f"{lost.number} is not known any more"
    evidence = next(found for found in examine(restored.settings) if found.name == "evidence")
    assert (evidence.well, "was set back" in evidence.found) == (False, True)
    ready = {check.name: check for check in restored.health.readiness().checks}
    assert (ready["evidence"].is_well, ready["evidence"].found) == (False, "rolled-back")
    with pytest.raises(InputError):
        restored.operators.go_on_after_rollback(by="anne", reason=" ")
    with pytest.raises(RolledBackError):
        restored.sweep()


def test_once_decided_each_act_happens_once_and_the_lost_checkpoint_stays(
    restored: PostOffice, courier: MemoryCourier, after_the_backup: tuple[Path, Letter, Letter]
) -> None:
    _, known, _ = after_the_backup
    found = restored.operators.go_on_after_rollback(by="anne", reason="no newer backup")
    assert found is not None
    assert restored.operators.go_on_after_rollback(by="anne", reason="again") is None
    restored.run_until_idle()
    restored.run_until_idle()
    notices = [
        m for m in courier.messages if m["Message-ID"] == restored.links.message_id("notice", known.id, 1)
    ]
    assert len(notices) == 1, "under the id of the notice that left before"
    assert [entry.name.value for entry in restored.reading.timeline(known.id)] == [
        "SubmissionAcceptance",
        "NotificationForAcceptance",
    ]
    assert audit_office(restored).findings == []
    aside = list((restored.settings.home / "checkpoints" / "set-aside").iterdir())
    assert {path.suffix for path in aside} == {".txt", ".tsr"}
    (act,) = restored.operators.journal.of("log")
    assert (act.operator, act.reason) == ("anne", "no newer backup")
    assert act.label == f"{found.held} / {found.signed}"


def test_a_log_that_grew_again_is_not_the_one_that_was_signed(restored: PostOffice) -> None:
    """A database that was exchanged is found though its log is as long as the one that was signed."""
    note = restored.settings.home / "checkpoints" / "latest.txt"
    kept = note.read_bytes()
    note.unlink()
    for _ in range(4):
        deposit_sample(restored)
    restored.run_until_idle()
    assert restored.rollback.look() is None
    note.write_bytes(kept)
    with pytest.raises(RolledBackError, match="are not those signed"):
        restored.sweep()


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"nonsense\n\n"])
def test_a_folder_that_tells_nothing_stops_nobody(restored: PostOffice, content: bytes | None) -> None:
    note = restored.settings.home / "checkpoints" / "latest.txt"
    note.unlink() if content is None else note.write_bytes(content)
    assert restored.rollback.look() is None
    assert restored.sweep() > 0


def test_the_command_tells_and_decides(
    restored: PostOffice, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LRE_HOME", str(restored.settings.home))

    def call(*arguments: str) -> tuple[object, str]:
        monkeypatch.setattr(sys, "argv", ["lre", "log", "rolled-back", *arguments])
        with pytest.raises(SystemExit) as ended:
            entrance.main()
        return ended.value.code, "".join(capsys.readouterr())

    code, said = call()
    assert (code, "They wait." in said) == (1, True)
    code, said = call("--accept")
    assert (code, "[invalid-input]" in said) == (65, True)
    code, said = call("--accept", "--reason", "no newer backup")
    assert (code, "They go on now." in said) == (0, True)
    code, said = call("--json")
    assert (code, '"rolled_back": null' in said) == (0, True)
