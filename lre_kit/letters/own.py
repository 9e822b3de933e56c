"""What senders keep for themselves beside their letters: ways to look at the list, notes."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from lre_kit.clock import Clock
from lre_kit.errors import InputError
from lre_kit.letters.own_rows import LetterNoteRow, SavedViewRow
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

NAME_MAX_CHARS = 60
QUERY_MAX_CHARS = 500
VIEWS_MAX = 20
"""Views one sender keeps."""

NOTE_MAX_CHARS = 1000
NOTES_MAX = 100
"""Notes on one letter."""

_VIEW, _NOTE = table_of(SavedViewRow), table_of(LetterNoteRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """One way to look at the list: its name, and the question as the page's address holds it."""

    id: str
    name: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One note on a letter."""

    id: str
    author: str
    body: str
    written_at: datetime


class Shelf:
    """Keeps views and notes; nothing of it is evidence, and no recipient sees it."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def views(self, owner_ref: str) -> tuple[SavedView, ...]:
        """Return the views that somebody keeps, the oldest first."""
        query = select(_VIEW.c.id, _VIEW.c.name, _VIEW.c.query).where(_VIEW.c.owner_ref == owner_ref)
        with self._database.read() as connection:
            return tuple(SavedView(**row._asdict()) for row in connection.execute(query.order_by(_VIEW.c.id)))

    def keep_view(self, owner_ref: str, *, name: str, query: str) -> None:
        """Keep a way to look at the list; one of the same name is replaced.

        Raises:
            InputError: It has no name, is too long, or there are too many.
        """
        name = " ".join(name.split())
        if not name or len(name) > NAME_MAX_CHARS or has_hidden_characters(name):
            msg = "The view needs a name."
            raise InputError(msg, mend=f"Type a name of at most {NAME_MAX_CHARS} characters.")
        if len(query) > QUERY_MAX_CHARS:
            raise InputError("This view is too long to keep.", mend="Shorten what is looked for.")
        mine = _VIEW.c.owner_ref == owner_ref
        with self._database.write() as uow:
            uow.serialise(f"views:{owner_ref}")
            uow.execute(delete(_VIEW).where(mine, _VIEW.c.name == name))
            if uow.execute(select(func.count()).where(mine)).scalar_one() >= VIEWS_MAX:
                msg = f"You keep {VIEWS_MAX} views already."
                raise InputError(msg, mend="Remove one of them first.")
            now = self._clock()
            uow.add(SavedViewRow, id=new_id(), owner_ref=owner_ref, name=name, query=query, created_at=now)
            uow.commit()

    def drop_view(self, owner_ref: str, view_id: str) -> None:
        """Let go of a view; one that is not there is gone already."""
        with self._database.write() as uow:
            uow.execute(delete(_VIEW).where(_VIEW.c.owner_ref == owner_ref, _VIEW.c.id == view_id))
            uow.commit()

    def notes(self, letter_id: str) -> tuple[Note, ...]:
        """Return the notes on a letter, the oldest first."""
        columns = (_NOTE.c.id, _NOTE.c.author, _NOTE.c.body, _NOTE.c.written_at)
        query = select(*columns).where(_NOTE.c.letter_id == letter_id).order_by(_NOTE.c.id)
        with self._database.read() as connection:
            return tuple(Note(**row._asdict()) for row in connection.execute(query))

    def write_note(self, letter_id: str, *, author: str, body: str) -> None:
        """Write a note on a letter.

        Raises:
            InputError: It is empty or too long, or there are too many.
        """
        body = body.replace("\r\n", "\n").strip()
        if not body or len(body) > NOTE_MAX_CHARS or has_hidden_characters(body.replace("\n", " ")):
            msg = "The note is empty, too long, or holds invisible control characters."
            raise InputError(msg, mend=f"Type at most {NOTE_MAX_CHARS} characters.")
        with self._database.write() as uow:
            count = uow.execute(select(func.count()).where(_NOTE.c.letter_id == letter_id)).scalar_one()
            if count >= NOTES_MAX:
                msg = f"This letter has {NOTES_MAX} notes already."
                raise InputError(msg, mend="Remove one of them first.")
            now = self._clock()
            row = {"letter_id": letter_id, "author": author[:200], "body": body, "written_at": now}
            uow.add(LetterNoteRow, id=new_id(), **row)
            uow.commit()

    def drop_note(self, letter_id: str, note_id: str) -> None:
        """Let go of a note; one that is not there is gone already."""
        with self._database.write() as uow:
            uow.execute(delete(_NOTE).where(_NOTE.c.letter_id == letter_id, _NOTE.c.id == note_id))
            uow.commit()
