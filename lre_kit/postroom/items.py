"""Postings and batches as rows: reading them, and the few statements that the acts share."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from lre_kit.errors import NotFoundError
from lre_kit.law.carrier_codes import CarrierStatus
from lre_kit.law.item_numbers import kept_item_number
from lre_kit.letters.paper import address_of, options_of
from lre_kit.letters.rows import LetterRow
from lre_kit.postroom.rows import PostBatchRow, PostFileRow, PostItemRow, PostNewsRow
from lre_kit.postroom.values import BatchState, ItemState, PostBatch, PostItem
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

ITEM, BATCH, NEWS, FILE = (table_of(row) for row in (PostItemRow, PostBatchRow, PostNewsRow, PostFileRow))
LETTER = table_of(LetterRow)

_PLAIN = (
    *("id", "letter_id", "attempt", "sheets", "pages", "envelope", "item_number", "batch_id", "position"),
    *("reprints", "print_key", "print_digest", "print_bytes", "created_at", "handed_over_at", "last_code"),
    *("news_at", "outcome", "outcome_at", "missing_at", "error"),
)
_BATCH_PLAIN = (
    *("id", "number", "provider", "reference", "items", "manifest_digest", "opened_at", "closed_at"),
    "handed_over_at",
)


def item_of(row: Row[Any]) -> PostItem:
    """Return the value of a posting's row."""
    return PostItem(
        **{name: getattr(row, name) for name in _PLAIN},
        state=ItemState(row.state),
        address=address_of(row.address),
        options=options_of(row.options),
        status=CarrierStatus(row.status) if row.status else None,
    )


def batch_of(row: Row[Any]) -> PostBatch:
    """Return the value of a batch's row."""
    return PostBatch(**{name: getattr(row, name) for name in _BATCH_PLAIN}, state=BatchState(row.state))


def items_where(
    connection: Connection, *conditions: ColumnElement[bool], limit: int = 10_000
) -> list[PostItem]:
    """Return postings in the order of their batches and places."""
    query = select(ITEM).where(*conditions).order_by(ITEM.c.batch_id, ITEM.c.position, ITEM.c.id).limit(limit)
    return [item_of(row) for row in connection.execute(query)]


def items_of_letter(connection: Connection, letter_id: str) -> list[PostItem]:
    """Return a letter's postings, the first one first."""
    query = select(ITEM).where(ITEM.c.letter_id == letter_id).order_by(ITEM.c.attempt)
    return [item_of(row) for row in connection.execute(query)]


def item_by_id(connection: Connection, item_id: str) -> PostItem:
    """Return a posting.

    Raises:
        NotFoundError: There is none.
    """
    row = connection.execute(select(ITEM).where(ITEM.c.id == item_id)).first()
    if row is None:
        raise no_item()
    return item_of(row)


def item_by_number(database: Database, text: str) -> PostItem:
    """Return the posting with a carrier's number.

    Raises:
        NotFoundError: There is none.
    """
    number = kept_item_number(text)
    if number is not None:
        with database.read() as connection:
            row = connection.execute(select(ITEM).where(ITEM.c.item_number == number)).first()
        if row is not None:
            return item_of(row)
    raise no_item()


def no_item() -> NotFoundError:
    """Return the answer for a posting that is not there."""
    return NotFoundError("There is no such posting.", mend="Check the carrier's number, sign by sign.")


def batch_by_number(connection: Connection, number: str, *, lock: bool = False) -> PostBatch:
    """Return a batch by its number; with `lock`, hold it until the transaction ends.

    Raises:
        NotFoundError: There is none.
    """
    query = select(BATCH).where(BATCH.c.number == number.strip())
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        msg = "There is no such batch."
        raise NotFoundError(msg, mend="List them with: lre post batches.")
    return batch_of(row)


def batches(database: Database, *, limit: int = 100) -> list[PostBatch]:
    """Return batches, the newest first."""
    query = select(BATCH).order_by(BATCH.c.opened_at.desc(), BATCH.c.id.desc()).limit(limit)
    with database.read() as connection:
        return [batch_of(row) for row in connection.execute(query)]


def change_item(uow: UnitOfWork, item_id: str, **values: Any) -> None:
    """Change a posting's row with the transaction."""
    uow.defer(update(ITEM).where(ITEM.c.id == item_id).values(**values))


def count_items(connection: Connection, batch_id: str) -> int:
    """Return how many postings a batch holds."""
    query = select(func.count()).select_from(ITEM).where(ITEM.c.batch_id == batch_id)
    return int(connection.execute(query).scalar_one())


def phases_of(connection: Connection, letter_ids: Iterable[str]) -> dict[str, str]:
    """Return the phase of each letter."""
    query = select(LETTER.c.id, LETTER.c.phase).where(LETTER.c.id.in_(list(letter_ids)))
    return {row.id: row.phase for row in connection.execute(query)}


def oldest_first(at: datetime | None) -> float:
    """Return a sort key for instants that may be unknown."""
    return at.timestamp() if at is not None else 0.0
