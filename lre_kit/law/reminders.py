"""When a recipient is reminded of a letter that waits: pure, in legal days, inside the window."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lre_kit.clock import PARIS, as_utc

LAST = 0
"""Stands for the last day of the window."""

DEFAULT = (3, 7, 12, LAST)
"""Days after the notice."""

HOUR = time(9)
"""Legal time of day at which reminders leave."""


def parse_plan(text: str) -> tuple[int, ...]:
    """Return a plan from a setting such as ``3,7,12,last``; empty: no reminders.

    Raises:
        ValueError: It is none.
    """
    words = [word.strip().lower() for word in text.split(",") if word.strip()]
    days = [LAST if word == "last" else int(word) for word in words]
    if any(word != "last" and not 0 < day < 366 for word, day in zip(words, days, strict=True)):
        msg = "a reminder comes 1 to 365 days after the notice, or on the last day"
        raise ValueError(msg)
    return tuple(days)


def reminder_times(
    notified_at: datetime,
    closes_at: datetime,
    *,
    plan: Iterable[int] = DEFAULT,
    zone: ZoneInfo = PARIS,
) -> tuple[datetime, ...]:
    """Return the instants at which to remind, in order, each once: after the notice and before the end.

    Args:
        notified_at: When the notice left.
        closes_at: Exclusive end of the window.
        plan: Days after the day of the notice; `LAST` for the last whole day of the window.
        zone: Zone of legal days.
    """
    first = as_utc(notified_at).astimezone(zone).date()
    last = (as_utc(closes_at) - timedelta(microseconds=1)).astimezone(zone).date()
    days = {last if day == LAST else first + timedelta(days=day) for day in plan}
    found = (datetime.combine(day, HOUR, tzinfo=zone).astimezone(UTC) for day in sorted(days))
    return tuple(at for at in found if as_utc(notified_at) < at < as_utc(closes_at))
