"""Letters with their states, many at once, each held until the transaction ends."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, select

from lre_kit.letters.lifecycle import Event, LetterState, fold
from lre_kit.letters.paper import ON_PAPER, postal_of
from lre_kit.letters.reading import event_of, letter_of, not_found
from lre_kit.letters.rows import DocumentRow, EventRow, LetterRow
from lre_kit.letters.values import DocumentInfo, Letter
from lre_kit.store.columns import among
from lre_kit.store.inserts import table_of

_LETTER = table_of(LetterRow)
_DOCUMENT = table_of(DocumentRow)
_EVENT = table_of(EventRow)


def locked_letters(
    connection: Connection, letter_ids: Sequence[str]
) -> dict[str, tuple[Letter, LetterState]]:
    """Return letters and the states their journals tell, locked in the order of their ids.

    Raises:
        NotFoundError: One of them is not there.
    """
    ids = sorted(set(letter_ids))
    locked = (
        select(_LETTER).where(among(connection, _LETTER.c.id, ids)).order_by(_LETTER.c.id).with_for_update()
    )
    rows = connection.execute(locked).all()
    if len(rows) != len(ids):
        raise not_found()
    documents, events = _documents(connection, ids), _events(connection, ids)
    return {
        row.id: (
            letter_of(
                row,
                documents[row.id],
                postal_of(connection, row.id) if row.product in ON_PAPER else None,
            ),
            fold(events[row.id]),
        )
        for row in rows
    }


def _documents(connection: Connection, ids: Sequence[str]) -> dict[str, list[DocumentInfo]]:
    names = ("position", "name", "media_type", "size_bytes", "digest_hex")
    query = (
        select(_DOCUMENT.c.letter_id, *(_DOCUMENT.c[name] for name in names))
        .where(among(connection, _DOCUMENT.c.letter_id, ids))
        .order_by(_DOCUMENT.c.letter_id, _DOCUMENT.c.position)
    )
    found: dict[str, list[DocumentInfo]] = defaultdict(list)
    for letter_id, *values in connection.execute(query):
        found[letter_id].append(DocumentInfo(**dict(zip(names, values, strict=True))))
    return found


def _events(connection: Connection, ids: Sequence[str]) -> dict[str, list[Event]]:
    query = (
        select(_EVENT.c.letter_id, _EVENT.c.name, _EVENT.c.occurred_at, _EVENT.c.reasons, _EVENT.c.details)
        .where(among(connection, _EVENT.c.letter_id, ids))
        .order_by(_EVENT.c.letter_id, _EVENT.c.seq)
    )
    found: dict[str, list[Event]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.letter_id].append(event_of(row))
    return found
