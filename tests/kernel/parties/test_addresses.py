"""Postal addresses: printed as envelopes want them, confirmed by their holders, kept for good."""

import pytest

from lre_kit.clock import now
from lre_kit.errors import NotFoundError
from lre_kit.parties.addresses import (
    AddressBook,
    AddressChangedError,
    InvalidPostalAddressError,
    PostalAddress,
)
from lre_kit.parties.book import PartyBook
from lre_kit.parties.countries import COUNTRIES, FRENCH
from lre_kit.store.database import Database
from lre_kit.testing.parties import ACTOR, JEAN


@pytest.fixture
def book(database: Database) -> PartyBook:
    return PartyBook(database, clock=now)


def test_addresses_have_a_history_and_only_confirmed_ones_are_posted_to(
    book: PartyBook, database: Database
) -> None:
    addresses, party = AddressBook(database, clock=now), book.add(JEAN)
    first = PostalAddress(lines=("Jean Dupont", " 1 rue  de la Paix ", "", "75002 Paris"))
    addresses.set_address(party.id, first, actor=ACTOR, confirmed=False)
    assert addresses.confirmed([party.id]) == {}
    addresses.confirm(party.id, actor=ACTOR)
    assert addresses.confirmed([party.id, "other"]) == {
        party.id: {"lines": ["Jean Dupont", "1 rue de la Paix", "75002 PARIS"], "country": "FR"}
    }
    moved = PostalAddress(lines=("Jean Dupont", "Rue Haute 3", "1000 Bruxelles"), country="be")
    addresses.set_address(party.id, moved, actor=ACTOR, confirmed=True)
    old, present = addresses.history(party.id)
    assert old.valid_until is not None
    assert present == addresses.present(party.id)
    assert present.address.country == "BE"
    with pytest.raises(NotFoundError):
        addresses.confirm(book.add(JEAN).id, actor=ACTOR)


@pytest.mark.parametrize(
    ("lines", "country", "told"),
    [
        (("Jean",), "FR", "1 lines"),
        (("Jean", *["x"] * 6), "FR", "7 lines"),
        (("Jean", "x" * 39, "75002 PARIS"), "FR", "39 characters"),
        (("Jean", "1 rue", "Paris"), "FR", "postcode"),
        (("Jean", "1 rue\u202e", "75002 PARIS"), "FR", "invisible"),
        (("Jean", "1 rue", "75002 PARIS"), "France", "two-letter"),
        (("Jean", "1 rue", "75002 PARIS"), "XX", "two-letter"),
        (("Jean", "1 rue", "97400 "), "RE", "postcode"),
        (("Jean", "1 rue", "٧٥٠٠٢ PARIS"), "FR", "postcode"),
    ],
)
def test_an_address_that_cannot_be_carried_says_why(lines: tuple[str, ...], country: str, told: str) -> None:
    with pytest.raises(InvalidPostalAddressError, match=told):
        PostalAddress(lines=lines, country=country).checked()


def test_only_the_address_that_was_shown_is_confirmed(book: PartyBook, database: Database) -> None:
    addresses, party = AddressBook(database, clock=now), book.add(JEAN)
    home = PostalAddress(lines=("Jean Dupont", "1 rue de la Paix", "75002 Paris"))
    addresses.set_address(party.id, home, actor=ACTOR, confirmed=False)
    shown = addresses.present(party.id)
    moved = PostalAddress(lines=("Jean Dupont", "2 rue Haute", "69001 Lyon"))
    addresses.set_address(party.id, moved, actor=ACTOR, confirmed=False)
    with pytest.raises(AddressChangedError):
        addresses.confirm(party.id, actor=ACTOR, shown=shown)
    assert addresses.confirmed([party.id]) == {}
    addresses.confirm(party.id, actor=ACTOR, shown=addresses.present(party.id))
    assert addresses.confirmed([party.id])[party.id]["lines"][-1] == "69001 LYON"


def test_an_envelope_names_the_country_only_abroad() -> None:
    abroad = PostalAddress(lines=("Jan Jansen", "Hoogstraat 3", "1000 Brussel"), country="be").checked()
    assert abroad.printed == ("Jan Jansen", "Hoogstraat 3", "1000 BRUSSEL", "BELGIQUE")
    reunion = PostalAddress(lines=("Jean", "1 rue", "97400 Saint-Denis"), country="RE").checked()
    assert reunion.printed[-1] == "97400 SAINT-DENIS"
    assert "Jansen" not in repr(abroad)


def test_there_are_all_countries_and_their_names_fit_on_a_line() -> None:
    assert len(COUNTRIES) == 249
    assert list(COUNTRIES) == sorted(COUNTRIES)
    assert all(name == name.upper() and 3 < len(name) + 1 <= 38 for name in COUNTRIES.values())
    assert COUNTRIES.keys() >= FRENCH
