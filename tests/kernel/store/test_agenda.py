"""The agenda: planned once, claimed once, given back, given up, fenced."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from lre_kit.store.agenda import ATTEMPTS_MAX, BACKOFF, Agenda, Duty, LeaseLostError, cancel, fulfil, plan
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow, OfficeRow

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
ROUNDS = 200
WORKERS = 2


class MovedClock:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def agenda(database: Database, clock: MovedClock) -> Agenda:
    return Agenda(database, clock)


def put(database: Database, *keys: str, due_at: datetime = START) -> None:
    with database.write() as uow:
        for key in keys:
            plan(uow, key=key, due_at=due_at, action="notify", subject=f"letter-{key}", payload={"é": 1})
        uow.commit()


def done(database: Database, duty: Duty) -> None:
    with database.write() as uow:
        fulfil(uow, duty)
        uow.commit()


def test_planning_twice_plans_once(database: Database, agenda: Agenda) -> None:
    put(database, "a", "a")
    put(database, "a", due_at=START + LEASE)
    (duty,) = agenda.claim(limit=10, lease=LEASE)
    assert (duty.key, duty.action, duty.subject, duty.payload) == ("a", "notify", "letter-a", {"é": 1})
    assert (duty.due_at, duty.attempts) == (START, 1)


def test_only_what_is_due_is_claimed_oldest_first(
    database: Database, agenda: Agenda, clock: MovedClock
) -> None:
    put(database, "later", due_at=START + timedelta(microseconds=1))
    put(database, "second", due_at=START)
    put(database, "first", due_at=START - timedelta(days=3))
    assert agenda.due_count() == 2
    assert [duty.key for duty in agenda.claim(limit=1, lease=LEASE)] == ["first"]
    assert [duty.key for duty in agenda.claim(limit=9, lease=LEASE)] == ["second"]
    clock.at += timedelta(microseconds=1)
    assert [duty.key for duty in agenda.claim(limit=9, lease=LEASE)] == ["later"]


def test_a_claimed_duty_comes_back_when_its_lease_is_over(
    database: Database, agenda: Agenda, clock: MovedClock
) -> None:
    """F5.06."""
    put(database, "a")
    (first,) = agenda.claim(limit=1, lease=LEASE)
    clock.at += LEASE - timedelta(microseconds=1)
    assert agenda.claim(limit=1, lease=LEASE) == []
    clock.at += timedelta(microseconds=1)
    (second,) = agenda.claim(limit=1, lease=LEASE)
    assert (second.id, second.attempts) == (first.id, 2)


def test_a_worker_that_lost_its_lease_writes_nothing(
    database: Database, agenda: Agenda, clock: MovedClock
) -> None:
    """F5.06."""
    put(database, "a")
    (old,) = agenda.claim(limit=1, lease=LEASE)
    clock.at += LEASE
    (new,) = agenda.claim(limit=1, lease=LEASE)
    with pytest.raises(LeaseLostError), database.write() as uow:
        uow.add(OfficeRow, name="act of the old worker", value="1")
        fulfil(uow, old)
        uow.commit()
    assert not agenda.release(old, error="too late")
    with database.read() as connection:
        assert connection.execute(select(table_of(OfficeRow))).all() == []
    done(database, new)
    with pytest.raises(LeaseLostError):
        done(database, new)


def test_a_late_worker_nobody_replaced_may_still_finish(
    database: Database, agenda: Agenda, clock: MovedClock
) -> None:
    put(database, "a")
    (duty,) = agenda.claim(limit=1, lease=LEASE)
    clock.at += 2 * LEASE
    done(database, duty)
    assert agenda.next_due("letter-a") is None


def test_a_failed_duty_waits_longer_each_time_and_is_then_given_up(
    database: Database, agenda: Agenda, clock: MovedClock
) -> None:
    """F5.08: given up, seen, and run again."""
    put(database, "a")
    waits = []
    for _ in range(ATTEMPTS_MAX):
        (duty,) = agenda.claim(limit=1, lease=LEASE)
        assert agenda.release(duty, error="x" * 1000)
        due_at = agenda.next_due("letter-a")
        if due_at is not None:
            waits.append(due_at - clock.at)
            clock.at = due_at
    assert waits == [*BACKOFF, *[BACKOFF[-1]] * (ATTEMPTS_MAX - 1 - len(BACKOFF))]
    (dead,) = agenda.dead()
    assert (dead.attempts, dead.last_error, dead.dead_at) == (ATTEMPTS_MAX, "x" * 500, clock.at)
    assert agenda.claim(limit=1, lease=LEASE) == []
    assert agenda.revive("a")
    assert not agenda.revive("a")
    assert [duty.attempts for duty in agenda.claim(limit=1, lease=LEASE)] == [1]


def test_a_duty_may_be_given_up_or_put_off_at_once(database: Database, agenda: Agenda) -> None:
    put(database, "a", "b")
    one, two = agenda.claim(limit=2, lease=LEASE)
    agenda.release(one, error="no such action", dead=True)
    agenda.release(two, error="busy", retry_at=START + LEASE)
    assert [duty.id for duty in agenda.dead()] == [one.id]
    assert agenda.next_due(two.subject) == START + LEASE


def test_a_duty_that_kills_its_workers_is_given_up(
    database: Database, agenda: Agenda, clock: MovedClock
) -> None:
    """F1.06: a job whose workers never come back is set aside."""
    put(database, "poison", "good")
    claimed: Counter[str] = Counter()
    for _ in range(ATTEMPTS_MAX + 1):
        for duty in agenda.claim(limit=2, lease=LEASE):
            claimed[duty.key] += 1
            if duty.key == "good":
                done(database, duty)
        clock.at += LEASE
    assert claimed == {"poison": ATTEMPTS_MAX, "good": 1}
    assert [duty.key for duty in agenda.dead()] == ["poison"]


def test_a_cancelled_duty_is_gone_even_for_its_holder(database: Database, agenda: Agenda) -> None:
    put(database, "a")
    (duty,) = agenda.claim(limit=1, lease=LEASE)
    with database.write() as uow:
        cancel(uow, "a")
        cancel(uow, "never planned")
        uow.commit()
    with pytest.raises(LeaseLostError):
        done(database, duty)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_at_once_never_get_the_same_duty_in_200_rounds(
    database_url: str, clock: MovedClock
) -> None:
    """F5.04: with connections of their own, as two processes have them; each round starts at a barrier."""
    databases = [Database(database_url) for _ in range(WORKERS)]
    barrier = threading.Barrier(WORKERS)
    claimed: list[list[str]] = [[] for _ in range(WORKERS)]

    def work(number: int) -> None:
        mine = Agenda(databases[number], clock)
        for round_number in range(ROUNDS):
            if barrier.wait() == 0:
                put(databases[number], *(f"{round_number}-{n}" for n in range(10)))
            barrier.wait()
            duties = mine.claim(limit=10, lease=timedelta(days=1))
            claimed[number] += [duty.key for duty in duties]
            for duty in duties:
                done(databases[number], duty)
            # A locked row is skipped, so a worker may leave some; nobody may leave them for good.
            barrier.wait()
            for duty in mine.claim(limit=10, lease=timedelta(days=1)):
                claimed[number].append(duty.key)
                done(databases[number], duty)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    counted = Counter(key for keys in claimed for key in keys)
    assert len(counted) == ROUNDS * 10
    assert set(counted.values()) == {1}
    with databases[0].read() as connection:
        assert connection.execute(select(table_of(DutyRow))).all() == []
    for database in databases:
        database.close()
