"""Numbers, envelopes, sheets, marks, choices: the pure rules of paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.law.choosing import Caution, Needs, advice, caution
from lre_kit.law.item_numbers import SERIAL_MAX, check_digit, is_s10, kept_item_number, s10
from lre_kit.law.optimal import CHOICE_DAYS_MAX, CHOICE_DAYS_MIN, with_choice
from lre_kit.law.paper import (
    ENVELOPES,
    LINE_PITCH_MIN,
    PAGE_HEIGHT,
    PAGE_WIDTH,
    PrintOptions,
    envelope_for,
    line_pitch,
    omr_marks,
    sheets_needed,
)
from lre_kit.law.products import Claim, Product
from lre_kit.law.regimes import FRENCH
from lre_kit.parties.addresses import LINES_MAX

VECTORS = {
    12345678: 5,
    47312482: 9,
    68021109: 5,
    71291737: 7,
    66217370: 5,
    65882849: 4,
    8: 0,
    15: 5,
    0: 5,
}


@pytest.mark.parametrize(("serial", "digit"), VECTORS.items())
def test_check_digits_are_those_of_the_public_vectors(serial: int, digit: int) -> None:
    assert check_digit(serial) == digit


def test_public_numbers_are_judged_as_they_should() -> None:
    for number in ("RB123456785GB", "LU680211095FR", "LZ712917377US", "CB662173705US", "RB658828494MQ"):
        assert is_s10(number)
    assert not is_s10("RB123456786US")
    assert not is_s10("RB123456785XX", frozenset({"GB"}))
    assert kept_item_number(" rb 1234 5678 5 gb ") == "RB123456785GB"
    assert kept_item_number("RB123456786GB") is None
    assert kept_item_number("1A 023 456 789 01") == "1A02345678901"
    assert kept_item_number("=HYPERLINK(1)") is None


@given(serial=st.integers(0, SERIAL_MAX), place=st.integers(0, 7), other=st.integers(1, 9))
def test_one_wrong_digit_is_always_caught_but_for_the_known_weakness(
    serial: int, place: int, other: int
) -> None:
    digits = f"{serial:08}"
    wrong = int(digits[:place] + str((int(digits[place]) + other) % 10) + digits[place + 1 :])
    # Remainders 0 and 6 share the digit 5 (11 becomes 5), 1 and … none: the standard's own weakness.
    remainders = {
        sum(w * int(d) for w, d in zip((8, 6, 4, 2, 3, 5, 9, 7), f"{n:08}", strict=True)) % 11
        for n in (serial, wrong)
    }
    assert (check_digit(serial) != check_digit(wrong)) or remainders == {0, 6}


@given(serial=st.integers(0, SERIAL_MAX))
def test_every_serial_makes_a_valid_number(serial: int) -> None:
    assert is_s10(s10("RK", serial, "FR"))


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda one: one.name)
@given(x=st.floats(0, 1), y=st.floats(0, 1))
def test_the_window_shows_the_whole_address_wherever_the_page_slid(envelope, x: float, y: float) -> None:  # type: ignore[no-untyped-def]
    area, window = envelope.safe_area, envelope.window
    left = x * (envelope.width - PAGE_WIDTH)
    top = y * (envelope.height - envelope.folded_height)
    assert window.left - 1e-9 <= left + area.left
    assert left + area.left + area.width <= window.left + window.width + 1e-9
    assert window.top - 1e-9 <= top + area.top
    assert top + area.top + area.height <= window.top + window.height + 1e-9
    assert area.top + area.height <= envelope.folded_height <= PAGE_HEIGHT


@pytest.mark.parametrize("envelope", ENVELOPES, ids=lambda one: one.name)
def test_every_lawful_address_fits_its_area(envelope) -> None:  # type: ignore[no-untyped-def]
    for lines in range(2, LINES_MAX + 2):
        pitch = line_pitch(lines, envelope.safe_area)
        assert pitch >= LINE_PITCH_MIN
        assert pitch * lines <= envelope.safe_area.height + 1e-9


@given(pages=st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_both_sides_never_take_more_sheets_than_one_side(pages: list[int]) -> None:
    both, one = (sheets_needed(pages, PrintOptions(duplex=duplex)) for duplex in (True, False))
    assert one == 1 + sum(pages)
    assert both <= one <= 2 * both
    envelope = envelope_for(both)
    assert envelope is None or both <= envelope.sheets_max


@given(sheets=st.integers(1, 20), sequence=st.integers(0, 100))
def test_omr_marks_have_even_parity_and_one_end(sheets: int, sequence: int) -> None:
    marks = [omr_marks(sheet, sheets, sequence + sheet) for sheet in range(1, sheets + 1)]
    assert all(bars[0] and sum(bars[1:]) % 2 == 0 for bars in marks)
    assert [bars[1] for bars in marks].count(True) == 1


@pytest.mark.parametrize("days", [CHOICE_DAYS_MIN - 1, CHOICE_DAYS_MAX + 1])
def test_the_time_to_choose_has_bounds(days: int) -> None:
    with pytest.raises(ValueError, match="days"):
        with_choice(FRENCH.products[Product.SIMPLE], choice_days=days)
    with pytest.raises(ValueError, match="hybrid"):
        with_choice(FRENCH.products[Product.HYBRID], choice_days=3)


def test_a_letter_with_a_choice_asks_what_its_electronic_kind_asks() -> None:
    qualified = FRENCH.products[Product.QUALIFIED]
    chosen = with_choice(qualified, choice_days=None)
    assert chosen.product is Product.OPTIMAL
    assert chosen.recipient_level == qualified.recipient_level
    assert type(chosen).from_json(chosen.to_json()) == chosen


@given(product=st.sampled_from(Product), claim=st.sampled_from(Claim), needed=st.booleans())
def test_nobody_who_needs_a_registered_letter_sends_a_lesser_one_unwarned(
    product: Product, claim: Claim, needed: bool
) -> None:
    found = caution(product, claim, Needs(equivalence=needed))
    assert (found is None) == (not needed or product is Product.HYBRID or claim is Claim.QUALIFIED)
    if found is Caution.OFFICE_NOT_QUALIFIED:
        assert product is Product.QUALIFIED


def test_advice_never_names_simple_where_equivalence_is_needed() -> None:
    for electronic in (True, False):
        assert Product.SIMPLE not in advice(Needs(equivalence=True, electronic=electronic))
