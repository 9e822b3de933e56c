"""Filters that operators keep, each for a screen and for themselves."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select

from lre_kit.operators.errors import OperatorInputError
from lre_kit.operators.rows import OperatorFilterRow
from lre_kit.operators.rules import View
from lre_kit.operators.values import OperatorSession
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

NAME_MAX_CHARS = 60
TEXT_MAX_CHARS = 200
KEPT_MAX = 50
"""Most filters an operator keeps for one screen."""

_FILTER = table_of(OperatorFilterRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFilter:
    """A filter and its name."""

    name: str
    text: str


class SavedFilters:
    """Keeps them."""

    def __init__(self, database: Database) -> None:
        """Work on `database`."""
        self._database = database

    def of(self, session: OperatorSession, view: View) -> list[SavedFilter]:
        """Return an operator's filters for a screen, by name."""
        query = select(_FILTER.c.name, _FILTER.c.text).where(*_theirs(session, view)).order_by(_FILTER.c.name)
        with self._database.read() as connection:
            return [SavedFilter(name=row.name, text=row.text) for row in connection.execute(query)]

    def keep(self, session: OperatorSession, view: View, *, name: str, text: str) -> None:
        """Keep a filter; one of the same name makes way.

        Raises:
            OperatorInputError: The name or the filter is empty, too long or holds hidden characters, or
                there are as many as one may keep.
        """
        called, kept = " ".join(name.split()), text.strip()
        for what, most in ((called, NAME_MAX_CHARS), (kept, TEXT_MAX_CHARS)):
            if not what or len(what) > most or has_hidden_characters(what):
                msg = "This name or filter cannot be kept."
                mend = f"Use plain text: a name of at most {NAME_MAX_CHARS} characters, a filter of {most}."
                raise OperatorInputError(msg, mend=mend)
        others = [one for one in self.of(session, view) if one.name != called]
        if len(others) >= KEPT_MAX:
            msg = f"There are {KEPT_MAX} filters on this screen already."
            raise OperatorInputError(msg, mend="Drop one that is used no more.")
        with self._database.write() as uow:
            uow.execute(delete(_FILTER).where(*_theirs(session, view), _FILTER.c.name == called))
            uow.add(
                OperatorFilterRow, id=new_id(), operator=session.name, view=view.value, name=called, text=kept
            )
            uow.commit()

    def drop(self, session: OperatorSession, view: View, name: str) -> None:
        """Keep a filter no more; one that is not there stays so."""
        with self._database.write() as uow:
            uow.execute(delete(_FILTER).where(*_theirs(session, view), _FILTER.c.name == name))
            uow.commit()


def _theirs(session: OperatorSession, view: View) -> tuple[ColumnElement[bool], ...]:
    return (_FILTER.c.operator == session.name, _FILTER.c.view == view.value)
