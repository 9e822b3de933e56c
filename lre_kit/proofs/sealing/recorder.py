"""Recording an act: journal row and evidence row, queued together in the act's own transaction."""

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, select, update

from lre_kit.clock import Clock
from lre_kit.errors import SealUnavailableError
from lre_kit.letters.rows import EventRow
from lre_kit.letters.state import Event
from lre_kit.letters.values import Letter
from lre_kit.proofs.rows import EvidenceRow, LogEntryRow
from lre_kit.proofs.sealing.commitment import commitment
from lre_kit.proofs.sealing.evidence import Issuer, build_record, canonical
from lre_kit.proofs.sealing.seal import Seal, Sealed
from lre_kit.settings import Settings
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

SALT_BYTES = 16
"""Length of the salt that makes a log leaf mute once it is destroyed, in bytes."""

AHEAD = 100
"""Acts of one transaction whose rows are sent together, while those of the next are made."""

SEAL_MAX = 500
"""Waiting records sealed at one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What happened to a letter, to be recorded."""

    letter: Letter
    seq: int
    """Its place in the letter's journal."""
    event: Event
    actor: Mapping[str, Any]
    """Who acted, by role and means, without secrets."""


class Recorded(NamedTuple):
    """An event of a letter that is being recorded."""

    letter: Letter
    seq: int
    event: Event
    event_id: str


Tell = Callable[[UnitOfWork, Sequence[Recorded]], None]
"""Told of events of letters in the transaction that records them."""

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
        self.record_all(uow, [Act(letter=letter, seq=seq, event=event, actor=actor)], must_seal=must_seal)

    def record_all(self, uow: UnitOfWork, acts: Sequence[Act], *, must_seal: bool = False) -> None:
        """Queue the events and the sealed evidence of several acts; see `record`."""
        recorded = [Recorded(act.letter, act.seq, act.event, new_id()) for act in acts]
        for tell in self._tells:
            # First: what it asks the database would send the rows below by themselves.
            tell(uow, recorded)
        for start in range(0, len(acts), AHEAD):
            # The database writes these while the next ones are sealed.
            uow.send_ahead()
            part = slice(start, start + AHEAD)
            uow.add_all(EventRow, map(_event_row, acts[part], recorded[part]))
            for act, each in zip(acts[part], recorded[part], strict=True):
                self._record_one(uow, act, each, must_seal=must_seal)

    def _record_one(self, uow: UnitOfWork, act: Act, recorded: Recorded, *, must_seal: bool) -> None:
        record = build_record(
            issuer=self._issuer,
            letter=act.letter,
            event=act.event,
            seq=act.seq,
            evidence_id=new_id(),
            actor=act.actor,
        )
        self._keep(
            uow,
            record,
            at=act.event.occurred_at,
            must_seal=must_seal,
            event_id=recorded.event_id,
            letter_id=act.letter.id,
        )

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
        self._keep(uow, {**record, "EvidenceIdentifier": evidence_id}, at=at, must_seal=must_seal)
        return evidence_id

    def _keep(
        self, uow: UnitOfWork, record: Mapping[str, Any], *, at: datetime, must_seal: bool, **whose: str
    ) -> None:
        """Queue a record, sealed if it can be, with its entry for the log."""
        payload = canonical(record)
        sealed: Sealed | None
        try:
            sealed = self._seal.sign(payload, at=at)
        except SealUnavailableError:
            if must_seal:
                raise
            sealed = None
        evidence_id, salt = record["EvidenceIdentifier"], secrets.token_bytes(SALT_BYTES)
        uow.add(
            EvidenceRow,
            id=evidence_id,
            **whose,
            recorded_at=at,
            record=payload.decode(),
            protected=sealed.protected if sealed else None,
            signature=sealed.signature if sealed else None,
            salt=salt,
        )
        if sealed is not None:
            _enter(uow, evidence_id, at, salt, sealed)

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
                    _enter(uow, row.id, row.recorded_at, row.salt, sealed)
                    done += 1
                uow.commit()
        return done


def _event_row(act: Act, recorded: Recorded) -> dict[str, Any]:
    event = act.event
    return {
        "id": recorded.event_id,
        "letter_id": act.letter.id,
        "seq": act.seq,
        "name": event.name.value,
        "occurred_at": event.occurred_at,
        "exclusive": event.exclusive,
        "reasons": [reason.value for reason in event.reasons],
        "actor": dict(act.actor),
        "details": dict(event.details),
    }


def _enter(uow: UnitOfWork, evidence_id: str, recorded_at: datetime, salt: bytes, sealed: Sealed) -> None:
    """Queue the sealed record's entry for the log."""
    uow.add(
        LogEntryRow,
        evidence_id=evidence_id,
        recorded_at=recorded_at,
        commitment=commitment(salt, sealed.compact),
    )
