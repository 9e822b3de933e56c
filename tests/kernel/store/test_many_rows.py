"""Many rows in one statement, and rows sent ahead: they say what each would say by itself."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from lre_kit.store.columns import array_text, new_id
from lre_kit.store.database import Database, UniqueViolation
from lre_kit.store.inserts import FEW_ROWS, table_of
from lre_kit.store.rows import DutyRow, OfficeRow
from lre_kit.testing.services import fresh_database

NOW = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
MANY = FEW_ROWS + 4
DUTY, OFFICE = table_of(DutyRow), table_of(OfficeRow)

ODD = ['"', "\\", 'a"b\\', "NULL", "null", "", "{}", ",", " ", "\t", "\n", "é", "🖋", "it's", "%s", "{a,b}"]
"""Texts that an array could be taken apart by."""


def duty(number: int, **changed: Any) -> dict[str, Any]:
    made = {
        "id": new_id(),
        "key": f"k{number}",
        "due_at": NOW + timedelta(microseconds=number),
        "action": "a",
        "subject": str(number),
        "payload": {},
    }
    return {**made, **changed}


def test_many_rows_keep_what_each_says(database: Database) -> None:
    paris = timezone(timedelta(hours=2))
    rows = [
        duty(
            number,
            last_error=ODD[number % len(ODD)] if number % 3 else None,
            payload={ODD[number % len(ODD)]: [number, None, 'q"\\', number % 2 == 0]},
            due_at=(NOW + timedelta(microseconds=number)).astimezone(paris),
            attempts=number,
        )
        for number in range(MANY)
    ]
    with database.write() as uow:
        uow.add_all(DutyRow, rows)
        uow.commit()
    with database.read() as connection:
        kept = {row.key: row for row in connection.execute(select(DUTY))}
    assert len(kept) == MANY
    for row in rows:
        found = kept[row["key"]]
        for name, value in row.items():
            assert getattr(found, name) == value, name
        assert (found.claim, found.dead_at, found.attempts) == (None, None, row["attempts"])
        assert found.due_at.utcoffset() == timedelta(0)


def test_what_is_equal_and_not_the_same_is_kept_apart(database: Database) -> None:
    payloads = [{"x": True}, {"x": 1}, {"x": 1.0}] * MANY
    with database.write() as uow:
        uow.add_all(DutyRow, [duty(number, payload=each) for number, each in enumerate(payloads)])
        uow.commit()
    with database.read() as connection:
        found = connection.execute(select(DUTY.c.payload).order_by(DUTY.c.due_at)).scalars().all()
    assert [type(each["x"]) for each in found[:2]] == [bool, int]


def test_many_rows_of_which_some_are_there_are_added_as_the_others(database: Database) -> None:
    with database.write() as uow:
        uow.add(OfficeRow, name="n3", value="old")
        uow.commit()
    with database.write() as uow:
        for number in range(MANY):
            uow.add_missing(OfficeRow, name=f"n{number}", value="new")
        uow.commit()
    with database.read() as connection:
        kept = dict(tuple(row) for row in connection.execute(select(OFFICE.c.name, OFFICE.c.value)))
    assert kept == {f"n{number}": "old" if number == 3 else "new" for number in range(MANY)}


def test_one_row_too_many_keeps_none_of_them(database: Database) -> None:
    with pytest.raises(UniqueViolation), database.write() as uow:
        uow.add_all(OfficeRow, [{"name": f"n{number % (MANY - 1)}", "value": "1"} for number in range(MANY)])
        uow.commit()
    with database.read() as connection:
        assert connection.execute(select(OFFICE.c.name)).all() == []


def test_a_row_with_an_unknown_column_is_refused(database: Database) -> None:
    rows = [{"name": f"n{number}", "value": "1"} for number in range(MANY)]
    rows[-1]["colour"] = "red"
    with pytest.raises(TypeError, match="colour"), database.write() as uow:
        uow.add_all(OfficeRow, rows)
        uow.commit()


def test_what_is_too_long_is_never_cut(postgres_template: str, postgres_server: str) -> None:
    with fresh_database(postgres_server, template=postgres_template) as url:
        database = Database(url)
        with pytest.raises(Exception, match="too long"), database.write() as uow:
            uow.add_all(OfficeRow, [{"name": "x" * 61 + str(number), "value": "1"} for number in range(MANY)])
            uow.commit()
        database.close()


def test_rows_sent_ahead_are_kept_with_the_commit_and_lost_without_it(database: Database) -> None:
    with database.write() as uow:
        uow.add(OfficeRow, name="a", value="1")
        uow.send_ahead()
        uow.add(OfficeRow, name="b", value="1")
        uow.send_ahead()
        assert uow.execute(select(OFFICE.c.name).order_by(OFFICE.c.name)).scalars().all() == ["a", "b"]
        uow.add(OfficeRow, name="c", value="1")
        uow.send_ahead()
        uow.commit()
    with database.write() as uow:
        uow.add(OfficeRow, name="d", value="1")
        uow.send_ahead()
    with pytest.raises(ZeroDivisionError), database.write() as uow:
        uow.add(OfficeRow, name="e", value="1")
        uow.send_ahead()
        raise ZeroDivisionError
    with database.read() as connection:
        assert sorted(connection.execute(select(OFFICE.c.name)).scalars()) == ["a", "b", "c"]


@pytest.mark.parametrize("asks", [False, True])
def test_what_fails_of_rows_sent_ahead_is_told_and_nothing_is_kept(database: Database, *, asks: bool) -> None:
    with pytest.raises(UniqueViolation), database.write() as uow:
        for name in ("a", "b", "a"):
            uow.add(OfficeRow, name=name, value="1")
            uow.send_ahead()
        if asks:
            uow.execute(select(OFFICE.c.name))
        uow.commit()
    with database.write() as uow:
        uow.add(OfficeRow, name="after", value="1")
        uow.commit()
    with database.read() as connection:
        assert connection.execute(select(OFFICE.c.name)).scalars().all() == ["after"]


@pytest.fixture(scope="module")
def server(postgres_server: str) -> Iterator[Database]:
    held = Database(postgres_server)
    yield held
    held.close()


@given(st.lists(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), max_size=8))
def test_an_array_is_read_as_it_was_written(server: Database, values: list[str]) -> None:
    with server.read() as connection:
        found = connection.execute(text("SELECT CAST(:all AS TEXT[])"), {"all": array_text(values)})
        assert found.scalar_one() == values
