"""Legal days from one to another, and words in both languages: what dated rules are made of."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lre_kit.errors import ConfigurationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The same words in French and in English."""

    fr: str
    en: str

    def __post_init__(self) -> None:
        """Refuse a language left empty."""
        if not self.fr.strip() or not self.en.strip():
            msg = "Words are missing in French or in English."
            raise ConfigurationError(msg, mend="Give both fr and en.")

    def in_language(self, language: str) -> str:
        """Return the words in ``fr``, or in English for any other language."""
        return self.fr if language == "fr" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Legal days from the first to the last, both included, in a zone.

    Args:
        valid_from: First legal day.
        valid_until: Last legal day, included.
        time_zone: Zone of the legal days.
    """

    valid_from: date
    valid_until: date
    time_zone: str = "Europe/Paris"

    def __post_init__(self) -> None:
        """Refuse an end before the beginning, and a zone that does not exist."""
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError) as error:
            msg = f"There is no time zone {self.time_zone!r}."
            raise ConfigurationError(msg, mend="Name one like Europe/Paris.") from error
        if self.valid_until < self.valid_from:
            msg = f"A period ends on {self.valid_until}, before it begins on {self.valid_from}."
            raise ConfigurationError(msg, mend="Set valid_until to its last day, or later.")

    @property
    def begins_at(self) -> datetime:
        """First instant of the period."""
        return _midnight(self.valid_from, self.time_zone)

    @property
    def ends_at(self) -> datetime:
        """First instant after the period (exclusive end)."""
        return _midnight(self.valid_until + timedelta(days=1), self.time_zone)

    def days_before_end(self, days: int) -> datetime:
        """Return the first instant of the legal day that many days before the exclusive end."""
        return _midnight(self.valid_until + timedelta(days=1 - days), self.time_zone)

    def holds(self, at: datetime, *, not_after_seen: datetime | None = None) -> bool:
        """Tell whether the period holds at an instant.

        Args:
            at: The instant.
            not_after_seen: Latest instant the office ever saw: a clock set back brings no period back.
        """
        latest = max(at, not_after_seen) if not_after_seen else at
        return self.begins_at <= at and latest < self.ends_at


def checked_rule_id(text: str) -> str:
    """Return the id of a dated rule if it can stand in evidence and in tables.

    Raises:
        ConfigurationError: It is not 1 to 60 letters, digits, dots and hyphens.
    """
    if not _ID.fullmatch(text):
        msg = f"{text[:70]!r} cannot be an id."
        raise ConfigurationError(msg, mend="Use 1 to 60 letters, digits, dots and hyphens.")
    return text


_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,59}")


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(0), tzinfo=ZoneInfo(zone)).astimezone(UTC)
