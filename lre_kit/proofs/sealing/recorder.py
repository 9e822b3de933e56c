"""Recording an act: journal row and evidence row, queued together in the act's own transaction."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select, update

from lre_kit.clock import Clock
from lre_kit.errors import SealUnavailableError
from lre_kit.letters.lifecycle import Event
from lre_kit.letters.rows import EventRow
from lre_kit.letters.values import Letter
from lre_kit.proofs.rows import EvidenceRow, LogEntryRow
from lre_kit.proofs.sealing.commitment import commitment, compact
from lre_kit.proofs.sealing.evidence import Issuer, build_record, canonical
from lre_kit.proofs.sealing.seal import Seal, Sealed
from lre_kit.settings import Settings
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

SALT_BYTES = 16
"""Length of the salt that makes a log leaf mute once it is destroyed, in bytes."""

SEAL_MAX = 500
"""Waiting records sealed at one go."""

Tell = Callable[[UnitOfWork, Letter, int, Event, str], None]
"""Told of each event of a letter in the transaction that records it: its place, and its id."""

log = logging.getLogger(__name__)

_EVIDENCE = table_of(EvidenceRow)


class Recorder:
    """Writes events and their evidence."""

    def __init__(self, *, seal: Seal, settings: Settings, tells: Sequence[Tell] = ()) -> None:
        """Seal with `seal`, in the name of the provider that `settings` describe.

        Args:
            seal: Seals each record.
            settings: Name and policy of the provider.
            tells: Told of each event of a letter; what they queue is written with the event, or not at all.
        """
        self._seal = seal
        self._tells = tuple(tells)
        self._issuer = Issuer(
            version=settings.evidence_version, policy=settings.provider_policy, name=settings.provider_name
        )

    def record(
        self,
        uow: UnitOfWork,
        *,
        letter: Letter,
        seq: int,
        event: Event,
        actor: Mapping[str, Any],
        must_seal: bool = False,
    ) -> None:
        """Queue an event and its sealed evidence.

        When the seal cannot be used, the evidence is kept unsealed and waits visibly, because an
        act of the recipient or of the clock may not be lost; with `must_seal` the act is refused.

        Raises:
            SealUnavailableError: The seal cannot be used and `must_seal` is set.
        """
        event_id, evidence_id = new_id(), new_id()
        record = build_record(
            issuer=self._issuer, letter=letter, event=event, seq=seq, evidence_id=evidence_id, actor=actor
        )
        payload = canonical(record)
        sealed: Sealed | None
        try:
            sealed = self._seal.sign(payload, at=event.occurred_at)
        except SealUnavailableError:
            if must_seal:
                raise
            sealed = None
        uow.add(
            EventRow,
            id=event_id,
            letter_id=letter.id,
            seq=seq,
            name=event.name.value,
            occurred_at=event.occurred_at,
            exclusive=event.exclusive,
            reasons=[reason.value for reason in event.reasons],
            actor=dict(actor),
            details=dict(event.details),
        )
        salt = secrets.token_bytes(SALT_BYTES)
        uow.add(
            EvidenceRow,
            id=evidence_id,
            event_id=event_id,
            letter_id=letter.id,
            recorded_at=event.occurred_at,
            record=payload.decode(),
            protected=sealed.protected if sealed else None,
            signature=sealed.signature if sealed else None,
            salt=salt,
        )
        if sealed is not None:
            _enter(uow, evidence_id, event.occurred_at, salt, payload.decode(), sealed)
        for tell in self._tells:
            tell(uow, letter, seq, event, event_id)

    @property
    def issuer(self) -> Issuer:
        """In whose name evidence is made."""
        return self._issuer

    def record_apart(
        self, uow: UnitOfWork, record: Mapping[str, Any], *, at: datetime, must_seal: bool = False
    ) -> str:
        """Queue sealed evidence of what is no letter's, and return its id.

        Args:
            uow: The transaction of the act.
            record: What happened; gets its ``EvidenceIdentifier`` here.
            at: When it happened.
            must_seal: Refuse the act while the seal cannot be used; else the evidence waits for it.

        Raises:
            SealUnavailableError: The seal cannot be used and `must_seal` is set.
        """
        evidence_id = new_id()
        payload = canonical({**record, "EvidenceIdentifier": evidence_id})
        sealed: Sealed | None
        try:
            sealed = self._seal.sign(payload, at=at)
        except SealUnavailableError:
            if must_seal:
                raise
            sealed = None
        salt = secrets.token_bytes(SALT_BYTES)
        uow.add(
            EvidenceRow,
            id=evidence_id,
            recorded_at=at,
            record=payload.decode(),
            protected=sealed.protected if sealed else None,
            signature=sealed.signature if sealed else None,
            salt=salt,
        )
        if sealed is not None:
            _enter(uow, evidence_id, at, salt, payload.decode(), sealed)
        return evidence_id

    def seal_waiting(self, database: Database, clock: Clock, *, limit: int = SEAL_MAX) -> int:
        """Seal evidence that was recorded while the seal could not be used; return how much was.

        Raises nothing: as long as the seal stays away, the evidence stays visibly waiting.
        """
        waiting = (
            select(*(_EVIDENCE.c[name] for name in ("id", "recorded_at", "record", "salt")))
            .where(_EVIDENCE.c.signature.is_(None))
            .order_by(_EVIDENCE.c.id)
            .limit(limit)
        )
        with database.read() as connection:
            rows = connection.execute(waiting).all()
        done = 0
        for row in rows:
            try:
                sealed = self._seal.sign(row.record.encode(), at=clock())
            except SealUnavailableError as error:
                log.warning("evidence waits for its seal: %s", error.slug)
                break
            with database.write() as uow:
                still = and_(_EVIDENCE.c.id == row.id, _EVIDENCE.c.signature.is_(None))
                values = {"protected": sealed.protected, "signature": sealed.signature}
                if uow.update(update(_EVIDENCE).where(still).values(values)) == 1:
                    _enter(uow, row.id, row.recorded_at, row.salt, row.record, sealed)
                    done += 1
                uow.commit()
        return done


def _enter(  # noqa: PLR0917 - the parts of an entry, each of its own type
    uow: UnitOfWork, evidence_id: str, recorded_at: datetime, salt: bytes, record: str, sealed: Sealed
) -> None:
    """Queue the sealed record's entry for the log."""
    uow.add(
        LogEntryRow,
        evidence_id=evidence_id,
        recorded_at=recorded_at,
        commitment=commitment(salt, compact(sealed.protected, record, sealed.signature)),
    )
