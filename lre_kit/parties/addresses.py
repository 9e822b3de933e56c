"""Postal addresses: as they are printed in an envelope's window, with their history (AFNOR NF Z10-011)."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.errors import InputError, NotFoundError, UnlawfulActError
from lre_kit.parties.changes import note_change
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.parties.countries import COUNTRIES, FRENCH
from lre_kit.parties.rows import PartyAddressRow
from lre_kit.parties.standing import lock_standing, standing_id, standing_ids
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

LINES_MAX = 6
"""Lines of an address, the name's included; a foreign country's name makes one more."""

LINE_MAX_CHARS = 38
"""Characters of a line."""

_ADDRESS = table_of(PartyAddressRow)
_CITY = re.compile(r"[0-9]{5} \S.*")


class AddressChangedError(UnlawfulActError):
    """A party's address is another one than the one that was looked at."""

    slug = "address-changed"


class InvalidPostalAddressError(InputError):
    """A postal address cannot be printed or carried."""

    slug = "invalid-postal-address"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """A postal address: its lines from the name down to the town, and its country (ISO 3166-1 alpha-2)."""

    lines: tuple[str, ...]
    country: str = "FR"

    def checked(self) -> "PostalAddress":
        """Return the address in kept form: no empty lines, and the town line in capitals.

        Raises:
            InvalidPostalAddressError: Too many or too long lines, or no town.
        """
        lines = [" ".join(line.split()) for line in self.lines if line.strip()]
        country = self.country.strip().upper()
        if country not in COUNTRIES:
            raise _bad("The country is not one of the two-letter codes.", "Give a code such as FR or BE.")
        if not 2 <= len(lines) <= LINES_MAX:
            raise _bad(f"The address has {len(lines)} lines.", f"Give two to {LINES_MAX}, the name first.")
        # Towns are written in capitals, everywhere (AFNOR NF Z10-011; UPU S42).
        lines[-1] = lines[-1].upper()
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_MAX_CHARS:
                why = f"Line {number} of the address has {len(line)} characters."
                raise _bad(why, f"Shorten it to {LINE_MAX_CHARS}.")
            if has_hidden_characters(line):
                raise _bad(f"Line {number} of the address holds invisible characters.", "Type it again.")
        if country in FRENCH and not _CITY.fullmatch(lines[-1]):
            why = "The last line of a French address is not a postcode of five digits and a town."
            raise _bad(why, "Write it like 75001 PARIS.")
        return PostalAddress(lines=tuple(lines), country=country)

    @property
    def printed(self) -> tuple[str, ...]:
        """The lines as they stand on an envelope posted in France: abroad, the country comes last."""
        return self.lines if self.country in FRENCH else (*self.lines, COUNTRIES[self.country])

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {"lines": list(self.lines), "country": self.country}

    def __repr__(self) -> str:
        """Say nothing of where it is."""
        return "PostalAddress(…)"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAddress:
    """An address of a party, and since when its holder confirmed it."""

    id: str
    address: PostalAddress
    valid_from: datetime
    valid_until: datetime | None
    confirmed_at: datetime | None


class AddressBook:
    """Postal addresses of parties."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def set_address(
        self,
        party_id: str,
        address: PostalAddress,
        *,
        actor: Mapping[str, Any],
        confirmed: bool,
        also: Callable[[UnitOfWork], None] | None = None,
    ) -> None:
        """Give a party a new address; the one before stays in the history.

        Args:
            party_id: The party.
            address: Where it lives now.
            actor: Who says so.
            confirmed: Whether the party itself confirmed it.
            also: What belongs to the same act, such as telling the party of it.

        Raises:
            InvalidPostalAddressError: It cannot be printed or carried.
            NotFoundError: There is no such party.
        """
        checked, now = address.checked(), self._clock()
        with self._database.write() as uow:
            (party_id,) = lock_standing(uow, party_id)
            present = (_ADDRESS.c.party_id == party_id, _ADDRESS.c.valid_until.is_(None))
            uow.execute(update(_ADDRESS).where(*present).values(valid_until=now))
            uow.add(
                PartyAddressRow,
                id=new_id(),
                party_id=party_id,
                lines=list(checked.lines),
                country=checked.country,
                valid_from=now,
                confirmed_at=now if confirmed else None,
            )
            note_change(uow, party_id, "address", at=now, actor=actor)
            if also is not None:
                also(uow)
            uow.commit()

    def confirm(
        self,
        party_id: str,
        *,
        actor: Mapping[str, Any],
        shown: KeptAddress | None = None,
        also: Callable[[UnitOfWork], None] | None = None,
    ) -> None:
        """Note that the party confirmed its present address.

        Args:
            party_id: The party.
            actor: Who says so.
            shown: The address that was confirmed; given, another one that came meanwhile is not.
            also: What belongs to the same act.

        Raises:
            NotFoundError: It has none.
            AddressChangedError: It has another one than the one that was shown.
        """
        now = self._clock()
        with self._database.write() as uow:
            (party_id,) = lock_standing(uow, party_id)
            present = (_ADDRESS.c.party_id == party_id, _ADDRESS.c.valid_until.is_(None))
            if shown is not None:
                row = uow.execute(select(_ADDRESS.c.id).where(*present)).first()
                if row is not None and row.id != shown.id:
                    msg = "Another address was given meanwhile."
                    raise AddressChangedError(msg, mend="Look at it, then confirm it.")
            if uow.update(update(_ADDRESS).where(*present).values(confirmed_at=now)) != 1:
                raise NotFoundError("There is no address to confirm.", mend="Give the address first.")
            note_change(uow, party_id, "confirm_address", at=now, actor=actor)
            if also is not None:
                also(uow)
            uow.commit()

    def present(self, party_id: str) -> KeptAddress | None:
        """Return a party's present address, if it has one."""
        return next((kept for kept in self.history(party_id) if kept.valid_until is None), None)

    def history(self, party_id: str) -> Sequence[KeptAddress]:
        """Return all addresses a party had, the oldest first."""
        with self._database.read() as connection:
            query = (
                select(_ADDRESS)
                .where(_ADDRESS.c.party_id == standing_id(connection, party_id))
                .order_by(_ADDRESS.c.valid_from, _ADDRESS.c.id)
            )
            return [_kept(row) for row in connection.execute(query)]

    def confirmed(self, party_ids: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the confirmed present address of each of these who has one, as plain values."""
        with self._database.read() as connection:
            standing = standing_ids(connection, party_ids)
            query = select(_ADDRESS.c.party_id, _ADDRESS.c.lines, _ADDRESS.c.country).where(
                _ADDRESS.c.party_id.in_(set(standing.values())),
                _ADDRESS.c.valid_until.is_(None),
                _ADDRESS.c.confirmed_at.is_not(None),
            )
            found = {
                row.party_id: {"lines": row.lines, "country": row.country}
                for row in connection.execute(query)
            }
        return {each: found[stands] for each, stands in standing.items() if stands in found}


def _kept(row: Any) -> KeptAddress:
    return KeptAddress(
        id=row.id,
        address=PostalAddress(lines=tuple(row.lines), country=row.country),
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        confirmed_at=row.confirmed_at,
    )


def _bad(problem: str, mend: str) -> InvalidPostalAddressError:
    return InvalidPostalAddressError(problem, mend=mend)
