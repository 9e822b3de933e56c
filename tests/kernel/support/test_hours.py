"""Opening hours: the week, Wednesdays, public holidays, closures, openings, changes of clocks."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import ConfigurationError
from lre_kit.support.hours import DEFAULT, LOOK_AHEAD, OpeningHours, parse_hours, read_hours

PARIS = ZoneInfo("Europe/Paris")
USUAL = parse_hours(DEFAULT)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("at", "is_open", "changes_at"),
    [
        ("2026-11-30T09:00", True, "2026-11-30T12:30"),  # a Monday
        ("2026-11-30T12:30", False, "2026-11-30T14:00"),  # the end is exclusive
        ("2026-12-02T15:00", False, "2026-12-03T09:00"),  # Wednesdays close at noon
        ("2026-12-04T17:30", False, "2026-12-07T09:00"),  # Friday evening: Monday
        ("2027-03-29T10:00", False, "2027-03-30T09:00"),  # Easter Monday
        ("2027-05-06T10:00", False, "2027-05-07T09:00"),  # Ascension
        ("2027-03-28T02:30", False, "2027-03-30T09:00"),  # an hour that the clocks leave out, Easter Sunday
    ],
)
def test_it_says_open_now_or_when_it_opens(at: str, is_open: bool, changes_at: str) -> None:
    found = USUAL.at(paris(at))
    assert (found.is_open, found.changes_at) == (is_open, paris(changes_at))


def test_a_holiday_is_named_in_both_languages() -> None:
    why = USUAL.at(paris("2027-05-06T10:00")).why
    assert why is not None
    assert (why.fr, why.en) == ("Ascension", "Ascension Day")


def test_good_friday_is_a_holiday_in_alsace_and_moselle_alone() -> None:
    at = paris("2027-03-26T10:00")
    assert USUAL.at(at).is_open
    east = parse_hours(DEFAULT.replace('holidays = "FR"', 'holidays = "FR-alsace-moselle"'))
    assert east.at(at).why is not None
    assert not east.at(at).is_open
    none = parse_hours(DEFAULT.replace('holidays = "FR"', 'holidays = "none"'))
    assert none.at(paris("2027-03-29T10:00")).is_open


CLOSED = """
[[closed]]
from = 2026-12-24
until = 2027-01-03
fr = "Congés de fin d'année"
en = "Christmas break"
[[open]]
on = 2026-12-30
hours = ["10:00-11:00"]
"""


def test_a_closure_says_why_and_an_exceptional_opening_breaks_it() -> None:
    hours = parse_hours(DEFAULT + CLOSED)
    found = hours.at(paris("2026-12-28T10:00"))
    assert found.why is not None
    assert (found.is_open, found.why.en) == (False, "Christmas break")
    assert found.changes_at == paris("2026-12-30T10:00")
    assert hours.at(paris("2026-12-30T10:30")).is_open
    assert hours.at(paris("2026-12-30T11:00")).changes_at == paris("2027-01-04T09:00")


def test_nobody_is_ever_there_where_no_hours_are_set() -> None:
    found = parse_hours("").at(paris("2026-11-30T10:00"))
    assert (found.is_open, found.changes_at) == (False, None)


@pytest.mark.parametrize(
    "text",
    [
        "week = 3",
        '[week]\nlundi = ["09:00-12:00"]',
        '[week]\nmonday = ["12:00-09:00"]',
        '[week]\nmonday = ["09:00-25:00"]',
        '[week]\nmonday = ["09:00-12:00", "11:00-13:00"]',
        'holidays = "DE"',
        'zone = "Europe/Nowhere"',
        "oops",
        'unknown = "x"',
        '[[closed]]\nfrom = "2026-12-24"\nfr = "a"\nen = "b"',
        '[[closed]]\nfrom = 2026-12-24\nuntil = 2026-12-23\nfr = "a"\nen = "b"',
        '[[closed]]\nfrom = 2026-12-24\nfr = "a"',
    ],
)
def test_hours_that_cannot_be_understood_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_hours(text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="hours"):
        read_hours(tmp_path / "hours.toml")
    assert read_hours(None) == USUAL


# --- for any week and any instant ------------------------------------------------------------------------


@st.composite
def any_hours(draw: st.DrawFn) -> OpeningHours:
    lines = [
        f'zone = "{draw(st.sampled_from(["Europe/Paris", "Pacific/Noumea", "America/Cayenne", "UTC"]))}"'
    ]
    lines += [f'holidays = "{draw(st.sampled_from(["none", "FR", "FR-alsace-moselle"]))}"', "[week]"]
    for day in draw(
        st.lists(
            st.sampled_from("monday tuesday wednesday thursday friday saturday sunday".split()), unique=True
        )
    ):
        marks = sorted(draw(st.sets(st.integers(0, 48), min_size=2, max_size=6)))
        pairs = zip(marks[::2], marks[1::2], strict=False)
        texts = [f'"{a // 2:02}:{a % 2 * 30:02}-{b // 2:02}:{b % 2 * 30:02}"' for a, b in pairs]
        lines.append(f"{day} = [{', '.join(texts)}]")
    return parse_hours("\n".join(lines))


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))


@given(any_hours(), INSTANTS)
def test_what_holds_now_holds_until_it_is_said_to_change(hours: OpeningHours, at: datetime) -> None:
    found = hours.at(at)
    if found.changes_at is None:
        assert not found.is_open
        return
    assert at < found.changes_at <= at + LOOK_AHEAD + timedelta(days=1)
    before = hours.at(found.changes_at - timedelta(microseconds=1))
    assert (before.is_open, before.changes_at) == (found.is_open, found.changes_at)
    assert hours.at(found.changes_at).is_open is not found.is_open


@given(any_hours(), INSTANTS)
def test_it_is_open_exactly_within_its_spans(hours: OpeningHours, at: datetime) -> None:
    day = at.astimezone(ZoneInfo(hours.zone)).date()
    spans = list(hours.spans(day - timedelta(days=1), day + timedelta(days=1)))
    assert hours.at(at).is_open == any(opens <= at < closes for opens, closes in spans)
    assert all(opens < closes for opens, closes in spans)
    assert all(one[1] < after[0] for one, after in pairwise(spans))


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_holidays_are_those_of_the_labour_code(day: date) -> None:
    """Code du travail, art. L. 3133-1: eleven days, three of them counted from Easter."""
    hours = parse_hours("\n".join(["[week]", *(f'{d} = ["00:00-24:00"]' for d in WEEK)]))
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    moved = {easter(day.year) + timedelta(days=days) for days in (1, 39, 50)}
    assert (not hours.on(day)[0]) == ((day.month, day.day) in fixed or day in moved)


WEEK = "monday tuesday wednesday thursday friday saturday sunday".split()


def easter(year: int) -> date:
    """Meeus's rule for the Gregorian Easter, apart from the library."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, rest = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, rest + 1)
