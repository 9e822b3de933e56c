"""How often somebody may guess: growing delays by account and by network.

A guess is counted and committed before it is judged, so that guesses sent at once cannot slip through.
Accounts that do not exist are counted like those that do: the answer tells nothing. After
`FAILURES_MAX` wrong guesses in a row (NIST SP 800-63B-4 §3.2.2) an account takes no password any more; a
stranger can bring that about, so the e-mailed link to a new password lifts it, always.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlmodel import col

from lre_kit.clock import Clock
from lre_kit.errors import ThrottledError
from lre_kit.parties.account_rows import GuessRow
from lre_kit.store.database import Database
from lre_kit.store.unit import UnitOfWork

FAILURES_MAX = 100
"""Wrong guesses in a row after which an account takes no more (NIST SP 800-63B-4 §3.2.2)."""


_NEARBY = tuple(
    ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""Private networks (RFC 1918, RFC 4193)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast guesses may come: some freely, then a delay that doubles."""

    name: str
    free: int
    """Guesses in a row without any delay."""
    first_delay: timedelta
    longest_delay: timedelta
    failures_max: int | None = None
    """Guesses in a row after which none is taken; nothing for no such end."""
    forget_after: timedelta | None = None
    """After so long without a guess all is forgotten; nothing for never."""
    mend: str = "Wait a few minutes, or ask for a link to set a new password."
    """What the one who is told to wait can do."""

    def delay(self, failures: int) -> timedelta:
        """Return how long to wait after so many guesses in a row."""
        if failures < self.free:
            return timedelta(0)
        doubled = min(failures - self.free, 20)
        return min(self.first_delay * (1 << doubled), self.longest_delay)


ACCOUNT = Pace(
    name="account",
    free=5,
    first_delay=timedelta(seconds=2),
    longest_delay=timedelta(minutes=15),
    failures_max=FAILURES_MAX,
)
"""Passwords tried at one account."""

NETWORK = Pace(
    name="network",
    free=30,
    first_delay=timedelta(seconds=2),
    longest_delay=timedelta(minutes=15),
    forget_after=timedelta(hours=1),
)
"""Anything tried from one network: many people may share it."""

SECOND = Pace(name="second", free=5, first_delay=timedelta(seconds=30), longest_delay=timedelta(hours=1))
"""Recovery codes tried at one account, by somebody who knows its password."""

MAIL = Pace(
    name="mail",
    free=5,
    first_delay=timedelta(minutes=10),
    # Shorter than the life of the links: whoever is told to wait has one in the mailbox that works.
    longest_delay=timedelta(minutes=30),
    forget_after=timedelta(hours=1),
    mend="Look into your mailbox: the link sent last still works.",
)
"""Messages asked for one address by people who are not logged in."""


class Guesses:
    """Counts guesses under keyed digests: neither addresses nor networks stand in the database."""

    def __init__(self, database: Database, *, clock: Clock, pepper: bytes) -> None:
        """Prepare."""
        self._database = database
        self._clock = clock
        self._key = hmac.new(pepper, b"lre-kit.account-guesses.v1", hashlib.sha256).digest()

    def count(self, *what: tuple[Pace, str]) -> None:
        """Count one guess at everything named, before it is judged; none is counted if one is blocked.

        Raises:
            ThrottledError: It is too early for another guess.
        """
        now = self._clock()
        named = ((self._digest(pace, text), pace) for pace, text in what if text)
        keys = sorted(named, key=lambda pair: pair[0])
        with self._database.write() as uow:
            kept = [self._failures(uow, key, pace, now) for key, pace in keys]
            for (key, pace), failures in zip(keys, kept, strict=True):
                values = {"failures": failures + 1, "last_at": now}
                wait = pace.delay(failures + 1)
                values["blocked_until"] = now + wait if wait else None
                uow.execute(update(GuessRow).where(col(GuessRow.key) == key).values(**values))
            uow.commit()

    def forget(self, pace: Pace, text: str, *, uow: UnitOfWork | None = None) -> None:
        """Forget what was counted: the right answer was given, or the mailbox's owner asked."""
        statement = delete(GuessRow).where(col(GuessRow.key) == self._digest(pace, text))
        if uow is not None:
            uow.defer(statement)
            return
        with self._database.write() as own:
            own.defer(statement)
            own.commit()

    def take_back(self, pace: Pace, text: str, *, uow: UnitOfWork) -> None:
        """Take one counted guess back: it was right. The others that were counted stay."""
        key = col(GuessRow.key) == self._digest(pace, text)
        uow.defer(
            update(GuessRow)
            .where(key, col(GuessRow.failures) > 0)
            .values(failures=col(GuessRow.failures) - 1, blocked_until=None)
        )

    def _failures(self, uow: UnitOfWork, key: str, pace: Pace, now: datetime) -> int:
        uow.serialise(f"guesses:{key}")
        row = uow.execute(
            select(col(GuessRow.failures), col(GuessRow.last_at), col(GuessRow.blocked_until)).where(
                col(GuessRow.key) == key
            )
        ).first()
        if row is None:
            uow.add(GuessRow, key=key, failures=0, last_at=now, blocked_until=None)
            return 0
        if pace.failures_max is not None and row.failures >= pace.failures_max:
            msg = "Too many wrong passwords were tried."
            raise ThrottledError(msg, mend="Ask for a link to set a new password.")
        if row.blocked_until is not None and now < row.blocked_until:
            msg = "Too many tries came in a short time."
            raise ThrottledError(msg, mend=pace.mend)
        forgotten = pace.forget_after is not None and now - row.last_at >= pace.forget_after
        return 0 if forgotten else int(row.failures)

    def _digest(self, pace: Pace, text: str) -> str:
        return hmac.new(self._key, f"{pace.name}:{text}".encode(), hashlib.sha256).hexdigest()


def network_of(address: str) -> str:
    """Return the network an address belongs to: itself for IPv4, its /64 for IPv6.

    Nothing is returned for what is no address, and for those of machines nearby: behind a proxy of
    one's own everybody comes from there, and one guesser would make all the others wait.
    """
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if known.is_loopback or any(known in net for net in _NEARBY if net.version == known.version):
        return ""
    if isinstance(known, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
