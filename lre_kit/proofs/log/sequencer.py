"""The one writer of the log: gives sealed evidence its place, signs tree heads, gets them stamped.

Placing is one transaction: it happens whole or not at all, and running it again does nothing
twice. A stamp is fetched outside any transaction and kept only if its checkpoint still lacks one.
Every record is proved by the smallest *stamped* checkpoint that covers it, so a checkpoint that a
newer stamped one overtook needs no stamp of its own.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from sqlalchemy import and_, func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import LreError, TimestampRejectedError
from lre_kit.failpoints import declare, failpoint
from lre_kit.proofs.log.log import Log
from lre_kit.proofs.log.renewal_store import plan_renewal
from lre_kit.proofs.log.rollback import NEWEST, TOKEN
from lre_kit.proofs.rows import CheckpointRow, EvidenceRow, LogEntryRow
from lre_kit.proofs.stamping.timestamp import TimestampAuthority, TimestampInfo, read_token
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

log_ = logging.getLogger(__name__)

declare("sequence.locked", "sequence.appended", "sequence.before_commit", "sequence.after_commit")
declare("stamp.before", "stamp.after")

_EVIDENCE = table_of(EvidenceRow)
_ENTRY = table_of(LogEntryRow)
_CHECKPOINT = table_of(CheckpointRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Evidence that still waits, and since when."""

    unsealed: int
    """Records without a seal."""
    unlogged: int
    """Sealed records without a place in the log."""
    unstamped: int
    """Checkpoints beyond the last stamped one."""
    oldest_at: datetime | None
    """When the longest waiting of all of these was recorded."""


_PLACE_ONE = "UPDATE log_entry SET log_index = ? WHERE evidence_id = ?"
_PLACE_ARRAYS = (
    "UPDATE log_entry SET log_index = placed.at"
    " FROM unnest(%s::text[], %s::bigint[]) AS placed(id, at) WHERE evidence_id = placed.id"
)


class Sequencer:
    """Places and stamps; any number may run, one at a time has an effect."""

    def __init__(
        self,
        database: Database,
        *,
        log: Log,
        clock: Clock,
        batch_max: int,
        anchors: Path | None = None,
        restamp_margin: timedelta = timedelta(days=90),
        may_go_on: Callable[[], None] = lambda: None,
    ) -> None:
        """Wire the sequencer.

        Args:
            database: Where evidence waits.
            log: Where it goes.
            clock: The office's clock.
            batch_max: Records under one checkpoint at most.
            anchors: Folder for copies of stamped checkpoints outside the database.
            restamp_margin: How long before its certificate's end a token is to be renewed.
            may_go_on: Raises when the database was set back: what is added then would fork the log.
        """
        self._database = database
        self._log = log
        self._clock = clock
        self._batch_max = batch_max
        self._anchors = anchors
        self._restamp_margin = restamp_margin
        self._may_go_on = may_go_on

    def run_once(self) -> int:
        """Place up to a batch of sealed records under a new checkpoint; return how many."""
        waiting = (
            select(_ENTRY.c.evidence_id, _ENTRY.c.commitment)
            .where(_ENTRY.c.log_index.is_(None))
            .order_by(_ENTRY.c.evidence_id)
            .limit(self._batch_max)
        )
        with self._database.read() as connection:
            if connection.execute(waiting.limit(1)).first() is None:
                return 0
        self._may_go_on()
        with self._database.write() as uow:
            uow.serialise("sequencer")
            rows = uow.execute(waiting).all()
            failpoint("sequence.locked")
            if not rows:
                return 0
            places = self._log.append(uow, [row.commitment for row in rows])
            failpoint("sequence.appended")
            self._place(uow, [row.evidence_id for row in rows], places)
            head = self._log.head(uow.connection)
            uow.add(
                CheckpointRow,
                size=head.size,
                root=head.root,
                note=self._log.signer.sign(head.text()),
                created_at=self._clock(),
            )
            failpoint("sequence.before_commit")
            uow.commit()
        failpoint("sequence.after_commit")
        return len(rows)

    def _place(self, uow: UnitOfWork, evidence_ids: list[str], places: range) -> None:
        """Write the places of a batch; by the driver itself, which for ten thousand rows halves the time."""
        if self._database.kind == "postgresql":
            uow.connection.exec_driver_sql(_PLACE_ARRAYS, (evidence_ids, list(places)))
        else:
            uow.connection.exec_driver_sql(_PLACE_ONE, list(zip(places, evidence_ids, strict=True)))

    def stamp_once(self, authority: TimestampAuthority) -> int:
        """Get the newest checkpoint stamped if it is not; return whether it was (1 or 0).

        A failure is written beside the checkpoint and not raised.
        """
        newest = select(_CHECKPOINT).order_by(_CHECKPOINT.c.size.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(newest).first()
        if row is None or row.token is not None:
            return 0
        self._may_go_on()
        failpoint("stamp.before")
        values: dict[str, Any] = {"attempts": row.attempts + 1}
        digest = sha256(row.note.encode()).digest()
        try:
            token = authority.stamp(digest)
            info = read_token(token, digest)
        except LreError as error:
            disagree = isinstance(error, TimestampRejectedError) and error.check == "time"
            level = logging.ERROR if disagree else logging.WARNING
            log_.log(level, "checkpoint %d awaits its time stamp: %s", row.size, error)
            values["last_error"] = f"{error.slug}: {error.problem}"
        else:
            values |= {
                "token": token,
                "stamp_id": stamp_name(info),
                "stamped_at": self._clock(),
                "last_error": None,
            }
        failpoint("stamp.after")
        with self._database.write() as uow:
            mine = and_(_CHECKPOINT.c.size == row.size, _CHECKPOINT.c.token.is_(None))
            done = uow.update(update(_CHECKPOINT).where(mine).values(values))
            if done and "token" in values:
                plan_renewal(uow, info, now=self._clock(), margin=self._restamp_margin)
            uow.commit()
        if done and "token" in values:
            self._anchor(row.note, values["token"])
            return 1
        return 0

    def waiting(self) -> Backlog:
        """Return what evidence still waits, and since when."""
        unsealed_rows, unlogged_rows = _EVIDENCE.c.signature.is_(None), _ENTRY.c.log_index.is_(None)
        stamped_size = (
            select(func.coalesce(func.max(_CHECKPOINT.c.size), 0))
            .where(_CHECKPOINT.c.token.is_not(None))
            .scalar_subquery()
        )
        unstamped_rows = _CHECKPOINT.c.size > stamped_size
        parts = (
            select(func.count()).select_from(_EVIDENCE).where(unsealed_rows),
            select(func.count()).select_from(_ENTRY).where(unlogged_rows),
            select(func.count()).select_from(_CHECKPOINT).where(unstamped_rows),
            select(func.min(_EVIDENCE.c.recorded_at)).where(unsealed_rows),
            select(func.min(_ENTRY.c.recorded_at)).where(unlogged_rows),
            select(func.min(_CHECKPOINT.c.created_at)).where(unstamped_rows),
        )
        query = select(*(part.scalar_subquery() for part in parts))
        with self._database.read() as connection:
            unsealed, placeless, unstamped, *instants = connection.execute(query).one()
        return Backlog(
            unsealed=unsealed,
            unlogged=placeless,
            unstamped=unstamped,
            oldest_at=min((at for at in instants if at is not None), default=None),
        )

    def _anchor(self, note: str, token: bytes) -> None:
        """Keep the newest stamped checkpoint outside the database, so that a cut tail shows."""
        if self._anchors is None:
            return
        self._anchors.mkdir(parents=True, exist_ok=True)
        for name, content in ((TOKEN, token), (NEWEST, note.encode())):
            fresh = self._anchors / f".{name}.{os.getpid()}"
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._anchors / name)


def stamp_name(info: TimestampInfo) -> str:
    """Return what names a token for ever: its authority's certificate and its serial number."""
    authority = info.certificate.fingerprint(hashes.SHA256()).hex()[:32]
    return f"{authority}:{info.serial:x}"
