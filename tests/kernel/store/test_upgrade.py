"""An office of an earlier release, with letters in every state of its time, brought to this one (F15.02).

``tests/vectors/office-0.1`` was made by release 0.1 and is never changed: its folder, and what its database
said. The time of its letters runs over the end of summer time.
"""

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.operations import Operations
from sqlalchemy import select, text

from lre_kit.clock import from_iso
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import LetterRow
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.settings import Settings
from lre_kit.store import schema
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import SMALL_PDF, deposit_sample, identify

VECTOR = Path(__file__).parents[2] / "vectors" / "office-0.1"
EXPECTED: dict[str, Any] = json.loads((VECTOR / "expected.json").read_text(encoding="utf-8"))
MADE_AT = from_iso(EXPECTED["made_at"])
INSTANTS = "deposited_at notified_at window_closes_at proof_due_at decided_at received_at".split()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with zipfile.ZipFile(VECTOR / "office.zip") as kept:
        kept.extractall(tmp_path / "home")
    return tmp_path / "home"


def database_of(home: Path) -> Database:
    return Database(f"sqlite:///{home / 'office.db'}")


def settings_of(home: Path) -> Settings:
    return Settings.model_validate({"home": home, "base_url": "https://notices.example", "reminders": ""})


@pytest.fixture
def office(home: Path) -> Iterator[PostOffice]:
    database = database_of(home)
    assert schema.current(database) == EXPECTED["revision"]
    schema.upgrade(database)
    database.close()
    clock = MovedClock(lambda: MADE_AT + timedelta(seconds=1))
    with PostOffice.open(settings_of(home), clock=clock, courier=MemoryCourier()) as opened:
        yield opened


def as_kept(instant: datetime | None) -> str | None:
    return None if instant is None else instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def test_no_deadline_moves_and_no_letter_changes(office: PostOffice) -> None:
    letter = table_of(LetterRow)
    with office.database.read() as connection:
        rows = {row.number: row for row in connection.execute(select(letter))}
        duties = {
            row.key: (row.action, row.due_at)
            for row in connection.execute(text("SELECT key, action, due_at FROM agenda"))
        }
    assert rows.keys() == EXPECTED["letters"].keys()
    assert len({told["phase"] for told in EXPECTED["letters"].values()}) >= 6
    for number, told in EXPECTED["letters"].items():
        found = {name: getattr(rows[number], name) for name in told}
        assert found | {name: as_kept(found[name]) for name in INSTANTS} == told
        assert office.reading.by_id(rows[number].id).phase.value == told["phase"]
    for key, *duty in EXPECTED["agenda"]:
        assert list(duties[key]) == duty


def test_what_was_under_way_goes_on_and_ends_when_it_would_have(office: PostOffice) -> None:
    """F5.09: the duties that release 0.1 planned are carried out."""
    letters = {letter.subject: letter for letter in office.reading.all_letters(limit=50)}
    office.run_until_idle()
    waiting = office.reading.by_id(letters["deposited"].id)
    assert waiting.phase is Phase.NOTIFIED
    office.desk.accept(waiting.id, identify(office, waiting))
    _, content = office.desk.open_document(waiting.id, 1)
    assert b"".join(content) == SMALL_PDF, "its key is the earlier release's"
    open_one = office.reading.by_id(letters["notified"].id)
    closes_at = open_one.window_closes_at
    assert closes_at is not None
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(closes_at - office.clock() - timedelta(seconds=1))
    office.run_until_idle()
    assert office.reading.by_id(open_one.id).phase is Phase.NOTIFIED
    clock.advance(timedelta(seconds=1))
    office.run_until_idle()
    assert office.reading.by_id(open_one.id).phase is Phase.UNCLAIMED
    clock.advance(timedelta(minutes=5))
    office.run_until_idle()
    assert [entry.name for entry in office.reading.timeline(open_one.id)][-1] is (
        ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY
    )
    for subject in ("received", "refused", "unclaimed", "notified"):
        kinds = [proof.kind for proof in office.issuer.available(letters[subject].id)]
        assert len(kinds) == 2
        for kind in kinds:
            assert office.issuer.make(letters[subject].id, kind).startswith(b"%PDF")
    assert audit_office(office).findings == []


def test_evidence_of_no_letter_fits_into_the_widened_table(office: PostOffice, home: Path) -> None:
    deposit_sample(office, product="qualified")  # with a consent, whose evidence is no letter's
    office.run_until_idle()
    assert audit_office(office).findings == []
    office.close()
    with sqlite3.connect(home / "office.db") as raw:
        assert raw.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []
        columns = {row[1]: row[3] for row in raw.execute("PRAGMA table_info(evidence)")}
        assert (columns["event_id"], columns["letter_id"]) == (0, 0), "they may be empty"
        assert (columns["record"], columns["salt"]) == (1, 1), "and nothing else may"
        [(alone,)] = raw.execute("SELECT count(*) FROM evidence WHERE letter_id IS NULL")
        assert alone >= 1
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute(
                "INSERT INTO evidence (id, event_id, letter_id, recorded_at, record, salt)"
                " VALUES ('x', 'nothing', NULL, '2026-11-01', '{}', x'00')"
            )
    raw.close()


def test_the_upgraded_tables_are_those_of_a_new_office(office: PostOffice, sqlite_template: Path) -> None:
    def described(path: Path) -> dict[str, Any]:
        with sqlite3.connect(path) as raw:
            tables = [row[0] for row in raw.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            found = {
                name: (
                    sorted(row[1:] for row in raw.execute(f"PRAGMA table_info({name})")),
                    sorted(row[2:] for row in raw.execute(f"PRAGMA foreign_key_list({name})")),
                    sorted(row[1:] for row in raw.execute(f"PRAGMA index_list({name})")),
                )
                for name in tables
            }
        raw.close()
        return found

    assert described(office.settings.home / "office.db") == described(sqlite_template)


def test_an_upgrade_that_dies_leaves_the_earlier_office_as_it_was(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F1.05: the upgrade can be run again."""
    original, left = Operations.create_index, [12]

    def dying(self: Operations, *arguments: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise OSError("power cut")
        return original(self, *arguments, **options)

    def said() -> list[Any]:
        with sqlite3.connect(home / "office.db") as raw:
            found = raw.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
            found += raw.execute("SELECT number, phase, window_closes_at FROM letter ORDER BY id").fetchall()
            found += raw.execute("SELECT version_num FROM alembic_version").fetchall()
        raw.close()
        return found

    before = said()
    monkeypatch.setattr(Operations, "create_index", dying)
    database = database_of(home)
    with pytest.raises(OSError, match="power cut"):
        schema.upgrade(database)
    database.close()
    assert said() == before
    monkeypatch.undo()
    database = database_of(home)
    schema.upgrade(database)
    assert schema.is_current(database)
    database.close()
