"""What hosts say of parties: it is believed, and undoes nothing that was put right meanwhile."""

from dataclasses import replace
from datetime import date

import pytest

from lre_kit.clock import now
from lre_kit.errors import InputError
from lre_kit.parties.book import PartyBook
from lre_kit.parties.persons import Capacity, PartyFacts, PartyKind
from lre_kit.store.database import Database
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN

LINE = PartyFacts(kind=PartyKind.PERSON, usage_name="Jean Dupont")


@pytest.fixture
def book(database: Database) -> PartyBook:
    return PartyBook(database, clock=now)


@pytest.mark.parametrize("external_id", ["", "  ", "x" * 201, "a\x00b"])
def test_an_id_that_could_be_everybodys_is_refused(book: PartyBook, external_id: str) -> None:
    for act in (
        lambda: book.remember(external_id, JEAN),
        lambda: book.add(JEAN, external_id=external_id),
    ):
        with pytest.raises(InputError, match="id of this party"):
            act()


def test_logging_in_again_takes_away_no_capacity_and_no_language(book: PartyBook) -> None:
    party = book.remember("7", LINE)
    book.correct(
        party.id, actor=ACTOR, reason="register", language="en",
        capacity=Capacity.PROFESSIONAL, capacity_basis="RCS Paris",
    )  # fmt: skip
    again = book.remember("7", LINE)
    assert (again.capacity, again.language, again.version) == (Capacity.PROFESSIONAL, "en", 2)
    told = replace(LINE, capacity=Capacity.PUBLIC_BODY, capacity_basis="Mairie", birth_date=date(1980, 1, 1))
    assert book.remember("7", told).capacity is Capacity.PUBLIC_BODY


def test_a_name_put_in_its_parts_is_not_doubled_by_the_next_log_in(book: PartyBook) -> None:
    party = book.remember("7", LINE)
    assert party.name == "Jean Dupont"
    book.correct(
        party.id, actor=ACTOR, reason="title", given_names="Jean Marie", family_name="Dupont", usage_name=""
    )
    for said in (LINE, replace(LINE, usage_name="DUPONT Jean"), replace(LINE, usage_name="J. Dupont")):
        assert book.remember("7", said).name == "Jean Marie Dupont"
    assert len(book.history(party.id)) == 2
    married = book.remember("7", replace(LINE, usage_name="Jean Moreau"))
    assert (married.given_names, married.family_name, married.name) == ("", "", "Jean Moreau")
    assert book.history(party.id)[-1].before["given_names"] == "Jean Marie"


def test_parts_of_a_name_replace_the_line_it_was(book: PartyBook) -> None:
    party = book.remember("7", LINE)
    parted = book.remember("7", JEAN)
    assert (parted.id, parted.name, parted.usage_name) == (party.id, "Jean Dupont", "")
    book.correct(party.id, actor=ACTOR, reason="asked for", usage_name="Moreau")
    assert book.remember("7", JEAN).name == "Jean Moreau"


def test_a_host_does_not_turn_a_person_into_an_organisation(book: PartyBook) -> None:
    party = book.remember("7", JEAN)
    with pytest.raises(InputError, match="id of its own"):
        book.remember("7", BRUMES)
    assert book.by_id(party.id) == party
