"""Probes: each does a little of what its service is for, for real, within bounds of time.

| Service | Probe |
|---|---|
| database | a query is answered |
| contents | a small object is written, read back and deleted |
| mail | the mail server is connected to, authenticated at, and answers ``NOOP`` |
| time stamps | every authority stamps a digest; every ten minutes |
| evidence | age of the oldest that waits for seal, place or stamp |
| duties | age of the oldest duty that could be done |
| publication | the newest stamped checkpoint is the published one |
| doorbell | the broker takes a connection |

A probe that raises found its service down; what it raised is told by its slug, never by its words.
"""

import hashlib
import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import func, select

from lre_kit.errors import LreError
from lre_kit.proofs.publication.public_target import CHECKPOINT
from lre_kit.proofs.rows import CheckpointRow
from lre_kit.proofs.stamping.timestamp_authorities import members
from lre_kit.status.values import Measured, Service, State
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

if TYPE_CHECKING:
    from lre_kit.office import PostOffice

STAMPS_EVERY = timedelta(minutes=10)
"""Span between two probes of the authorities: each costs a time stamp."""

SLOW_S = 2.0
"""Seconds from which an answer counts as slow."""

LATE, TOO_LATE = timedelta(minutes=15), timedelta(hours=1)
"""Age of the oldest due duty, or of what is unpublished, from which it is degraded, and down."""

BELL_TIMEOUT_S = 3.0
_PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "amqps": 5671}
_UP = Measured(state=State.UP)
_DUTY, _CHECKPOINT = table_of(DutyRow), table_of(CheckpointRow)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How a service is looked at, and how often at most."""

    service: Service
    look: Callable[[], Measured]
    every: timedelta = timedelta(0)


def probes_of(office: "PostOffice") -> list[Probe]:
    """Return the probes of an office; services that it does not use have none."""
    found = [
        Probe(service=Service.OFFICE, look=lambda: _UP),
        Probe(service=Service.DATABASE, look=lambda: _database(office)),
        Probe(service=Service.CONTENTS, look=lambda: _contents(office)),
        Probe(service=Service.MAIL, look=lambda: _mail(office)),
        Probe(service=Service.TIME_STAMPS, look=lambda: _time_stamps(office), every=STAMPS_EVERY),
        Probe(service=Service.EVIDENCE, look=lambda: _evidence(office)),
        Probe(service=Service.DUTIES, look=lambda: _duties(office)),
    ]
    if office.publisher.target is not None:
        found.append(Probe(service=Service.PUBLICATION, look=lambda: _publication(office)))
    if office.settings.broker_url:
        found.append(Probe(service=Service.DOORBELL, look=lambda: _doorbell(office)))
    return found


def measured(probe: Probe) -> Measured:
    """Look at a service; whatever goes wrong, the others are looked at too."""
    began = time.monotonic()
    try:
        found = probe.look()
    except LreError as error:
        return Measured(state=State.DOWN, failure=error.slug)
    except Exception as error:  # noqa: BLE001 - a probe that breaks is a finding, not an end
        log.warning("the probe of %s broke: %s", probe.service.value, type(error).__name__)
        return Measured(state=State.DOWN, failure=type(error).__name__[:60])
    if found.state is State.UP and time.monotonic() - began > SLOW_S:
        return Measured(state=State.DEGRADED, failure="slow")
    return found


def _database(office: "PostOffice") -> Measured:
    with office.database.read() as connection:
        connection.execute(select(1)).scalar_one()
    return _UP


def _contents(office: "PostOffice") -> Measured:
    key, content = f"status/{os.urandom(8).hex()}", b"probe"
    office.blobs.put(key, [content])
    try:
        same = b"".join(office.blobs.get(key)) == content
    finally:
        office.blobs.delete(key)
    return _UP if same else Measured(state=State.DOWN, failure="changed")


def _mail(office: "PostOffice") -> Measured:
    office.courier.ping()
    return _UP


def _time_stamps(office: "PostOffice") -> Measured:
    asked, failed = members(office.authority), []
    for authority in asked:
        try:
            authority.stamp(hashlib.sha256(os.urandom(32)).digest())
        except LreError as error:
            failed.append(error.slug)
    if not failed:
        return _UP
    return Measured(state=State.DOWN if len(failed) == len(asked) else State.DEGRADED, failure=failed[0])


def _evidence(office: "PostOffice") -> Measured:
    oldest, alarm = office.sequencer.waiting().oldest_at, timedelta(seconds=office.settings.evidence_alarm_s)
    age = office.clock() - oldest if oldest is not None else timedelta(0)
    return _aged(age, alarm / 2, alarm)


def _duties(office: "PostOffice") -> Measured:
    now = office.clock()
    query = select(func.min(_DUTY.c.due_at)).where(
        _DUTY.c.dead_at.is_(None),
        _DUTY.c.due_at <= now,
        _DUTY.c.claimed_until.is_(None) | (_DUTY.c.claimed_until <= now),
    )
    with office.database.read() as connection:
        oldest = connection.execute(query).scalar_one()
    return _aged(now - oldest if oldest is not None else timedelta(0), LATE, TOO_LATE)


def _publication(office: "PostOffice") -> Measured:
    assert office.publisher.target is not None
    published = office.publisher.target.get(CHECKPOINT)
    size = int(published.split(b"\n", 2)[1]) if published else 0
    stamped = _CHECKPOINT.c.token.is_not(None), _CHECKPOINT.c.size > size
    query = select(func.min(_CHECKPOINT.c.created_at)).where(*stamped)
    with office.database.read() as connection:
        oldest = connection.execute(query).scalar_one()
    return _aged(office.clock() - oldest if oldest is not None else timedelta(0), LATE, TOO_LATE)


def _doorbell(office: "PostOffice") -> Measured:
    url = urlsplit(office.settings.broker_url or "")
    if url.scheme == "unix":
        with socket.socket(socket.AF_UNIX) as bell:
            bell.settimeout(BELL_TIMEOUT_S)
            bell.connect(url.path)
        return _UP
    place = (url.hostname or "localhost", url.port or _PORTS.get(url.scheme, 0))
    with socket.create_connection(place, timeout=BELL_TIMEOUT_S):
        return _UP


def _aged(age: timedelta, late: timedelta, too_late: timedelta) -> Measured:
    if age > too_late:
        return Measured(state=State.DOWN, failure="late")
    return Measured(state=State.DEGRADED, failure="late") if age > late else _UP
