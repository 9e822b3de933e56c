"""Letters whose reader says: this is not for me.

It is neither an acceptance nor a refusal, and no event of the letter: whoever holds a link has shown nothing
of who they are. It is kept once, reminders to that mailbox stop, and the sender learns nothing of it: the
letter goes on to the end of its window as if nobody had answered (CPCE R. 53-3). Operators see it while the
window is open; correcting the address ends it, or they find that nothing is to be done.
"""

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import UnlawfulActError
from lre_kit.letters.own_rows import OPEN, MisdirectedRow, is_misdirected
from lre_kit.letters.reading import read_letter
from lre_kit.letters.reminders import stop_reminders
from lre_kit.letters.rows import LetterRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

_ROW, _LETTER = table_of(MisdirectedRow), table_of(LetterRow)


def count_waiting(connection: Connection) -> int:
    """Return of how many letters it was said without anybody having answered it."""
    query = select(func.count()).select_from(_LETTER).where(is_misdirected())
    return int(connection.execute(query).scalar_one())


class Misdirected:
    """Takes down what readers say of letters that are not for them."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def say(self, letter_id: str, *, email: str) -> None:
        """Take it down, once, and stop the letter's reminders.

        Args:
            letter_id: The letter.
            email: To which address it went, of whose reader it is said.

        Raises:
            UnlawfulActError: The letter does not wait for an answer, or its address was corrected.
            NotFoundError: There is no such letter.
        """
        with self._database.write() as uow:
            letter = read_letter(uow.connection, letter_id, lock=True)
            if letter.phase not in OPEN or letter.recipient.email != email:
                msg = "This letter does not wait for an answer."
                raise UnlawfulActError(msg, mend="Nothing more needs to be done.")
            uow.add_missing(MisdirectedRow, letter_id=letter_id, said_at=self._clock())
            stop_reminders(uow, letter_id)
            uow.commit()

    def dismiss(self, letter_id: str) -> None:
        """Take down that nothing is to be done about it: the letter goes on as it was sent.

        Raises:
            UnlawfulActError: It was not said of this letter, or is answered already.
        """
        with self._database.write() as uow:
            waits = (_ROW.c.letter_id == letter_id, _ROW.c.dismissed_at.is_(None))
            if uow.update(update(_ROW).where(*waits).values(dismissed_at=self._clock())) != 1:
                msg = "Nobody said of this letter that it is not for them, or it is answered already."
                raise UnlawfulActError(msg, mend="Look at the letter again.")
            uow.commit()

    def report(self, letter_id: str) -> tuple[datetime, datetime | None] | None:
        """Return when it was said and when an operator dismissed it; nothing if it was not said."""
        with self._database.read() as connection:
            found = connection.execute(
                select(_ROW.c.said_at, _ROW.c.dismissed_at).where(_ROW.c.letter_id == letter_id)
            ).first()
        return None if found is None else (found.said_at, found.dismissed_at)

    def said_at(self, letter_id: str) -> datetime | None:
        """Return when it was said of a letter; nothing if it was not."""
        found = self.report(letter_id)
        return found[0] if found is not None else None
