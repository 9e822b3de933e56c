"""Letting go of what may not be kept longer: a daily duty, in batches, each a transaction of its own.

Of a letter that ended and whose span is over, the key of the content is destroyed in the
transaction that records it in the journal, with sealed evidence like every act; from then on no copy of
the files can be read, wherever it lies. The files go after that commit, and are found again by their row
if the process dies in between. Proofs verify on: they hold digests, never content.

What a letter on hold has is never touched. The hold is looked for again under the letter's lock, so
one that is placed at the same moment is either seen, or placed after the content was gone.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import UnavailableError
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.rows import CodeRow
from lre_kit.law.retention import DataClass, Rule
from lre_kit.letters import commands
from lre_kit.letters.holds import held
from lre_kit.letters.lifecycle import decide
from lre_kit.letters.phases import FINAL
from lre_kit.letters.reading import read_letter, state_of
from lre_kit.letters.retention_rows import ErasureRow, HoldRow
from lre_kit.letters.rows import DocumentRow, LetterRow
from lre_kit.letters.state import evolve
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.blobs import BlobStore
from lre_kit.store.content_owner import check_content
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

log = logging.getLogger(__name__)

declare("erase.locked", "erase.before_commit", "erase.after_commit", "erase.files_removed")

ACTION = "purge"
"""Name of the duty."""

EVERY = timedelta(days=1)
"""Span between two purges."""

BATCH = 100
"""Letters per transaction."""

_LETTER, _DOCUMENT, _HOLD = table_of(LetterRow), table_of(DocumentRow), table_of(HoldRow)
_ERASURE, _CODE, _DUTY = table_of(ErasureRow), table_of(CodeRow), table_of(DutyRow)
_PROVIDER = {"role": "provider"}


class Retention:
    """Purges one office of what its spans let go."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        blobs: BlobStore,
        recorder: Recorder,
        content: Rule,
        codes: Rule,
        forget: Callable[[], int] = lambda: 0,
    ) -> None:
        """Work on `database` and `blobs`, by these rules; `forget` lets whole letters go."""
        self._forget = forget
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._recorder = recorder
        self._content = content
        self._codes = codes

    def due(self) -> int:
        """Return how many letters' contents the next purge would erase."""
        query = select(func.count()).select_from(_LETTER).where(self._is_over(self._clock()))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def purge(self) -> int:
        """Erase all that is over, now; return of how many letters the content was erased.

        Raises:
            ForeignContentError: The content store is not this office's; nothing is erased.
        """
        check_content(self._database, self._blobs)
        erased, skipped = 0, ""
        while True:
            done, skipped = self._erase_batch(after=skipped)
            erased += done
            if not skipped:
                break
        self._remove_files()
        codes = self._forget_codes()
        self._forget()
        if erased or codes:
            log.info("contents erased: %d; codes forgotten: %d", erased, codes)
        return erased

    def fulfil(self, duty: Duty) -> None:
        """Purge, and plan the next time.

        Raises:
            LeaseLostError: Another worker took the duty over.
        """
        self.purge()
        with self._database.write() as uow:
            fulfil(uow, duty)
            plan_purge(uow, clock=self._clock)
            uow.commit()

    def plan_missing(self) -> None:
        """Plan the purge of an office that never heard of it; one that cannot be written to opens as well."""
        planned = select(_DUTY.c.id).where(_DUTY.c.action == ACTION).limit(1)
        try:
            with self._database.read() as connection:
                if connection.scalar(planned) is not None:
                    return
            with self._database.write() as uow:
                plan_purge(uow, clock=self._clock)
                uow.commit()
        except UnavailableError as error:
            log.info("the purge is not planned: %s", error.problem)

    def _is_over(self, now: datetime) -> ColumnElement[bool]:
        before = self._content.span.over_before(now)
        if before is None:
            return _LETTER.c.id.is_(None)
        ended = func.coalesce(_LETTER.c.received_at, _LETTER.c.decided_at)
        on_hold = exists().where(_HOLD.c.open_key == _LETTER.c.id)
        return and_(
            _LETTER.c.phase.in_([phase.value for phase in FINAL]),
            _LETTER.c.wrapped_key.is_not(None),
            # The later of the two is at or after the decision, which an index may know.
            _LETTER.c.decided_at < before,
            ended < before,
            ~on_hold,
        )

    def _erase_batch(self, *, after: str) -> tuple[int, str]:
        """Erase one batch after a letter's id; return how many, and where to go on (empty: at the end)."""
        now = self._clock()
        found = (
            select(_LETTER.c.id)
            .where(self._is_over(now), _LETTER.c.id > after)
            .order_by(_LETTER.c.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as uow:
            ids = list(uow.execute(found).scalars())
            failpoint("erase.locked")
            kept = held(uow.connection, ids)
            free = [each for each in ids if each not in kept]
            for letter_id in free:
                self._erase(uow, letter_id, now)
            failpoint("erase.before_commit")
            uow.commit()
        failpoint("erase.after_commit")
        return len(free), ids[-1] if len(ids) == BATCH else ""

    def _erase(self, uow: UnitOfWork, letter_id: str, now: datetime) -> None:
        letter, state = read_letter(uow.connection, letter_id), state_of(uow.connection, letter_id)
        for event in decide(state, commands.EraseContent(), letter.requirements, now):
            self._recorder.record(uow, letter=letter, seq=state.version, event=event, actor=_PROVIDER)
            state = evolve(state, event)
        uow.defer(
            update(_LETTER).where(_LETTER.c.id == letter_id).values(wrapped_key=None, version=state.version)
        )
        uow.add(ErasureRow, letter_id=letter_id, erased_at=now)

    def _remove_files(self) -> None:
        """Delete the files of contents that were erased; who dies in between goes on the next time."""
        waiting = (
            select(_ERASURE.c.letter_id)
            .where(_ERASURE.c.removed_at.is_(None))
            .order_by(_ERASURE.c.letter_id)
            .limit(BATCH)
        )
        while True:
            with self._database.read() as connection:
                ids = list(connection.execute(waiting).scalars())
                keys = select(_DOCUMENT.c.blob_key).where(_DOCUMENT.c.letter_id.in_(ids))
                files = list(connection.execute(keys).scalars())
            if not ids:
                return
            for key in files:
                self._blobs.delete(key)
            failpoint("erase.files_removed")
            with self._database.write() as uow:
                done = _ERASURE.c.letter_id.in_(ids)
                uow.execute(update(_ERASURE).where(done).values(removed_at=self._clock()))
                uow.commit()

    def _forget_codes(self) -> int:
        """Delete e-mailed codes whose span is over, but for letters on hold."""
        before = self._codes.span.over_before(self._clock())
        if before is None:
            return 0
        on_hold = exists().where(_HOLD.c.open_key == _CODE.c.letter_id)
        with self._database.write() as uow:
            gone = uow.update(delete(_CODE).where(_CODE.c.created_at < before, ~on_hold))
            uow.commit()
        return gone


def plan_purge(uow: UnitOfWork, *, clock: Clock) -> None:
    """Put the next purge on the agenda, once."""
    due_at = clock() + EVERY
    plan(
        uow, key=f"{ACTION}:{due_at:%Y-%m-%d}", due_at=due_at, action=ACTION, subject=DataClass.CONTENT.value
    )
