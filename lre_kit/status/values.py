"""Services, what probes say of them, spans of time, outages, and what operators announce."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lre_kit.law.periods import Words


class Service(StrEnum):
    """What is looked at; the value stands in evidence and is never changed."""

    OFFICE = "office"
    """Whether the office's own jobs run: while nobody probes, nobody works."""
    DATABASE = "database"
    CONTENTS = "contents"
    MAIL = "mail"
    TIME_STAMPS = "time-stamps"
    EVIDENCE = "evidence"
    """How long evidence waits for its seal, its place and its stamp."""
    DUTIES = "duties"
    """How late the agenda is."""
    PUBLICATION = "publication"
    DOORBELL = "doorbell"

    @property
    def words(self) -> Words:
        """Its name for people."""
        return _NAMES[self]

    @property
    def is_needed_to_answer(self) -> bool:
        """Whether recipients need it to accept or refuse: only such outages touch their time."""
        return self in _NEEDED


_NEEDED = frozenset({Service.OFFICE, Service.DATABASE, Service.CONTENTS, Service.MAIL})

_NAMES: Mapping[Service, Words] = {
    Service.OFFICE: Words(fr="Travaux de l'office", en="The office's jobs"),
    Service.DATABASE: Words(fr="Registre des lettres", en="Register of letters"),
    Service.CONTENTS: Words(fr="Conservation des contenus", en="Keeping of contents"),
    Service.MAIL: Words(fr="Envoi des courriels", en="Sending of e-mail"),
    Service.TIME_STAMPS: Words(fr="Horodatage", en="Time stamps"),
    Service.EVIDENCE: Words(fr="Scellement des preuves", en="Sealing of evidence"),
    Service.DUTIES: Words(fr="File des tâches", en="Queue of duties"),
    Service.PUBLICATION: Words(fr="Publication du journal", en="Publication of the log"),
    Service.DOORBELL: Words(fr="Signal entre machines", en="Signal between machines"),
}


class State(StrEnum):
    """How a service is, the best first."""

    UP = "up"
    DEGRADED = "degraded"
    """It works, slowly or in part."""
    DOWN = "down"

    @property
    def rank(self) -> int:
        """How bad it is, from 0."""
        return list(State).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one probe found.

    Attributes:
        state: How the service is.
        failure: Slug or word of what failed; never an address or a name.
    """

    state: State
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanOfState:
    """A time during which every probe of a service found the same."""

    id: str
    service: Service
    state: State
    began_at: datetime
    last_at: datetime
    """Its last probe."""
    ended_at: datetime | None
    probes: int
    failure: str
    evidence_id: str | None

    def until(self, now: datetime) -> datetime:
        """Return its end; for one that goes on, its last probe, but not after `now`."""
        return self.ended_at or min(self.last_at, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A service that did not work, from the first failed probe to the first that succeeded again.

    Attributes:
        began_at: First probe that failed; for the office, the last before the silence.
        ended_at: First probe that succeeded again; nothing while it lasts.
        probes: Probes that failed; at least two, or one silence of the office.
        evidence_id: Its sealed evidence in the log, once it ended.
    """

    id: str
    service: Service
    began_at: datetime
    ended_at: datetime | None
    probes: int
    failure: str
    evidence_id: str | None

    def touches(self, begins: datetime, ends: datetime) -> bool:
        """Tell whether any of it lies between two instants."""
        return self.began_at < ends and (self.ended_at is None or self.ended_at > begins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One legal day of a service, for the history."""

    day: str
    """As ``2026-11-30``."""
    worst: State | None
    """Nothing where nothing was measured."""
    down_s: int
    """Seconds of outages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """A service now, and its days, the oldest first."""

    service: Service
    state: State | None
    since: datetime | None
    days: tuple[Day, ...] = field(repr=False)


class NoticeKind(StrEnum):
    """What operators announce of services."""

    INCIDENT = "incident"
    MAINTENANCE = "maintenance"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeUpdate:
    """One thing that operators wrote about it."""

    at: datetime
    by: str
    words: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNotice:
    """An incident, or maintenance that was announced."""

    id: str
    kind: NoticeKind
    services: tuple[Service, ...]
    title: Words
    begins_at: datetime
    ends_at: datetime | None
    """When it is expected to end."""
    ended_at: datetime | None
    updates: tuple[NoticeUpdate, ...] = ()

    def is_current(self, now: datetime) -> bool:
        """Tell whether it goes on."""
        return self.begins_at <= now and self.ended_at is None
