"""Sending groups: named lists of the entries of one address book."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import delete, func, select, update

from lre_kit.contacts.book import Also, contact_of, cursor_of
from lre_kit.contacts.rows import ContactGroupRow, ContactMemberRow, ContactRow
from lre_kit.contacts.values import Contact, ContactGroup, ContactInputError, checked_group_name, name_key
from lre_kit.errors import NotFoundError
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation, UnitOfWork
from lre_kit.store.inserts import table_of

GROUPS_MAX = 500
"""Most groups of one book."""

PAGE = 500
"""Entries of a group read at a time: the memory it takes does not grow."""

_GROUP, _MEMBER, _CONTACT = table_of(ContactGroupRow), table_of(ContactMemberRow), table_of(ContactRow)


class ContactGroups:
    """The groups of address books."""

    def __init__(self, database: Database) -> None:
        """Work on `database`."""
        self._database = database

    def add(self, owner_ref: str, name: str, *, also: Also | None = None) -> ContactGroup:
        """Make an empty group.

        Raises:
            ContactInputError: The name cannot be used, another group has it, or there are too many.
        """
        checked, group_id = checked_group_name(name), new_id()
        with _named_once(), self._database.write() as uow:
            count = select(func.count()).select_from(_GROUP).where(_GROUP.c.owner_ref == owner_ref)
            if uow.execute(count).scalar_one() >= GROUPS_MAX:
                msg = f"There are {GROUPS_MAX} groups already."
                raise ContactInputError(msg, mend="Remove one that serves no more.")
            uow.add(
                ContactGroupRow, id=group_id, owner_ref=owner_ref, name=checked, name_key=name_key(checked)
            )
            if also is not None:
                uow.flush()
                also(uow, group_id)
            uow.commit()
        return ContactGroup(id=group_id, name=checked, size=0)

    def rename(self, owner_ref: str, group_id: str, name: str, *, also: Also | None = None) -> ContactGroup:
        """Call a group otherwise.

        Raises:
            NotFoundError: There is none, or it is another's.
            ContactInputError: The name cannot be used, or another group has it.
        """
        checked = checked_group_name(name)
        with _named_once(), self._database.write() as uow:
            expect_group(uow, owner_ref, group_id)
            values = {"name": checked, "name_key": name_key(checked)}
            uow.execute(update(_GROUP).where(_GROUP.c.id == group_id).values(**values))
            if also is not None:
                also(uow, group_id)
            uow.commit()
        return self.by_id(owner_ref, group_id)

    def remove(self, owner_ref: str, group_id: str, *, also: Also | None = None) -> None:
        """Remove a group; its entries stay in the book.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._database.write() as uow:
            expect_group(uow, owner_ref, group_id)
            uow.execute(delete(_MEMBER).where(_MEMBER.c.group_id == group_id))
            uow.execute(delete(_GROUP).where(_GROUP.c.id == group_id))
            if also is not None:
                also(uow, group_id)
            uow.commit()

    def put(
        self, owner_ref: str, group_id: str, contact_ids: Sequence[str], *, also: Also | None = None
    ) -> ContactGroup:
        """Put entries into a group; those that are in it stay in it.

        Raises:
            NotFoundError: There is no such group, or an entry is none of the same book.
        """
        wanted = list(dict.fromkeys(contact_ids))
        with self._database.write() as uow:
            expect_group(uow, owner_ref, group_id)
            mine = select(func.count()).where(_CONTACT.c.owner_ref == owner_ref, _CONTACT.c.id.in_(wanted))
            if uow.execute(mine).scalar_one() != len(wanted):
                msg = "One of these is no entry of this address book."
                raise NotFoundError(msg, mend="Look in the list of them.")
            for contact_id in wanted:
                uow.add_missing(ContactMemberRow, group_id=group_id, contact_id=contact_id)
            if also is not None:
                uow.flush()
                also(uow, group_id)
            uow.commit()
        return self.by_id(owner_ref, group_id)

    def take(
        self, owner_ref: str, group_id: str, contact_ids: Sequence[str], *, also: Also | None = None
    ) -> ContactGroup:
        """Take entries out of a group; they stay in the book.

        Raises:
            NotFoundError: There is no such group.
        """
        with self._database.write() as uow:
            expect_group(uow, owner_ref, group_id)
            gone = (_MEMBER.c.group_id == group_id, _MEMBER.c.contact_id.in_(list(contact_ids)))
            uow.execute(delete(_MEMBER).where(*gone))
            if also is not None:
                also(uow, group_id)
            uow.commit()
        return self.by_id(owner_ref, group_id)

    def by_id(self, owner_ref: str, group_id: str) -> ContactGroup:
        """Return a group.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        found = next((each for each in self.all(owner_ref) if each.id == group_id), None)
        if found is None:
            raise _no_group()
        return found

    def all(self, owner_ref: str) -> list[ContactGroup]:
        """Return a book's groups in the order of their names."""
        size = select(func.count()).where(_MEMBER.c.group_id == _GROUP.c.id).scalar_subquery()
        query = select(_GROUP.c.id, _GROUP.c.name, size.label("size")).where(_GROUP.c.owner_ref == owner_ref)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_GROUP.c.name_key))
            return [ContactGroup(id=row.id, name=row.name, size=row.size) for row in rows]

    def of(self, contact_id: str) -> set[str]:
        """Return the ids of the groups in which an entry is."""
        query = select(_MEMBER.c.group_id).where(_MEMBER.c.contact_id == contact_id)
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def members(self, owner_ref: str, group_id: str) -> Iterator[Contact]:
        """Yield the entries of a group in the order of their names, page by page.

        Raises:
            NotFoundError: There is no such group.
        """
        self.by_id(owner_ref, group_id)
        last: tuple[str, str] | None = None
        while True:
            members = select(_MEMBER.c.contact_id).where(_MEMBER.c.group_id == group_id)
            query = select(_CONTACT).where(_CONTACT.c.id.in_(members))
            if last is not None:
                name, contact_id = last
                after = (_CONTACT.c.name_key == name) & (_CONTACT.c.id > contact_id)
                query = query.where((_CONTACT.c.name_key > name) | after)
            query = query.order_by(_CONTACT.c.name_key, _CONTACT.c.id).limit(PAGE)
            with self._database.read() as connection:
                found = [contact_of(row) for row in connection.execute(query)]
            yield from found
            if len(found) < PAGE:
                return
            last = cursor_of(found[-1])


@contextmanager
def _named_once() -> Iterator[None]:
    """Say that a name is taken, where the database says so."""
    try:
        yield
    except UniqueViolation as error:
        msg = "There is a group of this name already."
        raise ContactInputError(msg, mend="Choose another name, or add to that group.") from error


def expect_group(uow: UnitOfWork, owner_ref: str, group_id: str) -> None:
    """Hold a group until the transaction ends.

    Raises:
        NotFoundError: There is none, or it is another's.
    """
    query = select(_GROUP.c.id).where(_GROUP.c.id == group_id, _GROUP.c.owner_ref == owner_ref)
    if uow.execute(query.with_for_update()).first() is None:
        raise _no_group()


def _no_group() -> NotFoundError:
    return NotFoundError("There is no such group in this address book.", mend="Look in the list of them.")
