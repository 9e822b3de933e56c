"""Handles of host applications: bound to a party, an act and a number of uses."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from lre_kit.errors import IdentificationError, InputError
from lre_kit.identifiers.handles import HANDLE_LIFE, Handle, Handles
from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.rows import ChallengeRow
from lre_kit.law.assurance import Category, Factor, Means
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock

ADA, OFFICE = new_id(), {"role": "provider"}


class Desk:
    """An office that gives handles for one active means."""

    def __init__(self, database: Database) -> None:
        self.clock = MovedClock()
        self.database = database
        self.register = IdentifierRegister(database, clock=self.clock, vault=Vault(bytes(range(32)), "kek"))
        self.handles = Handles(database, clock=self.clock)
        with database.write() as uow:
            self.means = self.register.issue(
                uow, party_id=ADA, kind=Kind.PAPER_SEED, label="", actor=OFFICE, state=State.ACTIVE
            )
            uow.commit()
        self.factor = Factor(
            means=Means.PAPER_SEED,
            categories=(Category.POSSESSION,),
            dynamic=True,
            at=self.clock(),
            identifier_id=self.means.id,
            derogation="d1",
        )

    def give(self, uses: int = 1, ttl: timedelta = HANDLE_LIFE) -> Handle:
        with self.database.write() as uow:
            handle = self.handles.give(uow, self.factor, party_id=ADA, purpose="deposit", uses=uses, ttl=ttl)
            uow.commit()
        return handle

    def spend(self, handle: Handle, *, party_id: str = ADA, purpose: str = "deposit") -> Factor:
        return self.handles.spend(handle.token, party_id=party_id, purpose=purpose)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_a_handle_gives_back_the_factor_that_was_shown(desk: Desk) -> None:
    handle = desk.give(uses=2)
    desk.clock.advance(timedelta(minutes=20))
    assert desk.spend(handle) == desk.spend(handle) == desk.factor
    with pytest.raises(IdentificationError):
        desk.spend(handle)


def test_a_handle_is_kept_as_a_digest(desk: Desk) -> None:
    handle = desk.give()
    assert handle.token not in repr(handle)
    with desk.database.read() as connection:
        row = connection.execute(select(table_of(ChallengeRow))).one()
    assert handle.token not in str(row)


@pytest.mark.parametrize(
    "misuse",
    [
        lambda desk, handle: desk.spend(handle, party_id=new_id()),
        lambda desk, handle: desk.spend(handle, purpose="accept:1"),
        lambda desk, _: desk.handles.spend("unknown", party_id=ADA, purpose="deposit"),
        lambda desk, _: desk.handles.spend("", party_id=ADA, purpose="deposit"),
    ],
)
def test_a_handle_serves_no_other_party_or_act(desk: Desk, misuse: Callable[[Desk, Handle], Factor]) -> None:
    """F9.16, F9.06."""
    handle = desk.give()
    with pytest.raises(IdentificationError):
        misuse(desk, handle)
    assert desk.spend(handle) == desk.factor


def test_a_handle_ends_after_an_hour(desk: Desk) -> None:
    """F9.16."""
    handle = desk.give()
    desk.clock.advance(HANDLE_LIFE)
    with pytest.raises(IdentificationError):
        desk.spend(handle)


@pytest.mark.parametrize("act", ["suspend", "revoke", "expire"])
def test_a_handle_dies_with_its_means(desk: Desk, act: str) -> None:
    """F9.07."""
    handle = desk.give()
    with desk.database.write() as uow:
        desk.register.change(uow, desk.means.id, act, actor=OFFICE)
        uow.commit()
    with pytest.raises(IdentificationError):
        desk.spend(handle)


def test_uses_at_once_are_no_more_than_were_given(desk: Desk) -> None:
    """F9.16: thirty threads on a barrier."""
    handle = desk.give(uses=3)
    barrier = Barrier(30)

    def spend(_: int) -> bool:
        barrier.wait()
        try:
            desk.spend(handle)
        except IdentificationError:
            return False
        return True

    with ThreadPoolExecutor(30) as pool:
        assert sum(pool.map(spend, range(30))) == 3


@pytest.mark.parametrize(
    ("uses", "ttl"),
    [(0, HANDLE_LIFE), (1001, HANDLE_LIFE), (1, timedelta(0)), (1, HANDLE_LIFE + timedelta(seconds=1))],
)
def test_a_handle_is_given_within_bounds(desk: Desk, uses: int, ttl: timedelta) -> None:
    with pytest.raises(InputError):
        desk.give(uses, ttl)
