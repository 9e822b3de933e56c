"""The watch: a duty that probes every service, writes down what changed, and attests outages that ended.

A span holds as long as probes find the same; writing one down costs one row when something changes and one
update when nothing does. An outage is a span of failed probes, two at least: one that failed alone is noise.
The office's own outage is a silence: for longer than `SILENCE` spans nobody probed, and the worker that
probes again did nothing else either. A probe that was only late, behind much other work, tells of no outage.

Evidence of an outage is sealed and placed in the log like any other evidence of the office, in the
transaction that ends it; it names service, begin, end and probes, and no letter or person.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, select, update

from lre_kit.clock import Clock, iso
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.status.probes import Probe, measured
from lre_kit.status.rows import StatusSpanRow
from lre_kit.status.values import Measured, Service, State
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

ACTION = "probe_services"
"""Name of the duty."""

URI = "urn:lre-kit:outage"
"""The event's name in evidence: outages are none of EN 319 522."""

SILENCE = 5
"""Spans between probes without any after which the office counts as having stood still."""

PROBES_MIN = 2
"""Failed probes in a row that make an outage."""

KEEP = timedelta(days=90)
"""How long spans are kept; outages that were attested stay."""

SPAN = table_of(StatusSpanRow)


class Watch:
    """Probes services and keeps what it found."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        recorder: Recorder,
        probes: Callable[[], Sequence[Probe]],
        every: timedelta,
        worked: Callable[[datetime], Sequence[tuple[datetime, datetime]]],
    ) -> None:
        """Probe `every` so often by the office's `clock`; `probes` is asked at each round.

        `worked` tells when other duties were begun and ended after an instant, the earliest first.
        """
        self._database = database
        self._clock = clock
        self._recorder = recorder
        self._probes = probes
        self._every = every
        self._worked = worked

    def start(self) -> None:
        """Put the first round on the agenda, unless one is there."""
        with self._database.write() as uow:
            self._plan(uow)
            uow.commit()

    def run(self, duty: Duty) -> None:
        """Probe once, and plan the next round."""
        found = self._look()
        with self._database.write() as uow:
            fulfil(uow, duty)
            self._write_down(uow, found)
            uow.flush()
            plan(uow, key=ACTION, due_at=self._clock() + self._every, action=ACTION, subject="status")
            uow.commit()

    def probe_now(self) -> Mapping[Service, Measured]:
        """Probe once, whatever the agenda says; return what was found."""
        found = self._look()
        with self._database.write() as uow:
            self._write_down(uow, found)
            uow.commit()
        return found

    def _plan(self, uow: UnitOfWork) -> None:
        plan(uow, key=ACTION, due_at=self._clock(), action=ACTION, subject="status")

    def _look(self) -> Mapping[Service, Measured]:
        now = self._clock()
        with self._database.read() as connection:
            open_spans = connection.execute(select(SPAN).where(SPAN.c.ended_at.is_(None)))
            last = {row.service: row.last_at for row in open_spans}
        due = [
            probe
            for probe in self._probes()
            if probe.service.value not in last or now - last[probe.service.value] >= probe.every
        ]
        return {probe.service: measured(probe) for probe in due}

    def _write_down(self, uow: UnitOfWork, found: Mapping[Service, Measured]) -> None:
        now = self._clock()
        uow.serialise("lre-kit status")
        kept = {
            Service(row.service): row
            for row in uow.execute(select(SPAN).where(SPAN.c.ended_at.is_(None))).all()
        }
        silent = self._silence(kept.get(Service.OFFICE), now)
        for service, one in found.items():
            span = kept.get(service)
            if span is not None and silent is not None and span.last_at < now - SILENCE * self._every:
                self._end(uow, span, at=span.last_at)
                span = None
            if service is Service.OFFICE and silent is not None:
                self._silent(uow, began=silent[0], ended=silent[1])
            if span is not None and (span.state, span.failure) == (one.state.value, one.failure):
                values = {"last_at": now, "probes": span.probes + 1}
                uow.defer(update(SPAN).where(SPAN.c.id == span.id).values(values))
                continue
            if span is not None:
                self._end(uow, span, at=now)
            self._begin(uow, service, one, now)
        uow.defer(delete(SPAN).where(SPAN.c.ended_at < now - KEEP, SPAN.c.evidence_id.is_(None)))

    def _silence(self, span: Row[Any] | None, now: datetime) -> tuple[datetime, datetime] | None:
        """Return the longest span without any work since the last probe, if it is too long."""
        if span is None or now - span.last_at <= SILENCE * self._every:
            return None
        longest, alive = (now, now), span.last_at
        for began, ended in [*self._worked(span.last_at), (now, now)]:
            if began - alive > longest[1] - longest[0]:
                longest = (alive, began)
            alive = max(alive, ended)
        return longest if longest[1] - longest[0] > SILENCE * self._every else None

    def _begin(self, uow: UnitOfWork, service: Service, one: Measured, now: datetime) -> None:
        uow.add(
            StatusSpanRow,
            id=new_id(),
            service=service.value,
            state=one.state.value,
            began_at=now,
            last_at=now,
            ended_at=None,
            probes=1,
            failure=one.failure,
            evidence_id=None,
        )

    def _silent(self, uow: UnitOfWork, *, began: datetime, ended: datetime) -> None:
        span_id = new_id()
        evidence_id = self._attest(uow, span_id, Service.OFFICE, began, ended, probes=0, failure="silence")
        uow.add(
            StatusSpanRow,
            id=span_id,
            service=Service.OFFICE.value,
            state=State.DOWN.value,
            began_at=began,
            last_at=ended,
            ended_at=ended,
            probes=0,
            failure="silence",
            evidence_id=evidence_id,
        )

    def _end(self, uow: UnitOfWork, span: Row[Any], *, at: datetime) -> None:
        values: dict[str, Any] = {"ended_at": at}
        if span.state == State.DOWN.value and span.probes >= PROBES_MIN:
            values["evidence_id"] = self._attest(
                uow, span.id, Service(span.service), span.began_at, at, probes=span.probes,
                failure=span.failure,
            )  # fmt: skip
        uow.flush()
        uow.defer(update(SPAN).where(SPAN.c.id == span.id).values(values))

    def _attest(
        self,
        uow: UnitOfWork,
        span_id: str,
        service: Service,
        began: datetime,
        ended: datetime,
        *,
        probes: int,
        failure: str,
    ) -> str:
        issuer = self._recorder.issuer
        record = {
            "version": issuer.version,
            "ERDSEventId": URI,
            "EventTime": iso(ended),
            "EvidenceIssuerPolicyID": {"PolicyID": [issuer.policy]},
            "EvidenceIssuerDetails": {"Identity": {"LegalName": issuer.name}},
            "Extensions": {
                "Outage": span_id,
                "Service": service.value,
                "Began": iso(began),
                "Ended": iso(ended),
                "Probes": probes,
                "Failure": failure,
            },
        }
        return self._recorder.record_apart(uow, record, at=ended)


def is_outage(record: Mapping[str, Any]) -> bool:
    """Answer whether a record is of an outage."""
    return record.get("ERDSEventId") == URI
