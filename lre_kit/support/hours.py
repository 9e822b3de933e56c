"""Opening hours: data that know the week, public holidays, closures and exceptional openings.

Rules, the first that speaks decides for a legal day:

1. an exceptional opening names the day: its hours hold;
2. a closure holds over the day: closed, and its reason is said;
3. the day is a public holiday: closed, and its name is said;
4. the hours of the weekday hold.

Pure: an instant goes in, an answer comes out. Hours are local to the zone, so that a change of clocks moves
the instant and not the hour. Not here: who answers, and how fast.

Example:
    >>> from datetime import UTC, datetime
    >>> hours = parse_hours('week.monday = ["09:00-12:00"]')
    >>> hours.at(datetime(2026, 11, 30, 9, 0, tzinfo=UTC)).is_open
    True
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lre_kit.errors import ConfigurationError
from lre_kit.law.periods import Period, Words

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""Days of the week, as the file names them."""

HOLIDAYS: Mapping[str, tuple[str, str | None] | None] = {
    "none": None,
    "FR": ("FR", None),
    "FR-alsace-moselle": ("FR", "6AE"),
}
"""Calendars of public holidays by their name in the file: country and part of it."""

LOOK_AHEAD = timedelta(days=400)
"""How far the next opening is looked for: more than a year, so that a long closure is not "never"."""

_SPAN = re.compile(r"(?P<from>[0-2]\d:[0-5]\d)-(?P<until>[0-2]\d:[0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a day, from an hour to another (exclusive); until midnight is written ``24:00``."""

    opens: time
    closes: time | None
    """Nothing for midnight at the end of the day."""

    def __str__(self) -> str:
        """Return it as in the file."""
        return f"{self.opens:%H:%M}-{f'{self.closes:%H:%M}' if self.closes else '24:00'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Days on which nobody is there, and why."""

    period: Period
    why: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What holds at an instant.

    Attributes:
        is_open: Whether somebody is there.
        changes_at: When that ends: closing if open, the next opening if closed; nothing if none is near.
        why: Why a whole day is closed that the week would open.
    """

    is_open: bool
    changes_at: datetime | None = None
    why: Words | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """The hours of one support.

    Attributes:
        zone: Zone of the hours.
        week: Spans by weekday, Monday first.
        holidays: Name of the calendar of public holidays (`HOLIDAYS`).
        closures: Days on which nobody is there.
        openings: Exceptional openings by day.
    """

    zone: str = "Europe/Paris"
    week: Sequence[tuple[Span, ...]] = ((),) * 7
    holidays: str = "FR"
    closures: Sequence[Closure] = ()
    openings: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def on(self, day: date) -> tuple[tuple[Span, ...], Words | None]:
        """Return the spans of a legal day, and why it is closed if the week would open it."""
        if day in self.openings:
            return self.openings[day], None
        usual = self.week[day.weekday()]
        for closure in self.closures:
            if closure.period.valid_from <= day <= closure.period.valid_until:
                return (), closure.why
        name = _public_holidays(self.holidays, day.year).get(day)
        return ((), name) if name is not None else (usual, None)

    def at(self, instant: datetime) -> Open:
        """Return whether it is open at an instant, and when that changes."""
        zone = ZoneInfo(self.zone)
        today = instant.astimezone(zone).date()
        closed_by = self.on(today)[1]
        for opens, closes in self.spans(today, today + LOOK_AHEAD):
            if opens <= instant < closes:
                return Open(is_open=True, changes_at=closes)
            if instant < opens:
                return Open(is_open=False, changes_at=opens, why=closed_by)
        return Open(is_open=False, why=closed_by)

    def spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open spans of some legal days as instants in UTC, in order, those that touch made one."""
        held: tuple[datetime, datetime] | None = None
        for each in self._spans(first, last):
            if held is not None and each[0] <= held[1]:
                held = (held[0], max(held[1], each[1]))
                continue
            if held is not None:
                yield held
            held = each
        if held is not None:
            yield held

    def _spans(self, first: date, last: date) -> Iterator[tuple[datetime, datetime]]:
        zone = ZoneInfo(self.zone)
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            for span in self.on(day)[0]:
                ends, closes = (day, span.closes) if span.closes else (day + timedelta(days=1), time(0))
                opens_at = datetime.combine(day, span.opens, zone).astimezone(UTC)
                closes_at = datetime.combine(ends, closes, zone).astimezone(UTC)
                if opens_at < closes_at:  # an hour that a change of clocks leaves out is no hour
                    yield opens_at, closes_at


def parse_hours(text: str) -> OpeningHours:
    """Return the hours a TOML text describes.

    Raises:
        ConfigurationError: It cannot be understood; says where.
    """
    try:
        told = tomllib.loads(text)
        return _hours(told)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        msg = f"The opening hours cannot be read: {error}."
        raise ConfigurationError(msg, mend="See “Answer requests” in the how-to guides.") from error


def read_hours(path: Path | None) -> OpeningHours:
    """Return the hours in a file; without one the kit's own, which an operator should replace.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    if path is None:
        return parse_hours(DEFAULT)
    try:
        return parse_hours(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"The opening hours in {path} cannot be read."
        raise ConfigurationError(msg, mend="Set LRE_SUPPORT_HOURS to a readable TOML file.") from error


DEFAULT = """\
zone = "Europe/Paris"
holidays = "FR"
[week]
monday = ["09:00-12:30", "14:00-18:00"]
tuesday = ["09:00-12:30", "14:00-18:00"]
wednesday = ["09:00-12:30"]
thursday = ["09:00-12:30", "14:00-18:00"]
friday = ["09:00-12:30", "14:00-17:00"]
"""
"""Hours of an office that set none."""


def _hours(told: Mapping[str, Any]) -> OpeningHours:
    unknown = set(told) - {"zone", "holidays", "week", "closed", "open"}
    if unknown:
        raise ValueError(f"there is nothing called {min(unknown)!r}")
    week = told.get("week", {})
    if strange := set(week) - set(WEEK):
        raise ValueError(f"there is no day called {min(strange)!r}")
    calendar, zone = told.get("holidays", "FR"), told.get("zone", "Europe/Paris")
    if calendar not in HOLIDAYS:
        raise ValueError(f"holidays is one of {', '.join(HOLIDAYS)}")
    ZoneInfo(zone)
    return OpeningHours(
        zone=zone,
        week=tuple(_spans_of(week.get(day, ()), day) for day in WEEK),
        holidays=calendar,
        closures=tuple(
            Closure(
                period=Period(
                    valid_from=_day(each["from"]),
                    valid_until=_day(each.get("until", each["from"])),
                    time_zone=zone,
                ),
                why=Words(fr=each["fr"], en=each["en"]),
            )
            for each in told.get("closed", ())
        ),
        openings={
            _day(each["on"]): _spans_of(each["hours"], str(each["on"])) for each in told.get("open", ())
        },
    )


def _day(value: object) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f"{value!r} is no day like 2026-12-24, without quotes")
    return value


def _spans_of(texts: Sequence[str], day: str) -> tuple[Span, ...]:
    found = tuple(_span(text, day) for text in texts)
    for one, after in pairwise(found):
        if one.closes is None or after.opens < one.closes:
            raise ValueError(f"the hours of {day} overlap, or are out of order")
    return found


def _span(text: str, day: str) -> Span:
    read = _SPAN.fullmatch(text)
    if read is None:
        raise ValueError(f"{text!r} ({day}) is no span like 09:00-12:30")
    opens = time.fromisoformat(read["from"])
    closes = None if read["until"] == "24:00" else time.fromisoformat(read["until"])
    if closes is not None and closes <= opens:
        raise ValueError(f"{text!r} ({day}) ends before it begins")
    return Span(opens=opens, closes=closes)


@lru_cache(maxsize=32)
def _public_holidays(calendar: str, year: int) -> Mapping[date, Words]:
    known = HOLIDAYS[calendar]
    if known is None:
        return {}
    # Late: the tables of the whole world take a fifth of a second.
    from holidays import country_holidays

    country, part = known
    english, french = (
        country_holidays(country, subdiv=part, years=year, language=language) for language in ("en_US", "fr")
    )
    return {day: Words(fr=french[day], en=name) for day, name in english.items()}
