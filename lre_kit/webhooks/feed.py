"""The feed of events: what happened to a sender's letters, to be read from where one stopped.

Ordered by place in the log, which one writer gives: an event that was recorded earlier and committed later
never appears behind a reader's back, as it could in an order by time. An event is in the feed once it is
in the log, a moment after it happened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from lre_kit.law.events import ErdsEvent
from lre_kit.law.products import Product
from lre_kit.letters.rows import EventRow, LetterRow
from lre_kit.parties.standing import refs_of
from lre_kit.proofs.rows import EvidenceRow, LogEntryRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.webhooks.events import type_of

_EVENT, _LETTER, _EVIDENCE, _ENTRY = (
    table_of(row) for row in (EventRow, LetterRow, EvidenceRow, LogEntryRow)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """One event of a letter.

    Attributes:
        id: The same as the ``webhook-id`` that tells of it.
        place: Its place in the log.
        sequence: Its place in the letter's journal.
        reference: The sender's own.
    """

    id: str
    place: int
    type: str
    at: datetime
    number: str
    sequence: int
    event: ErdsEvent
    reasons: tuple[str, ...]
    product: Product
    reference: str


class EventFeed:
    """Reads events in the order of the log."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    def after(
        self, sender_ref: str, place: int = -1, *, number: str = "", limit: int = 100
    ) -> Sequence[FeedEvent]:
        """Return the events of a sender's letters that come after a place in the log, in its order.

        Args:
            sender_ref: Whose letters.
            place: Where the reader stopped; -1: the beginning.
            number: Only this letter's.
            limit: How many at most.
        """
        with self._database.read() as connection:
            query = (
                select(
                    *(_EVENT.c[name] for name in ("id", "seq", "name", "occurred_at", "reasons", "details")),
                    *(_LETTER.c[name] for name in ("number", "product", "reference")),
                    _ENTRY.c.log_index,
                )
                .join_from(_ENTRY, _EVIDENCE, _EVIDENCE.c.id == _ENTRY.c.evidence_id)
                .join(_EVENT, _EVENT.c.id == _EVIDENCE.c.event_id)
                .join(_LETTER, _LETTER.c.id == _EVENT.c.letter_id)
                .where(_LETTER.c.sender_ref.in_(refs_of(connection, sender_ref)), _ENTRY.c.log_index > place)
                .order_by(_ENTRY.c.log_index)
                .limit(limit)
            )
            if number:
                query = query.where(_LETTER.c.number == number)
            return [
                FeedEvent(
                    id=row.id,
                    place=row.log_index,
                    type=type_of(ErdsEvent(row.name), row.details),
                    at=row.occurred_at,
                    number=row.number,
                    sequence=row.seq,
                    event=ErdsEvent(row.name),
                    reasons=tuple(row.reasons),
                    product=Product(row.product),
                    reference=row.reference,
                )
                for row in connection.execute(query)
            ]
