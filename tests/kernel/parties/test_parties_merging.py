"""Two parties that are one: all of the second goes to the first, under either id, and never in a circle."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest
from sqlmodel import SQLModel

from lre_kit.clock import now
from lre_kit.errors import UnlawfulActError
from lre_kit.parties.addresses import AddressBook, PostalAddress
from lre_kit.parties.book import PartyBook
from lre_kit.parties.mandates import Mandates, Scope
from lre_kit.parties.members import MemberRole, Members
from lre_kit.parties.merging import MOVED as MOVED_TABLES
from lre_kit.store.database import Database
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN

HOME = PostalAddress(lines=("Jean Dupont", "1 rue de la Paix", "75002 PARIS"))
MOVED = PostalAddress(lines=("Jean Dupont", "2 rue Haute", "69001 LYON"))


@pytest.fixture
def book(database: Database) -> PartyBook:
    return PartyBook(database, clock=now)


def merge(book: PartyBook, kept: str, merged: str) -> None:
    book.merge(kept, merged, actor=ACTOR, reason="the same person")


def test_either_of_two_logins_of_a_host_leads_to_the_one_person(book: PartyBook) -> None:
    kept, merged = book.remember("user-1", JEAN), book.remember("user-2", JEAN)
    merge(book, kept.id, merged.id)
    assert book.remember("user-1", JEAN).id == book.remember("user-2", JEAN).id == kept.id
    assert len(book.search("dupont")) == 1


def test_what_is_done_to_the_merged_one_is_done_to_the_one_that_stands(
    book: PartyBook, database: Database
) -> None:
    last, middle, first = (book.add(JEAN).id for _ in range(3))
    merge(book, middle, first)
    merge(book, last, middle)
    assert book.by_id(first).id == last
    assert book.all_ids(first) == book.all_ids(last) == (last, middle, first)
    assert book.correct(first, actor=ACTOR, reason="r", family_name="Durand").name == "Jean Durand"
    addresses = AddressBook(database, clock=now)
    addresses.set_address(first, HOME, actor=ACTOR, confirmed=True)
    assert addresses.present(last) == addresses.present(first)
    assert addresses.confirmed([first, "nobody"]).keys() == {first}
    book.emails.verify(first, "jean@example.net", actor=ACTOR)
    assert book.reader_of("jean@example.net") == book.by_id(last)
    company = book.add(BRUMES).id
    members, mandates = Members(database, clock=now), Mandates(database, clock=now)
    members.set_role(company, first, MemberRole.OWNER, actor=ACTOR)
    assert members.may(middle, company, MemberRole.SENDER)
    assert [one.person_id for one in members.organisations(first)] == [last]
    mandates.grant(
        grantor_id=company, delegate_id=first, scope={Scope.RECEIVE}, valid_from=date(2020, 1, 1),
        valid_until=None, reference="R", actor=ACTOR,
    )  # fmt: skip
    assert mandates.in_force(company, middle, Scope.RECEIVE) == mandates.of(first)[0]


def test_of_two_roles_the_stronger_stays_and_an_owner_too(book: PartyBook, database: Database) -> None:
    members = Members(database, clock=now)
    company, kept, merged = book.add(BRUMES).id, book.add(JEAN).id, book.add(JEAN).id
    members.set_role(company, merged, MemberRole.OWNER, actor=ACTOR)
    members.set_role(company, kept, MemberRole.READER, actor=ACTOR)
    merge(book, kept, merged)
    assert [(one.person_id, one.role) for one in members.members(company)] == [(kept, MemberRole.OWNER)]
    assert len(members.history(company)) == 2
    other = book.add(BRUMES).id
    members.set_role(other, kept, MemberRole.OWNER, actor=ACTOR)
    merge(book, company, other)
    assert len(members.members(company)) == 1


def test_a_mandate_between_two_that_become_one_ends(book: PartyBook, database: Database) -> None:
    mandates, kept, merged = Mandates(database, clock=now), book.add(JEAN).id, book.add(JEAN).id
    mandates.grant(
        grantor_id=kept, delegate_id=merged, scope=set(Scope), valid_from=date(2020, 1, 1),
        valid_until=None, reference="R", actor=ACTOR,
    )  # fmt: skip
    merge(book, kept, merged)
    (ended,) = mandates.of(kept)
    assert ended.revoked_at is not None
    assert mandates.in_force(kept, merged, Scope.SEND) is None


@pytest.mark.parametrize("kept_has_one", [True, False])
def test_one_present_address_stays_and_all_former_ones(
    book: PartyBook, database: Database, kept_has_one: bool
) -> None:
    addresses, kept, merged = AddressBook(database, clock=now), book.add(JEAN).id, book.add(JEAN).id
    addresses.set_address(merged, HOME, actor=ACTOR, confirmed=True)
    if kept_has_one:
        addresses.set_address(kept, MOVED, actor=ACTOR, confirmed=True)
    merge(book, kept, merged)
    known = addresses.history(kept)
    assert len(known) == 1 + kept_has_one
    assert [one.address for one in known if one.valid_until is None] == [MOVED if kept_has_one else HOME]


def test_the_history_names_what_was_moved(book: PartyBook) -> None:
    kept, merged = book.add(JEAN).id, book.add(JEAN).id
    for party, address in ((kept, "a@example.net"), (merged, "b@example.net"), (merged, "c@example.net")):
        book.emails.verify(party, address, actor=ACTOR)
    book.emails.add(kept, "c@example.net", actor=ACTOR)
    merge(book, kept, merged)
    after = book.history(kept)[-1].after
    assert after["party"] == merged
    assert {name: ids if isinstance(ids, int) else len(ids) for name, ids in after["moved"].items()} == {
        "emails": 1, "addresses": 0, "memberships": 0, "mandates": 0, "accounts": 0, "sessions": 0,
        "means": 0, "questions": 0, "authentications": 0, "orders": 0, "cases": 0, "proofings": 0,
    }  # fmt: skip
    assert all(book.reader_of(f"{name}@example.net").id == kept for name in "abc")
    assert [one.address for one in book.emails.of(kept) if one.is_primary] == ["a@example.net"]


def test_merges_at_once_in_all_directions_leave_one_party_and_no_circle(book: PartyBook) -> None:
    ids = [book.add(JEAN).id for _ in range(5)]
    pairs = [(left, right) for left in ids for right in ids if left != right]

    def attempt(pair: tuple[str, str]) -> None:
        with suppress(UnlawfulActError):
            merge(book, *pair)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(attempt, pairs))
    (standing,) = {book.by_id(party).id for party in ids}
    assert set(book.all_ids(standing)) == set(ids)
    assert [change.name for change in book.history(standing)].count("merged") == 0


def test_no_table_that_keeps_a_party_is_forgotten() -> None:
    told_by_name = {"party_email", "party_address", "party_change", "derogation_notice"}
    keeping = {
        table.name for table in SQLModel.metadata.sorted_tables if "party_id" in table.columns
    } - told_by_name
    assert keeping == {table.name for table in MOVED_TABLES.values()}
