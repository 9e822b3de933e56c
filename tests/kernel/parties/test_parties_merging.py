"""Two parties that are one: all of the second goes to the first, under either id, and never in a circle."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date

import pytest
from sqlalchemy import select, update
from sqlmodel import SQLModel

from lre_kit.clock import now
from lre_kit.errors import UnlawfulActError
from lre_kit.identifiers.means import Kind
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.parties.addresses import AddressBook, PostalAddress
from lre_kit.parties.book import PartyBook
from lre_kit.parties.changes import CHANGE
from lre_kit.parties.mandates import Mandates, Scope
from lre_kit.parties.members import MemberRole, Members
from lre_kit.parties.merging import MOVED as MOVED_TABLES
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
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
        "emails": 1, "addresses": 0, "members": 0, "memberships": 0, "mandates_given": 0, "mandates": 0,
        "accounts": 0, "sessions": 0, "means": 0, "questions": 0, "authentications": 0, "orders": 0,
        "cases": 0, "proofings": 0,
    }  # fmt: skip
    assert all(book.reader_of(f"{name}@example.net").id == kept for name in "abc")
    assert [one.address for one in book.emails.of(kept) if one.is_primary] == ["a@example.net"]


def state_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """All that parties own, but versions and histories."""
    left_out = {"version", "verified_at"}
    with database.read() as connection:
        return {
            table.name: sorted(
                tuple(str(row[column.name]) for column in table.columns if column.name not in left_out)
                for row in connection.execute(select(table)).mappings()
            )
            for table in SQLModel.metadata.sorted_tables
            if table.name in {"party", "party_email", "party_address", "membership", "mandate", "identifier"}
        }


def test_an_undone_merge_leaves_everything_as_it_was_and_both_in_the_history(
    book: PartyBook, database: Database
) -> None:
    kept, merged, company = book.add(JEAN).id, book.remember("user-2", JEAN).id, book.add(BRUMES).id
    for party, address in ((kept, "a@example.net"), (merged, "b@example.net"), (merged, "c@example.net")):
        book.emails.verify(party, address, actor=ACTOR)
    book.emails.add(kept, "c@example.net", actor=ACTOR)
    addresses, members = AddressBook(database, clock=now), Members(database, clock=now)
    for party, address in ((kept, HOME), (merged, MOVED)):
        addresses.set_address(party, address, actor=ACTOR, confirmed=True)
    members.set_role(company, kept, MemberRole.READER, actor=ACTOR)
    members.set_role(company, merged, MemberRole.OWNER, actor=ACTOR)
    Mandates(database, clock=now).grant(
        grantor_id=kept, delegate_id=merged, scope={Scope.RECEIVE}, valid_from=date(2020, 1, 1),
        valid_until=None, reference="R", actor=ACTOR,
    )  # fmt: skip
    register = IdentifierRegister(database, clock=now, vault=Vault(bytes(range(32)), "kek"))
    with database.write() as uow:
        register.issue(uow, party_id=merged, kind=Kind.PAPER_CODES, label="Sheet", actor=ACTOR)
        uow.commit()
    before = state_of(database)
    merge(book, kept, merged)
    assert state_of(database) != before
    with database.write() as uow:
        later = register.issue(uow, party_id=kept, kind=Kind.PAPER_CODES, label="Later", actor=ACTOR)
        uow.commit()
    assert book.unmerge(merged, actor=ACTOR, reason="twins").id == merged
    after = state_of(database)
    assert [row for row in after["identifier"] if row[0] != later.id] == before.pop("identifier")
    assert register.by_id(later.id).party_id == kept
    after.pop("identifier")
    assert after == before
    assert [each.name for each in book.history(kept)][-2:] == ["merge", "unmerge"]
    assert [each.name for each in book.history(merged)][-2:] == ["merged", "unmerged"]
    with pytest.raises(UnlawfulActError, match="merged with no other"):
        book.unmerge(merged, actor=ACTOR, reason="twins")
    merge(book, kept, merged)
    assert book.by_id(merged).id == kept


def tell_as_before(database: Database, kept: str) -> None:
    """Make the last merge's history what it was before sides and the host's id were told in it."""
    with database.write() as uow:
        query = select(CHANGE.c.id, CHANGE.c.after).where(CHANGE.c.party_id == kept, CHANGE.c.name == "merge")
        row = uow.execute(query.order_by(CHANGE.c.seq.desc())).first()
        moved = dict(row.after["moved"])
        moved["memberships"] = moved.pop("members") + moved["memberships"]
        moved["mandates"] = moved.pop("mandates_given") + moved["mandates"]
        after = {"party": row.after["party"], "moved": moved}
        uow.execute(update(CHANGE).where(CHANGE.c.id == row.id).values(after=after))
        uow.commit()


def test_a_merge_whose_history_does_not_tell_the_sides_is_undone_without_turning_mandates_round(
    book: PartyBook, database: Database
) -> None:
    kept, merged, third = (book.add(JEAN).id for _ in range(3))
    mandates, members = Mandates(database, clock=now), Members(database, clock=now)
    ids = {}
    for grantor, delegate in ((merged, kept), (merged, third), (third, merged), (kept, third), (third, kept)):
        ids[grantor, delegate] = mandates.grant(
            grantor_id=grantor, delegate_id=delegate, scope={Scope.RECEIVE}, valid_from=date(2020, 1, 1),
            valid_until=None, reference="R", actor=ACTOR,
        ).id  # fmt: skip
    company = book.add(BRUMES).id
    members.set_role(company, merged, MemberRole.OWNER, actor=ACTOR)
    merge(book, kept, merged)
    tell_as_before(database, kept)
    book.unmerge(merged, actor=ACTOR, reason="twins")
    found = {one.id: one for party in (kept, merged, third) for one in mandates.of(party)}
    between = found.pop(ids.pop((merged, kept)))
    assert between.revoked_at is not None, "which of the two gave it is not told: it gives nobody anything"
    assert {(one.grantor_id, one.delegate_id): one.id for one in found.values()} == ids
    assert all(one.revoked_at is None for one in found.values())
    assert [one.person_id for one in members.members(company)] == [merged]


def test_an_old_merge_is_undone_only_once_somebody_says_whose_the_hosts_id_is(
    book: PartyBook, database: Database
) -> None:
    kept, merged = book.add(JEAN).id, book.remember("user-2", JEAN).id
    merge(book, kept, merged)
    tell_as_before(database, kept)
    before = state_of(database)
    with pytest.raises(UnlawfulActError, match="does not tell") as refused:
        book.unmerge(merged, actor=ACTOR, reason="twins")
    assert "--host-id merged" in refused.value.mend
    assert state_of(database) == before
    book.unmerge(merged, actor=ACTOR, reason="twins", takes_host_id=True)
    assert book.by_external_id("user-2").id == merged
    merge(book, kept, merged)
    tell_as_before(database, kept)
    book.unmerge(merged, actor=ACTOR, reason="twins", takes_host_id=False)
    assert book.by_external_id("user-2").id == kept


def test_merges_are_undone_the_last_first(book: PartyBook) -> None:
    last, middle, first = (book.add(JEAN).id for _ in range(3))
    merge(book, middle, first)
    merge(book, last, middle)
    with pytest.raises(UnlawfulActError, match="merged into another since"):
        book.unmerge(first, actor=ACTOR, reason="r")
    book.unmerge(middle, actor=ACTOR, reason="r")
    book.unmerge(first, actor=ACTOR, reason="r")
    assert [book.by_id(each).id for each in (last, middle, first)] == [last, middle, first]


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
