"""Letters with their states, many at once, each held until the transaction ends."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Text, cast, select

from lre_kit.law.events import ErdsEvent, Reason
from lre_kit.letters.paper import ON_PAPER, postal_of
from lre_kit.letters.reading import letter_of, not_found
from lre_kit.letters.rows import DocumentRow, EventRow, LetterRow
from lre_kit.letters.state import Event, LetterState, fold
from lre_kit.letters.values import DocumentInfo, Letter
from lre_kit.store.columns import among
from lre_kit.store.inserts import table_of

_LETTER = table_of(LetterRow)
_DOCUMENT = table_of(DocumentRow)
_EVENT = table_of(EventRow)

_WITH_TEXT = [
    cast(column, Text).label(column.name) if column is _LETTER.c.requirements else column
    for column in _LETTER.c
]
"""A letter's columns; its requirements as the text they are kept as, which is read once for all alike."""

_TEXTS_MAX = 1024
"""Distinct texts of events kept read, of which a journal of many letters has few."""


def locked_letters(
    connection: Connection, letter_ids: Sequence[str]
) -> dict[str, tuple[Letter, LetterState]]:
    """Return letters and the states their journals tell, locked in the order of their ids.

    Raises:
        NotFoundError: One of them is not there.
    """
    ids = sorted(set(letter_ids))
    locked = (
        select(*_WITH_TEXT)
        .where(among(connection, _LETTER.c.id, ids))
        .order_by(_LETTER.c.id)
        .with_for_update()
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
        select(
            _EVENT.c.letter_id,
            _EVENT.c.name,
            _EVENT.c.occurred_at,
            cast(_EVENT.c.reasons, Text).label("reasons"),
            cast(_EVENT.c.details, Text).label("details"),
        )
        .where(among(connection, _EVENT.c.letter_id, ids))
        .order_by(_EVENT.c.letter_id, _EVENT.c.seq)
    )
    found: dict[str, list[Event]] = defaultdict(list)
    for row in connection.execute(query):
        event = Event(
            name=_name(row.name),
            occurred_at=row.occurred_at,
            reasons=_reasons(row.reasons),
            details=_details(row.details),
        )
        found[row.letter_id].append(event)
    return found


_name = lru_cache(maxsize=None)(ErdsEvent)


@lru_cache(maxsize=_TEXTS_MAX)
def _reasons(text: str) -> tuple[Reason, ...]:
    return tuple(map(Reason, json.loads(text)))


@lru_cache(maxsize=_TEXTS_MAX)
def _details(text: str) -> Mapping[str, Any]:
    # Shared by all events that say the same, so nobody may change it.
    return MappingProxyType(json.loads(text))
