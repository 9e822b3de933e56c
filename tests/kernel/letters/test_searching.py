"""What operators type to find letters."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.law.products import Product
from lre_kit.letters.phases import Phase
from lre_kit.letters.searching import Wanted, wanted_of


def test_filters_and_words_are_told_apart() -> None:
    found = wanted_of("dupont product:simple date:2026-11-30 jean état:non-récl")
    assert found.text == "dupont jean état:non-récl"
    assert found.products == frozenset({Product.SIMPLE})
    assert found.begins_at == datetime(2026, 11, 29, 23, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 11, 30, 23, tzinfo=UTC)


@pytest.mark.parametrize("phase", list(Phase))
def test_a_state_is_named_by_its_value_or_in_either_language(phase: Phase) -> None:
    for word in (phase.value, phase.french.split()[0], phase.english.split()[0].upper()):
        assert phase in (wanted_of(f"state:{word}").phases or ())


@pytest.mark.parametrize(
    ("typed", "days"), [("date:2026", 365), ("date:2024-02", 29), ("date:2026-11-01..2026-11-15", 15)]
)
def test_days_months_years_and_spans_of_them_are_days_in_paris(typed: str, days: int) -> None:
    found = wanted_of(typed)
    assert found.begins_at is not None
    assert found.ends_at is not None
    length = found.ends_at.replace(tzinfo=None) - found.begins_at.replace(tzinfo=None)
    assert length == timedelta(days=days)


def test_a_whole_number_is_found_as_one() -> None:
    assert wanted_of("7kwr-p3xa-h4nd-2mct") == Wanted(number="7KWR-P3XA-H4ND-2MCT")
    assert wanted_of("number:7KWR-P3XA-H4ND-2MCT").number == "7KWR-P3XA-H4ND-2MCT"
    assert wanted_of("7KWR-P3XA").text == "7KWR-P3XA"


@pytest.mark.parametrize(
    "typed", ["date:2026-13", "date:2026-02-30", "date:x", "state:zzz", "product:", "a:b"]
)
def test_what_is_no_filter_is_looked_for_as_it_stands(typed: str) -> None:
    assert wanted_of(typed) == Wanted(text=typed)


@given(st.text(max_size=60))
def test_anything_may_be_typed(typed: str) -> None:
    wanted_of(typed)
