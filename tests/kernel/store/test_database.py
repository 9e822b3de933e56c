"""The unit of work on SQLite and PostgreSQL, and what it says when the database fails."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError as IntegrityFault

from lre_kit.errors import (
    ConfigurationError,
    InputError,
    IntegrityError,
    NotInitialisedError,
    StoreUnavailableError,
)
from lre_kit.letters.rows import DocumentRow, EventRow, LetterRow
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.store import engines
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, OutcomeUnknownError, UniqueViolation, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow, OfficeRow
from lre_kit.testing.proxy import Proxy

NOW = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
OFFICE = table_of(OfficeRow)
LETTER = table_of(LetterRow)


def add_letter(uow: UnitOfWork, **changed: Any) -> str:
    letter_id = str(changed.pop("id", new_id()))
    values = {
        "number": letter_id,
        "product": "simple",
        "phase": "deposited",
        "version": 1,
        "language": "fr",
        "sender_ref": "s",
        "sender_name": "Zoë 100% «é»",
        "sender_email": "z@example.org",
        "recipient_name": "b",
        "recipient_email": "c",
        "subject": "",
        "requirements": {"é": [1, None]},
        "claim": "non_qualified",
        "key_id": "k",
        "request_digest": "d",
        "deposited_at": NOW,
    }
    uow.add(LetterRow, id=letter_id, **{**values, **changed})
    return letter_id


def add_deposit(uow: UnitOfWork) -> str:
    """Queue a deposit's rows, on purpose in an order that foreign keys forbid."""
    letter_id, event_id = new_id(), new_id()
    uow.add_missing(
        DutyRow, id=new_id(), key=letter_id, due_at=NOW, action="a", subject=letter_id, payload={}
    )
    uow.add(
        EvidenceRow,
        id=new_id(),
        event_id=event_id,
        letter_id=letter_id,
        recorded_at=NOW,
        record="{}",
        salt=b"\x00\xff",
    )
    uow.add_all(
        DocumentRow,
        [
            {
                "id": new_id(),
                "letter_id": letter_id,
                "position": position,
                "name": "a.pdf",
                "media_type": "application/pdf",
                "size_bytes": 1,
                "digest_hex": "00",
                "blob_key": f"letters/{letter_id}/{position}",
            }
            for position in (1, 2)
        ],
    )
    uow.add(
        EventRow,
        id=event_id,
        letter_id=letter_id,
        seq=0,
        name="SubmissionAcceptance",
        occurred_at=NOW,
        reasons=[],
        actor={},
        details={},
    )
    return add_letter(uow, id=letter_id)


def put(database: Database, name: str, value: str = "1") -> None:
    with database.write() as uow:
        uow.add(OfficeRow, name=name, value=value)
        uow.commit()


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(select(OFFICE.c.name)).scalars())


def test_rows_keep_their_values_and_take_the_defaults_of_their_class(database: Database) -> None:
    with database.write() as uow:
        letter_id = add_letter(uow)
        uow.commit()
    with database.read() as connection:
        row = connection.execute(select(LETTER).where(LETTER.c.id == letter_id)).one()
    assert row.sender_name == "Zoë 100% «é»"
    assert row.requirements == {"é": [1, None]}
    assert row.deposited_at == NOW
    assert row.deposited_at.utcoffset() == timedelta(0)
    assert (row.notices, row.wrapped_key, row.notified_at) == (0, None, None)


def test_rows_go_in_in_the_order_foreign_keys_ask_for(database: Database) -> None:
    with database.write() as uow:
        letter_id = add_deposit(uow)
        uow.commit()
    documents = table_of(DocumentRow)
    with database.read() as connection:
        query = select(documents.c.position).where(documents.c.letter_id == letter_id)
        assert sorted(connection.execute(query).scalars()) == [1, 2]


def test_nothing_is_kept_without_commit(database: Database) -> None:
    with database.write() as uow:
        uow.add(OfficeRow, name="queued", value="1")
        uow.flush()
        uow.add(OfficeRow, name="unsent", value="1")
    with pytest.raises(ZeroDivisionError), database.write() as uow:
        uow.add(OfficeRow, name="failed", value="1")
        uow.flush()
        raise ZeroDivisionError
    assert names(database) == set()


def test_a_unit_of_work_is_over_after_its_commit(database: Database) -> None:
    with database.write() as uow:
        uow.add(OfficeRow, name="a", value="1")
        uow.commit()
        uow.add(OfficeRow, name="b", value="1")
        with pytest.raises(RuntimeError, match="over"):
            uow.commit()
    assert names(database) == {"a"}


def test_an_empty_unit_of_work_touches_no_database(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'none.db'}")
    with database.write() as uow:
        uow.commit()
    assert not (tmp_path / "none.db").exists()


def test_statements_see_what_was_queued_before_them(database: Database) -> None:
    with database.write() as uow:
        uow.add(OfficeRow, name="a", value="1")
        assert uow.update(update(OFFICE).values(value="2")) == 1
        assert uow.execute(select(OFFICE.c.value)).scalar_one() == "2"
        uow.add(OfficeRow, name="b", value="1")
        assert uow.connection.execute(select(func.count()).select_from(OFFICE)).scalar_one() == 2


def test_deferred_changes_keep_their_place_in_the_queue(database: Database) -> None:
    with database.write() as uow:
        uow.add(OfficeRow, name="a", value="1")
        uow.defer(delete(OFFICE).where(OFFICE.c.name == "a"))
        uow.add(OfficeRow, name="a", value="2")
        uow.defer(update(OFFICE).where(OFFICE.c.name == "a").values(value=OFFICE.c.value + "3"))
        uow.commit()
    with database.read() as connection:
        assert connection.execute(select(OFFICE.c.value)).scalars().all() == ["23"]


def test_a_row_that_is_there_may_be_left_as_it_is(database: Database) -> None:
    put(database, "a", "old")
    with database.write() as uow:
        uow.add_missing(OfficeRow, name="a", value="new")
        uow.add_missing(OfficeRow, name="b", value="new")
        uow.commit()
    with database.read() as connection:
        found = connection.execute(select(OFFICE.c.name, OFFICE.c.value).order_by(OFFICE.c.name)).all()
    assert [tuple(row) for row in found] == [("a", "old"), ("b", "new")]


@pytest.mark.parametrize(
    ("twice", "constraint"),
    [
        ({"idempotency_key": "k"}, "uq_letter_idempotency"),
        ({"number": "n"}, "letter_number_key"),
        ({"id": "0" * 32}, "letter_pkey"),
    ],
)
def test_a_second_same_row_names_the_broken_constraint_alike_on_each_database(
    database: Database, twice: dict[str, str], constraint: str
) -> None:
    with database.write() as uow:
        add_letter(uow, **twice)
        uow.commit()
    with pytest.raises(UniqueViolation) as raised, database.write() as uow:
        uow.add(OfficeRow, name="same unit", value="1")
        add_letter(uow, **{"number": "m", **twice})
        uow.commit()
    assert raised.value.constraint == constraint
    assert names(database) == set()
    put(database, "the next unit works")


def test_a_wrong_column_is_a_mistake_of_the_program(database: Database) -> None:
    with pytest.raises(TypeError, match="OfficeRow has no colour"), database.write() as uow:
        uow.add(OfficeRow, name="a", value="1", colour="red")
        uow.commit()
    with pytest.raises(TypeError, match="OfficeRow needs value"), database.write() as uow:
        uow.add(OfficeRow, name="a")
        uow.commit()
    assert names(database) == set()


def test_a_snapshot_does_not_see_later_commits(database: Database) -> None:
    with database.read(snapshot=True) as connection:
        assert connection.execute(select(OFFICE)).all() == []
        put(database, "a")
        assert connection.execute(select(OFFICE)).all() == []
    assert names(database) == {"a"}


def test_one_name_is_held_by_one_unit_of_work_at_a_time(database: Database) -> None:
    order: list[str] = []
    held = threading.Event()

    def second() -> None:
        held.wait()
        with database.write() as uow:
            uow.serialise("sequencer")
            order.append("second")

    other = threading.Thread(target=second)
    other.start()
    with database.write() as uow:
        uow.serialise("sequencer")
        held.set()
        other.join(0.2)
        order.append("first")
        uow.commit()
    other.join()
    assert order == ["first", "second"]


def test_missing_tables_say_which_command_makes_them(tmp_path: Path, empty_postgres_url: str) -> None:
    for url in (f"sqlite:///{tmp_path / 'empty.db'}", empty_postgres_url):
        database = Database(url)
        with pytest.raises(NotInitialisedError, match="lre init"), database.write() as uow:
            uow.add(OfficeRow, name="a", value="1")
            uow.commit()
        with pytest.raises(NotInitialisedError, match="lre init"):
            names(database)
        database.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://h/d", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_cannot_work_says_what_would(url: str) -> None:
    with pytest.raises(ConfigurationError, match="LRE_DATABASE_URL"):
        Database(url)


def test_a_locked_sqlite_file_is_waited_for_and_then_refused(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F2.05."""
    monkeypatch.setattr(engines, "LOCK_WAIT_MS", 100)
    database = Database(sqlite_url)
    holder = sqlite3.connect(urlsplit(sqlite_url).path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError, match="holds the database"):
        put(database, "a")
    holder.execute("ROLLBACK")
    holder.close()
    put(database, "b")
    assert names(database) == {"b"}
    database.close()


def test_a_read_only_sqlite_file_is_named_as_such(sqlite_url: str, tmp_path: Path) -> None:
    """F7.02."""
    database = Database(f"sqlite:///file:{tmp_path / 'office.db'}?mode=ro&uri=true")
    with pytest.raises(StoreUnavailableError, match="read-only"):
        put(database, "a")
    assert names(database) == set()
    database.close()


def test_a_full_sqlite_disk_keeps_nothing_and_recovers(sqlite_url: str) -> None:
    """F7.01."""
    database = Database(sqlite_url)
    with database.write() as uow:
        pages = uow.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        uow.connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")
        uow.add(OfficeRow, name="large", value="x" * 1_000_000)
        with pytest.raises(StoreUnavailableError, match="full"):
            uow.commit()
    database.close()
    assert names(database) == set()
    put(database, "small")
    database.close()


def test_a_damaged_or_missing_sqlite_file_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "office.db").write_bytes(b"not a database, but long enough to be looked at" * 50)
    damaged = Database(f"sqlite:///{tmp_path / 'office.db'}")
    with pytest.raises(IntegrityError, match="backup"):
        names(damaged)
    with pytest.raises(StoreUnavailableError, match="cannot be opened"):
        names(Database(f"sqlite:///{tmp_path / 'no' / 'office.db'}"))


def test_a_server_that_is_not_there_is_an_outage() -> None:
    """F2.01: told from an outcome that nobody knows."""
    database = Database("postgresql://postgres@127.0.0.1:1/none")
    with pytest.raises(StoreUnavailableError, match="does not answer") as raised:
        put(database, "a")
    assert not isinstance(raised.value, OutcomeUnknownError)


def through(proxy: Proxy, url: str) -> Database:
    return Database(urlsplit(url)._replace(netloc=f"postgres@127.0.0.1:{proxy.port}").geturl())


@pytest.fixture
def proxied(database_url: str) -> Iterator[tuple[Proxy, Database]]:
    parts = urlsplit(database_url)
    with Proxy(parts.hostname or "", parts.port or 5432) as proxy:
        database = through(proxy, database_url)
        yield proxy, database
        database.close()


on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgresql
def test_a_deposit_costs_one_round_trip(proxied: tuple[Proxy, Database]) -> None:
    proxy, database = proxied
    for _ in range(12):  # past the point from which psycopg prepares its statements
        before = proxy.round_trips
        with database.write() as uow:
            add_deposit(uow)
            uow.commit()
        trips = proxy.round_trips - before
    assert trips == 1


def test_a_failed_statement_cannot_be_passed_over_in_silence(database: Database) -> None:
    put(database, "a")
    with pytest.raises(RuntimeError, match="failed"), database.write() as uow:
        uow.add(OfficeRow, name="b", value="1")
        with suppress(UniqueViolation):
            uow.execute(insert(OFFICE).values(name="a", value="1"))
        uow.commit()
    assert names(database) == {"a"}


@on_postgresql
def test_a_failed_statement_on_the_bare_connection_cannot_either(database: Database) -> None:
    put(database, "a")
    with pytest.raises(RuntimeError, match="rolled"), database.write() as uow:
        with suppress(IntegrityFault):
            uow.connection.execute(insert(OFFICE).values(name="a", value="1"))
        uow.commit()


@on_postgresql
def test_a_lost_answer_to_a_commit_is_not_called_a_failure(proxied: tuple[Proxy, Database]) -> None:
    """F2.02."""
    proxy, database = proxied
    put(database, "before")
    proxy.lose_answer_after = b"COMMIT"
    with pytest.raises(OutcomeUnknownError, match="idempotency key"):
        put(database, "a")
    assert proxy.lost == 1
    assert names(database) == {"before", "a"}
    with pytest.raises(UniqueViolation):
        put(database, "a")


@on_postgresql
def test_connections_that_were_cut_meanwhile_are_replaced_unseen(proxied: tuple[Proxy, Database]) -> None:
    """F2.03."""
    proxy, database = proxied
    put(database, "a")
    proxy.cut()
    threading.Event().wait(0.05)
    put(database, "b")
    assert names(database) == {"a", "b"}


@on_postgresql
def test_a_backend_ended_in_the_middle_leaves_nothing_half_done(database: Database) -> None:
    """F2.03."""
    with pytest.raises(StoreUnavailableError), database.write() as uow:
        uow.add(OfficeRow, name="half", value="1")
        pid = uow.connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with database.read() as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
        uow.add(OfficeRow, name="other half", value="1")
        uow.flush()
    assert names(database) == set()


def test_a_character_that_cannot_be_kept_is_named_as_what_was_typed_wrong(database: Database) -> None:
    """PostgreSQL's text holds no NUL; SQLite's does."""
    with database.read() as connection:
        query = select(LETTER.c.id).where(LETTER.c.subject == "a\x00b")
        if database.kind == "sqlite":
            assert connection.execute(query).first() is None
    if database.kind == "postgresql":
        with pytest.raises(InputError, match="cannot be kept"), database.read() as connection:
            connection.execute(query)
        with pytest.raises(InputError, match="cannot be kept"), database.write() as uow:
            add_letter(uow, subject="a\x00b")
            uow.commit()
        with database.write() as uow:
            add_letter(uow, subject="ab")
            uow.commit()
