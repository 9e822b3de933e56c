"""Reading letters: lists by keyset, one letter, the recipient's narrow view, the timeline.

Columns are selected, not objects, and every list is one statement.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Row, Select, and_, func, or_, select, true

from lre_kit.errors import NotFoundError
from lre_kit.law.consents import Capacity
from lre_kit.law.events import ErdsEvent, Reason
from lre_kit.law.pre_notices import PreNotice, PreNoticeState
from lre_kit.law.products import Claim, Product
from lre_kit.law.regimes import Requirements
from lre_kit.letters.filters import LetterFilter, conditions_of
from lre_kit.letters.lifecycle import waits_until
from lre_kit.letters.paper import ON_PAPER, postal_of
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import DocumentRow, EventRow, LetterRow
from lre_kit.letters.searching import wanted_of
from lre_kit.letters.state import Event, LetterState, fold
from lre_kit.letters.values import DocumentInfo, Letter, LetterSummary, NoticeView, TimelineEntry
from lre_kit.letters.word_streams import (
    CANDIDATES,
    Cursor,
    candidates,
    has_word,
    is_among_those_with,
    streams_for_all,
)
from lre_kit.letters.words import asked
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.standing import refs_of
from lre_kit.parties.values import Recipient, Sender
from lre_kit.proofs.rows import CheckpointRow, EvidenceRow, LogEntryRow
from lre_kit.store.columns import among
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

PAGE_MAX = 500
"""Longest page of a list."""

_LETTER = table_of(LetterRow)
_DOCUMENT = table_of(DocumentRow)
_EVENT = table_of(EventRow)

SUMMARY_COLUMNS = tuple(
    _LETTER.c[name]
    for name in (
        "id number product phase claim recipient_name subject reference deposited_at window_closes_at"
    ).split()
)
"""What a line of a list is made from."""


def not_found() -> NotFoundError:
    """Return the one answer for a letter that is not there or is not the asker's."""
    return NotFoundError("There is no such letter.", mend="Check the number, or look in the list of letters.")


class Reading:
    """Answers questions about letters; changes nothing."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    def letters(
        self,
        sender_ref: str,
        *,
        limit: int = 50,
        before: Cursor | None = None,
        which: LetterFilter | None = None,
    ) -> list[LetterSummary]:
        """Return a sender's letters, newest first, from after `before`, optionally only some.

        A sender who was known as several parties finds the letters of all of them.
        """
        with self._database.read() as connection:
            refs = refs_of(connection, sender_ref)
        conditions = which.conditions() if which is not None else []
        mine = and_(_LETTER.c.sender_ref.in_(refs), *conditions)
        return self._page(mine, limit=limit, before=before)

    def all_letters(
        self, *, limit: int = 50, before: Cursor | None = None, text: str = "", phase: Phase | None = None
    ) -> list[LetterSummary]:
        """Return everybody's letters for the operator, newest first, optionally filtered.

        Args:
            limit: Longest answer.
            before: Cursor of the page before.
            text: Words or their beginnings, and filters: see `lre_kit.letters.searching`.
            phase: Only letters in this phase.
        """
        wanted = wanted_of(text)
        conditions, words = conditions_of(wanted, phase), asked(wanted.text)
        if not wanted.text:
            return self._page(and_(true(), *conditions), limit=limit, before=before)
        if not words:
            return []
        limit = min(limit, PAGE_MAX)
        with self._database.read() as connection:
            if found := streams_for_all(connection, words, is_all=not conditions):
                first, streams = found
                conditions += [has_word(word) for word in words if word != first]
                return _streamed(connection, streams, conditions, limit=limit, before=before)
        # Many letters have a word that begins like each: looking at the newest soon fills a page.
        return self._page(and_(*map(has_word, words), *conditions), limit=limit, before=before)

    def count(self, *, text: str = "", phase: Phase | None = None) -> int:
        """Return how many letters `all_letters` would go through."""
        wanted = wanted_of(text)
        conditions, words = conditions_of(wanted, phase), asked(wanted.text)
        if wanted.text and not words:
            return 0
        query = select(func.count()).select_from(_LETTER)
        with self._database.read() as connection:
            conditions += map(is_among_those_with, words)
            return int(connection.execute(query.where(*conditions)).scalar_one())

    def _page(
        self, condition: ColumnElement[bool], *, limit: int, before: Cursor | None
    ) -> list[LetterSummary]:
        query: Select[Any] = select(*SUMMARY_COLUMNS).where(condition)
        if before is not None:
            at, letter_id = before
            older = or_(
                _LETTER.c.deposited_at < at, and_(_LETTER.c.deposited_at == at, _LETTER.c.id < letter_id)
            )
            query = query.where(older)
        query = query.order_by(_LETTER.c.deposited_at.desc(), _LETTER.c.id.desc()).limit(min(limit, PAGE_MAX))
        with self._database.read() as connection:
            return [summary(row) for row in connection.execute(query)]

    def letter(self, number: str, *, sender_ref: str | None = None) -> Letter:
        """Return a letter by its sending number; with `sender_ref`, only if it is that sender's.

        Raises:
            NotFoundError: There is none, or it is not theirs: the same answer for both.
        """
        with self._database.read() as connection:
            found = connection.execute(select(_LETTER).where(_LETTER.c.number == number)).first()
            if found is None or not _is_theirs(connection, found.sender_ref, sender_ref):
                raise not_found()
            return _whole(connection, found)

    def number_of(self, sender_ref: str, idempotency_key: str) -> str | None:
        """Return the number of the letter that a sender's key gave, if it gave one."""
        mine = (_LETTER.c.sender_ref == sender_ref, _LETTER.c.idempotency_key == idempotency_key)
        with self._database.read() as connection:
            found: str | None = connection.execute(select(_LETTER.c.number).where(*mine)).scalar()
        return found

    def depositor(self, letter_id: str) -> str | None:
        """Return the party who deposited a letter, for themselves or another, if one was identified."""
        query = select(_LETTER.c.deposited_by).where(_LETTER.c.id == letter_id)
        with self._database.read() as connection:
            found: str | None = connection.execute(query).scalar()
        return found

    def by_id(self, letter_id: str) -> Letter:
        """Return a letter by its id.

        Raises:
            NotFoundError: There is none.
        """
        with self._database.read() as connection:
            return read_letter(connection, letter_id)

    def before_acceptance(self, letter_id: str) -> NoticeView:
        """Return all that the recipient may learn before acceptance (CPCE R. 53-3).

        Raises:
            NotFoundError: There is no such letter.
        """
        columns = (
            "id number product claim phase language recipient_name recipient_email "
            "notified_at window_closes_at decided_at requirements sender_name"
        ).split()
        documents = select(func.count()).where(_DOCUMENT.c.letter_id == _LETTER.c.id).scalar_subquery()
        query = select(*(_LETTER.c[name] for name in columns), documents.label("documents_count")).where(
            _LETTER.c.id == letter_id
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise not_found()
        phase, decided_at = Phase(row.phase), row.decided_at
        required = Requirements.from_json(row.requirements)
        is_waiting = phase is Phase.ACCEPTED_PENDING_IDENTIFICATION and decided_at is not None
        return NoticeView(
            letter_id=row.id,
            number=row.number,
            product=Product(row.product),
            claim=Claim(row.claim),
            phase=phase,
            language=row.language,
            recipient_name=row.recipient_name,
            recipient_email=row.recipient_email,
            documents_count=row.documents_count,
            notified_at=row.notified_at,
            window_closes_at=row.window_closes_at,
            decided_at=decided_at,
            waits_until=waits_until(required, decided_at) if is_waiting else None,
            sender_name="" if required.sender_hidden else row.sender_name,
        )

    def timeline(self, letter_id: str) -> list[TimelineEntry]:
        """Return a letter's acts in order, each with the state of its evidence."""
        evidence, entry, checkpoint = (table_of(row) for row in (EvidenceRow, LogEntryRow, CheckpointRow))
        stamped_at = (
            select(checkpoint.c.stamped_at)
            .where(checkpoint.c.size > entry.c.log_index, checkpoint.c.token.is_not(None))
            .order_by(checkpoint.c.size)
            .limit(1)
            .scalar_subquery()
        )
        query = (
            select(
                *(_EVENT.c[name] for name in ("seq", "name", "occurred_at", "reasons")),
                evidence.c.signature,
                entry.c.log_index,
                stamped_at.label("stamped_at"),
            )
            .join_from(_EVENT, evidence, evidence.c.event_id == _EVENT.c.id, isouter=True)
            .join(entry, entry.c.evidence_id == evidence.c.id, isouter=True)
            .where(_EVENT.c.letter_id == letter_id)
            .order_by(_EVENT.c.seq)
        )
        with self._database.read() as connection:
            rows: CursorResult[Any] = connection.execute(query)
            return [_entry(row) for row in rows]


def read_letter(connection: Connection, letter_id: str, *, lock: bool = False) -> Letter:
    """Return a letter with its documents; with `lock`, hold it until the transaction ends.

    Raises:
        NotFoundError: There is none.
    """
    query = select(_LETTER).where(_LETTER.c.id == letter_id)
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise not_found()
    return _whole(connection, found)


def _whole(connection: Connection, row: Row[Any]) -> Letter:
    postal = postal_of(connection, row.id) if row.product in ON_PAPER else None
    return letter_of(row, documents_of(connection, row.id), postal)


def documents_of(connection: Connection, letter_id: str) -> tuple[DocumentInfo, ...]:
    """Return a letter's documents in their order."""
    names = ("position", "name", "media_type", "size_bytes", "digest_hex")
    query = (
        select(*(_DOCUMENT.c[name] for name in names))
        .where(_DOCUMENT.c.letter_id == letter_id)
        .order_by(_DOCUMENT.c.position)
    )
    return tuple(DocumentInfo(**row._asdict()) for row in connection.execute(query))


def state_of(connection: Connection, letter_id: str, *, through: int | None = None) -> LetterState:
    """Return a letter's state, folded from its journal: the journal is the truth.

    Args:
        connection: Where to read.
        letter_id: Which letter.
        through: The last event that counts, by its place; by default all do.
    """
    query = (
        select(_EVENT.c.name, _EVENT.c.occurred_at, _EVENT.c.reasons, _EVENT.c.details)
        .where(_EVENT.c.letter_id == letter_id)
        .order_by(_EVENT.c.seq)
    )
    if through is not None:
        query = query.where(_EVENT.c.seq <= through)
    return fold(event_of(row) for row in connection.execute(query))


def event_of(row: Any) -> Event:
    """Return the value of a journal row."""
    return Event(
        name=ErdsEvent(row.name),
        occurred_at=row.occurred_at,
        reasons=tuple(Reason(reason) for reason in row.reasons),
        details=row.details,
    )


# An enumeration looks its members up slowly, and letters are read by the thousand.
_product, _phase, _claim, _capacity = (cache(Product), cache(Phase), cache(Claim), cache(Capacity))


def letter_of(
    row: Row[Any], documents: Sequence[DocumentInfo] = (), postal: PostalAddress | None = None
) -> Letter:
    """Return the value of a letter's row."""
    return Letter(
        id=row.id,
        number=row.number,
        product=_product(row.product),
        phase=_phase(row.phase),
        claim=_claim(row.claim),
        language=row.language,
        sender=Sender(ref=row.sender_ref, name=row.sender_name, email=row.sender_email),
        recipient=Recipient(
            name=row.recipient_name,
            email=row.recipient_email,
            capacity=_capacity(row.recipient_capacity),
            postal=postal,
            capacity_basis=row.capacity_basis,
        ),
        subject=row.subject,
        requirements=Requirements.from_json(row.requirements),
        version=row.version,
        notices=row.notices,
        deposited_at=row.deposited_at,
        notified_at=row.notified_at,
        window_closes_at=row.window_closes_at,
        proof_due_at=row.proof_due_at,
        decided_at=row.decided_at,
        received_at=row.received_at,
        documents=tuple(documents),
        reference=row.reference,
        notify_at=row.notify_at,
        pre_notice=_pre_notice(row) if row.pre_notice_at is not None else None,
    )


def _pre_notice(row: Row[Any]) -> PreNotice:
    return PreNotice(
        planned_at=row.pre_notice_at,
        state=PreNoticeState(row.pre_notice_state),
        settled_at=row.pre_notice_settled_at,
    )


def _is_theirs(connection: Connection, kept: str, asked: str | None) -> bool:
    return asked is None or kept == asked or kept in refs_of(connection, asked)


def _streamed(
    connection: Connection,
    streams: Sequence[Select[Any]],
    conditions: Sequence[ColumnElement[bool]],
    *,
    limit: int,
    before: Cursor | None,
) -> list[LetterSummary]:
    """Return a page of the letters of streams, going on behind each bound until it is full."""
    found, bound = list[LetterSummary](), CANDIDATES if conditions else limit
    while streams:
        ids, before = candidates(connection, streams, before=before, bound=bound)
        for some in filter(None, (ids[:limit], ids[limit:])):
            query = select(*SUMMARY_COLUMNS).where(among(connection, _LETTER.c.id, some), *conditions)
            found += map(summary, connection.execute(query))
            found.sort(key=lambda one: (one.deposited_at, one.id), reverse=True)
            if len(found) >= limit:
                break
        if before is None or len(found) >= limit:
            break
    return found[:limit]


def summary(row: Row[Any]) -> LetterSummary:
    """Return one line of a list from its columns."""
    return LetterSummary(
        id=row.id,
        number=row.number,
        product=Product(row.product),
        phase=Phase(row.phase),
        claim=Claim(row.claim),
        recipient_name=row.recipient_name,
        subject=row.subject,
        deposited_at=row.deposited_at,
        window_closes_at=row.window_closes_at,
        reference=row.reference,
    )


def _entry(row: Row[Any]) -> TimelineEntry:
    if row.log_index is not None:
        evidence = "stamped" if row.stamped_at is not None else "logged"
    else:
        evidence = "sealed" if row.signature is not None else "recorded"
    return TimelineEntry(
        seq=row.seq,
        name=ErdsEvent(row.name),
        at=row.occurred_at,
        reasons=tuple(row.reasons),
        evidence=evidence,
        log_index=row.log_index,
        stamped_at=row.stamped_at,
    )
