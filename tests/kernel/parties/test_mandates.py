"""Mandates: who may act for whom, on which legal days."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import now
from lre_kit.errors import InputError, NotFoundError
from lre_kit.parties.book import PartyBook
from lre_kit.parties.mandates import Mandate, Mandates, Scope
from lre_kit.store.database import Database
from lre_kit.testing.parties import ACTOR, JEAN


@pytest.fixture
def book(database: Database) -> PartyBook:
    return PartyBook(database, clock=now)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_a_mandate_holds_on_its_legal_days_and_until_it_is_revoked(
    book: PartyBook, database: Database, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    mandates, grantor, delegate = Mandates(database, clock=now), book.add(JEAN).id, book.add(JEAN).id
    given_one = mandates.grant(
        grantor_id=grantor, delegate_id=delegate, scope={Scope.RECEIVE}, valid_from=date(2026, 3, 1),
        valid_until=date(2026, 3, 31), reference="Acte 12", actor=ACTOR,
    )  # fmt: skip
    # Midnight in Paris, whatever the machine's zone.
    for instant, holds in (
        ("2026-02-28T22:59:59Z", False), ("2026-02-28T23:00:00Z", True),
        ("2026-03-31T21:59:59Z", True), ("2026-03-31T22:00:00Z", False),
    ):  # fmt: skip
        with freeze_time(instant):
            assert (mandates.in_force(grantor, delegate, Scope.RECEIVE) is not None) is holds
            assert mandates.in_force(grantor, delegate, Scope.SEND) is None
            assert mandates.in_force(delegate, grantor, Scope.RECEIVE) is None
    with freeze_time("2026-03-15T12:00:00Z"):
        mandates.revoke(given_one.id, actor=ACTOR, reason="ended")
        assert mandates.in_force(grantor, delegate, Scope.RECEIVE) is None
    with pytest.raises(InputError, match="own delegate"):
        mandates.grant(
            grantor_id=grantor, delegate_id=grantor, scope={Scope.SEND}, valid_from=date(2026, 1, 1),
            valid_until=None, reference="R", actor=ACTOR,
        )  # fmt: skip
    with pytest.raises(InputError, match="ends before"):
        mandates.grant(
            grantor_id=grantor, delegate_id=delegate, scope={Scope.SEND}, valid_from=date(2026, 1, 2),
            valid_until=date(2026, 1, 1), reference="R", actor=ACTOR,
        )  # fmt: skip


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400), st.integers(-40_000, 40_000))
def test_a_mandate_never_holds_outside_its_days(begin: date, days: int, minutes: int) -> None:
    mandate = Mandate(
        id="m", grantor_id="a", delegate_id="b", scope=frozenset({Scope.SEND}), valid_from=begin,
        valid_until=begin + timedelta(days=days), reference="R", granted_at=datetime(2020, 1, 1, tzinfo=UTC),
        revoked_at=None,
    )  # fmt: skip
    at = datetime(begin.year, begin.month, begin.day, 12, tzinfo=UTC) + timedelta(minutes=minutes)
    if mandate.in_force(at):
        assert begin - timedelta(days=1) <= at.date() <= begin + timedelta(days=days)
    elif begin < at.date() < begin + timedelta(days=days):
        raise AssertionError("it holds on the days between")


def grant(mandates: Mandates, grantor: str, delegate: str, **changes: object) -> Mandate:
    facts = {
        "scope": {Scope.SEND}, "valid_from": date(2026, 1, 1), "valid_until": None, "reference": "R",
        "actor": ACTOR,
    }  # fmt: skip
    return mandates.grant(grantor_id=grantor, delegate_id=delegate, **(facts | changes))


@pytest.mark.parametrize("scope", list(Scope))
def test_mandates_do_not_chain(book: PartyBook, database: Database, scope: Scope) -> None:
    mandates = Mandates(database, clock=now)
    first, second, third = (book.add(JEAN).id for _ in range(3))
    grant(mandates, first, second, scope=set(Scope))
    grant(mandates, second, third, scope=set(Scope))
    assert mandates.in_force(first, second, scope) is not None
    assert mandates.in_force(second, third, scope) is not None
    assert mandates.in_force(first, third, scope) is None


def test_an_instant_of_the_past_is_judged_by_what_stood_then(book: PartyBook, database: Database) -> None:
    mandates, grantor, delegate = Mandates(database, clock=now), book.add(JEAN).id, book.add(JEAN).id
    given_one = grant(mandates, grantor, delegate)
    ended = mandates.revoke(given_one.id, actor=ACTOR, reason="over").revoked_at
    assert ended is not None
    before = ended - timedelta(microseconds=1)
    assert mandates.in_force(grantor, delegate, Scope.SEND, at=before) is not None
    assert mandates.in_force(grantor, delegate, Scope.SEND, at=ended) is None
    assert mandates.revoke(given_one.id, actor=ACTOR, reason="again").revoked_at == ended
    assert [change.name for change in book.history(grantor)] == ["add", "grant_mandate", "revoke_mandate"]


@pytest.mark.parametrize(
    "changes", [{"scope": set()}, {"reference": " "}, {"reference": "x" * 201}, {"reference": "R\u202e"}]
)
def test_a_mandate_that_says_too_little_is_refused(
    book: PartyBook, database: Database, changes: dict[str, object]
) -> None:
    mandates, grantor = Mandates(database, clock=now), book.add(JEAN).id
    with pytest.raises(InputError):
        grant(mandates, grantor, book.add(JEAN).id, **changes)
    with pytest.raises(NotFoundError):
        grant(mandates, grantor, "nobody")
    assert mandates.of(grantor) == []


def test_two_who_give_each_other_mandates_at_once_do_not_block(book: PartyBook, database: Database) -> None:
    mandates, one, other = Mandates(database, clock=now), book.add(JEAN).id, book.add(JEAN).id
    pairs = [(one, other), (other, one)] * 10
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda pair: grant(mandates, *pair), pairs))
    assert len(mandates.of(one)) == 20
    assert len(book.history(one)) == len(book.history(other)) == 11
