"""In whose name a person acts: what pages are told and what the act's transaction allows never differ."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lre_kit.authority import Authorities, NoAuthorityError
from lre_kit.parties.book import PartyBook
from lre_kit.parties.mandates import Mandates, Scope
from lre_kit.parties.members import MemberRole, Members
from lre_kit.parties.spellings import same_organisation
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN

TODAY = date(2026, 3, 10)
ROLES = st.sampled_from([None, *MemberRole])
DAYS = st.integers(-3, 3)


@dataclass(frozen=True)
class Hall:
    """The services, at noon of one day."""

    database: Database
    book: PartyBook
    members: Members
    mandates: Mandates
    authorities: Authorities


@pytest.fixture
def hall(database: Database) -> Hall:
    clock = MovedClock(lambda: datetime(2026, 3, 10, 12, tzinfo=UTC))
    book = PartyBook(database, clock=clock)
    members, mandates = Members(database, clock=clock), Mandates(database, clock=clock)
    authorities = Authorities(
        database,
        clock=clock,
        parties=lambda: book,
        members=lambda: members,
        mandates=lambda: mandates,
    )
    return Hall(database, book, members, mandates, authorities)


def acts(hall: Hall, person_id: str, party_id: str) -> bool:
    """Tell whether the transaction of a deposit lets a person act."""
    with hall.database.write() as uow:
        try:
            hall.authorities.still_sends(person_id, party_id)(uow)
        except NoAuthorityError:
            return False
    return True


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ROLES, last=ROLES, scope=st.sets(st.sampled_from(Scope)), begins=DAYS, lasts=st.integers(0, 3),
       revoked=st.booleans())  # fmt: skip
def test_pages_and_transactions_agree_with_the_rule(
    hall: Hall,
    first: MemberRole | None,
    last: MemberRole | None,
    scope: set[Scope],
    begins: int,
    lasts: int,
    revoked: bool,
) -> None:
    house, owner, person, grantor = (hall.book.add(facts).id for facts in (BRUMES, JEAN, JEAN, JEAN))
    hall.members.set_role(house, owner, MemberRole.OWNER, actor=ACTOR)
    for role in (first, last):
        hall.members.set_role(house, person, role, actor=ACTOR)
    day = TODAY + timedelta(days=begins)
    until = day + timedelta(days=lasts)
    if scope:
        mandate = hall.mandates.grant(
            grantor_id=grantor, delegate_id=person, scope=scope, valid_from=day, valid_until=until,
            reference="Acte 12", actor=ACTOR,
        )  # fmt: skip
        if revoked:
            hall.mandates.revoke(mandate.id, actor=ACTOR, reason="over")
    may = {
        house: last in {MemberRole.SENDER, MemberRole.OWNER},
        grantor: Scope.SEND in scope and not revoked and day <= TODAY <= until,
    }
    offered = {each.party.id for each in hall.authorities.to_send(person)}
    for party, expected in may.items():
        found = hall.authorities.over(person, party, MemberRole.SENDER, Scope.SEND)
        assert (found is not None) is expected
        assert (party in offered) is expected
        assert acts(hall, person, party) is expected
    assert not acts(hall, owner, grantor)
    assert [each.id for each in hall.authorities.to_read(person)] == ([house] if last else [])


NAMES = st.text(st.characters(categories=["L", "N", "Zs", "P"]), max_size=30)


@given(NAMES, NAMES, NAMES)
def test_being_one_organisation_is_an_equivalence(first: str, second: str, third: str) -> None:
    assert same_organisation(first, second) is same_organisation(second, first)
    if same_organisation(first, second) and same_organisation(second, third):
        assert same_organisation(first, third)


@given(st.lists(st.text("abcdefghij", min_size=3, max_size=8), min_size=1, max_size=4), st.data())
def test_capitals_signs_and_legal_forms_make_no_other_organisation(
    words: list[str], data: st.DataObject
) -> None:
    name = " ".join(words)
    form = data.draw(st.sampled_from(["SARL", "S.A.R.L.", "sas", "GmbH", "Ltd."]))
    written = data.draw(st.sampled_from([name.upper(), name.title(), "-".join(words), f"«{name}»"]))
    assert same_organisation(name, f"{written} {form}")
    assert not same_organisation(name, f"{written}x {form}")
    assert not same_organisation(name, "")
