"""Letting go of what is known of people, each class by its span: files, means, accounts, sessions.

It is part of the daily duty about people. Each batch is a transaction of its own: whoever dies in between
goes on the next day, and running twice deletes nothing more. What a letter on hold rests on stays: the files,
means and authentications of whoever sent, received or acted on it, and the proofings that its evidence names.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, func, null, select

from lre_kit.clock import Clock
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.means import FINAL
from lre_kit.identifiers.order_rows import OrderEventRow, OrderRow, ReplacedRow
from lre_kit.identifiers.rows import (
    AuthenticationRow,
    ChallengeRow,
    IdentifierEventRow,
    IdentifierRow,
    PaperCodeRow,
)
from lre_kit.law.retention import RULES, DataClass, Rule
from lre_kit.letters.retention_rows import HoldRow
from lre_kit.letters.rows import EventRow, LetterRow
from lre_kit.parties.account_rows import AccountRequestRow, AccountRow, RecoveryCodeRow, SessionRow
from lre_kit.parties.emails import key_of
from lre_kit.parties.proofing_rows import (
    IdentityCallbackRow,
    IdentityCaseEventRow,
    IdentityCaseRow,
    IdentityMediaRow,
    IdentityProofingRow,
    IdentityVerdictRow,
)
from lre_kit.parties.rows import PartyChangeRow, PartyEmailRow, PartyRow
from lre_kit.party_purge import forget_parties, free_of
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

log = logging.getLogger(__name__)

PURGED = (
    DataClass.SESSIONS,
    DataClass.ACCOUNTS,
    DataClass.IDENTITY_ATTEMPTS,
    DataClass.MEANS,
    DataClass.AUTHENTICATIONS,
    DataClass.IDENTITY_FILE,
    DataClass.PARTIES,
)
"""What is let go of here."""

declare(*(f"people_purge.{data.value}" for data in PURGED))

BATCH = 500
"""Rows, or files, per transaction."""

CHUNK = 500
"""Most values that one query is asked about."""

LETTER_ID_CHARS = 32
"""Length of a letter's id."""

_HOLD, _LETTER, _JOURNAL = table_of(HoldRow), table_of(LetterRow), table_of(EventRow)
_PARTY, _EMAIL, _CHANGE = table_of(PartyRow), table_of(PartyEmailRow), table_of(PartyChangeRow)
_CASE, _PROOFING, _MEDIA = (
    table_of(IdentityCaseRow),
    table_of(IdentityProofingRow),
    table_of(IdentityMediaRow),
)
_MEANS, _ORDER, _REPLACED = table_of(IdentifierRow), table_of(OrderRow), table_of(ReplacedRow)
_ORDER_EVENT, _SHOWN = table_of(OrderEventRow), table_of(AuthenticationRow)
_ACCOUNT, _SESSION, _REQUEST = table_of(AccountRow), table_of(SessionRow), table_of(AccountRequestRow)
_OF_CASE = tuple(
    table_of(row) for row in (IdentityMediaRow, IdentityVerdictRow, IdentityCaseEventRow, IdentityCallbackRow)
)
_OF_MEANS = tuple(table_of(row) for row in (PaperCodeRow, IdentifierEventRow, ChallengeRow, ReplacedRow))

Step = Callable[["Batch"], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What letters on hold rest on."""

    letters: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    proofings: frozenset[str] = frozenset()

    def __or__(self, other: "Needed") -> "Needed":
        """Return what either names."""
        return Needed(
            letters=self.letters | other.letters,
            parties=self.parties | other.parties,
            proofings=self.proofings | other.proofings,
        )


@dataclass(slots=True, kw_only=True)
class Batch:
    """One transaction of a class of data.

    Attributes:
        after: The last id that was looked at.
        goes_on: Whether there is more to look at, though fewer went than fill a batch.
    """

    uow: UnitOfWork
    before: datetime
    needed: Needed
    after: str
    goes_on: bool = False


def rules_of(identity_days: int | None) -> Mapping[DataClass, Rule]:
    """Return the rules about people, with the span that an office set for identity."""
    rules = dict(RULES)
    for data in (DataClass.IDENTITY_FILE, DataClass.MEANS, DataClass.AUTHENTICATIONS):
        if identity_days is not None:
            rules[data] = rules[data].lasting(identity_days)
    return rules


class PeoplePurge:
    """Deletes what is over."""

    def __init__(self, database: Database, *, clock: Clock, rules: Mapping[DataClass, Rule]) -> None:
        """Work on `database`, by these rules."""
        self._database = database
        self._clock = clock
        self._rules = rules
        self._needed = Needed()

    def run(self) -> Mapping[DataClass, int]:
        """Delete all that is over, now; return how much of each class went."""
        steps: tuple[tuple[DataClass, Step], ...] = (
            (DataClass.SESSIONS, _sessions),
            (DataClass.SESSIONS, _links),
            (DataClass.ACCOUNTS, _accounts),
            (DataClass.IDENTITY_ATTEMPTS, _attempts),
            (DataClass.MEANS, _means),
            (DataClass.MEANS, _orders),
            (DataClass.AUTHENTICATIONS, _authentications),
            # The files come last: a means that goes with them does not keep its file for another day.
            (DataClass.IDENTITY_FILE, _files),
            # And whom they were about after them.
            (DataClass.PARTIES, _parties),
        )
        gone: dict[DataClass, int] = {}
        self._needed = Needed()
        for data, step in steps:
            before = self._rules[data].span.over_before(self._clock())
            if before is not None:
                gone[data] = gone.get(data, 0) + self._in_batches(data, step, before)
        return gone

    def _in_batches(self, data: DataClass, step: Step, before: datetime) -> int:
        total, after = 0, ""
        while True:
            with self._database.write() as uow:
                # What was on hold when the run began stays for the run; what was put on hold since is added.
                self._needed |= needed_by_holds(uow.connection, known=self._needed.letters)
                batch = Batch(uow=uow, before=before, needed=self._needed, after=after)
                done = step(batch)
                uow.commit()
            failpoint(f"people_purge.{data.value}")
            total, after = total + done, batch.after
            if done < BATCH and not batch.goes_on:
                return total


def needed_by_holds(connection: Connection, *, known: Collection[str] = ()) -> Needed:
    """Return what the letters on hold rest on: who took part, and which proofings their evidence names.

    Args:
        connection: Where to look.
        known: Letters that need not be looked at any more.
    """
    on_hold = connection.execute(select(_HOLD.c.open_key).where(_HOLD.c.open_key.is_not(None))).scalars()
    fresh = set(on_hold).difference(known)
    found = Needed()
    for letters in _chunks(fresh):
        found |= _needed_by(connection, letters)
    return found


def _needed_by(connection: Connection, ids: Sequence[str]) -> Needed:
    """Return what some letters, at most `CHUNK`, rest on."""
    columns = ("sender_ref", "sender_email", "recipient_email", "deposited_by")
    query = select(*(_LETTER.c[name] for name in columns)).where(_LETTER.c.id.in_(ids))
    letters = connection.execute(query).all()
    keys = {
        key_of(email)[:254] for letter in letters for email in (letter.sender_email, letter.recipient_email)
    }
    refs = {ref for letter in letters for ref in (letter.sender_ref, letter.deposited_by) if ref}
    actors = connection.execute(select(_JOURNAL.c.actor).where(_JOURNAL.c.letter_id.in_(ids))).scalars()
    proofings = {str(actor["proofing"]) for actor in actors if actor.get("proofing")}
    found = {
        *_among(connection, _EMAIL.c.party_id, _EMAIL.c.key, keys),
        *_among(connection, _PARTY.c.id, _PARTY.c.id, refs),
        *_among(connection, _PARTY.c.id, _PARTY.c.external_id, refs),
        *_among(connection, _SHOWN.c.party_id, _letter_in(_SHOWN.c.purpose), ids),
        *_among(connection, _CASE.c.party_id, _letter_in(_CASE.c.purpose), ids),
        *_among(connection, _PROOFING.c.party_id, _PROOFING.c.id, proofings),
    }
    return Needed(
        letters=frozenset(ids),
        parties=frozenset(_under_all_ids(connection, found)),
        proofings=frozenset(proofings),
    )


def _chunks(values: Collection[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(values)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))


def _letter_in(purpose: ColumnElement[str]) -> ColumnElement[str]:
    """Return the letter's id at the end of a purpose, which is an act, a colon and the id."""
    return func.substr(purpose, func.length(purpose) - (LETTER_ID_CHARS - 1))


def _among(
    connection: Connection, wanted: ColumnElement[str], column: ColumnElement[Any], values: Collection[str]
) -> set[str]:
    """Return what stands in a column where another has one of some values, however many they are."""
    found: set[str] = set()
    for some in _chunks(values):
        query = select(wanted).where(column.in_(some), wanted.is_not(None)).distinct()
        found.update(connection.execute(query).scalars())
    return found


def _under_all_ids(connection: Connection, parties: set[str]) -> set[str]:
    """Return parties with all that were merged into them, and those they were merged into."""
    known, newest = set(parties), set(parties)
    while newest:
        into = _among(connection, _PARTY.c.merged_into, _PARTY.c.id, newest)
        merged = _among(connection, _PARTY.c.id, _PARTY.c.merged_into, newest)
        newest = (into | merged) - known
        known |= newest
    return known


# --- one batch of each ------------------------------------------------------------------------------------


def _some(
    batch: Batch,
    table: Table,
    *over: ColumnElement[bool],
    party: bool = False,
    owner: ColumnElement[Any] | None = None,
) -> list[str]:
    """Return ids of the next rows that are over; with `party`, without those that a letter on hold needs.

    Whose a row is says its column ``party_id``, or `owner`.

    Those are passed over here, not in the query: no database takes any number of them there.
    """
    whose = owner if owner is not None else table.c.party_id if party else null()
    query = select(table.c.id, whose.label("party_id")).where(*over).order_by(table.c.id).limit(BATCH)
    found: list[str] = []
    while len(found) < BATCH:
        rows = batch.uow.execute(query.where(table.c.id > batch.after)).all()
        for row in rows:
            if len(found) == BATCH:
                return found
            batch.after = row.id
            is_needed = row.party_id in batch.needed.parties or row.id in batch.needed.proofings
            if not is_needed:
                found.append(row.id)
        if len(rows) < BATCH:
            break
    return found


def _delete(uow: UnitOfWork, column: Any, ids: list[str]) -> int:
    return uow.update(delete(column.table).where(column.in_(ids)))


def _sessions(batch: Batch) -> int:
    ended = func.coalesce(_SESSION.c.ended_at, _SESSION.c.expires_at) < batch.before
    return _delete(batch.uow, _SESSION.c.id, _some(batch, _SESSION, ended))


def _links(batch: Batch) -> int:
    return _delete(batch.uow, _REQUEST.c.id, _some(batch, _REQUEST, _REQUEST.c.expires_at < batch.before))


def _accounts(batch: Batch) -> int:
    ids = _some(batch, _ACCOUNT, _ACCOUNT.c.closed_at < batch.before)
    for column in (_SESSION.c.account_id, table_of(RecoveryCodeRow).c.account_id, _REQUEST.c.account_id):
        _delete(batch.uow, column, ids)
    return _delete(batch.uow, _ACCOUNT.c.id, ids)


def _attempts(batch: Batch) -> int:
    proofed = exists().where(_PROOFING.c.case_id == _CASE.c.id)
    over = (_CASE.c.ended_at < batch.before, ~proofed, _no_bytes(_CASE.c.id))
    return _delete_cases(batch.uow, _some(batch, _CASE, *over, party=True))


def _files(batch: Batch) -> int:
    leaned_on = exists().where(_MEANS.c.proofing_id == _PROOFING.c.id)
    ids = _some(
        batch,
        _PROOFING,
        func.coalesce(_PROOFING.c.ended_at, _PROOFING.c.valid_until) < batch.before,
        ~leaned_on,
        _no_bytes(_PROOFING.c.case_id),
        party=True,
    )
    cases = list(batch.uow.execute(select(_PROOFING.c.case_id).where(_PROOFING.c.id.in_(ids))).scalars())
    _delete(batch.uow, _PROOFING.c.id, ids)
    _delete_cases(batch.uow, cases)
    return len(ids)


def _no_bytes(case_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Say that all pictures of a case are gone: a row goes after what it names, never before."""
    return ~exists().where(_MEDIA.c.case_id == case_id, _MEDIA.c.erased_at.is_(None))


def _delete_cases(uow: UnitOfWork, ids: list[str]) -> int:
    for table in _OF_CASE:
        _delete(uow, table.c.case_id, ids)
    return _delete(uow, _CASE.c.id, ids)


def _means(batch: Batch) -> int:
    ended = _MEANS.c.state.in_([state.value for state in FINAL])
    ids = _some(batch, _MEANS, ended, _MEANS.c.ended_at < batch.before, party=True)
    for table in _OF_MEANS:
        _delete(batch.uow, table.c.identifier_id, ids)
    return _delete(batch.uow, _MEANS.c.id, ids)


def _orders(batch: Batch) -> int:
    in_use = exists().where(_MEANS.c.id == _ORDER.c.identifier_id)
    ids = _some(batch, _ORDER, _ORDER.c.ended_at < batch.before, ~in_use, party=True)
    for column in (_ORDER_EVENT.c.order_id, _REPLACED.c.order_id):
        _delete(batch.uow, column, ids)
    return _delete(batch.uow, _ORDER.c.id, ids)


def _parties(batch: Batch) -> int:
    """Let go of whom nothing names; those who are kept are passed over."""
    changed = exists().where(_CHANGE.c.party_id == _PARTY.c.id, _CHANGE.c.occurred_at >= batch.before)
    is_known = (
        exists().where(table.c.party_id == _PARTY.c.id) for table in (_ACCOUNT, _MEANS, _CASE, _SHOWN)
    )
    over = (_PARTY.c.created_at < batch.before, ~changed, *(~each for each in is_known))
    ids = _some(batch, _PARTY, *over, owner=_PARTY.c.id)
    batch.goes_on = len(ids) == BATCH
    free = free_of(batch.uow.connection, ids, before=batch.before, among=_among) if ids else []
    if free:
        forget_parties(batch.uow, free)
    return len(free)


def _authentications(batch: Batch) -> int:
    ids = _some(batch, _SHOWN, _SHOWN.c.at < batch.before, party=True)
    return _delete(batch.uow, _SHOWN.c.id, ids)
