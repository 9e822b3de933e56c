"""One-time codes by e-mail: once, for one letter, for ten minutes, five guesses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import IdentificationError, LreError, ThrottledError
from lre_kit.identifiers.email_code import CODES_MAX, CODES_SPAN, EmailCodes, normalised
from lre_kit.identifiers.identified import Identified
from lre_kit.law.assurance import Category, Level
from lre_kit.letters.numbers import ALPHABET
from lre_kit.office import PostOffice
from lre_kit.store.columns import new_id
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office

TTL = timedelta(minutes=10)


class Mailbox:
    """Codes of one office's letters, and where they went."""

    def __init__(self, office: PostOffice, clock: MovedClock) -> None:
        self.sent: list[tuple[str, str]] = []
        self.clock = clock
        self.database = office.database
        self.codes = EmailCodes(
            office.database,
            clock=clock,
            pepper=b"p" * 32,
            ttl=TTL,
            attempts_max=5,
            deliver=lambda letter_id, code, _: self.sent.append((letter_id, code)),
        )

    def code(self, letter_id: str) -> str:
        self.codes.send_code(letter_id)
        return self.sent[-1][1]


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, database_url: str, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock, database_url=database_url) as opened:
        yield opened


@pytest.fixture
def mailbox(office: PostOffice, clock: MovedClock) -> Mailbox:
    return Mailbox(office, clock)


@pytest.fixture
def letter_id(office: PostOffice) -> str:
    return deposit_sample(office).id


def test_a_code_shows_who_reads_the_mailbox_and_no_more(mailbox: Mailbox, letter_id: str) -> None:
    before = mailbox.clock()
    found = mailbox.codes.check_code(letter_id, mailbox.code(letter_id))
    assert before < found.at < mailbox.clock()
    assert found == Identified(
        letter_id=letter_id,
        means="e-mail code",
        level=Level.LOW,
        categories=(Category.POSSESSION,),
        at=found.at,
    )


def test_a_code_works_once_even_when_sent_many_times_at_once(mailbox: Mailbox, letter_id: str) -> None:
    """F9.03."""
    code = mailbox.code(letter_id)

    def attempt(_: int) -> bool:
        try:
            mailbox.codes.check_code(letter_id, code)
        except LreError:
            return False
        return True

    with ThreadPoolExecutor(5) as pool:
        assert sum(pool.map(attempt, range(5))) == 1


def test_a_code_dies_after_five_guesses_even_if_the_sixth_is_right(mailbox: Mailbox, letter_id: str) -> None:
    """F9.04."""
    code = mailbox.code(letter_id)
    for _ in range(5):
        with pytest.raises(IdentificationError):
            mailbox.codes.check_code(letter_id, "0000-0000")
    with pytest.raises(IdentificationError):
        mailbox.codes.check_code(letter_id, code)


def test_a_code_dies_at_its_tenth_minute(mailbox: Mailbox, letter_id: str) -> None:
    code = mailbox.code(letter_id)
    mailbox.clock.advance(TTL)
    with pytest.raises(IdentificationError):
        mailbox.codes.check_code(letter_id, code)
    fresh = mailbox.code(letter_id)
    mailbox.clock.advance(TTL - timedelta(seconds=1))
    assert mailbox.codes.check_code(letter_id, fresh).letter_id == letter_id


def test_a_new_code_ends_the_one_before(mailbox: Mailbox, letter_id: str) -> None:
    first = mailbox.code(letter_id)
    second = mailbox.code(letter_id)
    with pytest.raises(IdentificationError):
        mailbox.codes.check_code(letter_id, first)
    assert mailbox.codes.check_code(letter_id, second).letter_id == letter_id


def test_a_code_is_for_one_letter(mailbox: Mailbox, letter_id: str) -> None:
    """F9.06."""
    code = mailbox.code(letter_id)
    with pytest.raises(IdentificationError):
        mailbox.codes.check_code(new_id(), code)


def test_codes_are_asked_for_a_few_times_an_hour(mailbox: Mailbox, letter_id: str) -> None:
    for _ in range(CODES_MAX):
        mailbox.code(letter_id)
    with pytest.raises(ThrottledError, match="Too many"):
        mailbox.code(letter_id)
    mailbox.clock.advance(CODES_SPAN + timedelta(seconds=1))
    assert mailbox.code(letter_id)


def test_every_failure_says_the_same(mailbox: Mailbox, letter_id: str) -> None:
    """F9.08."""
    code = mailbox.code(letter_id)
    mailbox.codes.check_code(letter_id, code)
    told = set()
    for asked, typed in ((letter_id, code), (letter_id, "zzzz"), (new_id(), code), (letter_id, "")):
        with pytest.raises(IdentificationError) as refused:
            mailbox.codes.check_code(asked, typed)
        told.add((refused.value.problem, refused.value.mend))
    assert len(told) == 1


def test_the_database_does_not_hold_the_code(mailbox: Mailbox, letter_id: str) -> None:
    code = mailbox.code(letter_id)
    with mailbox.database.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM email_code").mappings().one()
    plain = code.replace("-", "")
    assert not any(
        plain in str(value) or plain.encode() in bytes(str(value), "utf-8") for value in row.values()
    )


@given(st.text(alphabet=ALPHABET, min_size=8, max_size=8), st.sampled_from(["", "-", " ", " - ", "\u202f"]))
def test_however_a_code_is_copied_it_is_read_as_meant(code: str, between: str) -> None:
    assert normalised(code[:4] + between + code[4:]) == code
    assert normalised(f" {code.lower()}\n") == code
    assert normalised(code.replace("1", "l").replace("0", "o")) == code
