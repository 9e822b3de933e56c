"""The book of parties: who the office knows; nothing is overwritten, two at once make one."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import now
from lre_kit.errors import InputError, InvalidNameError, NotFoundError, UnlawfulActError
from lre_kit.parties.book import ChangedMeanwhileError, PartyBook
from lre_kit.parties.emails import EmailTakenError
from lre_kit.parties.mandates import Mandates, Scope
from lre_kit.parties.persons import (
    Capacity,
    InvalidRegistrationError,
    PartyFacts,
    PartyKind,
    checked_registration,
)
from lre_kit.store.database import Database
from lre_kit.testing.parties import ACTOR, BRUMES, JEAN


@pytest.fixture
def book(database: Database) -> PartyBook:
    return PartyBook(database, clock=now)


def test_a_party_is_kept_and_corrected_with_its_history(book: PartyBook) -> None:
    party = book.add(JEAN)
    assert (party.name, party.capacity, party.version) == ("Jean Dupont", Capacity.CONSUMER, 1)
    fixed = book.correct(
        party.id, actor=ACTOR, reason="typing error", family_name="Dupond", birth_date=date(1980, 2, 29)
    )
    assert (fixed.name, fixed.version) == ("Jean Dupond", 2)
    added, change = book.history(party.id)
    assert (added.name, change.name, change.reason) == ("add", "correct", "typing error")
    assert change.before == {"family_name": "Dupont", "birth_date": None}
    assert change.after == {"family_name": "Dupond", "birth_date": "1980-02-29"}
    with pytest.raises(ChangedMeanwhileError):
        book.correct(party.id, actor=ACTOR, reason="late", version=1, family_name="X")
    with pytest.raises(InputError, match="no nickname"):
        book.correct(party.id, actor=ACTOR, reason="", nickname="x")
    assert "Dupon" not in repr(fixed)


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        (PartyFacts(kind=PartyKind.PERSON), InvalidNameError),
        (PartyFacts(kind=PartyKind.ORGANISATION, family_name="X"), InvalidNameError),
        (PartyFacts(kind=PartyKind.PERSON, family_name="X\x07Y"), InvalidNameError),
        (PartyFacts(kind=PartyKind.PERSON, family_name="X", capacity=Capacity.PROFESSIONAL), InputError),
        (replace(BRUMES, capacity_basis="x" * 201), InputError),
        (replace(BRUMES, capacity="nobody"), InputError),
        (
            PartyFacts(kind=PartyKind.ORGANISATION, legal_name="X", registration="732829321"),
            InvalidRegistrationError,
        ),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    book: PartyBook, facts: PartyFacts, error: type[Exception]
) -> None:
    with pytest.raises(error):
        book.add(facts)
    assert book.search("X") == []


@pytest.mark.parametrize(
    "facts", [{"family_name": "Suharto"}, {"given_names": "مريم"}, {"family_name": "李"}]
)
def test_a_person_may_have_one_name_in_any_alphabet(book: PartyBook, facts: dict[str, str]) -> None:
    assert book.add(PartyFacts(kind=PartyKind.PERSON, **facts)).name in facts.values()


def test_twenty_requests_of_a_host_about_one_person_make_one_party(book: PartyBook) -> None:
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: book.remember("user-7", JEAN).id, range(20)))
    assert len(set(found)) == 1
    renamed = book.remember(
        "user-7", PartyFacts(kind=PartyKind.PERSON, given_names="Jean", family_name="Durand")
    )
    assert (renamed.id, renamed.name) == (found[0], "Jean Durand")
    assert [change.name for change in book.history(found[0])] == ["add", "correct"]


def test_the_reader_of_an_address_is_one_person_however_it_is_written(book: PartyBook) -> None:
    with ThreadPoolExecutor(10) as pool:
        ids = set(
            pool.map(
                lambda n: (
                    book.for_recipient(email=("Jean@Example.net", "jean@example.net")[n % 2], name="Jean").id
                ),
                range(10),
            )
        )
    assert len(ids) == 1
    other = book.add(JEAN)
    with pytest.raises(EmailTakenError):
        book.emails.verify(other.id, "JEAN@example.net", actor=ACTOR)


def test_two_parties_that_are_one_person_are_merged_once_and_for_all(
    book: PartyBook, database: Database
) -> None:
    kept, merged = book.add(JEAN), book.add(JEAN, external_id="user-9")
    book.emails.verify(merged.id, "jean@example.net", actor=ACTOR)
    Mandates(database, clock=now).grant(
        grantor_id=merged.id, delegate_id=book.add(JEAN).id, scope={Scope.SEND}, valid_from=date(2026, 1, 1),
        valid_until=None, reference="R", actor=ACTOR,
    )  # fmt: skip
    one = book.merge(kept.id, merged.id, actor=ACTOR, reason="the same person")
    assert (one.id, one.external_id) == (kept.id, "user-9")
    assert book.by_id(merged.id) == one
    assert book.for_recipient(email="jean@example.net", name="J").id == kept.id
    assert [m.grantor_id for m in Mandates(database, clock=now).of(kept.id)] == [kept.id]
    for left, right in product((kept.id, merged.id), repeat=2):
        with pytest.raises(UnlawfulActError):
            book.merge(left, right, actor=ACTOR, reason="again")
    with pytest.raises(UnlawfulActError):
        book.merge(kept.id, book.add(BRUMES).id, actor=ACTOR, reason="different kinds")
    assert {change.name for change in book.history(merged.id)} >= {"merged"}


def test_parties_are_found_by_the_beginnings_of_words(book: PartyBook) -> None:
    ids = [book.add(JEAN).id for _ in range(3)]
    brumes = book.add(BRUMES)
    assert [party.id for party in book.search("dup")] == ids
    assert [party.id for party in book.search("dup", limit=2, after=ids[0])] == ids[1:]
    assert book.search("732829320") == book.search("fils brumes") == [brumes]
    helene = book.add(PartyFacts(kind=PartyKind.PERSON, given_names="Hélène", family_name="Élouan"))
    assert book.search("élouan") == book.search("ELOUAN helene") == [helene]
    assert book.search("upont") == book.search("%") == book.search("_") == book.search("\\") == []
    assert len(book.search("")) == 5
    assert book.search("dup", limit=0) == []
    renamed = book.correct(helene.id, actor=ACTOR, reason="married", usage_name="Ünal")
    assert book.search("unal") == [renamed]
    with pytest.raises(NotFoundError):
        book.by_id("nobody")


@pytest.mark.parametrize(
    "number", ["732 829 320", "73282932000074", "35600000000048", "HRB 12345/B".replace(" ", "")]
)
def test_registration_numbers_that_check(number: str) -> None:
    assert checked_registration(number)


@given(st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_siren_is_found(place: int, by: int) -> None:
    digits = list("732829320")
    digits[place] = str((int(digits[place]) + by) % 10)
    with pytest.raises(InvalidRegistrationError):
        checked_registration("".join(digits))


def test_a_number_of_another_country_is_kept_as_it_is() -> None:
    assert checked_registration("DE 123456789") == "DE123456789"
    with pytest.raises(InvalidRegistrationError, match="another country"):
        checked_registration("123456789")


def test_no_text_about_a_party_names_it(book: PartyBook) -> None:
    party = book.correct(book.add(JEAN).id, actor=ACTOR, reason="r", family_name="Dupond")
    book.emails.add(party.id, "jean.dupond@example.net", actor=ACTOR)
    told = repr([party, JEAN, party.person_name, book.history(party.id), book.emails.of(party.id)])
    assert "dupon" not in told.lower()


def test_twenty_corrections_at_once_leave_twenty_entries_and_one_last_version(book: PartyBook) -> None:
    party = book.add(JEAN)

    def correct(number: int) -> None:
        book.correct(party.id, actor=ACTOR, reason="r", given_names=f"Jean {number}")

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(correct, range(20)))
    changes = book.history(party.id)
    assert [change.seq for change in changes] == list(range(1, 22))
    assert book.by_id(party.id).version == 21
    for earlier, later in pairwise(changes[1:]):
        assert later.before == earlier.after


def test_of_twenty_corrections_of_one_version_one_is_made(book: PartyBook) -> None:
    party = book.add(JEAN)

    def correct(number: int) -> bool:
        try:
            book.correct(party.id, actor=ACTOR, reason="r", version=1, given_names=f"Jean {number}")
        except ChangedMeanwhileError:
            return False
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(correct, range(20))) == 1
