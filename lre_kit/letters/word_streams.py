"""Letters by their words: each word is one range of an index, newest letter first, read to a bound."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    exists,
    func,
    literal,
    select,
    text,
    union_all,
)

from lre_kit.letters.finding_rows import NOBODYS, LetterWordRow
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.words import BEYOND
from lre_kit.store.inserts import table_of

Cursor = tuple[datetime, str]
"""Where a page ended: (deposited_at, id) of its last letter."""

CANDIDATES = 1000
"""Letters of one stream that one page looks at, where something is asked that no index knows."""

BEGINNINGS = 40
"""Different words with one beginning that are looked up; beyond it the question is too short."""

RANGE_MAX = 50_000
"""Words with one beginning that are read and sorted for a page, where different ones are too many."""

_LETTER, _WORD = table_of(LetterRow), table_of(LetterWordRow)


def _beginnings(whose: str) -> TextClause:
    """Return what finds the different words with a beginning, each by one step in an index."""
    return text(
        "WITH RECURSIVE w(word) AS ("  # noqa: S608 - put together from constants
        f" SELECT min(word) FROM letter_word WHERE {whose}word >= :low AND word < :high"
        " UNION ALL"
        " SELECT (SELECT min(l.word) FROM letter_word l"
        f"  WHERE {whose}l.word > w.word AND l.word < :high)"
        " FROM w WHERE w.word IS NOT NULL)"
        " SELECT word FROM w WHERE word IS NOT NULL LIMIT :most"
    )


_OF_ONE, _OF_ALL = _beginnings("sender_ref = :ref AND "), _beginnings("")


def words_with(connection: Connection, beginning: str, *, ref: str | None = None) -> list[str]:
    """Return up to one more than `BEGINNINGS` words that begin so: of one sender's letters, or of all."""
    values = {"low": beginning, "high": beginning + BEYOND, "most": BEGINNINGS + 1}
    if ref is None:
        return list(connection.execute(_OF_ALL, values).scalars())
    return list(connection.execute(_OF_ONE, values | {"ref": ref}).scalars())


def stream_of(word: str, *, ref: str | None = None) -> Select[Any]:
    """Return the letters with a word: one sender's, or all."""
    whose = [] if ref is None else [_WORD.c.sender_ref == ref]
    return select(_WORD.c.deposited_at, _WORD.c.letter_id.label("id")).where(*whose, _WORD.c.word == word)


def has_word(beginning: str, *, for_sender: bool = False) -> ColumnElement[bool]:
    """Return whether a letter has a word that begins so; `for_sender`, one that senders find it by."""
    theirs = [_WORD.c.sender_ref != NOBODYS] if for_sender else []
    return exists().where(_WORD.c.letter_id == _LETTER.c.id, *_begins(beginning), *theirs)


def is_among_those_with(beginning: str) -> ColumnElement[bool]:
    """Return the same, asked of the index of words once for all letters: what counts is counted so."""
    return _LETTER.c.id.in_(select(_WORD.c.letter_id).where(*_begins(beginning)))


def candidates(
    connection: Connection,
    streams: Iterable[Select[Any]],
    *,
    before: Cursor | None,
    bound: int,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[list[str], Cursor | None]:
    """Return the newest letters of all streams; where one was cut, also up to where all are read.

    Args:
        connection: Where to read.
        streams: Each a range of one index: instant of deposit and id.
        before: Where the page before ended.
        bound: Most letters that are read of each stream.
        since: Only letters deposited then or later.
        until: Only letters deposited before.
    """
    parts = []
    for place, stream in enumerate(streams):
        at, letter_id = stream.selected_columns
        part = stream
        if since is not None:
            part = part.where(at >= since)
        if until is not None:
            part = part.where(at < until)
        if before is not None:
            # The first condition is the range that the index is entered by; the second settles ties.
            part = part.where(at <= before[0], (at < before[0]) | (letter_id < before[1]))
        part = part.order_by(at.desc(), letter_id.desc()).limit(bound)
        cut = part.subquery()
        parts.append(select(literal(place).label("stream"), cut.c.deposited_at, cut.c.id))
    read: dict[int, list[Cursor]] = {}
    for row in connection.execute(union_all(*parts) if len(parts) > 1 else parts[0]):
        read.setdefault(row.stream, []).append((row.deposited_at, row.id))
    ends = [keys[-1] for keys in read.values() if len(keys) == bound]
    horizon = max(ends) if ends else None
    keys = sorted({key for each in read.values() for key in each}, reverse=True)
    return [letter_id for at, letter_id in keys if horizon is None or (at, letter_id) >= horizon], horizon


def streams_for_all(
    connection: Connection, words: Sequence[str], *, is_all: bool
) -> tuple[str, list[Select[Any]]] | None:
    """Return the rarest of the words, and the streams of everybody's letters with it.

    Nothing where very many letters have a word that begins like each: then the database looks at one after
    the other, newest first, or goes by an index of what is asked besides.

    Args:
        connection: Where to read.
        words: Not none.
        is_all: Nothing is asked besides.
    """
    is_all = is_all and len(words) == 1
    counts = {} if is_all else {word: _count(connection, word) for word in words}
    rarest = min(words, key=lambda word: counts.get(word, 0))
    if counts.get(rarest, 0) > RANGE_MAX:
        return None
    known = words_with(connection, rarest)
    if len(known) <= BEGINNINGS:
        return rarest, [stream_of(one) for one in known]
    if is_all and _count(connection, rarest) > RANGE_MAX:
        return None
    return rarest, [select(_WORD.c.deposited_at, _WORD.c.letter_id.label("id")).where(*_begins(rarest))]


def _count(connection: Connection, beginning: str) -> int:
    """Return how many words of letters begin so, up to one more than `RANGE_MAX`."""
    some = select(_WORD.c.word).where(*_begins(beginning)).limit(RANGE_MAX + 1).subquery()
    return connection.execute(select(func.count()).select_from(some)).scalar_one()


def _begins(beginning: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _WORD.c.word >= beginning, _WORD.c.word < beginning + BEYOND
