"""Legal holds: a letter on hold is purged of nothing, whatever its spans say."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from lre_kit.clock import Clock
from lre_kit.errors import InputError, UnlawfulActError
from lre_kit.letters.reading import read_letter
from lre_kit.letters.retention_rows import HoldRow
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

REASON_MAX_CHARS = 500
"""Longest reason kept."""

ACTOR_MAX_CHARS = 200
"""Longest name of who acts."""

_HOLD = table_of(HoldRow)


class AlreadyHeldError(UnlawfulActError):
    """The letter is on hold already; nothing was changed."""

    slug = "already-held"


class NotHeldError(UnlawfulActError):
    """The letter is not on hold; nothing was changed."""

    slug = "not-held"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold on a letter, open or released."""

    reason: str
    actor: str
    placed_at: datetime
    released_at: datetime | None
    released_by: str
    release_reason: str


class Holds:
    """Places and releases holds; each act is one transaction under the letter's lock."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database`."""
        self._database = database
        self._clock = clock

    def hold(self, letter_id: str, *, reason: str, actor: str) -> Hold:
        """Place a hold: from now on nothing of the letter is purged.

        Args:
            letter_id: The letter.
            reason: Why, such as the number of a lawsuit.
            actor: Who asks for it.

        Raises:
            NotFoundError: There is no such letter.
            AlreadyHeldError: It is on hold.
            InputError: Reason or actor is empty, too long or holds hidden characters.
        """
        reason, actor = _checked(reason, REASON_MAX_CHARS), _checked(actor, ACTOR_MAX_CHARS)
        with self._database.write() as uow:
            read_letter(uow.connection, letter_id, lock=True)
            if held(uow.connection, (letter_id,)):
                msg = "This letter is on hold already."
                raise AlreadyHeldError(msg, mend="Nothing of it is purged. See: lre letters holds.")
            made = Hold(
                reason=reason, actor=actor, placed_at=self._clock(),
                released_at=None, released_by="", release_reason="",
            )  # fmt: skip
            uow.add(
                HoldRow,
                id=new_id(),
                letter_id=letter_id,
                open_key=letter_id,
                reason=made.reason,
                actor=made.actor,
                placed_at=made.placed_at,
                released_by="",
                release_reason="",
            )
            uow.commit()
        return made

    def release(self, letter_id: str, *, reason: str, actor: str) -> None:
        """Release a hold: spans that are over meanwhile are acted upon at the next purge.

        Raises:
            NotFoundError: There is no such letter.
            NotHeldError: It is not on hold.
            InputError: As for `hold`.
        """
        reason, actor = _checked(reason, REASON_MAX_CHARS), _checked(actor, ACTOR_MAX_CHARS)
        with self._database.write() as uow:
            read_letter(uow.connection, letter_id, lock=True)
            released = update(_HOLD).where(_HOLD.c.open_key == letter_id)
            values = {"open_key": None, "released_at": self._clock(), "released_by": actor}
            if uow.update(released.values(**values, release_reason=reason)) != 1:
                msg = "This letter is not on hold."
                raise NotHeldError(msg, mend="Nothing to release.")
            uow.commit()

    def of(self, letter_id: str) -> list[Hold]:
        """Return a letter's holds, the oldest first."""
        columns = tuple(_HOLD.c[name] for name in Hold.__slots__)
        query = select(*columns).where(_HOLD.c.letter_id == letter_id).order_by(_HOLD.c.placed_at, _HOLD.c.id)
        with self._database.read() as connection:
            return [Hold(**row._asdict()) for row in connection.execute(query)]


def held(connection: Connection, letter_ids: Collection[str]) -> set[str]:
    """Return which of some letters are on hold."""
    query = select(_HOLD.c.open_key).where(_HOLD.c.open_key.in_(letter_ids))
    return set(connection.execute(query).scalars())


def _checked(text: str, at_most: int) -> str:
    line = " ".join(text.split())
    if not line or len(line) > at_most or has_hidden_characters(line):
        msg = "A hold needs a reason and a name, each one plain line."
        raise InputError(msg, mend=f"Type at most {at_most} characters.")
    return line
