"""Sending numbers."""

from hypothesis import given
from hypothesis import strategies as st

from lre_kit.letters.numbers import ALPHABET, new_number, parse_number


def test_numbers_are_unique_and_say_nothing_in_their_order() -> None:
    numbers = [new_number() for _ in range(2000)]
    assert len(set(numbers)) == len(numbers)
    assert numbers != sorted(numbers)


@given(st.data())
def test_one_wrong_character_is_always_noticed(data: st.DataObject) -> None:
    number = new_number()
    place = data.draw(st.sampled_from([i for i, c in enumerate(number) if c != "-"]))
    other = data.draw(st.sampled_from([c for c in ALPHABET if c != number[place]]))
    assert parse_number(number[:place] + other + number[place + 1 :]) is None


@given(st.text(max_size=30))
def test_any_text_is_a_number_in_kept_form_or_nothing(text: str) -> None:
    parsed = parse_number(text)
    assert parsed is None or parse_number(parsed) == parsed


def test_a_number_may_be_typed_as_people_type() -> None:
    number = new_number()
    assert parse_number(number.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == number
