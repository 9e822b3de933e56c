"""Recording an act: journal row and evidence row, queued together in the act's own transaction."""

import secrets
from collections.abc import Mapping
from typing import Any

from lre_kit.errors import SealUnavailableError
from lre_kit.letters.lifecycle import Event
from lre_kit.letters.rows import EventRow
from lre_kit.letters.values import Letter
from lre_kit.proofs.evidence import Issuer, build_record, canonical
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.proofs.seal import Seal, Sealed
from lre_kit.settings import Settings
from lre_kit.store.columns import new_id
from lre_kit.store.database import UnitOfWork

SALT_BYTES = 16
"""Length of the salt that makes a log leaf mute once it is destroyed, in bytes."""


class Recorder:
    """Writes events and their evidence."""

    def __init__(self, *, seal: Seal, settings: Settings) -> None:
        """Seal with `seal`, in the name of the provider that `settings` describe."""
        self._seal = seal
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
        uow.add(
            EvidenceRow,
            id=evidence_id,
            event_id=event_id,
            letter_id=letter.id,
            recorded_at=event.occurred_at,
            record=payload.decode(),
            protected=sealed.protected if sealed else None,
            signature=sealed.signature if sealed else None,
            salt=secrets.token_bytes(SALT_BYTES),
        )
