"""Address books: entries added, changed, removed, found; twins that are proposed and joined by hand.

A book belongs to a sender, or to an organisation whose senders share it. An entry never changes by itself:
no import, no letter and no bounce touches an address that somebody typed.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from lre_kit.clock import Clock
from lre_kit.consents.holding import standing_of
from lre_kit.consents.rows import ConsentRow
from lre_kit.contacts.rows import ContactMemberRow, ContactRow
from lre_kit.contacts.values import (
    Card,
    ConsentShown,
    Contact,
    ContactChangedError,
    ContactInputError,
    name_key,
)
from lre_kit.errors import NotFoundError
from lre_kit.law.consents import Capacity, ConsentRegime, ConsentState, allows, is_needed
from lre_kit.letters.paper import address_of
from lre_kit.parties.emails import key_of
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

CONTACTS_MAX = 100_000
"""Most entries of one book."""

TWINS_SHOWN = 50
"""Twins proposed at once."""

Cursor = tuple[str, str]
"""Where a page of a list ended: the last entry's name key and id."""

Also = Callable[[UnitOfWork, str], None]
"""What belongs to the same act, told the id of what it was carried out on."""

_CONTACT, _MEMBER, _CONSENT = table_of(ContactRow), table_of(ContactMemberRow), table_of(ConsentRow)

_SHOWN = {
    ConsentState.ASKED: ConsentShown.ASKED,
    ConsentState.LATER: ConsentShown.ASKED,
    ConsentState.REFUSED: ConsentShown.REFUSED,
    None: ConsentShown.NEVER_ASKED,
}


class ContactBook:
    """The entries of address books."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock

    # --- acts -------------------------------------------------------------------------------------

    def add(self, owner_ref: str, card: Card, *, also: Also | None = None) -> Contact:
        """Add an entry; one that says the same of the same person may be there: `twins_of` proposes it.

        Raises:
            InputError: Something in it cannot be used, or the book is full.
        """
        checked, now, contact_id = card.checked(), self._clock(), new_id()
        with self._database.write() as uow:
            expect_room(uow.connection, owner_ref, 1)
            uow.add(
                ContactRow, id=contact_id, owner_ref=owner_ref, version=1, created_at=now, changed_at=now,
                **columns_of(checked),
            )  # fmt: skip
            if also is not None:
                uow.flush()
                also(uow, contact_id)
            uow.commit()
        return Contact(id=contact_id, card=checked, version=1, changed_at=now)

    def change(
        self, owner_ref: str, contact_id: str, card: Card, *, version: int, also: Also | None = None
    ) -> Contact:
        """Change an entry.

        Args:
            owner_ref: Whose book.
            contact_id: Which entry.
            card: All it says from now on.
            version: The one that was looked at.
            also: What belongs to the same act.

        Raises:
            NotFoundError: There is none, or it stands in another's book.
            ContactChangedError: It was changed meanwhile.
            InputError: Something in it cannot be used.
        """
        checked, now = card.checked(), self._clock()
        with self._database.write() as uow:
            found = locked(uow, owner_ref, contact_id)
            if found.version != version:
                raise ContactChangedError
            values = columns_of(checked) | {"version": version + 1, "changed_at": now}
            uow.execute(update(_CONTACT).where(_CONTACT.c.id == contact_id).values(**values))
            if also is not None:
                also(uow, contact_id)
            uow.commit()
        return Contact(id=contact_id, card=checked, version=version + 1, changed_at=now)

    def remove(self, owner_ref: str, contact_id: str, *, also: Also | None = None) -> None:
        """Remove an entry; letters that were sent to it stay as they are.

        Raises:
            NotFoundError: There is none, or it stands in another's book.
        """
        with self._database.write() as uow:
            locked(uow, owner_ref, contact_id)
            erase(uow, [contact_id])
            if also is not None:
                also(uow, contact_id)
            uow.commit()

    def join(self, owner_ref: str, kept_id: str, twin_id: str, *, versions: tuple[int, int]) -> Contact:
        """Make one entry of two: the kept one says what it says, and takes over what it leaves empty.

        Args:
            owner_ref: Whose book.
            kept_id: The entry that stays, with the groups of both.
            twin_id: The entry that goes.
            versions: Of both, as they were looked at.

        Raises:
            NotFoundError: There are not two such entries.
            ContactChangedError: One was changed meanwhile.
        """
        if kept_id == twin_id:
            raise not_there()
        now = self._clock()
        with self._database.write() as uow:
            # In the order of ids: two who join the same two wait for each other.
            rows = {each: locked(uow, owner_ref, each) for each in sorted((kept_id, twin_id))}
            if (rows[kept_id].version, rows[twin_id].version) != versions:
                raise ContactChangedError
            kept, twin = columns_of(card_of(rows[kept_id])), columns_of(card_of(rows[twin_id]))
            filled = kept | {name: twin[name] for name, value in kept.items() if value in ("", None)}
            if kept["capacity"] != twin["capacity"]:
                filled["capacity_basis"] = kept["capacity_basis"]
            values = filled | {"version": versions[0] + 1, "changed_at": now}
            uow.execute(update(_CONTACT).where(_CONTACT.c.id == kept_id).values(**values))
            groups = select(_MEMBER.c.group_id).where(_MEMBER.c.contact_id == twin_id)
            for group_id in uow.execute(groups).scalars().all():
                uow.add_missing(ContactMemberRow, group_id=group_id, contact_id=kept_id)
            erase(uow, [twin_id])
            uow.commit()
        return self.by_id(owner_ref, kept_id)

    # --- questions --------------------------------------------------------------------------------

    def by_id(self, owner_ref: str, contact_id: str) -> Contact:
        """Return an entry.

        Raises:
            NotFoundError: There is none, or it stands in another's book.
        """
        query = select(_CONTACT).where(_CONTACT.c.id == contact_id, _CONTACT.c.owner_ref == owner_ref)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise not_there()
        return contact_of(row)

    def page(
        self,
        owner_ref: str,
        *,
        text: str = "",
        group_id: str | None = None,
        limit: int,
        after: Cursor | None = None,
    ) -> list[Contact]:
        """Return entries in the order of their names.

        Args:
            owner_ref: Whose book.
            text: Part of a name, an e-mail address or a reference.
            group_id: Only entries of this group.
            limit: How many at most.
            after: Where the page before ended (`cursor_of`).
        """
        query = select(_CONTACT).where(_CONTACT.c.owner_ref == owner_ref, *_matching(text))
        if group_id is not None:
            members = select(_MEMBER.c.contact_id).where(_MEMBER.c.group_id == group_id)
            query = query.where(_CONTACT.c.id.in_(members))
        if after is not None:
            name, last = after
            later = and_(_CONTACT.c.name_key == name, _CONTACT.c.id > last)
            query = query.where(_CONTACT.c.name_key >= name, or_(_CONTACT.c.name_key > name, later))
        query = query.order_by(_CONTACT.c.name_key, _CONTACT.c.id).limit(limit)
        with self._database.read() as connection:
            return [contact_of(row) for row in connection.execute(query)]

    def offered(self, owner_refs: Collection[str], text: str = "", *, limit: int = 20) -> list[Contact]:
        """Return entries of some books that a form may offer, in the order of their names."""
        mine = _CONTACT.c.owner_ref.in_(list(owner_refs))
        query = select(_CONTACT).where(mine, *_matching(text))
        query = query.order_by(_CONTACT.c.name_key, _CONTACT.c.id).limit(limit)
        with self._database.read() as connection:
            return [contact_of(row) for row in connection.execute(query)]

    def count(self, owner_ref: str) -> int:
        """Return how many entries a book has."""
        with self._database.read() as connection:
            return count_of(connection, owner_ref)

    def twins_of(self, owner_ref: str, contact: Contact) -> list[Contact]:
        """Return other entries that may be the same person: one mailbox, or one name."""
        same = _CONTACT.c.name_key == contact.key
        if contact.card.email:
            same = or_(same, _CONTACT.c.email_key == key_of(contact.card.email))
        query = select(_CONTACT).where(_CONTACT.c.owner_ref == owner_ref, same, _CONTACT.c.id != contact.id)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_CONTACT.c.id).limit(TWINS_SHOWN))
            return [contact_of(row) for row in rows]

    def twins(self, owner_ref: str) -> list[tuple[Contact, ...]]:
        """Return entries of a book that share a mailbox, then those that share a name; nothing is changed."""
        found: dict[frozenset[str], tuple[Contact, ...]] = {}
        with self._database.read() as connection:
            for column in (_CONTACT.c.email_key, _CONTACT.c.name_key):
                mine = (_CONTACT.c.owner_ref == owner_ref, column != "")
                shared = select(column).where(*mine).group_by(column).having(func.count() > 1)
                keys = list(connection.scalars(shared.order_by(column).limit(TWINS_SHOWN)))
                query = select(_CONTACT).where(*mine, column.in_(keys)).order_by(column, _CONTACT.c.id)
                groups: dict[str, list[Contact]] = {}
                for row in connection.execute(query) if keys else ():
                    groups.setdefault(getattr(row, column.name), []).append(contact_of(row))
                for group in groups.values():
                    found.setdefault(frozenset(each.id for each in group), tuple(group))
        return list(found.values())[:TWINS_SHOWN]

    def consents(self, owner_ref: str, contacts: Sequence[Contact]) -> dict[str, ConsentShown]:
        """Return how each entry's consent to receive electronically from the book's owner stands, by its id.

        A letter's deposit looks at it again, in its own transaction.
        """
        regime, now = ConsentRegime.CPCE_L100, self._clock()
        keys = {each.id: key_of(each.card.email) for each in contacts if _asks(each.card, regime)}
        query = select(_CONSENT).where(
            _CONSENT.c.sender_ref == owner_ref,
            _CONSENT.c.regime == regime.value,
            _CONSENT.c.recipient_key.in_(set(keys.values())),
        )
        found: dict[str, ConsentShown] = {}
        with self._database.read() as connection:
            rows = connection.execute(query) if keys else ()
            for row in rows:
                standing = standing_of(row)
                counts = allows(regime, Capacity.CONSUMER, standing, now)
                found[row.recipient_key] = (
                    ConsentShown.GIVEN if counts else _SHOWN.get(standing.state, ConsentShown.ENDED)
                )
        return {
            each.id: found.get(keys[each.id], ConsentShown.NEVER_ASKED)
            if each.id in keys
            else ConsentShown.NOT_NEEDED
            for each in contacts
        }


def cursor_of(contact: Contact) -> Cursor:
    """Return where a page that ends with this entry ends."""
    return contact.key, contact.id


def columns_of(card: Card) -> dict[str, Any]:
    """Return the columns of what an entry says."""
    keys = {"name_key": name_key(card.name), "email_key": key_of(card.email) if card.email else ""}
    return card.to_json() | keys


def card_of(row: Row[Any]) -> Card:
    """Return what a row says."""
    return Card(
        name=row.name,
        email=row.email,
        postal=address_of(row.postal) if row.postal else None,
        capacity=Capacity(row.capacity),
        capacity_basis=row.capacity_basis,
        language=row.language,
        reference=row.reference,
    )


def contact_of(row: Row[Any]) -> Contact:
    """Return the entry of a row."""
    return Contact(id=row.id, card=card_of(row), version=row.version, changed_at=row.changed_at)


def count_of(connection: Connection, owner_ref: str) -> int:
    """Return how many entries a book has."""
    query = select(func.count()).select_from(_CONTACT).where(_CONTACT.c.owner_ref == owner_ref)
    return connection.execute(query).scalar_one()


def expect_room(connection: Connection, owner_ref: str, more: int) -> None:
    """Refuse entries that a book has no room for.

    Raises:
        ContactInputError: It has not.
    """
    if count_of(connection, owner_ref) + more > CONTACTS_MAX:
        msg = "This address book is full."
        raise ContactInputError(msg, mend=f"It takes {CONTACTS_MAX} entries; remove some that serve no more.")


def locked(uow: UnitOfWork, owner_ref: str, contact_id: str) -> Row[Any]:
    """Return an entry's row, held until the transaction ends.

    Raises:
        NotFoundError: There is none, or it stands in another's book.
    """
    query = select(_CONTACT).where(_CONTACT.c.id == contact_id, _CONTACT.c.owner_ref == owner_ref)
    row = uow.execute(query.with_for_update()).first()
    if row is None:
        raise not_there()
    found: Row[Any] = row
    return found


def erase(uow: UnitOfWork, contact_ids: Sequence[str]) -> None:
    """Erase entries and their places in groups."""
    uow.execute(delete(_MEMBER).where(_MEMBER.c.contact_id.in_(contact_ids)))
    uow.execute(delete(_CONTACT).where(_CONTACT.c.id.in_(contact_ids)))


def not_there() -> NotFoundError:
    """Return the one answer for entries that are not there and those of others."""
    return NotFoundError("There is no such entry in this address book.", mend="Look in the list of them.")


def _asks(card: Card, regime: ConsentRegime) -> bool:
    return bool(card.email) and is_needed(regime, card.capacity)


def _matching(text: str) -> list[ColumnElement[bool]]:
    wanted = text.strip()
    if not wanted:
        return []
    return [
        or_(
            _CONTACT.c.name_key.contains(name_key(wanted), autoescape=True),
            _CONTACT.c.email_key.contains(wanted.lower(), autoescape=True),
            _CONTACT.c.reference == wanted,
        )
    ]
