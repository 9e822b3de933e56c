"""Letters somebody began to write: what they typed is kept, so that no session's end loses it.

A draft is no letter: nothing of it is evidence. It goes, with its documents (`draft_documents`), when its
letter is deposited, when its writer lets it go or closes their last account, or when it was left alone for
too long.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import InputError, NotFoundError
from lre_kit.letters.own_rows import LetterDraftRow
from lre_kit.preparing.draft_documents import DraftDocuments
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

EXPIRE = "expire_draft"
"""Action of the duty that lets go of a draft left alone."""

LIFE = timedelta(days=90)
"""How long a draft is kept after its last change."""

DRAFTS_MAX = 200
"""Drafts one writer keeps."""

FIELD_MAX_CHARS = 1000
FIELDS_MAX = 40

_ROW = table_of(LetterDraftRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A letter that was begun: what was typed, by field, and when last."""

    id: str
    fields: Mapping[str, str]
    changed_at: datetime

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return f"Begun({self.id})"


class Drafts:
    """Keeps what people typed of letters."""

    def __init__(self, database: Database, *, clock: Clock, documents: DraftDocuments) -> None:
        """Work on `database` by the office's `clock`; `documents` go with their draft."""
        self._database = database
        self._documents = documents
        self._clock = clock

    def keep(self, owner_ref: str, fields: Mapping[str, str], *, draft_id: str = "") -> Begun:
        """Keep what was typed, in a draft of before or a new one.

        Raises:
            InputError: There is too much of it, or there are too many drafts.
        """
        kept = {name: text for name, text in fields.items() if text}
        if len(kept) > FIELDS_MAX or any(len(text) > FIELD_MAX_CHARS for text in kept.values()):
            raise InputError("This draft is too long to keep.", mend="Shorten what you typed.")
        now = self._clock()
        mine = (_ROW.c.owner_ref == owner_ref, _ROW.c.id == draft_id)
        with self._database.write() as uow:
            uow.serialise(f"drafts:{owner_ref}")
            changed = uow.update(update(_ROW).where(*mine).values(fields=kept, changed_at=now))
            if not changed:
                count = uow.execute(select(func.count()).where(_ROW.c.owner_ref == owner_ref)).scalar_one()
                if count >= DRAFTS_MAX:
                    msg = f"You keep {DRAFTS_MAX} drafts already."
                    raise InputError(msg, mend="Deposit or delete some of them.")
                draft_id = new_id()
                uow.add(LetterDraftRow, id=draft_id, owner_ref=owner_ref, fields=kept, changed_at=now)
                self._plan(uow, draft_id, now + LIFE)
            uow.commit()
        return Begun(id=draft_id, fields=kept, changed_at=now)

    def of(self, owner_ref: str) -> tuple[Begun, ...]:
        """Return somebody's drafts, the one changed last first."""
        query = select(_ROW.c.id, _ROW.c.fields, _ROW.c.changed_at).where(_ROW.c.owner_ref == owner_ref)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_ROW.c.changed_at.desc(), _ROW.c.id.desc()))
            return tuple(Begun(**row._asdict()) for row in rows)

    def by_id(self, owner_ref: str, draft_id: str) -> Begun:
        """Return a draft of somebody's.

        Raises:
            NotFoundError: There is none, or it is another's: the same answer for both.
        """
        query = select(_ROW.c.id, _ROW.c.fields, _ROW.c.changed_at)
        with self._database.read() as connection:
            row = connection.execute(
                query.where(_ROW.c.owner_ref == owner_ref, _ROW.c.id == draft_id)
            ).first()
        if row is None:
            raise NotFoundError("There is no such draft.", mend="Look in the list of your drafts.")
        return Begun(**row._asdict())

    def drop(self, owner_ref: str, draft_id: str) -> None:
        """Let go of a draft; one that is not there is gone already."""
        mine = (_ROW.c.owner_ref == owner_ref, _ROW.c.id == draft_id)
        gone: Sequence[str] = ()
        with self._database.write() as uow:
            if uow.execute(select(_ROW.c.id).where(*mine).with_for_update()).first() is not None:
                gone = self._erase(uow, draft_id)
            uow.commit()
        self._documents.discard(gone)

    def expire(self, duty: Duty) -> None:
        """Let go of a draft that was left alone, or look again when its time would be over."""
        gone: Sequence[str] = ()
        with self._database.write() as uow:
            found = uow.execute(
                select(_ROW.c.changed_at).where(_ROW.c.id == duty.subject).with_for_update()
            ).scalar()
            fulfil(uow, duty)
            if found is not None and found + LIFE <= self._clock():
                gone = self._erase(uow, duty.subject)
            elif found is not None:
                self._plan(uow, duty.subject, found + LIFE)
            uow.commit()
        self._documents.discard(gone)

    def erase_of(self, uow: UnitOfWork, owner_refs: Sequence[str]) -> None:
        """Let go of all drafts of some writers in a caller's transaction; their contents go once it holds."""
        for ref in sorted(owner_refs):
            uow.serialise(f"drafts:{ref}")
        mine = select(_ROW.c.id).where(_ROW.c.owner_ref.in_(owner_refs)).order_by(_ROW.c.id)
        gone = self._erase(uow, *uow.execute(mine.with_for_update()).scalars())

        def discard() -> None:
            # What the store does not let go of now, no row names: the daily sweep takes it.
            with suppress(Exception):
                self._documents.discard(gone)

        uow.after_commit(discard)

    def _erase(self, uow: UnitOfWork, *draft_ids: str) -> Sequence[str]:
        gone = self._documents.erase(uow, draft_ids)
        uow.execute(delete(_ROW).where(_ROW.c.id.in_(draft_ids)))
        return gone

    def _plan(self, uow: UnitOfWork, draft_id: str, due_at: datetime) -> None:
        # The day is in the key: each later look is a duty of its own.
        plan(
            uow,
            key=f"{EXPIRE}:{draft_id}:{due_at:%Y%m%d%H%M}",
            due_at=due_at,
            action=EXPIRE,
            subject=draft_id,
        )
