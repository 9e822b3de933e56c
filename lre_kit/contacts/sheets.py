"""Address books as tables: read line by line, all or nothing; written so that no cell is a formula.

A line meets an entry by its mailbox; one without a mailbox, by its name. Where the entry says something else,
the line is told and changes nothing, unless whoever imports asks for exactly that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import BinaryIO

from sqlalchemy import Connection, select, update

from lre_kit.clock import Clock
from lre_kit.contacts.book import Also, ContactBook, card_of, columns_of, contact_of, cursor_of, expect_room
from lre_kit.contacts.groups import ContactGroups, expect_group
from lre_kit.contacts.rows import ContactMemberRow, ContactRow
from lre_kit.contacts.values import Card, Contact, Difference, ImportReport, name_key
from lre_kit.csv_tables import SheetLine, TableError, bad_line, csv_line, formula_in, restored
from lre_kit.errors import InputError, LreError
from lre_kit.parties.emails import key_of
from lre_kit.parties.recipient_cells import (
    ADDRESS_COLUMNS,
    address_of_cells,
    capacity_of,
    cells_of_address,
)
from lre_kit.store.columns import among, new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.workbooks import read_sheet

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "nom", "destinataire"),
    "email": ("email", "e-mail", "courriel", "adresse electronique", "adresse électronique"),
    **ADDRESS_COLUMNS,
    "capacity": ("capacity", "qualité", "qualite"),
    "capacity_basis": ("capacity_basis", "justification"),
    "language": ("language", "langue"),
    "reference": ("reference", "référence"),
}
"""Columns that are read and written, by the names they may have."""

PAGE = 500
"""Entries looked up or written at a time."""

_CONTACT = table_of(ContactRow)


class ContactSheets:
    """Tables into address books, and out of them."""

    def __init__(self, database: Database, *, clock: Clock, book: ContactBook, groups: ContactGroups) -> None:
        """Work on `database` by the office's `clock`."""
        self._database = database
        self._clock = clock
        self._book = book
        self._groups = groups

    def read(self, stream: BinaryIO, *, encoding: str = "utf-8", limit: int) -> Iterator[SheetLine]:
        """Yield the lines of a table of entries; errors as for `read_sheet`."""
        return read_sheet(stream, columns=COLUMNS, needed="name", encoding=encoding, limit=limit)

    def check(self, owner_ref: str, table: Iterable[SheetLine]) -> ImportReport:
        """Say what an import would do; nothing is kept.

        Raises:
            InputError: The table cannot be used at all.
        """
        cards, problems = _judged(table)
        with self._database.read() as connection:
            _, report = _compared(connection, owner_ref, cards, problems)
        return report

    def take_in(
        self,
        owner_ref: str,
        table: Iterable[SheetLine],
        *,
        group_id: str | None = None,
        replace_differing: bool = False,
        also: Also | None = None,
    ) -> ImportReport:
        """Add the entries of a table, all of them or none.

        Args:
            owner_ref: Into whose book.
            table: As read.
            group_id: A group into which all of them are put, those that were there already too.
            replace_differing: Whether lines that say something else change what the book says; what a line
                leaves empty stays as it is.
            also: What belongs to the same act.

        Raises:
            InputError: The table cannot be used at all, or the book is full.
            NotFoundError: There is no such group.
        """
        cards, problems = _judged(table)
        with self._database.write() as uow:
            uow.serialise(f"contacts {owner_ref}")
            if group_id is not None:
                expect_group(uow, owner_ref, group_id)
            met, report = _compared(uow.connection, owner_ref, cards, problems)
            if report.problems:
                return report
            expect_room(uow.connection, owner_ref, report.added)
            self._write(uow, owner_ref, cards, met, group_id, replace_differing=replace_differing)
            if also is not None:
                uow.flush()
                also(uow, group_id or owner_ref)
            uow.commit()
        return report

    def _write(
        self,
        uow: UnitOfWork,
        owner_ref: str,
        cards: Mapping[int, Card],
        met: Mapping[int, Contact],
        group_id: str | None,
        *,
        replace_differing: bool,
    ) -> None:
        now = self._clock()
        stamps = {"owner_ref": owner_ref, "version": 1, "created_at": now, "changed_at": now}
        fresh = {line: new_id() for line in cards if line not in met}
        uow.add_all(ContactRow, [{"id": fresh[line], **stamps, **columns_of(cards[line])} for line in fresh])
        for line, contact in met.items() if replace_differing else ():
            fields = contact.card.differences(cards[line])
            if fields:
                changed = replace(contact.card, **{name: getattr(cards[line], name) for name in fields})
                values = columns_of(changed) | {"version": contact.version + 1, "changed_at": now}
                uow.defer(update(_CONTACT).where(_CONTACT.c.id == contact.id).values(**values))
        if group_id is not None:
            uow.flush()
            for contact_id in (*fresh.values(), *(each.id for each in met.values())):
                uow.add_missing(ContactMemberRow, group_id=group_id, contact_id=contact_id)

    def lines(self, owner_ref: str, *, group_id: str | None = None) -> Iterator[str]:
        """Yield a book, or a group of it, as CSV, its heads first; the memory it takes does not grow."""
        yield csv_line(COLUMNS)
        for contact in self._all(owner_ref, group_id):
            cells = _cells(contact.card)
            yield csv_line([cells[column] for column in COLUMNS])

    def table_of_group(self, owner_ref: str, group_id: str) -> Iterator[SheetLine]:
        """Yield a group as the table of a bulk sending.

        Raises:
            NotFoundError: There is no such group.
        """
        for number, contact in enumerate(self._groups.members(owner_ref, group_id), start=1):
            cells = {name: text for name, text in _cells(contact.card).items() if text}
            yield SheetLine(number=number, fields=cells, cells=cells)

    def _all(self, owner_ref: str, group_id: str | None) -> Iterator[Contact]:
        if group_id is not None:
            yield from self._groups.members(owner_ref, group_id)
            return
        last: tuple[str, str] | None = None
        while found := self._book.page(owner_ref, limit=PAGE, after=last):
            yield from found
            last = cursor_of(found[-1])


def _judged(table: Iterable[SheetLine]) -> tuple[dict[int, Card], dict[int, LreError]]:
    """Return what each line says, or what is wrong with it."""
    cards: dict[int, Card] = {}
    problems: dict[int, LreError] = {}
    seen: set[str] = set()
    for line in table:
        found = _card(line)
        if isinstance(found, Card):
            key = _key(found)
            if key not in seen:
                seen.add(key)
                cards[line.number] = found
                continue
            found = bad_line("names somebody whom an earlier one names")
        problems[line.number] = found
    if not cards and not problems:
        msg = "The table names nobody."
        raise TableError(msg, mend="Write one entry a line, below the names of the columns.")
    return cards, problems


def _card(line: SheetLine) -> Card | LreError:
    if line.error is not None:
        return line.error
    if (formula := formula_in(line)) is not None:
        return formula
    fields = {name: restored(cell) for name, cell in line.fields.items()}
    try:
        return Card(
            name=fields.get("name", ""),
            email=fields.get("email", ""),
            postal=address_of_cells(fields, name=fields.get("name", "")),
            capacity=capacity_of(fields.get("capacity", "")),
            capacity_basis=fields.get("capacity_basis", ""),
            language=fields.get("language", "").lower() or "fr",
            reference=fields.get("reference", ""),
        ).checked()
    except InputError as error:
        return error


def _compared(
    connection: Connection, owner_ref: str, cards: Mapping[int, Card], problems: Mapping[int, LreError]
) -> tuple[dict[int, Contact], ImportReport]:
    """Return which entry each line meets, and what that comes to."""
    wrong = dict(problems)
    met: dict[int, Contact] = {}
    places = list(cards)
    for start in range(0, len(places), PAGE):
        chunk = {line: cards[line] for line in places[start : start + PAGE]}
        kept = _kept(connection, owner_ref, list(chunk.values()))
        for line, card in chunk.items():
            found = kept.get(_key(card), [])
            alike = [each for each in found if name_key(each.card.name) == name_key(card.name)] or found
            if len(alike) > 1:
                wrong[line] = bad_line("is met by several entries of the book: join or tell them apart first")
            elif alike:
                met[line] = alike[0]
    differing = [
        Difference(line=line, contact_id=contact.id, fields=fields)
        for line, contact in met.items()
        if (fields := contact.card.differences(cards[line]))
    ]
    report = ImportReport(
        lines=len(cards) + len(problems),
        added=len(cards) - len(met) - (len(wrong) - len(problems)),
        same=len(met) - len(differing),
        differing=tuple(differing),
        problems=dict(sorted(wrong.items())),
    )
    return met, report


def _kept(connection: Connection, owner_ref: str, cards: Sequence[Card]) -> dict[str, list[Contact]]:
    emails = [key_of(card.email) for card in cards if card.email]
    names = [name_key(card.name) for card in cards if not card.email]
    found: dict[str, list[Contact]] = {}
    for column, keys in ((_CONTACT.c.email_key, emails), (_CONTACT.c.name_key, names)):
        if not keys:
            continue
        mine = [_CONTACT.c.owner_ref == owner_ref, among(connection, column, keys)]
        if column is _CONTACT.c.name_key:
            mine.append(_CONTACT.c.email_key == "")
        for row in connection.execute(select(_CONTACT).where(*mine).order_by(_CONTACT.c.id)):
            found.setdefault(_key(card_of(row)), []).append(contact_of(row))
    return found


def _key(card: Card) -> str:
    return f"@{key_of(card.email)}" if card.email else f" {name_key(card.name)}"


def _cells(card: Card) -> dict[str, str]:
    return {
        "name": card.name,
        "email": card.email,
        "capacity": card.capacity.value,
        "capacity_basis": card.capacity_basis,
        "language": card.language,
        "reference": card.reference,
        **cells_of_address(card.postal, name=card.name),
    }
