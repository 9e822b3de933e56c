"""Putting duties off and bringing them forward: which may be moved, how far, and how an instant is typed.

Only duties whose time is the office's own choice move. What the law or a promise to people times – windows,
notices, reminders, erasures, verdicts, lists of what is revoked – stays where it was planned.
"""

import re
from datetime import datetime, timedelta

from lre_kit.clock import PARIS, local_text
from lre_kit.errors import UnlawfulActError
from lre_kit.operators.errors import OperatorInputError
from lre_kit.store.agenda import Agenda

MOVABLE = frozenset({
    "post_close", "post_hand_over", "post_track", "post_reconcile", "fetch_reports", "make_identifier",
    "hand_over_identifier", "follow_identifier", "send_bulk", "rewrap", "deliver_webhook", "operator_bulk",
})  # fmt: skip
"""Actions that may be put off: nobody's deadline hangs on them."""

LONGEST = timedelta(days=7)
"""How far from now, and from when it was planned first, a duty may be put off, however often."""

_SPAN = re.compile(r"\+?\s*(\d{1,4})\s*(min|m|h|d|j)", re.IGNORECASE)
_UNITS = {
    "min": timedelta(minutes=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1),
    "j": timedelta(days=1),
}  # fmt: skip


def instant_typed(text: str, *, now: datetime, is_past: bool = False) -> datetime:
    """Return the instant somebody typed: a span from now (``2h``, ``1d``), or day and time in Paris.

    Args:
        text: As typed.
        now: What a span counts from.
        is_past: Whether a span counts backwards.

    Raises:
        OperatorInputError: It is neither.
    """
    typed = " ".join(text.split())
    if span := _SPAN.fullmatch(typed):
        length = int(span[1]) * _UNITS[span[2].lower()]
        return now - length if is_past else now + length
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        msg = "This is no instant."
        raise OperatorInputError(msg, mend="Type a span such as 2h or 1d, or 2026-12-01 09:00.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=PARIS)


def move(agenda: Agenda, key: str, text: str, *, action: str, later: bool, now: datetime) -> datetime:
    """Move a duty to the instant typed, and return when it was due before.

    Raises:
        OperatorInputError: What was typed is no instant, or too far.
        UnlawfulActError: The duty may not be moved, is held by a worker, or was given up.
    """
    if action not in MOVABLE:
        msg = "This duty has a time that nobody may move."
        raise UnlawfulActError(msg, mend="It is done when it is due; what failed can be tried again.")
    to = max(instant_typed(text, now=now), now)
    first = agenda.first_due(key) if later else None
    latest = min(now, first or now) + LONGEST
    if to > latest:
        msg = f"This duty can be put off up to {local_text(latest)}."
        raise OperatorInputError(msg, mend="Choose an earlier instant.")
    former = agenda.move(key, later=later, to=to, within=LONGEST)
    if former is None:
        side = "after" if later else "before"
        msg = f"This duty was not moved: it is not due {side} then, is under way, done or given up."
        raise UnlawfulActError(msg, mend="Look at the agenda again.")
    return former
