"""What there is to do today: how much of each thing, and what is not as it should be."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, select

from lre_kit.clock import PARIS
from lre_kit.consents.journal import CONSENT
from lre_kit.identifiers.operator_lists import count_to_compare
from lre_kit.letters.misdirected import count_waiting
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import LetterRow
from lre_kit.operators.journal import ACT, unfinished
from lre_kit.operators.lists import DUTY
from lre_kit.parties.proofing_cases import CASE
from lre_kit.parties.proofing_results import WAITING
from lre_kit.postroom.items import BATCH
from lre_kit.postroom.rows import PostItemRow
from lre_kit.postroom.values import BatchState
from lre_kit.store.inserts import table_of
from lre_kit.support.values import RequestState

if TYPE_CHECKING:
    from lre_kit.office import PostOffice

CLOSING = timedelta(days=3)
"""Windows that close within this are told."""

LATE = timedelta(minutes=15)
"""A duty that is overdue by more is late."""

TREND_DAYS = 14
"""Days of the trend of deposits."""

_LETTER, _ITEM = table_of(LetterRow), table_of(PostItemRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing to know today.

    Attributes:
        name: What is counted.
        count: How many.
        is_trouble: Whether somebody should look.
        view: Where to look.
    """

    name: str
    count: int
    is_trouble: bool
    view: str


def figures(office: "PostOffice") -> list[Figure]:
    """Return today's figures, in a fixed order."""
    return [
        Figure(name=name, count=count, is_trouble=bool(trouble and count), view=view)
        for name, count, trouble, view in _counted(office)
    ]


def _counted(office: "PostOffice") -> Iterator[tuple[str, int, bool, str]]:
    now = office.clock()
    with office.database.read() as connection:

        def count(table: Any, *conditions: ColumnElement[bool]) -> int:
            query = select(func.count()).select_from(table).where(*conditions)
            return int(connection.execute(query).scalar_one())

        alive = DUTY.c.dead_at.is_(None)
        yield "duties_dead", count(DUTY, DUTY.c.dead_at.is_not(None)), True, "agenda"
        yield "duties_late", count(DUTY, alive, DUTY.c.due_at < now - LATE), True, "agenda"
        yield "duties_due", count(DUTY, alive, DUTY.c.due_at <= now), False, "agenda"
        failed = (Phase.NOTIFICATION_FAILED.value, Phase.UNDELIVERABLE.value)
        yield "notice_failed", count(_LETTER, _LETTER.c.phase.in_(failed)), True, "letters"
        yield "not_for_them", count_waiting(connection), True, "letters"
        closing = (_LETTER.c.phase == Phase.NOTIFIED.value, _LETTER.c.window_closes_at < now + CLOSING)
        yield "windows_closing", count(_LETTER, *closing), False, "letters"
        cases = (CASE.c.state.in_(WAITING), CASE.c.provider.is_(None))
        yield "cases_waiting", count(CASE, *cases), False, "reviews"
        yield "cases_late", count(CASE, *cases, CASE.c.answer_by < now), True, "reviews"
        yield "means_to_compare", count_to_compare(connection), False, "reviews"
        yield "consents_asked", count(CONSENT, CONSENT.c.state == "asked"), False, "consents"
        yield "batches_open", count(BATCH, BATCH.c.state != BatchState.HANDED_OVER.value), False, "post"
        yield "items_missing", count(_ITEM, _ITEM.c.missing_at.is_not(None)), True, "post"
    yield "requests_open", office.support.desk.count(state=RequestState.OPEN), False, "requests"
    yield "proposals", len(office.operators.two_people.waiting()), False, "two"
    backlog = office.sequencer.waiting()
    age_s = (now - backlog.oldest_at).total_seconds() if backlog.oldest_at else 0.0
    yield "evidence_waiting", int(age_s), age_s >= office.settings.evidence_alarm_s, "log"
    with office.database.read() as connection:
        begun = select(func.count()).select_from(ACT).where(*unfinished(now))
        yield "acts_unfinished", int(connection.execute(begun).scalar_one()), True, "trail"
    yield "certificates", len(office.expiry.warnings()), True, "keys"


def trend(office: "PostOffice") -> list[tuple[datetime, int]]:
    """Return how many letters were deposited on each of the last Paris days, the oldest first."""
    local = office.clock().astimezone(PARIS).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [local - timedelta(days=back) for back in range(TREND_DAYS - 1, -1, -1)]
    found: list[tuple[datetime, int]] = []
    with office.database.read() as connection:
        for day in days:
            inside = (_LETTER.c.deposited_at >= day, _LETTER.c.deposited_at < day + timedelta(days=1))
            query = select(func.count()).select_from(_LETTER).where(*inside)
            found.append((day, int(connection.execute(query).scalar_one())))
    return found
