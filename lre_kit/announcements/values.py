"""Announcements as values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lre_kit.law.periods import Words


class Place(StrEnum):
    """Where one shows."""

    DEPOSIT = "deposit"
    IDENTIFICATION = "identification"
    PROFILE = "profile"
    RECIPIENT = "recipient"
    ALL = "all"


class AnnouncementKind(StrEnum):
    """What it is."""

    INFO = "info"
    MEASURE = "measure"
    """An exceptional measure: something works otherwise than usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One announcement.

    Attributes:
        id: Its id; of a derogation, the derogation's.
        kind: What it is.
        places: Where it shows.
        words: What it says, in both languages: Markdown without HTML.
        begins_at: From when.
        ends_at: Until when, exclusive; nothing: until an operator ends it.
        title: Of a derogation, its name.
    """

    id: str
    kind: AnnouncementKind
    places: frozenset[Place]
    words: Words
    begins_at: datetime
    ends_at: datetime | None
    title: Words | None = None
    by: str = ""

    def shows(self, place: Place, at: datetime) -> bool:
        """Tell whether it shows somewhere at an instant."""
        in_time = self.begins_at <= at and (self.ends_at is None or at < self.ends_at)
        return in_time and (Place.ALL in self.places or place in self.places)
