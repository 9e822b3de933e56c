"""Whose an electronic identity is: linked at its first use, and its holder's alone from then on."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from sqlalchemy import text

from lre_kit.identifiers.eid_provider_values import Userinfo
from lre_kit.identifiers.eid_values import EidAttributes
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.rows import AuthenticationRow, IdentifierRow
from lre_kit.law.assurance import Category, Level, Means, level_reached
from lre_kit.store.database import Database
from lre_kit.store.unit import UnitOfWork
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.eid_desk import ACT, SESSION, EidDesk
from lre_kit.testing.forging_provider import ForgingProvider

ADA = EidAttributes(
    given_names="Ada", family_name="Lovelace", birth_date=date(1815, 12, 10), email="ada@example.org"
)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def idp(clock: MovedClock) -> Iterator[ForgingProvider]:
    with ForgingProvider(clock=clock) as running:
        yield running


@pytest.fixture
def desk(database: Database, idp: ForgingProvider, clock: MovedClock) -> EidDesk:
    return EidDesk(database, idp.provider(userinfo=Userinfo.PLAIN), clock=clock)


def test_an_identity_becomes_a_means_of_its_party_at_its_first_use(
    desk: EidDesk, idp: ForgingProvider, clock: MovedClock
) -> None:
    found = desk.identify(idp.visit, party_id=desk.ada, level=Level.SUBSTANTIAL)
    assert (found.party_id, found.purpose, found.provider) == (desk.ada, ACT, "test")
    assert (found.attributes, found.needs_review) == (ADA, False)
    factor = found.factor
    assert factor is not None
    assert (factor.means, factor.dynamic, factor.vouched) == (Means.EID, True, Level.SUBSTANTIAL)
    assert factor.categories == (Category.POSSESSION, Category.KNOWLEDGE)
    assert level_reached([factor], proofing=None, at=clock()) is Level.SUBSTANTIAL
    (made,) = desk.register.of(desk.ada)
    assert (made.kind, made.state, made.level) == (Kind.EID, State.ACTIVE, Level.SUBSTANTIAL)
    assert factor.identifier_id == made.id
    assert desk.register.by_subject(Kind.EID, f"{idp.issuer}#ada-1815") == made
    again = desk.identify(idp.visit, party_id=desk.ada)
    assert again.factor is not None
    assert again.factor.identifier_id == made.id
    assert desk.count(IdentifierRow) == 1
    assert desk.count(AuthenticationRow) == 2


def test_little_is_kept_of_who_somebody_is_and_that_is_encrypted(desk: EidDesk, idp: ForgingProvider) -> None:
    desk.identify(idp.visit, party_id=desk.ada)
    (made,) = desk.register.of(desk.ada)
    assert json.loads(desk.register.secret(made.id)) == {
        "given_names": "Ada",
        "family_name": "Lovelace",
        "birth_date": "1815-12-10",
    }
    assert made.facts == {"provider": "test", "acr": "eidas2", "name_fits": True}
    with desk.database.read() as connection:
        for table in ("identifier", "identifier_event", "identifier_challenge", "authentication"):
            kept = str(connection.execute(text(f"select * from {table}")).all())
            assert not any(word in kept for word in ("Ada", "Lovelace", "1815-12", "ada@"))


def test_whoever_comes_is_recognised_by_the_identity(desk: EidDesk, idp: ForgingProvider) -> None:
    desk.identify(idp.visit, party_id=desk.ada)
    found = desk.identify(idp.visit)
    assert found.party_id == desk.ada
    assert found.factor is not None
    assert found.factor.identifier_id is not None


def test_somebody_unknown_is_vouched_for_but_not_entered(desk: EidDesk, idp: ForgingProvider) -> None:
    found = desk.identify(idp.visit)
    assert found.party_id is None
    assert found.factor is not None
    assert (found.factor.identifier_id, found.factor.vouched) == (None, Level.SUBSTANTIAL)
    assert desk.count(IdentifierRow) == desk.count(AuthenticationRow) == 0


def test_somebody_unknown_may_be_entered_for_a_party_found_by_the_attributes(
    desk: EidDesk, idp: ForgingProvider
) -> None:
    told: list[EidAttributes] = []

    def party_for(uow: UnitOfWork, attributes: EidAttributes) -> str:
        del uow
        told.append(attributes)
        return desk.bob

    found = desk.identify(idp.visit, party_for=party_for)
    assert (found.party_id, found.needs_review, told) == (desk.bob, False, [ADA])
    assert desk.identify(idp.visit, party_for=party_for).party_id == desk.bob
    assert len(told) == 1


def test_an_identity_of_another_party_is_refused(desk: EidDesk, idp: ForgingProvider) -> None:
    desk.identify(idp.visit, party_id=desk.ada)
    assert desk.refused(lambda: desk.identify(idp.visit, party_id=desk.bob)) == "other-person"
    assert desk.register.of(desk.bob) == []
    assert desk.count(AuthenticationRow) == 1


def test_the_same_subject_at_another_provider_is_somebody_else(
    database: Database, idp: ForgingProvider, clock: MovedClock
) -> None:
    """F9.12."""
    with ForgingProvider(clock=clock) as other:
        desk = EidDesk(database, idp.provider(), other.provider(slug="other"), clock=clock, fits=_always)
        desk.identify(idp.visit, party_id=desk.ada)
        found = desk.identify(other.visit, slug="other")
        assert found.party_id is None
        assert desk.identify(other.visit, slug="other", party_id=desk.bob).party_id == desk.bob
        assert desk.identify(idp.visit).party_id == desk.ada
        assert desk.count(IdentifierRow) == 2


def test_a_name_that_is_not_clearly_the_partys_waits_for_an_operator(
    desk: EidDesk, idp: ForgingProvider
) -> None:
    """F9.15."""
    idp.person |= {"given_name": "Augusta"}
    found = desk.identify(idp.visit, party_id=desk.ada)
    assert (found.factor, found.needs_review, found.party_id) == (None, True, desk.ada)
    assert found.attributes.given_names == "Augusta"
    (made,) = desk.register.of(desk.ada)
    assert (made.state, made.facts["name_fits"]) == (State.ISSUED, False)
    assert desk.identify(idp.visit, party_id=desk.ada).needs_review
    assert desk.count(AuthenticationRow) == 0
    desk.change(made.id, "activate")
    active = desk.identify(idp.visit, party_id=desk.ada)
    assert active.factor is not None
    assert active.factor.vouched is Level.SUBSTANTIAL


@pytest.mark.parametrize("act", ["suspend", "revoke", "expire"])
def test_an_identity_that_ended_here_is_refused(desk: EidDesk, idp: ForgingProvider, act: str) -> None:
    desk.identify(idp.visit, party_id=desk.ada)
    (made,) = desk.register.of(desk.ada)
    begun = idp.visit(desk.begin(party_id=desk.ada))
    desk.change(made.id, act)
    assert desk.refused(lambda: desk.identities.complete(begun, binding=SESSION)) == "not-active"
    assert desk.refused(lambda: desk.identify(idp.visit)) == "not-active"
    assert desk.refused(lambda: desk.identify(idp.visit, party_id=desk.bob)) == "other-person"


def test_of_two_parties_who_link_one_identity_at_once_one_gets_it(
    database: Database, idp: ForgingProvider, clock: MovedClock
) -> None:
    desk, barrier = EidDesk(database, idp.provider(), clock=clock, fits=_always), Barrier(2)
    visits = [
        (party, party, idp.visit(desk.begin(party_id=party, binding=party))) for party in (desk.ada, desk.bob)
    ]

    def link(each: tuple[str, str, dict[str, str]]) -> str:
        barrier.wait()
        return desk.refused(lambda: desk.identities.complete(each[2], binding=each[1]))

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(link, visits)) == ["", "other-person"]
    assert desk.count(IdentifierRow) == 1


def _always(party_id: str, told: EidAttributes) -> bool:
    del party_id, told
    return True
