"""The log's stamped checkpoints, with the cosignatures that came for them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from lre_kit.proofs.log.cosignature import with_lines
from lre_kit.proofs.rows import CheckpointRow, CosignatureRow
from lre_kit.store.inserts import table_of

_CHECKPOINT, _COSIGNATURE = table_of(CheckpointRow), table_of(CosignatureRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedCheckpoint:
    """A checkpoint that has its time stamp."""

    size: int
    root: bytes
    note: str
    """The note as the log signed it; the token is over these bytes."""
    token: bytes
    stamped_at: datetime | None
    lines: tuple[str, ...]
    """Signature lines of witnesses, ordered by their keys."""

    @property
    def cosigned(self) -> str:
        """The note with the witnesses' lines behind the log's own."""
        return with_lines(self.note, self.lines)


def newest_stamped(connection: Connection) -> StampedCheckpoint | None:
    """Return the newest stamped checkpoint, or nothing if there is none yet."""
    query = (
        select(_CHECKPOINT)
        .where(_CHECKPOINT.c.token.is_not(None))
        .order_by(_CHECKPOINT.c.size.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return StampedCheckpoint(
        size=row.size,
        root=row.root,
        note=row.note,
        token=row.token,
        stamped_at=row.stamped_at,
        lines=cosignature_lines(connection, row.size),
    )


def newest_mark(connection: Connection) -> tuple[int, int]:
    """Return size and number of cosignatures of the newest stamped checkpoint; zeros if there is none."""
    cosigned = (
        select(func.count())
        .select_from(_COSIGNATURE)
        .where(_COSIGNATURE.c.checkpoint_size == _CHECKPOINT.c.size)
        .correlate(_CHECKPOINT)
        .scalar_subquery()
    )
    query = (
        select(_CHECKPOINT.c.size, cosigned)
        .where(_CHECKPOINT.c.token.is_not(None))
        .order_by(_CHECKPOINT.c.size.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return (0, 0) if row is None else (row[0], row[1])


def cosignature_lines(connection: Connection, size: int) -> tuple[str, ...]:
    """Return the signature lines of witnesses on the checkpoint of `size`, ordered by their keys."""
    query = (
        select(_COSIGNATURE.c.line)
        .where(_COSIGNATURE.c.checkpoint_size == size)
        .order_by(_COSIGNATURE.c.witness)
    )
    return tuple(connection.execute(query).scalars())


def witness_keys(connection: Connection, size: int) -> tuple[str, ...]:
    """Return the verifier keys of who cosigned the checkpoint of `size`, in the order of their lines."""
    query = (
        select(_COSIGNATURE.c.witness)
        .where(_COSIGNATURE.c.checkpoint_size == size)
        .order_by(_COSIGNATURE.c.witness)
    )
    return tuple(connection.execute(query).scalars())
