"""Address books: nothing changes by itself, twins are proposed, tables go in and out without loss."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.consents.values import Answerer
from lre_kit.contacts.book import cursor_of
from lre_kit.contacts.room import Contacts
from lre_kit.contacts.values import (
    Card,
    ConsentShown,
    ContactChangedError,
    ContactInputError,
    ImportReport,
)
from lre_kit.csv_tables import TableError, neutral, restored
from lre_kit.errors import InputError, NotFoundError
from lre_kit.law.consents import Capacity
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.recipient_cells import address_of_cells, cells_of_address
from lre_kit.parties.values import Recipient
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, record_consent, throwaway_office

MINE, OTHER = "me", "somebody-else"
PARIS = PostalAddress(lines=("Ada Lovelace", "12 rue des Fleurs", "75001 PARIS"))
ADA = Card(name="Ada Lovelace", email="ada@example.net", postal=PARIS, reference="C-1")


@pytest.fixture
def contacts(database: Database) -> Contacts:
    return Contacts(database, clock=MovedClock())


def taken(contacts: Contacts, text: str, **more: object) -> ImportReport:
    lines = contacts.sheets.read(io.BytesIO(text.encode()), limit=1000)
    return contacts.sheets.take_in(MINE, lines, **more)  # type: ignore[arg-type]


def names(contacts: Contacts, **which: object) -> list[str]:
    return [each.card.name for each in contacts.book.page(MINE, limit=100, **which)]  # type: ignore[arg-type]


def test_an_entry_is_added_found_changed_and_removed_by_its_owner_alone(contacts: Contacts) -> None:
    kept = contacts.book.add(MINE, ADA)
    assert contacts.book.by_id(MINE, kept.id).card == ADA
    assert names(contacts, text="LOVELÀCE") == ["Ada Lovelace"]
    assert names(contacts, text="ada@EXAMPLE") == ["Ada Lovelace"]
    assert names(contacts, text="C-1") == ["Ada Lovelace"]
    assert names(contacts, text="%") == []
    changed = contacts.book.change(MINE, kept.id, Card(name="Ada King", email="ada@example.net"), version=1)
    assert (changed.card.name, changed.version) == ("Ada King", 2)
    with pytest.raises(ContactChangedError):
        contacts.book.change(MINE, kept.id, ADA, version=1)
    for act in (
        lambda: contacts.book.by_id(OTHER, kept.id),
        lambda: contacts.book.change(OTHER, kept.id, ADA, version=2),
        lambda: contacts.book.remove(OTHER, kept.id),
    ):
        with pytest.raises(NotFoundError):
            act()
    assert contacts.book.offered([OTHER]) == []
    assert [each.id for each in contacts.book.offered([OTHER, MINE], "king")] == [kept.id]
    contacts.book.remove(MINE, kept.id)
    assert names(contacts) == []


@pytest.mark.parametrize(
    "card",
    [
        Card(name=""),
        Card(name="Ada", email="nobody"),
        Card(name="Ada", email="a@example.net", capacity=Capacity.PROFESSIONAL),
        Card(name="Ada", email="a@example.net", language="de"),
        Card(name="Ada", email="a@example.net", reference="x" * 101),
        Card(name="Ada", postal=PostalAddress(lines=("Ada", "somewhere"))),
    ],
)
def test_an_entry_that_could_not_be_written_to_is_refused(contacts: Contacts, card: Card) -> None:
    with pytest.raises(InputError):
        contacts.book.add(MINE, card)
    assert names(contacts) == []


def test_pages_go_on_where_they_ended_whatever_names_repeat(contacts: Contacts) -> None:
    for number in range(7):
        contacts.book.add(MINE, Card(name="Émile" if number % 2 else "emile", email=f"{number}@example.net"))
    found, last = [], None
    while page := contacts.book.page(MINE, limit=2, after=last):
        found += [each.card.email for each in page]
        last = cursor_of(page[-1])
    assert sorted(found) == [f"{number}@example.net" for number in range(7)]


def test_twins_are_proposed_and_joined_by_hand_only(contacts: Contacts) -> None:
    first = contacts.book.add(MINE, Card(name="Ada Lovelace", email="ada@example.net"))
    second = contacts.book.add(MINE, Card(name="ADA LOVELACE", email="ada@work.example", postal=PARIS))
    contacts.book.add(MINE, Card(name="Paul", email="paul@example.net"))
    contacts.book.add(OTHER, Card(name="Paul", email="paul@example.net"))
    group = contacts.groups.add(MINE, "Tenants")
    contacts.groups.put(MINE, group.id, [second.id])
    assert [{each.id for each in pair} for pair in contacts.book.twins(MINE)] == [{first.id, second.id}]
    assert [each.id for each in contacts.book.twins_of(MINE, first)] == [second.id]
    with pytest.raises(ContactChangedError):
        contacts.book.join(MINE, first.id, second.id, versions=(1, 7))
    joined = contacts.book.join(MINE, first.id, second.id, versions=(1, 1))
    assert joined.card.email == "ada@example.net", "what the kept one says stays"
    assert joined.card.postal == PARIS, "what it left empty is taken over"
    assert contacts.groups.of(first.id) == {group.id}
    assert contacts.book.twins(MINE) == []
    with pytest.raises(NotFoundError):
        contacts.book.join(MINE, first.id, first.id, versions=(2, 2))


def test_groups_hold_entries_of_their_own_book_alone(contacts: Contacts) -> None:
    ada = contacts.book.add(MINE, ADA)
    theirs = contacts.book.add(OTHER, ADA)
    group = contacts.groups.add(MINE, " Tenants  of 12 ")
    assert contacts.groups.put(MINE, group.id, [ada.id, ada.id]).size == 1
    for act in (
        lambda: contacts.groups.put(MINE, group.id, [theirs.id]),
        lambda: contacts.groups.put(OTHER, group.id, [theirs.id]),
        lambda: contacts.groups.take(OTHER, group.id, [ada.id]),
        lambda: contacts.groups.remove(OTHER, group.id),
        lambda: list(contacts.groups.members(OTHER, group.id)),
    ):
        with pytest.raises(NotFoundError):
            act()
    with pytest.raises(ContactInputError, match="already"):
        contacts.groups.add(MINE, "TENANTS of 12")
    assert contacts.groups.add(OTHER, "Tenants of 12").size == 0
    [line] = contacts.sheets.table_of_group(MINE, group.id)
    assert (line.number, line.fields["email"], line.fields["city"]) == (1, "ada@example.net", "PARIS")
    assert contacts.groups.rename(MINE, group.id, "Owners").name == "Owners"
    assert contacts.groups.take(MINE, group.id, [ada.id]).size == 0
    contacts.groups.put(MINE, group.id, [ada.id])
    contacts.groups.remove(MINE, group.id)
    assert contacts.groups.all(MINE) == []
    assert names(contacts) == ["Ada Lovelace"]
    contacts.book.remove(MINE, ada.id)


def test_a_table_is_taken_in_whole_or_not_at_all_and_each_bad_line_is_told(contacts: Contacts) -> None:
    """F11.10: bad lines, formulas, twins of lines and addresses that cannot be printed, each by its line."""
    report = taken(
        contacts,
        "Nom;Courriel;Adresse;Code postal;Ville\n"
        "Ada;ada@example.net;12 rue des Fleurs;75001;Paris\n"
        "Bob;nobody;;;\n"
        "=1+1;eve@example.net;;;\n"
        "Ada;ADA@EXAMPLE.NET;;;\n"
        "Paul;paul@example.net;3 rue Haute;7500;Paris\n"
        "Marie;;;;\n",
    )
    assert list(report.problems) == [3, 4, 5, 6, 7]
    assert names(contacts) == []
    with pytest.raises(TableError, match="twice"):
        taken(contacts, "name,email,courriel\nAda,a@example.net,b@example.net\n")
    with pytest.raises(TableError, match="UTF-16"):
        contacts.sheets.check(
            MINE, contacts.sheets.read(io.BytesIO("name\nAda\n".encode("utf-16")), limit=10)
        )
    with pytest.raises(TableError, match="more than 2"):
        contacts.sheets.check(MINE, contacts.sheets.read(io.BytesIO(b"name\n" + b"Ada\n" * 3), limit=2))


def test_an_import_changes_no_address_unless_that_is_what_was_asked(contacts: Contacts) -> None:
    group = contacts.groups.add(MINE, "Tenants")
    assert taken(contacts, "name,email\nAda,ada@example.net\nBob,bob@example.net\n").added == 2
    again = (
        "name,email,address,postcode,city\nAda,ada@example.net,1 rue X,75001,Paris\nBob,bob@example.net,,,\n"
    )
    report = taken(contacts, again, group_id=group.id)
    assert (report.added, report.same, len(report.differing)) == (0, 1, 1)
    assert (report.differing[0].line, report.differing[0].fields) == (2, ("postal",))
    [ada] = contacts.book.page(MINE, text="ada", limit=2)
    assert ada.card.postal is None
    assert contacts.groups.by_id(MINE, group.id).size == 2, "who was there already is put into the group too"
    taken(contacts, again, replace_differing=True)
    [ada] = contacts.book.page(MINE, text="ada", limit=2)
    assert ada.card.postal == PostalAddress(lines=("Ada", "1 rue X", "75001 PARIS"))
    # A line that leaves something empty says nothing of it.
    taken(contacts, "name,email\nAda,ada@example.net\n", replace_differing=True)
    assert contacts.book.page(MINE, text="ada", limit=1)[0].card.postal is not None


def test_what_goes_out_comes_in_again_the_same_and_is_no_formula(contacts: Contacts) -> None:
    """F11.10: no cell of an export is a formula, and importing it adds nothing and changes nothing."""
    contacts.book.add(MINE, ADA)
    foreign = PostalAddress(lines=("Hôtel", "chez Max", "Rue Haute 1", "1000 BRUSSEL"), country="BE")
    contacts.book.add(MINE, Card(name="-Max & Cie", postal=foreign, reference="+1"))
    text = "".join(contacts.sheets.lines(MINE))
    rows = list(csv.reader(io.StringIO(text)))
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@"))]
    report = taken(contacts, text)
    assert (report.added, report.same, report.differing, report.problems) == (0, 2, (), {})


@given(
    st.lists(st.sampled_from(["Bât. A", "12 rue Haute", "Lieu-dit Le Pré", "Appt 3"]), max_size=4),
    st.sampled_from([("FR", "75001 PARIS"), ("BE", "1000 BRUSSEL"), ("GP", "97100 BASSE-TERRE")]),
    st.sampled_from(["Ada", "Chez Bob"]),
)
def test_an_address_survives_its_cells(between: list[str], where: tuple[str, str], first: str) -> None:
    country, town = where
    address = PostalAddress(lines=(first, *between, town), country=country).checked()
    assert address_of_cells(cells_of_address(address, name="Ada"), name="Ada") == address


@given(st.text(max_size=20))
def test_a_neutral_cell_is_restored(cell: str) -> None:
    assert restored(neutral(cell)) == cell or cell.startswith("'")


def test_an_entry_shows_how_its_consent_stands(tmp_path: Path) -> None:
    with throwaway_office(tmp_path, clock=MovedClock()) as office:
        book = office.contacts.book
        given_, silent, firm = (
            book.add(SENDER.ref, Card(name="Ada", email="ada@example.net")),
            book.add(SENDER.ref, Card(name="Bob", email="bob@example.net")),
            book.add(
                SENDER.ref,
                Card(
                    name="ACME",
                    email="x@acme.example",
                    capacity=Capacity.PROFESSIONAL,
                    capacity_basis="SIREN 1",
                ),
            ),
        )
        info = record_consent(office, Recipient(name="Ada", email="ada@example.net"))
        shown = book.consents(SENDER.ref, [given_, silent, firm])
        assert shown == {
            given_.id: ConsentShown.GIVEN,
            silent.id: ConsentShown.NEVER_ASKED,
            firm.id: ConsentShown.NOT_NEEDED,
        }
        office.consents.desk.withdraw(Answerer(consent_id=info.id, means="email_code", at=office.clock()))
        assert book.consents(SENDER.ref, [given_])[given_.id] is ConsentShown.ENDED
        assert book.consents(OTHER, [given_])[given_.id] is ConsentShown.NEVER_ASKED
