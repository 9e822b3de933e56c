"""When a recipient is told that a letter is coming: pure, in legal days, before its notice.

A pre-notice (pré-notification) is a courtesy that no text asks for. It is not the notice of CPCE R. 53-3: it
opens no window, carries no link, and decides nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from lre_kit.clock import PARIS, as_utc

AT_DEPOSIT = "deposit"
"""Asks for the pre-notice as soon as the letter is deposited."""

DAYS_MAX = 30
"""Most days before the notice: whoever is told earlier has forgotten it by then."""

OFFERED = (AT_DEPOSIT, "1", "2", "3", "7", "14", "30")
"""What forms offer."""


class PreNoticeState(StrEnum):
    """What became of a pre-notice."""

    PLANNED = "planned"
    SENT = "sent"
    """A mail server took it; nothing more is known."""
    FAILED = "failed"
    """The mailbox does not take it: the notice will hardly reach it either."""
    UNKNOWN = "unknown"
    """Nobody can say whether it was taken; it is not sent twice."""
    LEFT_OUT = "left_out"
    """Its time had passed, or the letter was withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreNotice:
    """A letter's pre-notice as it stands."""

    planned_at: datetime
    state: PreNoticeState = PreNoticeState.PLANNED
    settled_at: datetime | None = None
    """When that became known; nothing while it is planned."""


def days_before(wish: str) -> int | None:
    """Return how many days before the notice a wish asks for; nothing: at the deposit.

    Raises:
        ValueError: It is neither ``deposit`` nor a number of days up to `DAYS_MAX`.

    Example:
        >>> days_before("3"), days_before("deposit")
        (3, None)
    """
    if wish == AT_DEPOSIT:
        return None
    if not (wish.isascii() and wish.isdigit() and 1 <= int(wish) <= DAYS_MAX):
        msg = f"a pre-notice leaves at the deposit, or 1 to {DAYS_MAX} days before the notice"
        raise ValueError(msg)
    return int(wish)


def told_before(notify_at: datetime, days: int) -> datetime:
    """Return the same time of day in legal time, so many days before a notice.

    Example:
        >>> from datetime import datetime, UTC
        >>> told_before(datetime(2026, 3, 30, 7, tzinfo=UTC), 3)   # over the change of clocks
        datetime.datetime(2026, 3, 27, 8, 0, tzinfo=datetime.timezone.utc)
    """
    local = as_utc(notify_at).astimezone(PARIS)
    return (local - timedelta(days=days)).astimezone(UTC)
