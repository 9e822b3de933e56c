"""A clock too far off stops legal acts: the office's is held against time-stamping authorities outside it.

Asking for a stamp tells what time it is elsewhere. Once they agreed, the machine's monotonic clock tells
for an hour that the office's clock only ran; if it was set meanwhile, they are asked again. While every
authority that answers says another time, no duty is claimed and no letter's state changes; reading goes on.
Where nobody answers, nothing is known: evidence waits for its stamp, and deposits end when it waits too long.

An office that stamps with its built-in authority alone has no other clock to ask.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from lre_kit.clock import Clock
from lre_kit.errors import LreError, TimestampRejectedError, UnavailableError
from lre_kit.proofs.stamping.timestamp import CheckedAuthority, TimestampAuthority

AGREED_S = 3600.0
"""How long an agreement is believed while the clock only runs, in seconds."""

ASK_AGAIN_S = 60.0
"""Wait between questions while the clocks disagree or nobody answers, in seconds."""

_QUESTION = hashlib.sha256(b"What time is it?").digest()


class ClockInDoubtError(UnavailableError):
    """The office's clock and the time-stamping authorities disagree: nothing is decided by it."""

    slug = "clock-in-doubt"


class ClockWatch:
    """Holds one office's clock against its authorities."""

    def __init__(
        self, authority: Callable[[], TimestampAuthority], *, clock: Clock, tolerance: timedelta
    ) -> None:
        """Hold `clock` against the `authority` of the time; a step of more than `tolerance` asks again."""
        self._authority = authority
        self._clock = clock
        self._tolerance = tolerance
        self._lock = threading.Lock()
        self._asked: tuple[datetime, float] | None = None
        self._is_agreed = False
        self._problem = ""

    def refuse(self) -> None:
        """Raise while the clocks disagree; asks only when it must, and one thread at a time.

        Nobody waits for an answer that only confirms the last one.

        Raises:
            ClockInDoubtError: Every authority that answers says another time.
        """
        is_open = self._is_open()
        if (is_open or self._is_old()) and self._lock.acquire(blocking=is_open):
            try:
                if self._is_open() or self._is_old():
                    self._ask()
            finally:
                self._lock.release()
        if self._problem:
            raise ClockInDoubtError(
                self._problem, mend="Set the machine's clock (NTP), or check the authorities: lre doctor"
            )

    def _is_open(self) -> bool:
        """Tell whether nobody was asked yet, or the clock was set since."""
        if self._asked is None:
            return True
        at, at_s = self._asked
        ran_s, passed_s = (self._clock() - at).total_seconds(), time.monotonic() - at_s
        return abs(ran_s - passed_s) > self._tolerance.total_seconds()

    def _is_old(self) -> bool:
        life_s = AGREED_S if self._is_agreed else ASK_AGAIN_S
        return self._asked is not None and time.monotonic() - self._asked[1] > life_s

    def _ask(self) -> None:
        self._is_agreed, problem = False, ""
        for authority in _outside(self._authority()):
            try:
                authority.stamp(_QUESTION)
            except TimestampRejectedError as error:
                problem = error.problem if error.check == "time" else problem
            except LreError:
                continue
            else:
                self._is_agreed, problem = True, ""
                break
        self._problem = problem
        self._asked = (self._clock(), time.monotonic())


def _outside(authority: TimestampAuthority) -> list[TimestampAuthority]:
    """Return the authorities that have a clock of their own."""
    from lre_kit.proofs.stamping.timestamp_authorities import NamedAuthority, members
    from lre_kit.proofs.stamping.tsa import BuiltinAuthority

    found = []
    for member in members(authority):
        checked = member.authority if isinstance(member, NamedAuthority) else member
        if isinstance(checked, CheckedAuthority) and not isinstance(checked.inner, BuiltinAuthority):
            found.append(member)
    return found
