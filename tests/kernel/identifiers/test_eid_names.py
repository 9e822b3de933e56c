"""Whether a new electronic identity is clearly a party's."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from lre_kit.clock import now
from lre_kit.identifiers.eid_names import fits_party
from lre_kit.identifiers.eid_values import EidAttributes
from lre_kit.parties.book import PartyBook
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.store.database import Database

BORN = date(1815, 12, 10)


@pytest.fixture
def book(sqlite_url: str) -> Iterator[PartyBook]:
    opened = Database(sqlite_url)
    yield PartyBook(opened, clock=now)
    opened.close()


def told(**changed: Any) -> EidAttributes:
    names: dict[str, Any] = {"given_names": "Ada Augusta", "family_name": "Lovelace", "birth_date": BORN}
    return EidAttributes(**(names | changed))


@pytest.mark.parametrize(
    ("facts", "attributes", "is_clear"),
    [
        ({}, told(), True),
        ({"given_names": "ada"}, told(), True),
        ({"family_name": "Lovelàce"}, told(), True),
        ({"birth_date": BORN}, told(), True),
        ({"birth_date": BORN}, told(birth_date=None), True),
        ({"family_name": "King"}, told(preferred_name="King"), True),
        ({"family_name": "King"}, told(), False),
        ({"birth_date": date(1816, 12, 10)}, told(), False),
        ({}, told(given_names="Bob"), False),
        ({}, told(given_names=""), False),
        ({}, told(family_name=""), False),
        ({}, EidAttributes(), False),
        # One name alone, in either place, and another alphabet: a person looks, nobody is refused.
        ({"given_names": "", "family_name": "Suharto"}, told(given_names="", family_name="Suharto"), False),
        (
            {"given_names": "Мария", "family_name": "Иванова"},
            told(given_names="МАРИЯ", family_name="Иванова"),
            True,
        ),
        (
            {"given_names": "Мария", "family_name": "Иванова"},
            told(given_names="Maria", family_name="Ivanova"),
            False,
        ),
    ],
)
def test_names_and_day_of_birth_are_compared(
    book: PartyBook, facts: dict[str, Any], attributes: EidAttributes, is_clear: bool
) -> None:
    known = {"kind": PartyKind.PERSON, "given_names": "Ada", "family_name": "Lovelace"}
    party = book.add(PartyFacts(**(known | facts)))
    assert fits_party(book)(party.id, attributes) is is_clear


def test_no_organisation_is_anybodys_identity(book: PartyBook) -> None:
    party = book.add(PartyFacts(kind=PartyKind.ORGANISATION, legal_name="Ada Lovelace"))
    assert not fits_party(book)(party.id, told())
