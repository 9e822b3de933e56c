"""Letters whose reader says: this is not for me.

It is neither an acceptance nor a refusal, and no event of the letter: whoever holds a link has shown nothing
of who they are. It is kept once, reminders to that mailbox stop, and the sender learns nothing of it: the
letter goes on to the end of its window as if nobody had answered (CPCE R. 53-3).
"""

from datetime import datetime

from sqlalchemy import select

from lre_kit.clock import Clock
from lre_kit.errors import UnlawfulActError
from lre_kit.letters.lifecycle import Phase
from lre_kit.letters.own_rows import MisdirectedRow
from lre_kit.letters.reading import read_letter
from lre_kit.letters.reminders import stop_reminders
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

OPEN = frozenset({Phase.NOTIFIED, Phase.CHOOSING})
"""Phases in which it can be said."""

_ROW = table_of(MisdirectedRow)


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

    def said_at(self, letter_id: str) -> datetime | None:
        """Return when it was said of a letter; nothing if it was not."""
        with self._database.read() as connection:
            found: datetime | None = connection.execute(
                select(_ROW.c.said_at).where(_ROW.c.letter_id == letter_id)
            ).scalar()
        return found
