"""A sender's letters, found and counted in a time that does not grow with how many there are.

Every list is put together from *streams*: each is one range of one index, newest letter first, read to a
bound. What no index knows is asked of those candidates alone. Where a bound cut a stream, the page says up to
where it looked, and the next page goes on from there: nothing is left out, and nothing is read twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    TextClause,
    bindparam,
    select,
    text,
)

from lre_kit.law.assurance import Level
from lre_kit.law.products import Product
from lre_kit.law.regimes import Requirements
from lre_kit.letters import word_streams
from lre_kit.letters.phases import FINAL, Phase
from lre_kit.letters.reading import SUMMARY_COLUMNS, summary
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.values import LetterSummary
from lre_kit.letters.word_streams import Cursor, candidates, has_word, stream_of, words_with
from lre_kit.letters.words import asked
from lre_kit.parties.standing import refs_of
from lre_kit.store.columns import UtcDateTime, among
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

COUNT_MAX = 1000
"""Counts stop here; a page says “1000+”."""

CHUNK = 100
"""Candidates that are looked at in one statement."""

TROUBLED = frozenset(
    {
        Phase.NOTIFICATION_FAILED,
        Phase.RELAY_FAILED,
        Phase.UNKNOWN_AT_ADDRESS,
        Phase.UNDELIVERABLE,
        Phase.RETURNED,
    }
)
"""Phases in which nothing goes on until the sender does something."""

OPEN = (Phase.NOTIFIED, Phase.CHOOSING)
"""Phases in which a window is open."""

UNDER_WAY = frozenset(Phase) - FINAL - TROUBLED
"""Phases of letters that go their way."""

GROUPS: Mapping[str, frozenset[Phase]] = {"attention": TROUBLED, "under_way": UNDER_WAY, "finished": FINAL}
"""The tabs of the sender's list."""

_LETTER = table_of(LetterRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What is looked for; empty fields leave all in.

    Attributes:
        text: Words, or their beginnings, of number, recipient's name or address, subject, reference.
        phases: Where the letters stand.
        product: Of which kind they are.
        since: Deposited at this instant or later.
        until: Deposited before this instant.
    """

    text: str = ""
    phases: frozenset[Phase] = frozenset()
    product: Product | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what was found.

    Attributes:
        letters: Newest first.
        more: Where the next page goes on; nothing if this is the last.
        is_too_short: More words than can be looked up begin like what was asked: some were left out.
    """

    letters: tuple[LetterSummary, ...]
    more: Cursor | None = None
    is_too_short: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressed:
    """One letter to a mailbox, as its reader may see it in a list.

    Attributes:
        id: The letter.
        sender_name: Only where the rules show it before acceptance, or where it was received and a code is
            all that its reader had to show: a code for one letter is no stronger identification for another.
    """

    id: str
    number: str
    phase: Phase
    notified_at: datetime
    received_at: datetime | None
    sender_name: str


class Finding:
    """Finds and counts letters of one sender."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    def page(self, sender_ref: str, look: Look, *, limit: int = 25, before: Cursor | None = None) -> Found:
        """Return a page of letters, newest first, from after `before`."""
        with self._database.read() as connection:
            refs = refs_of(connection, sender_ref)
            words = asked(look.text)
            if look.text.strip() and not words:
                return Found(letters=())
            streams, is_too_short = _streams(connection, refs, look, words)
            if not streams:
                return Found(letters=())
            others = _others(look, words)
            bound = word_streams.CANDIDATES if others else limit + 1
            keys, horizon = candidates(
                connection, streams, before=before, bound=bound, since=look.since, until=look.until
            )
            found = _summaries(connection, keys, others, limit + 1)
        shown = tuple(found[:limit])
        more = (shown[-1].deposited_at, shown[-1].id) if len(found) > limit else horizon
        return Found(letters=shown, more=more, is_too_short=is_too_short)

    def each(self, sender_ref: str, look: Look, *, most: int) -> Iterator[LetterSummary]:
        """Yield what is looked for, newest first, up to `most`."""
        before: Cursor | None = None
        while most > 0:
            found = self.page(sender_ref, look, limit=min(most, 500), before=before)
            yield from found.letters
            most, before = most - len(found.letters), found.more
            if before is None:
                return

    def counts(self, sender_ref: str, *, closing_until: datetime) -> Mapping[str, int]:
        """Return how many letters each of `GROUPS` holds, and `closing`, up to `COUNT_MAX`."""
        with self._database.read() as connection:
            refs = refs_of(connection, sender_ref)
            named = {f"ref{place}": ref for place, ref in enumerate(refs)}
            counted = connection.execute(_counting(len(refs)), {**named, "closing_until": closing_until})
            return dict(counted.mappings().one())

    def to_mailbox(self, email: str) -> tuple[Addressed, ...]:
        """Return the newest letters that were announced to a mailbox; for its reader alone."""
        with self._database.read() as connection:
            return addressed_to(connection, email)

    def closing(self, sender_ref: str, *, until: datetime, limit: int = 100) -> tuple[LetterSummary, ...]:
        """Return the letters whose window closes before `until`, the soonest first."""
        with self._database.read() as connection:
            query = (
                select(*SUMMARY_COLUMNS)
                .where(
                    _LETTER.c.sender_ref.in_(refs_of(connection, sender_ref)),
                    _LETTER.c.phase.in_([phase.value for phase in OPEN]),
                    _LETTER.c.window_closes_at < until,
                )
                .order_by(_LETTER.c.window_closes_at, _LETTER.c.id)
                .limit(limit)
            )
            return tuple(summary(row) for row in connection.execute(query))


def addressed_to(connection: Connection, email: str, *, limit: int = 50) -> tuple[Addressed, ...]:
    """Return the newest letters that were announced to a mailbox; for its reader alone (CPCE R. 53-3)."""
    names = "id number phase notified_at received_at sender_name requirements".split()
    query = (
        select(*(_LETTER.c[name] for name in names))
        .where(_LETTER.c.recipient_email == email, _LETTER.c.notified_at.is_not(None))
        .order_by(_LETTER.c.deposited_at.desc(), _LETTER.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Addressed(
            id=row.id,
            number=row.number,
            phase=Phase(row.phase),
            notified_at=row.notified_at,
            received_at=row.received_at,
            sender_name=row.sender_name
            if _is_told(Requirements.from_json(row.requirements), row.received_at)
            else "",
        )
        for row in connection.execute(query)
    )


def _is_told(required: Requirements, received_at: datetime | None) -> bool:
    by_code = required.recipient_level in {None, Level.LOW}
    return not required.sender_hidden or (received_at is not None and by_code)


def _streams(
    connection: Connection, refs: Sequence[str], look: Look, words: Sequence[str]
) -> tuple[list[Select[Any]], bool]:
    """Return the ranges of one index that hold every letter looked for; whether words were left out."""
    if words:
        found = [(ref, words_with(connection, words[0], ref=ref)) for ref in refs]
        most = word_streams.BEGINNINGS
        rows = [stream_of(word, ref=ref) for ref, known in found for word in known[:most]]
        return rows, any(len(known) > most for _, known in found)
    mine = [select(_LETTER.c.deposited_at, _LETTER.c.id).where(_LETTER.c.sender_ref == ref) for ref in refs]
    if not look.phases:
        return mine, False
    return [one.where(_LETTER.c.phase == phase.value) for one in mine for phase in sorted(look.phases)], False


def _others(look: Look, words: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return what the chosen index does not know."""
    found = [has_word(word, for_sender=True) for word in words[1:]]
    if words and look.phases:
        # The plus keeps the databases from leaving the ids for an index of states, which grows with the list.
        found.append((_LETTER.c.phase + "").in_([phase.value for phase in look.phases]))
    if look.product is not None:
        found.append(_LETTER.c.product == look.product.value)
    return found


def _summaries(
    connection: Connection, ids: Sequence[str], others: Sequence[ColumnElement[bool]], limit: int
) -> list[LetterSummary]:
    # In the order of the keys by hand: told to sort, SQLite would walk the whole list by its index instead.
    place, found = {letter_id: at for at, letter_id in enumerate(ids)}, list[LetterSummary]()
    for start in range(0, len(ids), CHUNK):
        some = among(connection, _LETTER.c.id, ids[start : start + CHUNK])
        rows = connection.execute(select(*SUMMARY_COLUMNS).where(some, *others))
        found += sorted((summary(row) for row in rows), key=lambda one: place[one.id])
        if len(found) >= limit:
            break
    return found[:limit]


@cache
def _counting(refs: int) -> TextClause:
    """Return what counts every group for so many names of a sender, and windows that close soon.

    Made once, as text, and asked at each look at the list: to SQLAlchemy's constructs, being recognised costs
    more than being run.
    """
    asked_of = {name: [(phase, "", "deposited_at DESC") for phase in GROUPS[name]] for name in GROUPS}
    soon = "AND window_closes_at < :closing_until"
    asked_of["closing"] = [(phase, soon, "window_closes_at") for phase in OPEN]
    counted = (f"{_up_to_most(parts, refs)} AS {name}" for name, parts in asked_of.items())
    return text(f"SELECT {', '.join(counted)}").bindparams(bindparam("closing_until", type_=UtcDateTime))


def _up_to_most(parts: Iterable[tuple[Phase, str, str]], refs: int) -> str:
    # In the index's own order: no planner then takes the whole table for the shorter way.
    found = " UNION ALL ".join(
        f"SELECT id FROM (SELECT id FROM letter WHERE sender_ref = :ref{place} AND phase = '{phase.value}'"  # noqa: S608
        f" {more} ORDER BY {order} LIMIT {COUNT_MAX}) AS part"
        for place in range(refs)
        for phase, more, order in parts
    )
    return f"(SELECT count(*) FROM ({found} LIMIT {COUNT_MAX}) AS found)"  # noqa: S608 - from constants
