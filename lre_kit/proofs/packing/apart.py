"""Exhibits of evidence that is no letter's: from sealed record, log and stamp, like any other."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from lre_kit.proofs.log.log import Log
from lre_kit.proofs.log.renewal_store import renewals_of
from lre_kit.proofs.rows import CheckpointRow, EvidenceRow, LogEntryRow
from lre_kit.proofs.sealing.exhibit import Exhibit
from lre_kit.store.inserts import table_of

_EVIDENCE, _ENTRY, _CHECKPOINT = (table_of(row) for row in (EvidenceRow, LogEntryRow, CheckpointRow))


def exhibits_apart(connection: Connection, log: Log, evidence_ids: Sequence[str]) -> dict[str, Exhibit]:
    """Return exhibits by evidence id; evidence that waits for its seal, place or stamp is left out."""
    stamped = _CHECKPOINT.alias("stamped")
    covering = (
        select(stamped.c.size)
        .where(stamped.c.size > _ENTRY.c.log_index, stamped.c.token.is_not(None))
        .order_by(stamped.c.size)
        .limit(1)
        .correlate(_ENTRY)
        .scalar_subquery()
    )
    query = (
        select(
            *(_EVIDENCE.c[name] for name in ("id", "record", "protected", "signature", "salt")),
            _ENTRY.c.log_index,
            *(_CHECKPOINT.c[name] for name in ("size", "note", "token")),
        )
        .join_from(_EVIDENCE, _ENTRY, _ENTRY.c.evidence_id == _EVIDENCE.c.id)
        .join(_CHECKPOINT, _CHECKPOINT.c.size == covering)
        .where(_EVIDENCE.c.id.in_(evidence_ids))
    )
    return {
        row.id: Exhibit(
            protected=row.protected,
            payload=row.record.encode(),
            signature=row.signature,
            index=row.log_index,
            size=row.size,
            path=tuple(log.inclusion(connection, row.log_index, row.size)),
            salt=row.salt,
            checkpoint=row.note,
            token=row.token,
            renewals=renewals_of(connection, row.size),
        )
        for row in connection.execute(query).all()
    }
