"""Address books over the API: entries, sending groups, tables in and out."""

from typing import Any

from pydantic import Field

from lre_kit.contacts.book import Cursor, cursor_of
from lre_kit.contacts.values import (
    Card,
    ConsentShown,
    Contact,
    ContactChangedError,
    ContactGroup,
    ContactInputError,
)
from lre_kit.csv_tables import TableError
from lre_kit.errors import InvalidAddressError, NotFoundError
from lre_kit.integration.values import Scope
from lre_kit.law.consents import Capacity
from lre_kit.parties.addresses import InvalidPostalAddressError
from lre_web.api.declaring import CSV, Asked, Call, Result, Route, Told
from lre_web.api.houses import HOUSE_ERRORS, BookAsked, book_of, suffix
from lre_web.api.models import PLAIN, PageAsked, PostalAsked, PostalTold
from lre_web.api.paging import bad_cursor, expect_id
from lre_web.api.problems import FieldProblem
from lre_web.mounting import API_PREFIX

PROBLEMS_TOLD = 200
"""Lines that an answer tells of; the rest is only counted."""


class ContactAsked(Asked):
    """What an entry says."""

    name: str = Field(max_length=200)
    """First and last name, or the name of the organisation."""
    email: str = ""
    """E-mail address; empty for somebody who receives on paper only."""
    postal: PostalAsked | None = None
    """Postal address."""
    capacity: Capacity = Capacity.CONSUMER
    """In which capacity they are addressed."""
    capacity_basis: str = ""
    """Why they are no consumer."""
    language: str = Field(default="fr", pattern="^(fr|en)$")
    """Of what is sent to them."""
    reference: str = ""
    """Your own; no recipient sees it."""

    def to_value(self) -> Card:
        """Return it as the book takes it."""
        told = self.model_dump(exclude={"postal"})
        return Card(**told, postal=self.postal.to_value() if self.postal is not None else None)


class ContactChangeAsked(ContactAsked):
    """All that an entry says from now on."""

    version: int
    """The version that was looked at: another one is not overwritten."""


class ContactsAsked(PageAsked, BookAsked):
    """Which entries are looked for, in the order of their names."""

    q: str = Field(default="", max_length=100, pattern=PLAIN)
    """Part of a name, an e-mail address or a reference."""
    group: str | None = Field(default=None, max_length=32, pattern=PLAIN)
    """Only entries of this group."""
    cursor: str | None = Field(default=None, max_length=800, pattern=PLAIN)
    """What ``next`` of the page before said."""


class ImportAsked(Asked):
    """How a table of entries is taken in."""

    encoding: str = Field(default="utf-8", pattern="^(utf-8|cp1252)$")
    """Of a table in CSV."""
    group: str | None = Field(default=None, max_length=32, pattern=PLAIN)
    """A group into which all of them are put."""
    replace: bool = False
    """Whether lines that say something else than the book change it."""
    check: bool = False
    """Only say what would be done."""


class GroupAsked(Asked):
    """A sending group."""

    name: str = Field(max_length=100)
    """What it is called."""


class MembersAsked(Asked):
    """Entries that are put into a group or taken out of it."""

    put: list[str] = Field(default_factory=list, max_length=500)
    """Ids of entries that go into it."""
    take: list[str] = Field(default_factory=list, max_length=500)
    """Ids of entries that go out of it."""


class ContactTold(Told):
    """An entry as it is kept."""

    id: str
    """Its id."""
    name: str
    """As it was given."""
    email: str
    """As it was given: never corrected."""
    postal: PostalTold | None
    """Postal address, if there is one."""
    capacity: Capacity
    """In which capacity they are addressed."""
    capacity_basis: str
    """Why they are no consumer."""
    language: str
    """Of what is sent to them."""
    reference: str
    """Your own."""
    version: int
    """Grows with each change."""
    consent: ConsentShown
    """How their consent to receive electronically from you stands."""
    twins: list[str]
    """Ids of entries that may be the same person; told where one entry is."""


class ContactPage(Told):
    """A page of entries, in the order of their names."""

    items: list[ContactTold]
    """The entries."""
    next: str | None
    """Cursor of the page after this one; nothing: this is the last."""


class GroupTold(Told):
    """A sending group."""

    id: str
    """Its id."""
    name: str
    """What it is called."""
    size: int
    """How many entries it has."""


class GroupsTold(Told):
    """Your sending groups, in the order of their names."""

    items: list[GroupTold]
    """The groups."""


class DifferenceTold(Told):
    """A line that says something else than the book."""

    line: int
    """Its number in the table."""
    contact: str
    """The entry's id."""
    fields: list[str]
    """In which fields."""


class ImportTold(Told):
    """What a table of entries held."""

    lines: int
    """Lines of it."""
    added: int
    """Entries that were added, or would be."""
    same: int
    """Lines that say what the book says already."""
    differing: list[DifferenceTold]
    """Lines that say something else."""


class ImportLinesError(ContactInputError):
    """Lines of a table of entries cannot be kept; nothing was."""

    slug = "contact-lines"


def _told(call: Call, contacts: list[Contact], *, with_twins: bool = False) -> list[ContactTold]:
    book, owner = call.office.contacts.book, book_of(call)
    consents = book.consents(owner, contacts)
    return [
        ContactTold(
            id=each.id,
            version=each.version,
            consent=consents[each.id],
            twins=[twin.id for twin in book.twins_of(owner, each)] if with_twins else [],
            **each.card.to_json(),
        )
        for each in contacts
    ]


def _one_told(call: Call, contact: Contact) -> Result:
    [told] = _told(call, [contact], with_twins=True)
    return Result(body=told)


def _missing() -> NotFoundError:
    return NotFoundError("There is no such entry.", mend="Look in the list of them.")


def _id(call: Call, name: str = "contact_id") -> str:
    return expect_id(str(call.args[name]), _missing)


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    name, _, last = text.rpartition("~")
    if not last:
        raise bad_cursor()
    return name, last


def _list(call: Call) -> Result:
    asked: ContactsAsked = call.query
    after = _cursor(asked.cursor)
    found = call.office.contacts.book.page(
        book_of(call), text=asked.q, group_id=asked.group, limit=asked.limit + 1, after=after
    )
    page, rest = found[: asked.limit], found[asked.limit :]
    following = "~".join(cursor_of(page[-1])) if rest else None
    return Result(body=ContactPage(items=_told(call, page), next=following))


def _read(call: Call) -> Result:
    return _one_told(call, call.office.contacts.book.by_id(book_of(call), _id(call)))


def _add(call: Call) -> Result:
    made = call.office.contacts.book.add(book_of(call), call.body.to_value(), also=call.note)
    return _placed(call, made.id)


def _placed(call: Call, contact_id: str) -> Result:
    found = _one_told(call, call.office.contacts.book.by_id(book_of(call), contact_id))
    place = f"{call.office.links.sender_url}{API_PREFIX}/contacts/{contact_id}{suffix(call)}"
    return Result(body=found.body, headers={"Location": place})


def _change(call: Call) -> Result:
    asked: ContactChangeAsked = call.body
    told = asked.model_dump(exclude={"postal", "version"})
    card = Card(**told, postal=asked.postal.to_value() if asked.postal is not None else None)
    book = call.office.contacts.book
    return _one_told(call, book.change(book_of(call), _id(call), card, version=asked.version, also=call.note))


def _again(call: Call, contact_id: str) -> Result:
    return _one_told(call, call.office.contacts.book.by_id(book_of(call), contact_id))


def _remove(call: Call) -> Result:
    contact_id = _id(call)
    call.office.contacts.book.remove(book_of(call), contact_id, also=call.note)
    return _groups(call)


def _take_in(call: Call) -> Result:
    asked: ImportAsked = call.body
    stream: Any = call.files["table"][0].stream
    sheets, owner = call.office.contacts.sheets, book_of(call)
    lines = sheets.read(stream, encoding=asked.encoding, limit=call.office.settings.bulk_lines_max)
    if asked.check:
        report = sheets.check(owner, lines)
    else:
        report = sheets.take_in(
            owner, lines, group_id=asked.group, replace_differing=asked.replace, also=call.note
        )
    if report.problems:
        error = ImportLinesError(
            f"{len(report.problems)} of {report.lines} lines cannot be kept.",
            mend="Correct them, and send the table again.",
        )
        error.errors = tuple(  # type: ignore[attr-defined]
            FieldProblem(pointer=f"/table/{line}", detail=f"{each.problem} {each.mend}")
            for line, each in list(report.problems.items())[:PROBLEMS_TOLD]
        )
        raise error
    differing = [
        DifferenceTold(line=each.line, contact=each.contact_id, fields=list(each.fields))
        for each in report.differing[:PROBLEMS_TOLD]
    ]
    told = ImportTold(lines=report.lines, added=report.added, same=report.same, differing=differing)
    return Result(body=told)


def _export(call: Call) -> Result:
    lines = (line.encode() for line in call.office.contacts.sheets.lines(book_of(call)))
    return Result(body=lines, media=f"{CSV}; charset=utf-8", name="contacts.csv")


def _group_told(group: ContactGroup) -> GroupTold:
    return GroupTold(id=group.id, name=group.name, size=group.size)


def _groups(call: Call) -> Result:
    found = call.office.contacts.groups.all(book_of(call))
    return Result(body=GroupsTold(items=[_group_told(each) for each in found]))


def _groups_again(call: Call, subject: str) -> Result:
    del subject
    return _groups(call)


def _group_add(call: Call) -> Result:
    made = call.office.contacts.groups.add(book_of(call), call.body.name, also=call.note)
    return _group_placed(call, made.id)


def _group_placed(call: Call, group_id: str) -> Result:
    place = f"{call.office.links.sender_url}{API_PREFIX}/contact-groups/{group_id}{suffix(call)}"
    return Result(body=_group_again(call, group_id).body, headers={"Location": place})


def _group_again(call: Call, group_id: str) -> Result:
    return Result(body=_group_told(call.office.contacts.groups.by_id(book_of(call), group_id)))


def _group_read(call: Call) -> Result:
    return _group_again(call, _id(call, "group_id"))


def _group_remove(call: Call) -> Result:
    call.office.contacts.groups.remove(book_of(call), _id(call, "group_id"), also=call.note)
    return _groups(call)


def _members(call: Call) -> Result:
    asked: MembersAsked = call.body
    groups, owner, group_id = call.office.contacts.groups, book_of(call), _id(call, "group_id")
    groups.put(owner, group_id, [expect_id(each, _missing) for each in asked.put])
    gone = [expect_id(each, _missing) for each in asked.take]
    return Result(body=_group_told(groups.take(owner, group_id, gone, also=call.note)))


_ONE, _GROUP = "/contacts/<contact_id>", "/contact-groups/<group_id>"
_WRONG = (ContactInputError, InvalidAddressError, InvalidPostalAddressError)

ROUTES = (
    Route(
        method="GET", path="/contacts", name="listContacts", tag="Address book", scope=Scope.CONTACTS_READ,
        summary="List the entries of your address book", handler=_list, query=ContactsAsked,
        answer=ContactPage,
        errors=HOUSE_ERRORS,
    ),
    Route(
        method="POST", path="/contacts", name="addContact", tag="Address book", scope=Scope.CONTACTS_WRITE,
        summary="Add an entry", handler=_add, query=BookAsked, body=ContactAsked, answer=ContactTold,
        status=201, is_act=True,
        has_etag=True, again=_placed, errors=(*HOUSE_ERRORS, *_WRONG),
        about="`twins` names entries that may be the same person; nothing is joined.",
    ),
    Route(
        method="GET", path="/contacts.csv", name="exportContacts", tag="Address book",
        scope=Scope.CONTACTS_READ, summary="Download the book as CSV, no cell of it a formula",
        handler=_export, query=BookAsked, media=(CSV,),
        errors=HOUSE_ERRORS,
    ),
    Route(
        method="POST", path="/contacts/import", name="importContacts", tag="Address book",
        scope=Scope.CONTACTS_WRITE, summary="Take in a table of entries, all of them or none",
        about="No address changes unless `replace` asks for it: lines that say something else are told.",
        handler=_take_in, query=BookAsked, body=ImportAsked, takes_json=False, part="import",
        files={"table": "The entries, one a line: CSV or XLSX, with a column name"}, answer=ImportTold,
        is_act=True, errors=(*HOUSE_ERRORS, TableError, ImportLinesError),
    ),
    Route(
        method="GET", path=_ONE, name="readContact", tag="Address book", scope=Scope.CONTACTS_READ,
        summary="Read an entry", handler=_read, query=BookAsked, answer=ContactTold, has_etag=True,
        errors=HOUSE_ERRORS,
    ),
    Route(
        method="PUT", path=_ONE, name="changeContact", tag="Address book", scope=Scope.CONTACTS_WRITE,
        summary="Change an entry", handler=_change, query=BookAsked, body=ContactChangeAsked,
        answer=ContactTold, is_act=True,
        has_etag=True, again=_again, errors=(*HOUSE_ERRORS, ContactChangedError, *_WRONG),
    ),
    Route(
        method="DELETE", path=_ONE, name="removeContact", tag="Address book", scope=Scope.CONTACTS_WRITE,
        summary="Remove an entry; letters that were sent stay", handler=_remove, query=BookAsked,
        answer=GroupsTold,
        is_act=True, again=_groups_again, errors=HOUSE_ERRORS,
    ),
    Route(
        method="GET", path="/contact-groups", name="listContactGroups", tag="Address book",
        scope=Scope.CONTACTS_READ, summary="List your sending groups", handler=_groups, query=BookAsked,
        answer=GroupsTold,
        errors=HOUSE_ERRORS,
    ),
    Route(
        method="POST", path="/contact-groups", name="addContactGroup", tag="Address book",
        scope=Scope.CONTACTS_WRITE, summary="Make a sending group", handler=_group_add, query=BookAsked,
        body=GroupAsked,
        answer=GroupTold, status=201, is_act=True, again=_group_placed, errors=(*HOUSE_ERRORS,
        ContactInputError),
    ),
    Route(
        method="GET", path=_GROUP, name="readContactGroup", tag="Address book", scope=Scope.CONTACTS_READ,
        summary="Read a sending group", handler=_group_read, query=BookAsked, answer=GroupTold,
        errors=HOUSE_ERRORS,
    ),
    Route(
        method="DELETE", path=_GROUP, name="removeContactGroup", tag="Address book",
        scope=Scope.CONTACTS_WRITE, summary="Remove a sending group; its entries stay",
        handler=_group_remove, query=BookAsked,
        answer=GroupsTold, is_act=True, again=_groups_again, errors=HOUSE_ERRORS,
    ),
    Route(
        method="POST", path=f"{_GROUP}/members", name="changeContactGroup", tag="Address book",
        scope=Scope.CONTACTS_WRITE, summary="Put entries into a sending group, or take them out",
        handler=_members, query=BookAsked, body=MembersAsked, answer=GroupTold, is_act=True,
        again=_group_again,
        errors=HOUSE_ERRORS,
    ),
)  # fmt: skip
"""The routes of address books."""
