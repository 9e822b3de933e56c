"""The status as JSON: the page's twin, for programs."""

from datetime import datetime, timedelta
from typing import Any

from lre_kit.clock import iso
from lre_kit.law.periods import Words
from lre_kit.status.reading import DAYS, StatusReading
from lre_kit.status.values import Outage, State, StatusNotice

FRESH = timedelta(minutes=15)
"""Age of the last probe from which nothing is known of the present."""


def overall(reading: StatusReading, now: datetime) -> State | None:
    """Return the worst present state; nothing where nobody looked lately."""
    last = reading.last_probed_at()
    if last is None or now - last > FRESH:
        return None
    states = [each.state for each in reading.services() if each.state is not None]
    return max(states, key=lambda state: state.rank, default=None)


def status_json(reading: StatusReading, *, now: datetime) -> dict[str, Any]:
    """Return services with their days, outages and notices of the last 90 days; instants are RFC 3339."""
    last = reading.last_probed_at()
    services = reading.services()
    fresh = last is not None and now - last <= FRESH
    states = [each.state for each in services if each.state is not None]
    worst = max(states, key=lambda state: state.rank, default=None) if fresh else None
    return {
        "state": worst.value if worst else "unknown",
        "probed_at": iso(last) if last else None,
        "services": [
            {
                "service": each.service.value,
                "name": _words(each.service.words),
                "state": each.state.value if each.state and fresh else "unknown",
                "since": iso(each.since) if each.since else None,
                "days": [
                    {"day": day.day, "worst": day.worst.value if day.worst else None, "down_s": day.down_s}
                    for day in each.days
                ],
            }
            for each in services
        ],
        "outages": [outage_json(each) for each in reading.outages(now - timedelta(days=DAYS), now)],
        "notices": [_notice(each) for each in reading.notices()],
    }


def outage_json(outage: Outage) -> dict[str, Any]:
    """Return an outage for programs."""
    return {
        "id": outage.id,
        "service": outage.service.value,
        "began_at": iso(outage.began_at),
        "ended_at": iso(outage.ended_at) if outage.ended_at else None,
        "probes": outage.probes,
        "failure": outage.failure,
        "evidence": outage.evidence_id,
    }


def _notice(notice: StatusNotice) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind.value,
        "services": [service.value for service in notice.services],
        "title": _words(notice.title),
        "begins_at": iso(notice.begins_at),
        "ends_at": iso(notice.ends_at) if notice.ends_at else None,
        "ended_at": iso(notice.ended_at) if notice.ended_at else None,
        "updates": [{"at": iso(each.at), "text": _words(each.words)} for each in notice.updates],
    }


def _words(words: Words) -> dict[str, str]:
    return {"fr": words.fr, "en": words.en}
