"""Spans of retention: whole legal years and days, and the one comparison that finds all that is over."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.clock import PARIS
from lre_kit.errors import ConfigurationError
from lre_kit.law.deadlines import retention_ends_at
from lre_kit.law.retention import RULES, DataClass, Span

INSTANTS = st.datetimes(
    min_value=datetime(2019, 1, 1), max_value=datetime(2060, 1, 1), timezones=st.just(UTC)
)
SPANS = st.builds(Span, years=st.integers(0, 12), days=st.integers(0, 800)).filter(lambda s: not s.is_endless)


@pytest.mark.parametrize(
    ("began", "span", "over"),
    [
        ("2026-01-28T12:00", Span(years=1), "2027-01-29T00:00"),
        ("2028-02-29T12:00", Span(years=1), "2029-03-01T00:00"),
        ("2026-03-28T23:59", Span(days=1), "2026-03-30T00:00"),
        ("2026-11-23T00:00", Span(days=30), "2026-12-24T00:00"),
    ],
)
def test_whole_legal_days_are_kept(began: str, span: Span, over: str) -> None:
    begins, ends = (datetime.fromisoformat(text).replace(tzinfo=PARIS) for text in (began, over))
    assert span.ends_at(begins) == ends


@given(INSTANTS, st.integers(1, 12))
def test_years_are_counted_as_for_proofs(began: datetime, years: int) -> None:
    assert Span(years=years).ends_at(began) == retention_ends_at(began, years=years)


@given(SPANS, INSTANTS, st.timedeltas(min_value=timedelta(days=-6000), max_value=timedelta(days=30)))
def test_the_comparison_finds_exactly_what_is_over(span: Span, now: datetime, back: timedelta) -> None:
    before = span.over_before(now)
    assert before is not None
    for began in (now + back, before, before - timedelta(microseconds=1)):
        ends = span.ends_at(began)
        assert ends is not None
        assert (ends <= now) is (began < before)


def test_what_is_endless_is_never_over() -> None:
    assert Span().ends_at(datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert Span().over_before(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_every_class_has_a_rule_with_its_source_and_no_span_below_its_floor() -> None:
    assert set(RULES) == set(DataClass)
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for data, rule in RULES.items():
        assert rule.data is data
        assert rule.source
        end, floor = rule.span.ends_at(began), rule.floor.ends_at(began)
        assert end is None or floor is None or end >= floor


def test_a_span_below_the_floor_or_backwards_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="too short"):
        RULES[DataClass.CONTENT].lasting(29)
    assert RULES[DataClass.CONTENT].lasting(30).span == Span(days=30)
    with pytest.raises(ConfigurationError, match="too short"):
        RULES[DataClass.PROOFS].lasting(365)
    with pytest.raises(ConfigurationError, match="negative"):
        Span(days=-1)
