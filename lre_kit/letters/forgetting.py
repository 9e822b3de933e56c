"""Letting go of whole letters, once the span of their proofs is over: evidence, journal, everything.

What stays is the log: its leaves are salted commitments, and with the salt gone nothing can be learnt from
them. A sealed statement, itself in the log, names the records that were let go of, so that the audit tells
a letter whose time was over from one that somebody made away with. Proofs that people hold verify on.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, exists, func, select, update
from sqlmodel import SQLModel

from lre_kit.clock import Clock, iso
from lre_kit.failpoints import declare, failpoint
from lre_kit.law.retention import Rule
from lre_kit.letters.holds import held
from lre_kit.letters.phases import FINAL
from lre_kit.letters.retention_rows import ErasureRow, HoldRow
from lre_kit.letters.rows import LetterRow
from lre_kit.proofs.rows import EvidenceRow, LogEntryRow, ProofRow
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

log = logging.getLogger(__name__)

declare("forget.before_commit", "forget.after_commit")

URI = "urn:lre-kit:evidence-erasure"
"""Name of the statement in evidence: EN 319 522 knows no such event."""

BATCH = 20
"""Letters per transaction."""

STAND_ALONE = frozenset({"evidence", "bulk_line"})
"""Tables whose rows stay, without their letter: the log's records, and what became of a line."""

_LETTER, _EVIDENCE, _ENTRY, _PROOF, _HOLD, _ERASURE, _DUTY = (
    table_of(row) for row in (LetterRow, EvidenceRow, LogEntryRow, ProofRow, HoldRow, ErasureRow, DutyRow)
)


class Forgetting:
    """Lets go of letters."""

    def __init__(
        self, database: Database, *, clock: Clock, blobs: BlobStore, recorder: Recorder, rule: Rule
    ) -> None:
        """Work on `database` and `blobs`, by the rule for proofs."""
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._recorder = recorder
        self._rule = rule

    def due(self) -> int:
        """Return how many letters are over."""
        query = select(func.count()).select_from(_LETTER).where(*self._over())
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def run(self) -> int:
        """Let go of all letters that are over; return how many."""
        if self._rule.span.is_endless:
            return 0
        done, more = 0, True
        while more:
            batch = self._batch()
            done, more = done + len(batch), len(batch) == BATCH
        if done:
            log.info("letters let go of: %d", done)
        return done

    def _over(self) -> tuple[Any, ...]:
        """Return what says that a letter is over: ended long ago, content gone, all evidence in the log."""
        before = self._rule.span.over_before(self._clock())
        if before is None:
            return (_LETTER.c.id.is_(None),)
        unlogged = (
            exists()
            .where(_EVIDENCE.c.letter_id == _LETTER.c.id)
            .where(~exists().where(_ENTRY.c.evidence_id == _EVIDENCE.c.id, _ENTRY.c.log_index.is_not(None)))
        )
        return (
            _LETTER.c.phase.in_([phase.value for phase in FINAL]),
            _LETTER.c.decided_at < before,
            func.coalesce(_LETTER.c.received_at, _LETTER.c.decided_at) < before,
            exists().where(_ERASURE.c.letter_id == _LETTER.c.id, _ERASURE.c.removed_at.is_not(None)),
            ~exists().where(_HOLD.c.open_key == _LETTER.c.id),
            ~unlogged,
        )

    def _batch(self) -> list[str]:
        found = (
            select(_LETTER.c.id, _LETTER.c.number)
            .where(*self._over())
            .order_by(_LETTER.c.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as uow:
            letters = {row.id: row.number for row in uow.execute(found)}
            kept = held(uow.connection, letters)
            free = {letter_id: number for letter_id, number in letters.items() if letter_id not in kept}
            files = list(uow.execute(select(_PROOF.c.blob_key).where(_PROOF.c.letter_id.in_(free))).scalars())
            if free:
                self._empty(uow, free)
                uow.execute(delete(_DUTY).where(_DUTY.c.subject.in_(free)))
                remove_rows(uow, _LETTER, set(free))
            failpoint("forget.before_commit")
            uow.commit()
        failpoint("forget.after_commit")
        for key in files:
            self._blobs.delete(key)
        return list(free)

    def _empty(self, uow: UnitOfWork, letters: Mapping[str, str]) -> None:
        records: dict[str, list[str]] = {number: [] for number in letters.values()}
        query = select(_EVIDENCE.c.id, _EVIDENCE.c.letter_id).where(_EVIDENCE.c.letter_id.in_(letters))
        for row in uow.execute(query.order_by(_EVIDENCE.c.id)):
            records[letters[row.letter_id]].append(row.id)
        source, now = self._rule.source, self._clock()
        empty_records(uow, records, recorder=self._recorder, source=source, now=now)


def empty_records(
    uow: UnitOfWork,
    records: Mapping[str, Sequence[str]],
    *,
    recorder: Recorder,
    source: str,
    now: datetime,
) -> None:
    """Seal which records are let go of, and empty them.

    Args:
        uow: The transaction that lets them go.
        records: Ids of records, by what identifies the letter or consent they are of.
        recorder: Seals the statements.
        source: Why they go.
        now: The instant of the act.

    Raises:
        SealUnavailableError: The seal cannot be used; nothing may be let go of.
    """
    issuer = recorder.issuer
    for identifier, ids in records.items():
        statement = {
            "version": issuer.version,
            "ERDSEventId": URI,
            "EventTime": iso(now),
            "EvidenceIssuerPolicyID": {"PolicyID": [issuer.policy]},
            "EvidenceIssuerDetails": {"Identity": {"LegalName": issuer.name}},
            "MessageIdentifier": identifier,
            "Extensions": {"Source": source, "Erased": list(ids)},
        }
        recorder.record_apart(uow, statement, at=now, must_seal=True)
    emptied = {"record": "", "protected": "", "signature": "", "salt": b"", "event_id": None}
    every = [each for ids in records.values() for each in ids]
    uow.execute(update(_EVIDENCE).where(_EVIDENCE.c.id.in_(every)).values(**emptied, letter_id=None))


def remove_rows(uow: UnitOfWork, table: Table, ids: Collection[str]) -> None:
    """Delete rows with all that hangs on them, whatever room it is of; what stands alone only lets go."""
    for child in SQLModel.metadata.sorted_tables:
        for key in child.foreign_keys:
            if key.column.table is not table or child is table:
                continue
            hangs = key.parent.in_(ids)
            if child.name in STAND_ALONE:
                uow.execute(update(child).where(hangs).values({key.parent.name: None}))
            else:
                [own, *others] = child.primary_key.columns
                if not others and own is not key.parent:
                    remove_rows(uow, child, set(uow.execute(select(own).where(hangs)).scalars()))
                uow.execute(delete(child).where(hangs))
    [primary] = table.primary_key.columns
    uow.execute(delete(table).where(primary.in_(ids)))
