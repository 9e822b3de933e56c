"""Deadlines in legal days: pure functions of an instant (CPCE R. 53-2, R. 53-3).

A window counts calendar days in legal time, from the day after the notice was *sent*; Saturdays,
Sundays and holidays count and nothing is extended. Days are added to local dates, never as
multiples of 24 hours: with a change of clocks the fifteen days are 359 or 361 hours long.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lre_kit.clock import PARIS, as_utc

WINDOW_DAYS = 15
"""Days to accept or refuse (CPCE R. 53-3)."""


def last_day(sent_at: datetime, *, days: int = WINDOW_DAYS, zone: ZoneInfo = PARIS) -> date:
    """Return the last day, included, on which a letter may be accepted or refused."""
    return as_utc(sent_at).astimezone(zone).date() + timedelta(days=days)


def window_closes_at(sent_at: datetime, *, days: int = WINDOW_DAYS, zone: ZoneInfo = PARIS) -> datetime:
    """Return the exclusive end of the window: the midnight after its last day, in UTC.

    Example:
        >>> from datetime import datetime, UTC
        >>> window_closes_at(datetime(2026, 3, 20, 13, 30, tzinfo=UTC)).isoformat()
        '2026-04-04T22:00:00+00:00'
    """
    return _midnight(last_day(sent_at, days=days, zone=zone) + timedelta(days=1), zone)


def proof_due_at(closes_at: datetime, *, days: int = 1, zone: ZoneInfo = PARIS) -> datetime:
    """Return the exclusive bound before which refusal or non-claim must be proved (CPCE R. 53-3).

    "At the latest on the day after the expiry": the window's end is the first instant of that
    day, the bound is the last.
    """
    return _midnight(as_utc(closes_at).astimezone(zone).date() + timedelta(days=days), zone)


def retention_ends_at(issued_at: datetime, *, years: int = 1, zone: ZoneInfo = PARIS) -> datetime:
    """Return the instant before which a proof may not be deleted: whole years are kept.

    A proof of 29 February is kept until 1 March: 28 February would be short.
    """
    day = as_utc(issued_at).astimezone(zone).date()
    try:
        end = day.replace(year=day.year + years)
    except ValueError:
        end = date(day.year + years, 3, 1)
    else:
        end += timedelta(days=1)
    return _midnight(end, zone)


def first_instant(day: date, *, zone: ZoneInfo = PARIS) -> datetime:
    """Return the instant at which a legal day begins, in UTC."""
    return _midnight(day, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC)
