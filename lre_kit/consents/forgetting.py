"""Letting go of what consents leave behind: codes, scans of papers, and in the end the consent itself.

A scan goes by destroying its key, so that no copy of it can be read; its digest stays in the evidence. A
consent that ended goes once no letter between the two is kept any more, nor one whose evidence refers to it
though its address was corrected since (CPCE L. 100): its records are emptied as those of letters are, under
a sealed statement that names them.
Each step may die at any line and is finished by the next run.
"""

import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, select, update

from lre_kit.clock import Clock
from lre_kit.consents.rows import ConsentCodeRow, ConsentEventRow, ConsentRow, ConsentScanRow
from lre_kit.failpoints import declare, failpoint
from lre_kit.law.consents import ConsentState
from lre_kit.law.retention import Rule
from lre_kit.letters.forgetting import empty_records, remove_rows
from lre_kit.letters.retention_rows import HoldRow
from lre_kit.letters.rows import EventRow, LetterRow
from lre_kit.parties.emails import key_of
from lre_kit.proofs.rows import LogEntryRow
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

log = logging.getLogger(__name__)

declare("consent.scans_locked_away", "consent.forgotten")

BATCH = 50
"""Consents per transaction."""

_CONSENT, _EVENT, _SCAN, _CODE = (
    table_of(row) for row in (ConsentRow, ConsentEventRow, ConsentScanRow, ConsentCodeRow)
)
_LETTER, _ACT, _HOLD, _ENTRY, _DUTY = (
    table_of(row) for row in (LetterRow, EventRow, HoldRow, LogEntryRow, DutyRow)
)

_ENDED = (ConsentState.REFUSED, ConsentState.WITHDRAWN, ConsentState.EXPIRED)
"""States that only a new request leads out of."""


class ConsentForgetting:
    """Lets go of what is over, by the rules of an office."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        blobs: BlobStore,
        recorder: Recorder,
        consents: Rule,
        scans: Rule,
        codes: Rule,
    ) -> None:
        """Work on `database` and `blobs`, by the rules for consents, their scans and their codes."""
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._recorder = recorder
        self._consents = consents
        self._scans = scans
        self._codes = codes

    def run(self) -> int:
        """Let go of all that is over; return how many consents were let go of whole."""
        self._forget_codes()
        scans = self._erase_scans()
        done, after = 0, ""
        while True:
            gone, after = self._forget_batch(after)
            done += gone
            if not after:
                break
        if done or scans:
            log.info("consents let go of: %d; scans erased: %d", done, scans)
        return done

    def _forget_codes(self) -> None:
        before = self._codes.span.over_before(self._clock())
        if before is None:
            return
        with self._database.write() as uow:
            uow.defer(delete(_CODE).where(_CODE.c.created_at < before))
            uow.commit()

    def _erase_scans(self) -> int:
        """Destroy the keys of scans whose consent ended long ago, then delete their files."""
        ended = self._ended(self._scans)
        if ended is None:
            return 0
        query = (
            select(_SCAN.c.id.label("scan_id"), _SCAN.c.blob_key, *_CONSENT.c)
            .join_from(_SCAN, _CONSENT, _SCAN.c.consent_id == _CONSENT.c.id)
            .where(ended, _SCAN.c.wrapped_key.is_not(None))
            .order_by(_SCAN.c.id)
        )
        done, after = 0, ""
        while True:
            with self._database.write() as uow:
                rows = uow.execute(query.where(_SCAN.c.id > after).limit(BATCH)).all()
                over = _needless(uow, rows, only_held=True)
                uow.execute(
                    update(_SCAN)
                    .where(_SCAN.c.id.in_([row.scan_id for row in over]))
                    .values(wrapped_key=None)
                )
                uow.commit()
            # Who dies here leaves files that no key opens, which the daily sweep removes.
            failpoint("consent.scans_locked_away")
            for row in over:
                self._blobs.delete(row.blob_key)
            done += len(over)
            if len(rows) < BATCH:
                return done
            after = rows[-1].scan_id

    def _forget_batch(self, after: str) -> tuple[int, str]:
        """Let one batch after a consent's id go; return how many, and where to go on (empty: at the end)."""
        ended = self._ended(self._consents)
        if ended is None:
            return 0, ""
        unlogged = (
            exists()
            .where(_EVENT.c.consent_id == _CONSENT.c.id)
            .where(
                ~exists().where(_ENTRY.c.evidence_id == _EVENT.c.evidence_id, _ENTRY.c.log_index.is_not(None))
            )
        )
        query = (
            select(_CONSENT)
            .where(ended, ~unlogged, _CONSENT.c.id > after)
            .order_by(_CONSENT.c.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as uow:
            rows = uow.execute(query).all()
            over = [row.id for row in _needless(uow, rows)]
            places = select(_SCAN.c.blob_key).where(_SCAN.c.consent_id.in_(over))
            files = list(uow.execute(places).scalars())
            if over:
                self._empty(uow, over)
                uow.execute(delete(_DUTY).where(_DUTY.c.subject.in_(over)))
                remove_rows(uow, _CONSENT, set(over))
            uow.commit()
        failpoint("consent.forgotten")
        for place in files:
            self._blobs.delete(place)
        return len(over), rows[-1].id if len(rows) == BATCH else ""

    def _empty(self, uow: UnitOfWork, consent_ids: Sequence[str]) -> None:
        query = select(_EVENT.c.consent_id, _EVENT.c.evidence_id).where(_EVENT.c.consent_id.in_(consent_ids))
        records: dict[str, list[str]] = {consent_id: [] for consent_id in consent_ids}
        for row in uow.execute(query.order_by(_EVENT.c.evidence_id)):
            records[row.consent_id].append(row.evidence_id)
        empty_records(uow, records, recorder=self._recorder, source=self._consents.source, now=self._clock())

    def _ended(self, rule: Rule) -> ColumnElement[bool] | None:
        """Return what says that a consent ended, by its last act, a rule's span ago."""
        before = rule.span.over_before(self._clock())
        if before is None:
            return None
        last = (
            select(func.max(_EVENT.c.occurred_at))
            .where(_EVENT.c.consent_id == _CONSENT.c.id)
            .correlate(_CONSENT)
            .scalar_subquery()
        )
        return and_(_CONSENT.c.state.in_([state.value for state in _ENDED]), last < before)


def _needless(uow: UnitOfWork, rows: Sequence[Row[Any]], *, only_held: bool = False) -> list[Row[Any]]:
    """Return those of a batch, which have the columns of consents, that no letter needs."""
    named = _named(uow, rows, only_held=only_held)
    return [
        row for row in rows if row.id not in named and not _letters_between(uow, row, only_held=only_held)
    ]


def _named(uow: UnitOfWork, rows: Sequence[Row[Any]], *, only_held: bool) -> set[str]:
    """Return which consents of a batch the deposits of letters name that are kept, or on hold."""
    reference = _ACT.c.details[("consent", "reference")].as_string()
    query = (
        select(reference)
        .join_from(_LETTER, _ACT, (_ACT.c.letter_id == _LETTER.c.id) & (_ACT.c.seq == 0))
        .where(
            _LETTER.c.sender_ref.in_({row.sender_ref for row in rows}),
            reference.in_({row.id for row in rows}),
        )
    )
    if only_held:
        query = query.where(exists().where(_HOLD.c.open_key == _LETTER.c.id))
    return set(uow.execute(query.distinct()).scalars())


def _letters_between(uow: UnitOfWork, consent: Row[Any], *, only_held: bool = False) -> bool:
    """Answer whether a letter from the one to the other is kept, or with `only_held`, on hold."""
    query = select(_LETTER.c.recipient_email).where(_LETTER.c.sender_ref == consent.sender_ref)
    local = consent.recipient_key.rpartition("@")[0]
    if local.isascii():
        # Both databases fold the capitals of ASCII alike; the exact rule is applied below.
        query = query.where(func.lower(_LETTER.c.recipient_email).startswith(f"{local}@", autoescape=True))
    if only_held:
        query = query.where(exists().where(_HOLD.c.open_key == _LETTER.c.id))
    found = uow.execute(query.distinct()).scalars()
    return any(key_of(address) == consent.recipient_key for address in found)
