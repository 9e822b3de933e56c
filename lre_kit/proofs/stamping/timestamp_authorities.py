"""Several time-stamping authorities in order: where one fails, the next one is asked.

Each token is checked with its own authority's anchors and policy before it is kept. Which
authorities there are is said by a file: see `lre_kit.proofs.keys.authorities_file`.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError, TimestampRejectedError, TimestampUnavailableError
from lre_kit.proofs.keys.authorities_file import BUILTIN, AuthorityEntry, read_anchors, read_entries
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.stamping.timestamp import CheckedAuthority, TimestampAuthority
from lre_kit.proofs.stamping.tsa import POLICY, BuiltinAuthority
from lre_kit.proofs.stamping.tsa_http import HttpAuthority
from lre_kit.settings import Settings

log = logging.getLogger(__name__)

BACKOFF = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
)
"""Rest after the first, second… failure in a row; the last one repeats."""


@dataclass(frozen=True, slots=True)
class NamedAuthority:
    """An authority that checks its own tokens, under the name the operator gave it."""

    name: str
    authority: CheckedAuthority

    def stamp(self, digest: bytes) -> bytes:
        """Return a checked token; see `TimestampAuthority.stamp`."""
        return self.authority.stamp(digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Why and how long an authority is not asked."""

    failures: int
    """Failures in a row."""
    since: datetime
    until: datetime
    reason: str


class FailoverAuthority:
    """Asks authorities in order and leaves those alone for a while that failed.

    What it knows of failures is in memory: a new process asks the first choice first. If all rest,
    the one whose rest ends first is asked all the same.

    Attributes:
        members: The authorities, the first choice first.
        anchors: The roots of all of them.
        rests: Why authorities rest, by name.
        clock_disagreements: Tokens refused because their time was too far from our clock.
    """

    def __init__(self, members: Sequence[NamedAuthority], clock: Clock) -> None:
        """Ask `members` in their order; rests go by `clock`."""
        self.members = tuple(members)
        self.anchors = tuple(dict.fromkeys(a for member in members for a in member.authority.anchors))
        self.rests: dict[str, Rest] = {}
        self.clock_disagreements = 0
        self._clock = clock

    def stamp(self, digest: bytes) -> bytes:
        """Return the first good token.

        Raises:
            TimestampUnavailableError: None gave one; the message names each and why.
        """
        for member in self._askable():
            try:
                token = member.stamp(digest)
            except (TimestampUnavailableError, TimestampRejectedError) as error:
                self._note(member, error)
            else:
                if self.rests.pop(member.name, None):
                    log.info("time-stamping authority %s answers again", member.name)
                return token
        why = "; ".join(f"{name}: {rest.reason}" for name, rest in self.rests.items())
        msg = f"No time-stamping authority gave a time stamp. {why}"
        raise TimestampUnavailableError(msg, mend="Wait, or check the authorities in LRE_TSA_FILE.")

    def _askable(self) -> list[NamedAuthority]:
        now = self._clock()
        awake = [member for member in self.members if not self._rests(member, now)]
        # No stamp is worse than one question too many.
        return awake or [min(self.members, key=lambda member: self.rests[member.name].until)]

    def _rests(self, member: NamedAuthority, now: datetime) -> bool:
        rest = self.rests.get(member.name)
        # A clock that was set back must not prolong a rest.
        return rest is not None and rest.since <= now < rest.until

    def _note(
        self, member: NamedAuthority, error: TimestampUnavailableError | TimestampRejectedError
    ) -> None:
        """Log a failure and let its authority rest, each time longer."""
        check = error.check if isinstance(error, TimestampRejectedError) else "answer"
        failures = self.rests[member.name].failures + 1 if member.name in self.rests else 1
        now = self._clock()
        until = now + BACKOFF[min(failures, len(BACKOFF)) - 1]
        self.rests[member.name] = Rest(failures=failures, since=now, until=until, reason=error.problem)
        log.warning(
            "time-stamping authority %s failed at %s and rests until %s: %s",
            member.name, check, until, error.problem,
        )  # fmt: skip
        if check == "time":
            self.clock_disagreements += 1
            log.error(
                "our clock and the time-stamping authority %s disagree (%d times so far): %s",
                member.name, self.clock_disagreements, error.problem,
            )  # fmt: skip


def members(authority: TimestampAuthority) -> tuple[TimestampAuthority, ...]:
    """Return the authorities behind one that asks several, or the one itself."""
    return authority.members if isinstance(authority, FailoverAuthority) else (authority,)


def open_authorities(settings: Settings, keys: Keys, clock: Clock) -> FailoverAuthority:
    """Return the authorities of ``LRE_TSA_FILE``.

    Raises:
        ConfigurationError: The file or one of its anchors cannot be used, or nobody is to be asked.
    """
    tolerance = timedelta(seconds=settings.clock_tolerance_s)
    named = [
        NamedAuthority(
            entry.name,
            CheckedAuthority(
                _inner(entry, keys, clock),
                anchors=_anchors_to_ask(entry, keys),
                clock=clock,
                tolerance=tolerance,
                policy=entry.policy,
            ),
        )
        for entry in read_entries(settings)
        if not entry.retired
    ]
    if not named:
        msg = "Every time-stamping authority is retired."
        raise ConfigurationError(msg, mend="Name one in LRE_TSA_FILE that may be asked.")
    return FailoverAuthority(named, clock)


def _inner(entry: AuthorityEntry, keys: Keys, clock: Clock) -> TimestampAuthority:
    if entry.url is None or entry.url == BUILTIN:
        return BuiltinAuthority(keys, clock, entry.policy or POLICY)
    account = (entry.user, entry.password.get_secret_value()) if entry.user and entry.password else None
    return HttpAuthority(entry.url, policy=entry.policy, timeout_s=entry.timeout_s, account=account)


def _anchors_to_ask(entry: AuthorityEntry, keys: Keys) -> Sequence[x509.Certificate]:
    configured: Iterable[x509.Certificate] = read_anchors(entry.anchor_file) if entry.anchor_file else ()
    return (*keys.tsa_chain[-1:], *configured) if entry.url == BUILTIN else tuple(configured)
