"""E-mail addresses of parties: kept as typed, and verified for one party only."""

import unicodedata
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Connection, delete, select, update

from lre_kit.clock import Clock
from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.parties.changes import note_change
from lre_kit.parties.rows import PartyEmailRow
from lre_kit.parties.standing import lock_standing, standing_id
from lre_kit.parties.values import checked_address
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

_EMAIL = table_of(PartyEmailRow)
_LOWER = {capital: capital + 32 for capital in range(ord("A"), ord("Z") + 1)}


class EmailTakenError(UnlawfulActError):
    """Another party had this address verified: both may be one person, to be merged."""

    slug = "email-taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyEmail:
    """An address of a party, as it was typed.

    Attributes:
        verified_at: When it was shown that the party reads it; nothing if it was not, or not any more.
        is_primary: Whether messages to the party go there.
    """

    address: str
    verified_at: datetime | None
    is_primary: bool

    def __repr__(self) -> str:
        """Say nothing of whose it is."""
        return f"PartyEmail(verified={self.verified_at is not None}, primary={self.is_primary})"


def key_of(address: str) -> str:
    """Return what the spellings of one mailbox share, and no two mailboxes.

    The domain is taken in the form that is looked up (RFC 5891): ``faß.example`` and ``fass.example`` are
    two domains, though Unicode's case folding makes them one. Before the ``@`` only the capitals of ASCII
    are folded: no mail server tells those apart.
    """
    text = unicodedata.normalize("NFC", address.strip())
    local, _, domain = text.rpartition("@")
    with suppress(EmailNotValidError):
        domain = validate_email(text, check_deliverability=False, test_environment=True).ascii_domain
    return f"{local}@{domain}".translate(_LOWER)


def holder_of(connection: Connection, address: str) -> str | None:
    """Return the party that had an address verified, if one had."""
    query = select(_EMAIL.c.party_id).where(_EMAIL.c.verified_key == key_of(address))
    found: str | None = connection.execute(query).scalar()
    return found


def addresses_of(connection: Connection, party_id: str) -> list[str]:
    """Return the verified addresses of a party, the primary one first, then the first verified."""
    query = (
        select(_EMAIL.c.address)
        .where(_EMAIL.c.party_id == party_id, _EMAIL.c.verified_key.is_not(None))
        .order_by(_EMAIL.c.is_primary.desc(), _EMAIL.c.verified_at, _EMAIL.c.id)
    )
    return list(connection.execute(query).scalars())


def add_verified(uow: UnitOfWork, party_id: str, address: str, *, at: datetime) -> None:
    """Note that a party reads an address; its first one becomes the primary one.

    Raises:
        EmailTakenError: Another party had it verified.
        UniqueViolation: Another party has it verified at this moment (when the unit of work is sent).
    """
    key = key_of(address)
    holder = uow.execute(select(_EMAIL.c.party_id).where(_EMAIL.c.verified_key == key)).scalar()
    if holder == party_id:
        return
    if holder is not None:
        raise _taken()
    primary = select(_EMAIL.c.id).where(_EMAIL.c.party_id == party_id, _EMAIL.c.is_primary)
    values = {
        "address": address,
        "verified_key": key,
        "verified_at": at,
        "is_primary": uow.execute(primary).first() is None,
    }
    mine = (_EMAIL.c.party_id == party_id, _EMAIL.c.key == key)
    if uow.update(update(_EMAIL).where(*mine).values(**values)) == 0:
        uow.add(PartyEmailRow, id=new_id(), party_id=party_id, key=key, **values)


def move_emails(uow: UnitOfWork, from_id: str, to_id: str) -> list[str]:
    """Give a party's addresses to another and return their ids; those both have stay, unverified."""
    shared = select(_EMAIL.c.key).where(_EMAIL.c.party_id == to_id)
    both = (_EMAIL.c.party_id == from_id, _EMAIL.c.key.in_(shared), _EMAIL.c.verified_key.is_not(None))
    verified = uow.execute(select(_EMAIL.c.key, _EMAIL.c.verified_at).where(*both)).all()
    uow.execute(update(_EMAIL).where(*both).values(verified_key=None))
    for row in verified:
        mine = (_EMAIL.c.party_id == to_id, _EMAIL.c.key == row.key)
        uow.execute(update(_EMAIL).where(*mine).values(verified_key=row.key, verified_at=row.verified_at))
    has_primary = uow.execute(
        select(_EMAIL.c.id).where(_EMAIL.c.party_id == to_id, _EMAIL.c.is_primary)
    ).first()
    if has_primary:
        uow.execute(update(_EMAIL).where(_EMAIL.c.party_id == from_id).values(is_primary=False))
    rest = (_EMAIL.c.party_id == from_id, _EMAIL.c.key.not_in(shared))
    moved = list(uow.execute(select(_EMAIL.c.id).where(*rest)).scalars())
    uow.execute(update(_EMAIL).where(_EMAIL.c.id.in_(moved)).values(party_id=to_id))
    return moved


class PartyEmails:
    """Adds and verifies addresses of parties, and chooses where messages go."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    def of(self, party_id: str) -> list[PartyEmail]:
        """Return every address of a party, the primary one first, then as they came."""
        with self._database.read() as connection:
            query = (
                select(_EMAIL)
                .where(_EMAIL.c.party_id == standing_id(connection, party_id))
                .order_by(_EMAIL.c.is_primary.desc(), _EMAIL.c.id)
            )
            return [
                PartyEmail(
                    address=row.address,
                    verified_at=row.verified_at if row.verified_key else None,
                    is_primary=row.is_primary,
                )
                for row in connection.execute(query)
            ]

    def add(self, party_id: str, email: str, *, actor: Mapping[str, Any]) -> None:
        """Note an address that a party says to have; nothing was shown, and it identifies nobody.

        Raises:
            InvalidAddressError: It cannot be an address.
        """
        address, now = checked_address(email, whose="person"), self._clock()
        with self._database.write() as uow:
            (standing,) = lock_standing(uow, party_id)
            key = key_of(address)
            mine = (_EMAIL.c.party_id == standing, _EMAIL.c.key == key)
            if uow.execute(select(_EMAIL.c.id).where(*mine)).first() is None:
                row_id = new_id()
                uow.add(PartyEmailRow, id=row_id, party_id=standing, address=address, key=key)
                note_change(uow, standing, "add_email", at=now, actor=actor, after={"email": row_id})
            uow.commit()

    def verify(
        self, party_id: str, email: str, *, actor: Mapping[str, Any], uow: UnitOfWork | None = None
    ) -> None:
        """Note that a party reads an address; asked for once that was shown.

        Args:
            party_id: The party.
            email: The address.
            actor: By whom that was shown.
            uow: The act of which this is a part; without it this is an act of its own.

        Raises:
            EmailTakenError: Another party had it verified: both may be one person, to be merged.
        """
        address, now = checked_address(email, whose="person"), self._clock()
        try:
            with nullcontext(uow) if uow else self._database.write() as unit:
                (standing,) = lock_standing(unit, party_id)
                add_verified(unit, standing, address, at=now)
                note_change(unit, standing, "verify_email", at=now, actor=actor)
                if uow is None:
                    unit.commit()
        except UniqueViolation as error:
            raise _taken() from error

    def remove(self, party_id: str, email: str, *, actor: Mapping[str, Any]) -> None:
        """Forget an address of a party; were it the primary one, the next verified one becomes it.

        Raises:
            NotFoundError: The party has no such address.
        """
        key, now = key_of(email), self._clock()
        with self._database.write() as uow:
            (standing,) = lock_standing(uow, party_id)
            mine = _EMAIL.c.party_id == standing
            row = uow.execute(
                select(_EMAIL.c.id, _EMAIL.c.is_primary).where(mine, _EMAIL.c.key == key)
            ).first()
            if row is None:
                raise NotFoundError("There is no such address.", mend="Look at the list of addresses.")
            uow.execute(delete(_EMAIL).where(_EMAIL.c.id == row.id))
            if row.is_primary:
                verified = select(_EMAIL.c.id).where(mine, _EMAIL.c.verified_key.is_not(None))
                first = uow.execute(verified.order_by(_EMAIL.c.verified_at, _EMAIL.c.id).limit(1)).scalar()
                uow.execute(update(_EMAIL).where(_EMAIL.c.id == first).values(is_primary=True))
            note_change(uow, standing, "remove_email", at=now, actor=actor, before={"email": row.id})
            uow.commit()

    def choose(self, party_id: str, email: str, *, actor: Mapping[str, Any]) -> None:
        """Send messages to this one of a party's verified addresses from now on.

        Raises:
            NotFoundError: The party has no such address, or it is not verified.
        """
        key, now = key_of(email), self._clock()
        with self._database.write() as uow:
            (standing,) = lock_standing(uow, party_id)
            mine = _EMAIL.c.party_id == standing
            row_id = uow.execute(select(_EMAIL.c.id).where(mine, _EMAIL.c.verified_key == key)).scalar()
            if row_id is None:
                msg = "There is no such verified address."
                raise NotFoundError(msg, mend="Verify the address first.")
            before = uow.execute(select(_EMAIL.c.id).where(mine, _EMAIL.c.is_primary)).scalar()
            if before != row_id:
                uow.execute(update(_EMAIL).where(mine).values(is_primary=_EMAIL.c.id == row_id))
                note_change(
                    uow,
                    standing,
                    "choose_email",
                    at=now,
                    actor=actor,
                    before={"email": before},
                    after={"email": row_id},
                )
            uow.commit()


def _taken() -> EmailTakenError:
    msg = "Another party had this address verified."
    return EmailTakenError(msg, mend="If both are one person, have them merged.")
