"""The room of address books: entries, groups, tables."""

from lre_kit.clock import Clock
from lre_kit.contacts.book import ContactBook
from lre_kit.contacts.groups import ContactGroups
from lre_kit.contacts.sheets import ContactSheets
from lre_kit.store.database import Database


class Contacts:
    """Address books of senders and organisations.

    Attributes:
        book: Entries.
        groups: Sending groups.
        sheets: Tables in and out.
    """

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database` by the office's `clock`."""
        self.book = ContactBook(database, clock=clock)
        self.groups = ContactGroups(database)
        self.sheets = ContactSheets(database, clock=clock, book=self.book, groups=self.groups)
