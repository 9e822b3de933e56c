"""Persons and organisations go once nothing names them; whoever anything names stays."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import String, event, func, insert, select

from lre_kit.law.retention import DataClass
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.mandates import Scope
from lre_kit.parties.members import MemberRole
from lre_kit.parties.persons import Party
from lre_kit.parties.rows import (
    PartyAddressRow,
    PartyChangeRow,
    PartyEmailRow,
    PartyRow,
)
from lre_kit.parties.values import Recipient, Sender
from lre_kit.party_purge import BY_ADDRESS, GOES_ALONG, NAMES
from lre_kit.people_purge import BATCH, PeoplePurge, rules_of
from lre_kit.store.columns import new_id
from lre_kit.store.inserts import table_of
from lre_kit.store.schema import metadata
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SMALL_PDF, record_consent, throwaway_office
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN

YEAR = timedelta(days=367)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    url = None if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = throwaway_office(tmp_path / "office", clock=clock, database_url=url, reminders="")
    with made as opened:
        yield opened


def purged(office: PostOffice) -> int:
    rules = rules_of(None)
    return PeoplePurge(office.database, clock=office.clock, rules=rules).run()[DataClass.PARTIES]


def is_there(office: PostOffice, party: Party) -> bool:
    row = table_of(PartyRow)
    with office.database.read() as connection:
        return connection.scalar(select(row.c.id).where(row.c.id == party.id)) is not None


def person(office: PostOffice, ref: str = "host-7") -> Party:
    parties = office.people.parties
    made = parties.remember(ref, JEAN)
    parties.emails.add(made.id, f"{ref}@example.net", actor=ACTOR)
    return made


def letter(office: PostOffice, sender: str, email: str) -> None:
    office.desk.deposit(
        sender=Sender(ref=sender, name="Zoé", email="zoe@example.org"), product="simple", subject="",
        recipient=Recipient(name="Jean", email=email), documents=[Upload(name="a.pdf", stream=[SMALL_PDF])],
    )  # fmt: skip


def test_a_party_goes_with_all_that_is_its_own_a_year_after_its_last_change(
    office: PostOffice, clock: MovedClock
) -> None:
    made = person(office)
    clock.advance(timedelta(days=300))
    office.people.parties.emails.add(made.id, "new@example.net", actor=ACTOR)
    clock.advance(timedelta(days=300))
    assert (purged(office), is_there(office, made)) == (0, True)
    clock.advance(timedelta(days=70))
    assert (purged(office), is_there(office, made)) == (1, False)
    with office.database.read() as connection:
        for row in (PartyRow, PartyEmailRow, PartyAddressRow, PartyChangeRow):
            query = select(func.count()).select_from(table_of(row))
            assert connection.execute(query).scalar_one() == 0, row
    again = office.people.parties.remember("host-7", JEAN)
    assert again.id != made.id, "who comes back is somebody new"


def _sends(office: PostOffice, party: Party) -> None:
    letter(office, party.id, "x@example.net")


def _sends_as_the_host_calls_them(office: PostOffice, party: Party) -> None:
    del party
    letter(office, "host-7", "x@example.net")


def _receives(office: PostOffice, party: Party) -> None:
    del party
    letter(office, "somebody", "host-7@example.net")


def _receives_in_another_spelling(office: PostOffice, party: Party) -> None:
    del party
    letter(office, "somebody", "Host-7@Example.NET")


def _receives_at_a_domain_of_other_letters(office: PostOffice, party: Party) -> None:
    office.people.parties.emails.add(party.id, "jean@xn--fa-hia.example", actor=ACTOR)
    letter(office, "somebody", "Jean@Faß.Example")


def _consents(office: PostOffice, party: Party) -> None:
    del party
    record_consent(office, Recipient(name="Jean", email="host-7@example.net"))


def _sits(office: PostOffice, party: Party) -> None:
    house = office.people.parties.add(BRUMES)
    office.people.members.set_role(house.id, party.id, MemberRole.READER, actor=ACTOR)


def _acts_for_another(office: PostOffice, party: Party) -> None:
    house = office.people.parties.add(BRUMES)
    office.people.mandates.grant(
        grantor_id=house.id, delegate_id=party.id, scope=[Scope.SEND], valid_from=date(2020, 1, 1),
        valid_until=None, reference="R", actor=ACTOR,
    )  # fmt: skip


@pytest.mark.parametrize(
    "named",
    [
        _sends,
        _sends_as_the_host_calls_them,
        _receives,
        _receives_in_another_spelling,
        _receives_at_a_domain_of_other_letters,
        _consents,
        _sits,
        _acts_for_another,
    ],
)
def test_whoever_something_names_stays(
    office: PostOffice, clock: MovedClock, named: Callable[[PostOffice, Party], None]
) -> None:
    made, other = person(office), person(office, "host-8")
    named(office, made)
    clock.advance(3 * YEAR)
    purged(office)
    assert (is_there(office, made), is_there(office, other)) == (True, False)


def test_a_seat_keeps_its_party_for_a_year_after_its_end(office: PostOffice, clock: MovedClock) -> None:
    made, house = person(office), office.people.parties.add(BRUMES)
    members = office.people.members
    members.set_role(house.id, made.id, MemberRole.READER, actor=ACTOR)
    clock.advance(3 * YEAR)
    members.set_role(house.id, made.id, None, actor=ACTOR)
    clock.advance(timedelta(days=300))
    purged(office)
    assert is_there(office, made)
    clock.advance(timedelta(days=70))
    assert purged(office) == 2
    assert not is_there(office, made)


def test_those_who_stay_do_not_hide_those_who_go(office: PostOffice, clock: MovedClock) -> None:
    """More than a batch of parties with letters come first; the free one behind them goes all the same."""
    row, now = table_of(PartyRow), clock()
    ids = [new_id() for _ in range(BATCH + 20)]
    with office.database.write() as uow:
        told = {"kind": "person", "capacity": "consumer", "created_at": now}
        uow.connection.execute(
            insert(row), [{"id": each, "merged_into": ids[-1], **told} for each in ids[:-1]]
        )
        uow.connection.execute(insert(row), [{"id": ids[-1], "merged_into": None, **told}])
        uow.commit()
    letter(office, ids[0], "x@example.net")
    clock.advance(YEAR)
    assert purged(office) == len(ids) - 2, "all aliases but the one with a letter, which keeps its target"
    assert purged(office) == 0


def test_no_letter_is_read_that_names_nobody_of_theirs(office: PostOffice, clock: MovedClock) -> None:
    person(office)
    letter(office, "somebody", "x@example.net")
    clock.advance(YEAR)
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _k: object, sql: str, values: Any, *_: object) -> None:
        seen.append((sql, values))

    event.listen(office.database.engine, "before_cursor_execute", note)
    assert purged(office) == 1
    event.remove(office.database.engine, "before_cursor_execute", note)
    asked = [(sql, values) for sql, values in seen if re.search(r"FROM letter\b", sql)]
    assert {name for name in ("deposited_by", "lower(letter") for sql, _ in asked if name in sql} == {
        "deposited_by", "lower(letter",
    }  # fmt: skip
    is_sqlite = office.database.kind == "sqlite"
    with office.database.engine.connect() as connection:
        if not is_sqlite:
            # Few rows are read faster whole: ask whether an index answers at all.
            connection.exec_driver_sql("SET enable_seqscan = off")
        for sql, values in asked:
            explain = f"{'EXPLAIN QUERY PLAN' if is_sqlite else 'EXPLAIN'} {sql}"
            plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain, values))
            assert not re.search(r"SCAN letter\b|Seq Scan on letter\b", plan), f"{sql}\n{plan}"


def test_every_column_that_may_name_a_party_is_judged() -> None:
    """A new table that names people must say whether it keeps them."""
    looks_like = re.compile(r"(_ref|party_id|person_id|person|prepared_by|ended_by|deposited_by|grantor_id)$")
    left_alone = {"party.search_key", "letter_word.sender_ref"}
    found = {
        f"{table.name}.{column.name}"
        for table in metadata().tables.values()
        for column in table.columns
        if isinstance(column.type, String) and looks_like.search(column.name)
    }
    assert found - NAMES - GOES_ALONG - left_alone == set()
    named = {
        f"{table.name}.{column.name}"
        for table in metadata().tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name == "party"
    }
    assert named <= NAMES | GOES_ALONG
    known = {
        f"{table.name}.{column.name}" for table in metadata().tables.values() for column in table.columns
    }
    assert known >= NAMES | BY_ADDRESS | GOES_ALONG
