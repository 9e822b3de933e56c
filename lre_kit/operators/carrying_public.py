"""How acts on what the office says in public are carried out: announcements, incidents, maintenance.

Facts of each act (instants as RFC 3339 text with a zone):

- `Act.PUBLISH_ANNOUNCEMENT` on ``new``: ``kind``, ``places`` (blank between two), ``fr``, ``en``, and
  if wanted ``begins_at``, ``ends_at``
- `Act.END_ANNOUNCEMENT` on its id
- `Act.OPEN_INCIDENT` on ``new``: ``kind``, ``services``, ``title_fr``, ``title_en``, ``fr``, ``en``, and if
  wanted ``begins_at``, ``ends_at``
- `Act.UPDATE_INCIDENT` and `Act.END_INCIDENT` on its id: ``fr``, ``en``
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from lre_kit.announcements.values import AnnouncementKind, Place
from lre_kit.clock import as_utc
from lre_kit.errors import InputError
from lre_kit.law.periods import Words
from lre_kit.status.values import NoticeKind, Service

if TYPE_CHECKING:
    from lre_kit.operators.carrying import Work

_E = TypeVar("_E", bound=StrEnum)


def publish(work: "Work") -> str:
    """Put an announcement up, and return its id."""
    facts = work.facts
    return work.office.announcements.publish(
        _one(AnnouncementKind, facts.get("kind", AnnouncementKind.INFO)),
        _several(Place, facts.get("places", Place.ALL)),
        _words(facts, "fr", "en"),
        by=work.operator,
        begins_at=_instant(facts.get("begins_at")),
        ends_at=_instant(facts.get("ends_at")),
    )


def take_down(work: "Work") -> None:
    """Take an announcement down."""
    work.office.announcements.end(work.subject_id)


def open_incident(work: "Work") -> str:
    """Announce an incident or maintenance, and return its id."""
    facts = work.facts
    return work.office.status.notices.announce(
        _one(NoticeKind, facts.get("kind", NoticeKind.INCIDENT)),
        _several(Service, facts.get("services", "")),
        _words(facts, "title_fr", "title_en"),
        _words(facts, "fr", "en"),
        by=work.operator,
        begins_at=_instant(facts.get("begins_at")),
        ends_at=_instant(facts.get("ends_at")),
    )


def update_incident(work: "Work") -> None:
    """Say more about an incident."""
    work.office.status.notices.add(work.subject_id, _words(work.facts, "fr", "en"), by=work.operator)


def end_incident(work: "Work") -> None:
    """Say that an incident ended."""
    work.office.status.notices.end(work.subject_id, _words(work.facts, "fr", "en"), by=work.operator)


def _words(facts: Mapping[str, Any], french: str, english: str) -> Words:
    fr, en = str(facts.get(french, "")), str(facts.get(english, ""))
    if not fr.strip() or not en.strip():
        raise InputError("Words are missing in French or in English.", mend="Give both.")
    return Words(fr=fr, en=en)


def _one(kind: type[_E], value: object) -> _E:
    try:
        return kind(str(value))
    except ValueError as error:
        msg = f"There is no {str(value)[:40]!r} here."
        raise InputError(msg, mend=f"Use one of: {', '.join(kind)}.") from error


def _several(kind: type[_E], value: object) -> list[_E]:
    return [_one(kind, each) for each in str(value).replace(",", " ").split()]


def _instant(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        return as_utc(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
    except ValueError as error:
        msg = f"{str(value)[:40]!r} is no instant with a zone."
        raise InputError(msg, mend="Write it like 2026-12-24T18:00+01:00.") from error
