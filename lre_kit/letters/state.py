"""A letter as its journal tells it: events, and the state that follows from them.

``evolve`` applies one event, ``fold`` all of them; which events may come next is for
`lre_kit.letters.lifecycle`. Pure.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any, NamedTuple

from lre_kit.clock import from_iso
from lre_kit.law.assurance import Level
from lre_kit.law.events import DECISIVE, ErdsEvent, Reason
from lre_kit.letters.phases import FINAL, Phase

_DECIDED_ON_PAPER = FINAL | {Phase.UNKNOWN_AT_ADDRESS, Phase.UNDELIVERABLE}


class LetterState(NamedTuple):
    """All that decisions depend on; folded from the journal.

    A tuple, because each event makes a new one and the windows of many letters close at one hour.
    """

    phase: Phase | None = None
    version: int = 0
    """Number of events so far."""
    notices: int = 0
    deposited_at: datetime | None = None
    notified_at: datetime | None = None
    window_closes_at: datetime | None = None
    """Exclusive end of the window."""
    proof_due_at: datetime | None = None
    decided_at: datetime | None = None
    received_at: datetime | None = None
    identified: bool = False
    waits_until: datetime | None = None
    """Exclusive end of the time for which an acceptance waits for the identification."""
    level: Level | None = None


EMPTY = LetterState()
"""Before the deposit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact about a letter, in the standard's words."""

    name: ErdsEvent
    occurred_at: datetime
    reasons: tuple[Reason, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exclusive(self) -> str | None:
        """``decision`` for C.3, C.4 and C.5, of which a letter has at most one."""
        return "decision" if self.name in DECISIVE else None


Events = tuple[Event, ...]


def evolve(state: LetterState, event: Event) -> LetterState:
    """Return the state after an event; any event of the journal may be applied."""
    return _apply(state, event)._replace(version=state.version + 1)


def fold(events: Iterable[Event]) -> LetterState:
    """Return the state after all events, from the beginning: that of `evolve` by each."""
    journal = list(events)
    return reduce(_apply, journal, EMPTY)._replace(version=len(journal))


def _apply(state: LetterState, event: Event) -> LetterState:
    return _APPLY.get(event.name, _unchanged)(state, event)


def _unchanged(state: LetterState, _: Event) -> LetterState:
    return state


def _deposited(state: LetterState, event: Event) -> LetterState:
    return state._replace(phase=Phase.DEPOSITED, deposited_at=event.occurred_at)


def _withdrawn(state: LetterState, event: Event) -> LetterState:
    return state._replace(phase=Phase.WITHDRAWN, decided_at=event.occurred_at)


def _notified(state: LetterState, event: Event) -> LetterState:
    closes, due = event.details.get("window_closes_at"), event.details.get("proof_due_at")
    return state._replace(
        phase=Phase.CHOOSING if event.details.get("choice") == "open" else Phase.NOTIFIED,
        notices=state.notices + 1,
        notified_at=event.occurred_at,
        window_closes_at=from_iso(closes) if closes else None,
        proof_due_at=from_iso(due) if due else None,
    )


def _notice_failed(state: LetterState, _: Event) -> LetterState:
    return state._replace(phase=Phase.NOTIFICATION_FAILED, window_closes_at=None, proof_due_at=None)


def _accepted(state: LetterState, event: Event) -> LetterState:
    pending = event.details.get("identification") == "pending"
    return state._replace(
        phase=Phase.ACCEPTED_PENDING_IDENTIFICATION if pending else Phase.ACCEPTED,
        decided_at=event.occurred_at,
        identified=not pending,
        waits_until=from_iso(event.details["waits_until"]) if "waits_until" in event.details else None,
        level=Level(event.details["level"]) if "level" in event.details else None,
    )


def _consigned(state: LetterState, event: Event) -> LetterState:
    level = Level(event.details["level"]) if "level" in event.details else state.level
    return state._replace(phase=Phase.ACCEPTED, identified=True, waits_until=None, level=level)


def _not_identified(state: LetterState, _: Event) -> LetterState:
    # The acceptance keeps its instant: it is what was decided.
    return state._replace(phase=Phase.NOT_IDENTIFIED, waits_until=None)


def _handed_over(state: LetterState, event: Event) -> LetterState:
    return state._replace(phase=Phase.RECEIVED, received_at=event.occurred_at)


def _ended(phase: Phase) -> Callable[[LetterState, Event], LetterState]:
    return lambda state, event: state._replace(phase=phase, decided_at=event.occurred_at)


def _relayed(state: LetterState, event: Event) -> LetterState:
    if event.details.get("choice") == "paper":
        # The electronic clock ends here; the post has its own.
        return state._replace(phase=Phase.PAPER_CHOSEN, window_closes_at=None, proof_due_at=None)
    return state._replace(phase=Phase.RELAYED, decided_at=None)


def _relay_failed(state: LetterState, _: Event) -> LetterState:
    return state._replace(phase=Phase.RELAY_FAILED)


_PAPER_PHASES = {
    "notice_left": Phase.NOTICE_LEFT,
    "delivered": Phase.DELIVERED_ON_PAPER,
    "refused": Phase.REFUSED_ON_PAPER,
    "unclaimed": Phase.UNCLAIMED_ON_PAPER,
    "unknown_at_address": Phase.UNKNOWN_AT_ADDRESS,
    "undeliverable": Phase.UNDELIVERABLE,
    "returned": Phase.RETURNED,
}


def _back_from_paper(state: LetterState, event: Event) -> LetterState:
    phase = _PAPER_PHASES.get(str(event.details.get("outcome")))
    if phase is None:
        return state
    at = event.occurred_at
    ended = state._replace(phase=phase, decided_at=at if phase in _DECIDED_ON_PAPER else None)
    return ended._replace(received_at=at) if phase is Phase.DELIVERED_ON_PAPER else ended


_APPLY: Mapping[ErdsEvent, Callable[[LetterState, Event], LetterState]] = {
    ErdsEvent.SUBMISSION_ACCEPTANCE: _deposited,
    ErdsEvent.SUBMISSION_REJECTION: _withdrawn,
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE: _notified,
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE: _notice_failed,
    ErdsEvent.CONSIGNMENT_ACCEPTANCE: _accepted,
    ErdsEvent.CONSIGNMENT_REJECTION: _ended(Phase.REFUSED),
    ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY: _ended(Phase.UNCLAIMED),
    ErdsEvent.CONTENT_CONSIGNMENT_FAILURE: _not_identified,
    ErdsEvent.CONTENT_CONSIGNMENT: _consigned,
    ErdsEvent.CONTENT_HANDOVER: _handed_over,
    ErdsEvent.RELAY_TO_NON_ERDS: _relayed,
    ErdsEvent.RELAY_TO_NON_ERDS_FAILURE: _relay_failed,
    ErdsEvent.RECEIVED_FROM_NON_ERDS: _back_from_paper,
}
