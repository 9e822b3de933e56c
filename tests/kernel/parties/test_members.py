"""Members of organisations: roles with a beginning and an end, and always an owner."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lre_kit.clock import now
from lre_kit.errors import InputError, NotFoundError, UnlawfulActError
from lre_kit.parties.book import PartyBook
from lre_kit.parties.members import MemberRole, Members
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN


@pytest.fixture
def book(database: Database) -> PartyBook:
    return PartyBook(database, clock=now)


def test_members_have_roles_and_the_last_owner_stays(book: PartyBook, database: Database) -> None:
    members = Members(database, clock=now)
    company, owner, clerk = book.add(BRUMES).id, book.add(JEAN).id, book.add(JEAN).id
    members.set_role(company, owner, MemberRole.OWNER, actor=ACTOR)
    members.set_role(company, clerk, MemberRole.READER, actor=ACTOR)
    assert not members.may(clerk, company, MemberRole.SENDER)
    members.set_role(company, clerk, MemberRole.SENDER, actor=ACTOR)
    assert members.may(clerk, company, MemberRole.SENDER)
    assert not members.may(clerk, company, MemberRole.OWNER)
    for role in (None, MemberRole.READER):
        with pytest.raises(UnlawfulActError, match="last owner"):
            members.set_role(company, owner, role, actor=ACTOR)
    members.set_role(company, clerk, None, actor=ACTOR)
    assert [m.person_id for m in members.members(company)] == [owner]
    with pytest.raises(InputError):
        members.set_role(owner, company, MemberRole.READER, actor=ACTOR)
    names = [change.name for change in book.history(company)]
    assert names == ["add", "member", "member", "member", "member"]
    with pytest.raises(NotFoundError):
        members.set_role(company, "nobody", MemberRole.READER, actor=ACTOR)


def test_a_role_counts_from_its_first_instant_to_before_its_last(book: PartyBook, database: Database) -> None:
    clock = MovedClock(lambda: datetime(2026, 3, 1, 9, tzinfo=UTC))
    members = Members(database, clock=clock)
    company, owner, clerk = book.add(BRUMES).id, book.add(JEAN).id, book.add(JEAN).id
    members.set_role(company, owner, MemberRole.OWNER, actor=ACTOR)
    begun = clock()
    members.set_role(company, clerk, MemberRole.SENDER, actor=ACTOR)
    clock.advance(timedelta(days=1))
    ended = clock()
    members.set_role(company, clerk, None, actor=ACTOR)
    moment = timedelta(microseconds=1)
    for at, may in ((begun - moment, False), (begun, True), (ended - moment, True), (ended, False)):
        assert members.may(clerk, company, MemberRole.SENDER, at=at) is may
    assert not members.may(clerk, company, MemberRole.READER)
    assert [one.role for one in members.history(company)] == [MemberRole.OWNER, MemberRole.SENDER]


def test_of_two_owners_who_leave_at_once_one_stays(book: PartyBook, database: Database) -> None:
    members, company = Members(database, clock=now), book.add(BRUMES).id
    owners = [book.add(JEAN).id for _ in range(4)]
    for owner in owners:
        members.set_role(company, owner, MemberRole.OWNER, actor=ACTOR)

    def leave(owner: str) -> bool:
        try:
            members.set_role(company, owner, None, actor=ACTOR)
        except UnlawfulActError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(leave, owners)) == 3
    assert len(members.members(company)) == 1
