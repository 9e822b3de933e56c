"""Noticing that the database is older than what was signed: a backup was put back.

The newest stamped checkpoint is also kept in a folder outside the database (`Sequencer`). A database whose
log is smaller than that, or holds another tree, does not know of acts that happened: notices that left,
letters that were decided. Until an operator decides, nothing is claimed from the agenda, so nothing leaves;
nothing is placed in the log, which would fork; and no letter's state changes. Reading goes on.

Deciding (`RollbackWatch.settle`) sets the newer checkpoint aside, where it stays, and enters what was
decided into the log. A database that is newer than the folder's checkpoint is never refused, so the folder
may be missing, but may not come from the same backup.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from lre_kit.clock import Clock
from lre_kit.errors import UnavailableError
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.forms.note import Checkpoint, NoteError, open_note
from lre_kit.proofs.log.log import Log, size, stored_subtree
from lre_kit.proofs.rows import CheckpointRow
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

NEWEST, TOKEN = "latest.txt", "latest.tsr"
"""The newest stamped checkpoint outside the database, and its time stamp."""

SET_ASIDE = "set-aside"
"""Folder of the checkpoints that the database lost."""

LOOK_AGAIN_S = 1.0
"""How long acts believe one look, in seconds."""

_CHECKPOINT = table_of(CheckpointRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """A database that does not hold what was signed."""

    held: int
    """Records in its log."""
    signed: int
    """Records in the log that was signed and stamped."""
    root: bytes
    """Root of that log."""

    def __str__(self) -> str:
        """Say it in a sentence."""
        if self.held < self.signed:
            return f"The database was set back: its log holds {self.held} records, {self.signed} were signed."
        return f"The database was exchanged: the first {self.signed} records of its log are not those signed."


class RolledBackError(UnavailableError):
    """The database is older than what the office signed: nothing is done before an operator decides."""

    slug = "rolled-back"


class RollbackWatch:
    """Compares one office's database with its newest checkpoint outside."""

    def __init__(self, database: Database, log: Log, *, folder: Path, clock: Clock) -> None:
        """Compare `log` in `database` with the checkpoint in `folder`; decisions bear the `clock`'s time."""
        self._database = database
        self._log = log
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._last: Rollback | None = None
        self._looked_s = float("-inf")

    def look(self) -> Rollback | None:
        """Return what is wrong, or nothing."""
        head = self._signed()  # before the database: what is signed was committed first
        found = None if head is None else self._compare(head)
        self._last, self._looked_s = found, time.monotonic()
        return found

    def refuse(self) -> None:
        """Raise if the database was set back; looks anew.

        Raises:
            RolledBackError: It was.
        """
        _raise(self.look())

    def refuse_act(self) -> None:
        """Raise as `refuse`, but look once a second only; nobody but the first waits for another thread."""
        is_first = self._looked_s == float("-inf")
        if time.monotonic() - self._looked_s > LOOK_AGAIN_S and self._lock.acquire(blocking=is_first):
            try:
                self.look()
            finally:
                self._lock.release()
        _raise(self._last)

    def settle(self, write: Callable[[UnitOfWork, Rollback, datetime], object]) -> Rollback | None:
        """Go on from what the database holds; return what it lost, or nothing if it lost nothing.

        Args:
            write: Queues what is kept of the decision, in its transaction.
        """
        found = self.look()
        if found is None:
            return None
        at = self._clock()
        with self._database.write() as uow:
            write(uow, found, at)
            uow.commit()
        aside = self._folder / SET_ASIDE
        aside.mkdir(parents=True, exist_ok=True)
        for name in (TOKEN, NEWEST):
            kept = self._folder / name
            if kept.exists():
                kept.replace(aside / f"{found.signed}-{at:%Y%m%dT%H%M%S}{kept.suffix}")
        self.look()
        return found

    def _signed(self) -> Checkpoint | None:
        try:
            note = (self._folder / NEWEST).read_text(encoding="utf-8")
            return Checkpoint.parse(open_note(note, self._log.verifiers))
        except (OSError, UnicodeDecodeError, NoteError):
            return None  # what it says is not ours; the audit names it

    def _compare(self, head: Checkpoint) -> Rollback | None:
        with self._database.read() as connection:
            same = connection.scalar(select(_CHECKPOINT.c.root).where(_CHECKPOINT.c.size == head.size))
            if same == head.root:
                return None
            held = size(connection)
            if held >= head.size and head.root == merkle.tree_root(head.size, stored_subtree(connection)):
                return None
        return Rollback(held=held, signed=head.size, root=head.root)


def _raise(found: Rollback | None) -> None:
    if found is not None:
        raise RolledBackError(
            str(found), mend="Put a newer backup back, or decide to go on: lre log rolled-back --help"
        )
