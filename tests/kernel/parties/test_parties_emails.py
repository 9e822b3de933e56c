"""Addresses of parties: one mailbox, one party; two mailboxes, never one."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import now
from lre_kit.errors import InvalidAddressError, NotFoundError
from lre_kit.parties.book import PartyBook
from lre_kit.parties.emails import EmailTakenError, addresses_of, key_of
from lre_kit.store.database import Database
from lre_kit.testing.parties import ACTOR, JEAN


@pytest.fixture
def book(database: Database) -> PartyBook:
    return PartyBook(database, clock=now)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x@faß.example", "x@fass.example"),
        ("groß@example.org", "gross@example.org"),
        ("x@ſ.example", "x@t.example"),
        ("jose@example.org", "josé@example.org"),
    ],
)
def test_two_mailboxes_are_never_one(one: str, other: str) -> None:
    assert key_of(one) != key_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" Jean@Example.ORG", "jean@example.org"),
        ("jean@bücher.example", "JEAN@xn--bcher-kva.example"),
        ("jean@BÜCHER.example", "jean@bücher.example"),
        ("jose\u0301@example.org", "jos\u00e9@example.org"),
    ],
)
def test_two_spellings_of_a_mailbox_are_one(one: str, other: str) -> None:
    assert key_of(one) == key_of(other)


@given(st.text(max_size=40))
def test_any_text_has_a_key_that_is_its_own(text: str) -> None:
    assert key_of(key_of(text)) == key_of(text)


def test_the_owner_of_a_look_alike_domain_is_somebody_else(book: PartyBook) -> None:
    victim = book.for_recipient(email="x@fass.example", name="Jean Dupont")
    stranger = book.for_recipient(email="x@faß.example", name="Jean Dupont")
    assert stranger.id != victim.id
    assert book.reader_of("x@faß.example") == stranger
    assert book.reader_of("X@FASS.example") == victim


def test_an_address_that_was_only_said_leads_to_nobody_until_it_is_verified(book: PartyBook) -> None:
    party = book.add(JEAN)
    book.emails.add(party.id, "Jean@Example.net", actor=ACTOR)
    book.emails.add(party.id, "jean@example.net", actor=ACTOR)
    (said,) = book.emails.of(party.id)
    assert (said.address, said.verified_at, said.is_primary) == ("Jean@Example.net", None, False)
    assert book.reader_of("jean@example.net") is None
    book.emails.verify(party.id, "jean@example.net", actor=ACTOR)
    assert book.reader_of("JEAN@example.net") == party
    (known,) = book.emails.of(party.id)
    assert known.verified_at is not None
    assert known.is_primary
    with pytest.raises(InvalidAddressError):
        book.emails.add(party.id, "nobody", actor=ACTOR)


def test_messages_go_to_the_primary_address(book: PartyBook, database: Database) -> None:
    party = book.add(JEAN)
    for address in ("a@example.net", "b@example.net"):
        book.emails.verify(party.id, address, actor=ACTOR)
    book.emails.add(party.id, "c@example.net", actor=ACTOR)
    book.emails.choose(party.id, "B@example.net", actor=ACTOR)
    with database.read() as connection:
        assert addresses_of(connection, party.id) == ["b@example.net", "a@example.net"]
    for other in ("c@example.net", "d@example.net"):
        with pytest.raises(NotFoundError):
            book.emails.choose(party.id, other, actor=ACTOR)
    assert [one.address for one in book.emails.of(party.id) if one.is_primary] == ["b@example.net"]


def test_of_ten_parties_that_show_one_mailbox_at_once_one_has_it(book: PartyBook) -> None:
    parties = [book.add(JEAN).id for _ in range(10)]

    def verify(party_id: str) -> bool:
        try:
            book.emails.verify(party_id, "jean@example.net", actor=ACTOR)
        except EmailTakenError:
            return False
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(verify, parties)) == 1
    names = [change.name for party in parties for change in book.history(party)]
    assert names.count("verify_email") == 1


def test_an_address_is_verified_within_another_act_or_not_at_all(book: PartyBook, database: Database) -> None:
    party = book.add(JEAN)
    with database.write() as uow:
        book.emails.verify(party.id, "a@example.net", actor=ACTOR, uow=uow)
    assert book.reader_of("a@example.net") is None
    with database.write() as uow:
        book.emails.verify(party.id, "a@example.net", actor=ACTOR, uow=uow)
        uow.commit()
    assert book.reader_of("a@example.net") == party
