"""When a webhook that failed is tried again (the timetable of Standard Webhooks). Pure."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Wait before the first, second… try; after the last one it is given up: a little more than three days."""

JITTER = 0.1
"""Each wait is lengthened by up to this share, so that what failed together does not come back together."""

RETRY_AFTER_MAX = timedelta(hours=24)
"""Longest wait a receiver may ask for."""

REST_MAX = timedelta(minutes=5)
"""Longest time for which an endpoint that does not answer holds all its webhooks back."""


def next_at(
    *, delivery_id: str, attempts: int, now: datetime, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when a delivery is tried again, or nothing if it is given up.

    Args:
        delivery_id: Makes the jitter: the same for the same try, another for each delivery.
        attempts: Tries so far, all of which failed.
        now: When the last one failed.
        retry_after: What the receiver asked for.
    """
    if attempts >= len(WAITS):
        return None
    wait = WAITS[attempts]
    drawn = hashlib.sha256(f"{delivery_id}:{attempts}".encode()).digest()
    wait += wait * JITTER * (int.from_bytes(drawn[:4]) / 2**32)
    return now + max(wait, min(retry_after or timedelta(0), RETRY_AFTER_MAX))


def rest(*, failures: int, retry_after: timedelta | None = None) -> timedelta:
    """Return for how long an endpoint is left alone after so many failures in a row."""
    wait = min(WAITS[min(max(failures, 1), len(WAITS) - 1)], REST_MAX)
    return max(wait, min(retry_after or timedelta(0), RETRY_AFTER_MAX))


def read_retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return the wait a receiver asks for in ``Retry-After`` (seconds or a date), if it is one."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return max(at - now, timedelta(0))
