"""The one reader of the time.

Every rule takes its instant as an argument; whoever needs "now" asks the office's clock.
The office's clock is a plain callable so that a demonstration or a test may hand in another.
"""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Answers the present instant, aware, in UTC."""

PARIS = ZoneInfo("Europe/Paris")
"""Legal time of the French regime (domain rule: legal days are Paris days)."""


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the one place


def as_utc(instant: datetime) -> datetime:
    """Return the same instant in UTC.

    Raises:
        ValueError: The instant is naive, so nobody can say when it was.
    """
    if instant.tzinfo is None:
        msg = f"{instant!r} has no time zone"
        raise ValueError(msg)
    return instant.astimezone(UTC)


def iso(instant: datetime) -> str:
    """Return an instant as RFC 3339 text in UTC with microseconds and ``Z``."""
    return as_utc(instant).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def from_iso(text: str) -> datetime:
    """Read what :func:`iso` wrote (or any RFC 3339 text with an offset)."""
    return as_utc(datetime.fromisoformat(text))


def local_text(instant: datetime, zone: tzinfo = PARIS) -> str:
    """Return an instant for people, in legal time: ``2026-01-12 10:30:00 CET (UTC+01:00)``."""
    local = instant.astimezone(zone)
    offset = local.strftime("%z")
    return f"{local:%Y-%m-%d %H:%M:%S} {local:%Z} (UTC{offset[:3]}:{offset[3:]})"
