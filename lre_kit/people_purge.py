"""Letting go of what is known of people, each class by its span: files, means, accounts, sessions.

It is part of the daily duty about people. Each batch is a transaction of its own: whoever dies in between
goes on the next day, and running twice deletes nothing more. What a letter on hold rests on stays: the files,
means and authentications of whoever sent, received or acted on it, and the proofings that its evidence names.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, exists, func, or_, select

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
from lre_kit.parties.rows import PartyEmailRow, PartyRow
from lre_kit.parties.standing import all_ids
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
)
"""What is let go of here."""

declare(*(f"people_purge.{data.value}" for data in PURGED))

BATCH = 500
"""Rows, or files, per transaction."""

_HOLD, _LETTER, _JOURNAL = table_of(HoldRow), table_of(LetterRow), table_of(EventRow)
_PARTY, _EMAIL = table_of(PartyRow), table_of(PartyEmailRow)
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

Step = Callable[[UnitOfWork, datetime, "Needed"], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What letters on hold rest on."""

    letters: tuple[str, ...]
    parties: frozenset[str]
    proofings: frozenset[str]


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
        )
        gone: dict[DataClass, int] = {}
        for data, step in steps:
            before = self._rules[data].span.over_before(self._clock())
            if before is not None:
                gone[data] = gone.get(data, 0) + self._in_batches(data, step, before)
        return gone

    def _in_batches(self, data: DataClass, step: Step, before: datetime) -> int:
        total = 0
        while True:
            with self._database.write() as uow:
                done = step(uow, before, needed_by_holds(uow.connection))
                uow.commit()
            failpoint(f"people_purge.{data.value}")
            total += done
            if done < BATCH:
                return total


def needed_by_holds(connection: Connection) -> Needed:
    """Return what the letters on hold rest on: who took part, and which proofings their evidence names."""
    on_hold = select(_HOLD.c.open_key).where(_HOLD.c.open_key.is_not(None))
    columns = ("id", "sender_ref", "sender_email", "recipient_email", "deposited_by")
    letters = connection.execute(
        select(*(_LETTER.c[name] for name in columns)).where(_LETTER.c.id.in_(on_hold))
    ).all()
    if not letters:
        return Needed(letters=(), parties=frozenset(), proofings=frozenset())
    ids = [letter.id for letter in letters]
    keys = {
        key_of(email)[:254] for letter in letters for email in (letter.sender_email, letter.recipient_email)
    }
    refs = {ref for letter in letters for ref in (letter.sender_ref, letter.deposited_by) if ref}
    actors = connection.execute(select(_JOURNAL.c.actor).where(_JOURNAL.c.letter_id.in_(ids))).scalars().all()
    purposes = or_(*(_SHOWN.c.purpose.endswith(each, autoescape=True) for each in ids))
    about = or_(*(_CASE.c.purpose.endswith(each, autoescape=True) for each in ids))
    proofings = frozenset(str(actor["proofing"]) for actor in actors if actor.get("proofing"))
    queries = (
        select(_EMAIL.c.party_id).where(_EMAIL.c.key.in_(keys)),
        select(_PARTY.c.id).where(_PARTY.c.id.in_(refs) | _PARTY.c.external_id.in_(refs)),
        select(_SHOWN.c.party_id).where(purposes),
        select(_CASE.c.party_id).where(about),
        select(_PROOFING.c.party_id).where(_PROOFING.c.id.in_(proofings)),
    )
    found = {party for query in queries for party in connection.execute(query).scalars()}
    parties = frozenset(each for party in found for each in all_ids(connection, party))
    return Needed(letters=tuple(ids), parties=parties | found, proofings=proofings)


# --- one batch of each ------------------------------------------------------------------------------------


def _some(uow: UnitOfWork, table: Table, *over: ColumnElement[bool]) -> list[str]:
    query = select(table.c.id).where(*over).order_by(table.c.id).limit(BATCH)
    return list(uow.execute(query).scalars())


def _delete(uow: UnitOfWork, column: Any, ids: list[str]) -> int:
    return uow.update(delete(column.table).where(column.in_(ids)))


def _sessions(uow: UnitOfWork, before: datetime, _: Needed) -> int:
    ended = func.coalesce(_SESSION.c.ended_at, _SESSION.c.expires_at) < before
    return _delete(uow, _SESSION.c.id, _some(uow, _SESSION, ended))


def _links(uow: UnitOfWork, before: datetime, _: Needed) -> int:
    return _delete(uow, _REQUEST.c.id, _some(uow, _REQUEST, _REQUEST.c.expires_at < before))


def _accounts(uow: UnitOfWork, before: datetime, _: Needed) -> int:
    ids = _some(uow, _ACCOUNT, _ACCOUNT.c.closed_at < before)
    for column in (_SESSION.c.account_id, table_of(RecoveryCodeRow).c.account_id, _REQUEST.c.account_id):
        _delete(uow, column, ids)
    return _delete(uow, _ACCOUNT.c.id, ids)


def _attempts(uow: UnitOfWork, before: datetime, needed: Needed) -> int:
    proofed = exists().where(_PROOFING.c.case_id == _CASE.c.id)
    over = and_(_CASE.c.ended_at < before, ~proofed, _CASE.c.party_id.not_in(needed.parties))
    return _delete_cases(uow, _some(uow, _CASE, over, _no_bytes(_CASE.c.id)))


def _files(uow: UnitOfWork, before: datetime, needed: Needed) -> int:
    leaned_on = exists().where(_MEANS.c.proofing_id == _PROOFING.c.id)
    ids = _some(
        uow,
        _PROOFING,
        func.coalesce(_PROOFING.c.ended_at, _PROOFING.c.valid_until) < before,
        ~leaned_on,
        _PROOFING.c.party_id.not_in(needed.parties),
        _PROOFING.c.id.not_in(needed.proofings),
        _no_bytes(_PROOFING.c.case_id),
    )
    cases = list(uow.execute(select(_PROOFING.c.case_id).where(_PROOFING.c.id.in_(ids))).scalars())
    _delete(uow, _PROOFING.c.id, ids)
    _delete_cases(uow, cases)
    return len(ids)


def _no_bytes(case_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Say that all pictures of a case are gone: a row goes after what it names, never before."""
    return ~exists().where(_MEDIA.c.case_id == case_id, _MEDIA.c.erased_at.is_(None))


def _delete_cases(uow: UnitOfWork, ids: list[str]) -> int:
    for table in _OF_CASE:
        _delete(uow, table.c.case_id, ids)
    return _delete(uow, _CASE.c.id, ids)


def _means(uow: UnitOfWork, before: datetime, needed: Needed) -> int:
    ended = _MEANS.c.state.in_([state.value for state in FINAL])
    ids = _some(uow, _MEANS, ended, _MEANS.c.ended_at < before, _MEANS.c.party_id.not_in(needed.parties))
    for table in _OF_MEANS:
        _delete(uow, table.c.identifier_id, ids)
    return _delete(uow, _MEANS.c.id, ids)


def _orders(uow: UnitOfWork, before: datetime, needed: Needed) -> int:
    in_use = exists().where(_MEANS.c.id == _ORDER.c.identifier_id)
    mine = _ORDER.c.party_id.not_in(needed.parties)
    ids = _some(uow, _ORDER, _ORDER.c.ended_at < before, ~in_use, mine)
    for column in (_ORDER_EVENT.c.order_id, _REPLACED.c.order_id):
        _delete(uow, column, ids)
    return _delete(uow, _ORDER.c.id, ids)


def _authentications(uow: UnitOfWork, before: datetime, needed: Needed) -> int:
    ids = _some(uow, _SHOWN, _SHOWN.c.at < before, _SHOWN.c.party_id.not_in(needed.parties))
    return _delete(uow, _SHOWN.c.id, ids)
