"""How often something may be tried: growing delays, counted exactly even when tries come at once.

A try is counted by one conditional statement, committed before the answer is looked at: two hundred
guesses sent together meet the limit as surely as two hundred in a row, and so does the first of them.
What is counted stands under a keyed digest: the database names neither accounts nor networks.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from lre_kit.clock import Clock
from lre_kit.errors import ThrottledError
from lre_kit.identifiers.rows import ThrottleRow
from lre_kit.parties.account_guesses import network_of
from lre_kit.store.columns import UtcDateTime
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

FAILURES_MAX = 100
"""Wrong answers in a row after which none is taken any more (NIST SP 800-63B-4 §3.2.2)."""

MEMORY = timedelta(days=90)
"""After so long without a try everything is forgotten."""

_NEVER = timedelta(days=36500)
_THROTTLE = table_of(ThrottleRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast tries may come: some freely, then a delay that doubles, then none."""

    free: int
    """Tries in a row without delay; the one that completes them is followed by the first delay."""
    first_delay: timedelta = timedelta(seconds=30)
    longest_delay: timedelta = timedelta(hours=1)
    failures_max: int | None = FAILURES_MAX
    """Tries in a row after which none is taken; nothing for no such end."""
    forget_after: timedelta = MEMORY
    """After so long without a try the count begins anew."""

    def steps(self) -> list[tuple[int, timedelta]]:
        """Return from which count on each delay holds, the greatest count first."""
        found, count, delay = [], self.free, self.first_delay
        while delay < self.longest_delay:
            found.append((count, delay))
            count, delay = count + 1, delay * 2
        found.append((count, self.longest_delay))
        if self.failures_max is not None:
            found.append((self.failures_max, _NEVER))
        return sorted(found, reverse=True)


PACES: Mapping[str, Pace] = {
    "net": Pace(
        free=30, first_delay=timedelta(seconds=2), failures_max=None, forget_after=timedelta(hours=1)
    ),
    "account": Pace(free=10),
    "ask": Pace(
        free=5,
        first_delay=timedelta(minutes=10),
        longest_delay=timedelta(hours=6),
        failures_max=None,
        forget_after=timedelta(days=1),
    ),
    "authentic": Pace(
        free=10,
        first_delay=timedelta(seconds=20),
        longest_delay=timedelta(minutes=30),
        failures_max=None,
        forget_after=timedelta(hours=1),
    ),
    "passkey": Pace(
        free=30,
        first_delay=timedelta(seconds=20),
        longest_delay=timedelta(minutes=30),
        failures_max=None,
        forget_after=timedelta(hours=1),
    ),
    "verify": Pace(
        free=30,
        first_delay=timedelta(seconds=20),
        longest_delay=timedelta(minutes=10),
        failures_max=None,
        forget_after=timedelta(minutes=10),
    ),
}
"""Paces by the word before the key's colon; many people may share a network, several means an account."""

USUAL = Pace(free=5)
"""Pace of any other key, such as ``identifier:<id>``."""


class Throttle:
    """Counts tries and makes whoever tries too often wait."""

    def __init__(self, database: Database, *, clock: Clock, pepper: bytes) -> None:
        """Prepare.

        Args:
            database: Where tries are counted.
            clock: The office's clock.
            pepper: Secret kept outside the database; keys are digested with it.
        """
        self._database = database
        self._clock = clock
        self._key = hmac.new(pepper, b"lre-kit.throttle.v1", hashlib.sha256).digest()

    def check(self, *keys: str) -> None:
        """Count one try at every key, before it is judged; if one of them has to wait, count none.

        Call `succeeded` when the answer was right, `failed` when it was wrong. If neither is called,
        for instance because the process died, the try counts as wrong.

        Args:
            keys: Who tries and what is tried, such as ``identifier:<id>``; empty ones are left out.

        Raises:
            ThrottledError: It is too early for another try; the message says how long to wait.
        """
        now = self._clock()
        with self._database.write() as uow:
            for digest, pace in self._sorted(keys):
                if not self._counted(uow, digest, pace, now):
                    raise _too_early(self._blocked_until(uow, digest), now)
            uow.commit()

    def failed(self, *keys: str) -> None:
        """Say that the counted try was wrong: a delay that it set begins now, and not when it came."""
        now = self._clock()
        with self._database.write() as uow:
            for digest, pace in self._sorted(keys):
                set_already = (_THROTTLE.c.key == digest, _THROTTLE.c.blocked_until.is_not(None))
                values = {"blocked_until": _blocked(pace, now, _THROTTLE.c.failures), "since": now}
                uow.defer(update(_THROTTLE).where(*set_already).values(**values))
            uow.commit()

    def succeeded(self, *keys: str, uow: UnitOfWork | None = None) -> None:
        """Say that the counted try was right: what was counted is forgotten.

        Of a network only this one try is taken back: who has one right answer of his own shall not clear
        what he got wrong at others.

        Args:
            keys: As for `check`.
            uow: Transaction to do it in; by default one of its own.
        """
        if uow is not None:
            self._forgive(uow, keys)
            return
        with self._database.write() as own:
            self._forgive(own, keys)
            own.commit()

    def forget(self, *keys: str) -> None:
        """Forget all that was counted, as an operator may ask after a lock."""
        with self._database.write() as uow:
            for digest, _ in self._sorted(keys):
                uow.defer(delete(_THROTTLE).where(_THROTTLE.c.key == digest))
            uow.commit()

    def failures(self, key: str) -> int:
        """Return how many tries are counted at a key."""
        with self._database.read() as connection:
            query = select(_THROTTLE.c.failures).where(_THROTTLE.c.key == self._digest(key))
            return connection.execute(query).scalar() or 0

    def sweep(self) -> int:
        """Delete what is old enough to be forgotten and blocks nobody; return how many rows went."""
        now = self._clock()
        with self._database.write() as uow:
            old = (_THROTTLE.c.since < now - MEMORY, _free_at(now))
            gone = uow.update(delete(_THROTTLE).where(*old))
            uow.commit()
        return gone

    def _counted(self, uow: UnitOfWork, digest: str, pace: Pace, now: datetime) -> bool:
        module: Any = postgresql if self._database.kind == "postgresql" else sqlite
        fresh = case((_THROTTLE.c.since <= now - pace.forget_after, 0), else_=_THROTTLE.c.failures)
        first = dict(pace.steps()).get(1)
        statement = module.insert(_THROTTLE).values(
            key=digest, failures=1, since=now, blocked_until=now + first if first else None
        )
        statement = statement.on_conflict_do_update(
            index_elements=[_THROTTLE.c.key],
            set_={"failures": fresh + 1, "since": now, "blocked_until": _blocked(pace, now, fresh + 1)},
            where=_free_at(now),
        )
        return uow.execute(statement.returning(_THROTTLE.c.failures)).first() is not None

    def _forgive(self, uow: UnitOfWork, keys: tuple[str, ...]) -> None:
        for digest, pace in self._sorted(keys):
            if pace.failures_max is not None:
                uow.defer(delete(_THROTTLE).where(_THROTTLE.c.key == digest))
                continue
            counted = (_THROTTLE.c.key == digest, _THROTTLE.c.failures > 0)
            values = {"failures": _THROTTLE.c.failures - 1, "blocked_until": None}
            uow.defer(update(_THROTTLE).where(*counted).values(**values))

    def _blocked_until(self, uow: UnitOfWork, digest: str) -> datetime | None:
        query = select(_THROTTLE.c.blocked_until).where(_THROTTLE.c.key == digest)
        found: datetime | None = uow.execute(query).scalar()
        return found

    def _sorted(self, keys: tuple[str, ...]) -> list[tuple[str, Pace]]:
        # In one order for everybody: two tries that share keys can then never wait for each other.
        named = {self._digest(key): PACES.get(key.partition(":")[0], USUAL) for key in keys if key}
        return sorted(named.items(), key=lambda pair: pair[0])

    def _digest(self, key: str) -> str:
        return hmac.new(self._key, key.encode(), hashlib.sha256).hexdigest()


def network_key(address: str | None) -> str:
    """Return the key of the network an address belongs to; empty if it has none to be counted by."""
    network = network_of(address) if address else None
    return f"net:{network}" if network else ""


def _free_at(now: datetime) -> ColumnElement[bool]:
    until = _THROTTLE.c.blocked_until
    return until.is_(None) | (until <= now)


def _blocked(pace: Pace, now: datetime, failures: ColumnElement[int]) -> ColumnElement[datetime | None]:
    steps = [(failures >= count, literal(now + delay, UtcDateTime)) for count, delay in pace.steps()]
    return case(*steps, else_=None)


def _too_early(until: datetime | None, now: datetime) -> ThrottledError:
    wait = until - now if until else timedelta(0)
    msg = "Too many wrong answers were given."
    if wait > timedelta(days=1):
        return ThrottledError(msg, mend="Use another means, or ask the office to lift the lock.")
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    return ThrottledError(msg, mend=f"Try again in {minutes} minute{'s' if minutes > 1 else ''}.")
