"""Item numbers from the ranges given to the office: each is given once, whatever happens.

A number that was taken and whose posting then failed is not used again: a gap harms nobody, a number on two
envelopes does.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.law.item_numbers import SERIAL_MAX, s10
from lre_kit.parties.countries import COUNTRIES
from lre_kit.postroom.errors import ItemNumberError
from lre_kit.postroom.rows import PostRangeRow
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

_RANGE = table_of(PostRangeRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange:
    """A range of serials, and what is left of it."""

    service: str
    country: str
    first: int
    last: int
    next: int
    added_at: datetime

    @property
    def left(self) -> int:
        """Numbers that were not given yet."""
        return self.last - self.next + 1


class ItemNumbers:
    """Keeps ranges and gives numbers from them."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's clock."""
        self._database = database
        self._clock = clock

    def add(self, service: str, country: str, first: int, last: int) -> None:
        """Add a range given by the carrier.

        Raises:
            ItemNumberError: Not a range of S10 serials, or one that meets another.
        """
        service, country = service.strip().upper(), country.strip().upper()
        letters = len(service) == 2 and service.isascii() and service.isalpha()
        if not letters or country not in COUNTRIES:
            msg = "A range has a service of two letters and the code of a country."
            raise ItemNumberError(msg, mend="For registered letters from France: RK and FR, as agreed.")
        if not 0 <= first <= last <= SERIAL_MAX:
            msg = "The range does not lie between 00000000 and 99999999, or ends before it begins."
            raise ItemNumberError(msg, mend="Give first and last serial without their check digits.")
        with self._database.write() as uow:
            uow.serialise("post numbers")
            meets = select(_RANGE.c.id).where(
                _RANGE.c.service == service,
                _RANGE.c.country == country,
                _RANGE.c.first_serial <= last,
                _RANGE.c.last_serial >= first,
            )
            if uow.execute(meets).first() is not None:
                msg = "The range meets one that the office has."
                raise ItemNumberError(msg, mend="List them with: lre post numbers list.")
            uow.add(
                PostRangeRow,
                id=new_id(),
                service=service,
                country=country,
                first_serial=first,
                last_serial=last,
                next_serial=first,
                added_at=self._clock(),
            )
            uow.commit()

    def ranges(self) -> list[NumberRange]:
        """Return all ranges, the oldest first."""
        query = select(_RANGE).order_by(_RANGE.c.added_at, _RANGE.c.id)
        with self._database.read() as connection:
            return [
                NumberRange(
                    service=row.service,
                    country=row.country,
                    first=row.first_serial,
                    last=row.last_serial,
                    next=row.next_serial,
                    added_at=row.added_at,
                )
                for row in connection.execute(query)
            ]


def take_number(uow: UnitOfWork) -> str | None:
    """Take the next number of the oldest range that has one; nothing if the office has no ranges.

    Raises:
        ItemNumberError: It has ranges, and all are used up.
    """
    uow.serialise("post numbers")
    oldest = (
        select(_RANGE.c.id)
        .where(_RANGE.c.next_serial <= _RANGE.c.last_serial)
        .order_by(_RANGE.c.added_at, _RANGE.c.id)
        .limit(1)
        .scalar_subquery()
    )
    taking = (
        update(_RANGE)
        .where(_RANGE.c.id == oldest)
        .values(next_serial=_RANGE.c.next_serial + 1)
        .returning(_RANGE.c.service, _RANGE.c.country, _RANGE.c.next_serial)
    )
    taken = uow.execute(taking).first()
    if taken is not None:
        return s10(taken.service, taken.next_serial - 1, taken.country)
    if uow.execute(select(_RANGE.c.id).limit(1)).first() is not None:
        msg = "All ranges of item numbers are used up."
        raise ItemNumberError(msg, mend="Add one with: lre post numbers add.")
    return None
