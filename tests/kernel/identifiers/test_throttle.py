"""The throttle: every try is counted, the first and those sent at once included."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from lre_kit.errors import ThrottledError
from lre_kit.identifiers.rows import ThrottleRow
from lre_kit.identifiers.throttle import FAILURES_MAX, MEMORY, PACES, USUAL, Throttle, network_key
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock

SHEET, ACCOUNT, NET = "identifier:1", "account:1", "net:203.0.113.7"


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def throttle(database: Database, clock: MovedClock) -> Throttle:
    return Throttle(database, clock=clock, pepper=b"p" * 32)


def fail(throttle: Throttle, *keys: str) -> None:
    throttle.check(*keys)
    throttle.failed(*keys)


def test_two_hundred_tries_at_once_are_five(throttle: Throttle) -> None:
    """F9.04: two hundred threads on a barrier, the very first try among them."""
    barrier = Barrier(200)

    def one_try(_: int) -> bool:
        barrier.wait()
        try:
            throttle.check(SHEET)
        except ThrottledError:
            return False
        return True

    with ThreadPoolExecutor(200) as pool:
        assert sum(pool.map(one_try, range(200))) == USUAL.free
    assert throttle.failures(SHEET) == USUAL.free


def test_tries_at_keys_in_any_order_wait_for_no_other_for_ever(throttle: Throttle) -> None:
    """F9.04: no deadlock."""
    barrier = Barrier(20)

    def one_try(place: int) -> bool:
        barrier.wait()
        keys = (NET, ACCOUNT, SHEET) if place % 2 else (SHEET, ACCOUNT, NET)
        try:
            throttle.check(*keys)
        except ThrottledError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(one_try, range(20))) == USUAL.free
    assert [throttle.failures(key) for key in (SHEET, ACCOUNT, NET)] == [5, 5, 5]


def test_delays_grow_and_end_in_a_lock(throttle: Throttle, clock: MovedClock) -> None:
    for _ in range(USUAL.free):
        fail(throttle, SHEET)
    delay, waited = USUAL.first_delay, []
    for _ in range(FAILURES_MAX - USUAL.free):
        clock.advance(delay - timedelta(seconds=1))
        with pytest.raises(ThrottledError):
            throttle.check(SHEET)
        clock.advance(timedelta(seconds=1))
        fail(throttle, SHEET)
        waited.append(delay)
        delay = min(delay * 2, USUAL.longest_delay)
    assert waited[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waited[-1] == USUAL.longest_delay
    clock.advance(timedelta(days=1000))
    with pytest.raises(ThrottledError, match="lift the lock"):
        throttle.check(SHEET)
    throttle.forget(SHEET)
    throttle.check(SHEET)


def test_who_waits_counts_nothing_anywhere(throttle: Throttle) -> None:
    for _ in range(USUAL.free):
        fail(throttle, SHEET)
    for _ in range(10):
        with pytest.raises(ThrottledError):
            throttle.check(ACCOUNT, SHEET, NET)
    assert [throttle.failures(key) for key in (SHEET, ACCOUNT, NET)] == [5, 0, 0]


def test_a_right_answer_clears_the_means_and_not_the_network(throttle: Throttle) -> None:
    for _ in range(4):
        fail(throttle, SHEET, NET)
    throttle.check(SHEET, NET)
    throttle.succeeded(SHEET, NET)
    assert (throttle.failures(SHEET), throttle.failures(NET)) == (0, 4)


def test_a_network_is_forgotten_after_an_hour(throttle: Throttle, clock: MovedClock) -> None:
    for _ in range(PACES["net"].free):
        fail(throttle, NET)
    with pytest.raises(ThrottledError):
        throttle.check(NET)
    clock.advance(timedelta(hours=1))
    throttle.check(NET)
    assert throttle.failures(NET) == 1


def test_keys_are_counted_apart_and_told_to_nobody(throttle: Throttle, database: Database) -> None:
    fail(throttle, SHEET, NET, "")
    assert throttle.failures("identifier:2") == 0
    with database.read() as connection:
        keys = [row.key for row in connection.execute(select(table_of(ThrottleRow)))]
    assert len(keys) == 2
    assert not any("203" in key or "identifier" in key for key in keys)


def test_old_counts_are_swept_away_and_locks_stay(throttle: Throttle, clock: MovedClock) -> None:
    for _ in range(FAILURES_MAX):
        clock.advance(USUAL.longest_delay)
        fail(throttle, SHEET)
    fail(throttle, ACCOUNT)
    clock.advance(MEMORY + timedelta(days=1))
    assert throttle.sweep() == 1
    assert throttle.failures(SHEET) == FAILURES_MAX


def test_addresses_are_counted_by_network() -> None:
    assert network_key("2001:db8:1:2:3:4:5:6") == network_key("2001:db8:1:2::1") == "net:2001:db8:1:2::/64"
    assert network_key("203.0.113.7") == NET
    assert network_key(None) == network_key("nonsense") == network_key("127.0.0.1") == ""
