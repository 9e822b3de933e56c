"""How the office is: services as probes found them, attested outages, what operators announce."""

from datetime import date, datetime
from importlib.metadata import version

from lre_web.api.declaring import Call, Result, Route, Told
from lre_web.api.uploads import VERSION as TUS


class WordsTold(Told):
    """Words in the languages of the office."""

    fr: str
    """In French."""
    en: str
    """In English."""


class DayTold(Told):
    """A day of a service."""

    day: date
    """The day in legal time (Europe/Paris)."""
    worst: str | None
    """The worst that was found; nothing where nobody looked."""
    down_s: int
    """Seconds for which it did not answer."""


class ServiceTold(Told):
    """A service of the office."""

    service: str
    """Which, such as ``database`` or ``mail``."""
    name: WordsTold
    """What people call it."""
    state: str
    """``up``, ``slow``, ``down``… as the last probe found it; ``unknown`` where nobody looked lately."""
    since: datetime | None
    """Since when."""
    days: list[DayTold]
    """The last 90 days, the oldest first."""


class OutageTold(Told):
    """A time in which a service did not answer."""

    id: str
    """Its id."""
    service: str
    """Which did not."""
    began_at: datetime
    """From when (UTC)."""
    ended_at: datetime | None
    """Until when; nothing: it goes on."""
    probes: int
    """How often it was looked at meanwhile."""
    failure: str
    """What was found, in a word."""
    evidence: str | None
    """Id of the record in the log that attests it."""


class UpdateTold(Told):
    """What operators said of it, when."""

    at: datetime
    """When (UTC)."""
    text: WordsTold
    """What."""


class NoticeTold(Told):
    """An incident or a maintenance, as operators tell it."""

    id: str
    """Its id."""
    kind: str
    """``incident`` or ``maintenance``."""
    services: list[str]
    """Which services it touches."""
    title: WordsTold
    """What it is."""
    begins_at: datetime
    """From when (UTC)."""
    ends_at: datetime | None
    """Until when it is planned to last."""
    ended_at: datetime | None
    """When it ended."""
    updates: list[UpdateTold]
    """What was said of it."""


class VersionsTold(Told):
    """What is spoken here."""

    api: str
    """Version of the API."""
    office: str
    """Version of the program."""
    tus: str
    """Version of the protocol of uploads."""


class StatusTold(Told):
    """How the office is."""

    state: str
    """The worst present state of its services; ``unknown`` where nobody looked lately."""
    probed_at: datetime | None
    """When services were last looked at (UTC)."""
    services: list[ServiceTold]
    """Its services."""
    outages: list[OutageTold]
    """Outages of the last 90 days, attested in the log."""
    notices: list[NoticeTold]
    """Incidents and maintenance."""
    versions: VersionsTold
    """What is spoken here."""


def _status(call: Call) -> Result:
    versions = VersionsTold(api="v1", office=version("lre-kit"), tus=TUS)
    told = StatusTold.model_validate({**call.office.status.published(), "versions": versions})
    return Result(body=told)


ROUTES = (
    Route(
        method="GET", path="/status", name="readStatus", tag="Key", scope=None,
        summary="Read how the office is: its services, outages attested in the log, versions",
        handler=_status, answer=StatusTold,
    ),
)  # fmt: skip
"""The route of the status."""
