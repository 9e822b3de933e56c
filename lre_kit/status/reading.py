"""What the status page and explanations of deadlines ask: services now, their days, outages, notices."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from lre_kit.clock import PARIS, Clock
from lre_kit.errors import NotFoundError
from lre_kit.law.deadlines import first_instant
from lre_kit.law.periods import Words
from lre_kit.status.rows import StatusNoticeRow, StatusUpdateRow
from lre_kit.status.values import (
    Day,
    NoticeKind,
    NoticeUpdate,
    Outage,
    Service,
    ServiceStatus,
    SpanOfState,
    State,
    StatusNotice,
)
from lre_kit.status.watch import PROBES_MIN, SPAN
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

DAYS = 90
"""Days of history."""

NOTICE, UPDATE = table_of(StatusNoticeRow), table_of(StatusUpdateRow)


class StatusReading:
    """Answers questions about the status; all of them are cheap."""

    def __init__(self, database: Database, *, clock: Clock, every: timedelta) -> None:
        """Read `database`; services are probed `every` so often."""
        self._database = database
        self._clock = clock
        self._every = every

    def services(self) -> list[ServiceStatus]:
        """Return each service that was ever probed, now and over the last days: one query."""
        now = self._clock()
        today = now.astimezone(PARIS).date()
        first = first_instant(today - timedelta(days=DAYS - 1))
        query = (
            select(SPAN)
            .where(or_(SPAN.c.ended_at.is_(None), SPAN.c.ended_at > first))
            .order_by(SPAN.c.began_at, SPAN.c.id)
        )
        with self._database.read() as connection:
            spans = [_span(row) for row in connection.execute(query)]
        days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
        return [
            self._service(service, [span for span in spans if span.service is service], days, now)
            for service in Service
            if any(span.service is service for span in spans)
        ]

    def outages(self, begins: datetime, ends: datetime, *, only_needed: bool = False) -> list[Outage]:
        """Return outages between two instants, the first first.

        Args:
            begins: From when.
            ends: Until when, exclusive.
            only_needed: Only those of services that recipients need to answer.
        """
        with self._database.read() as connection:
            return outages_between(connection, begins, ends, only_needed=only_needed)

    def last_probed_at(self) -> datetime | None:
        """Return when somebody looked last; nothing if nobody did."""
        query = select(SPAN.c.last_at).where(
            SPAN.c.service == Service.OFFICE.value, SPAN.c.ended_at.is_(None)
        )
        with self._database.read() as connection:
            found: datetime | None = connection.execute(query).scalar()
            return found

    def notices(self, *, since: datetime | None = None) -> list[StatusNotice]:
        """Return incidents and maintenance that go on, come, or began after an instant, the newest first."""
        after = since or self._clock() - timedelta(days=DAYS)
        query = (
            select(NOTICE)
            .where(or_(NOTICE.c.ended_at.is_(None), NOTICE.c.begins_at > after))
            .order_by(NOTICE.c.begins_at.desc(), NOTICE.c.id.desc())
            .limit(200)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            return self._notices(connection, rows)

    def notice(self, notice_id: str) -> StatusNotice:
        """Return one.

        Raises:
            NotFoundError: There is none.
        """
        with self._database.read() as connection:
            rows = connection.execute(select(NOTICE).where(NOTICE.c.id == notice_id)).all()
            found = self._notices(connection, rows)
        if not found:
            raise NotFoundError("There is no such incident.", mend="See: lre status show.")
        return found[0]

    def page(self, *, limit: int, before: str | None = None) -> list[StatusNotice]:
        """Return all that was ever announced, the newest first, by keyset."""
        query = select(NOTICE).order_by(NOTICE.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(NOTICE.c.id < before)
        with self._database.read() as connection:
            return self._notices(connection, connection.execute(query).all())

    def _notices(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[StatusNotice]:
        said: dict[str, list[NoticeUpdate]] = {row.id: [] for row in rows}
        query = select(UPDATE).where(UPDATE.c.notice_id.in_(list(said))).order_by(UPDATE.c.id)
        for row in connection.execute(query):
            words = Words(fr=row.text_fr, en=row.text_en)
            said[row.notice_id].append(NoticeUpdate(at=row.at, by=row.by, words=words))
        return [
            StatusNotice(
                id=row.id,
                kind=NoticeKind(row.kind),
                services=tuple(map(Service, row.services.split())),
                title=Words(fr=row.title_fr, en=row.title_en),
                begins_at=row.begins_at,
                ends_at=row.ends_at,
                ended_at=row.ended_at,
                updates=tuple(said[row.id]),
            )
            for row in rows
        ]

    def _service(
        self, service: Service, spans: list[SpanOfState], days: list[date], now: datetime
    ) -> ServiceStatus:
        present = next((span for span in reversed(spans) if span.ended_at is None), None)
        told = tuple(_day(day, spans, now) for day in days)
        if present is None:
            return ServiceStatus(service=service, state=None, since=None, days=told)
        return ServiceStatus(service=service, state=present.state, since=present.began_at, days=told)


def outages_between(
    connection: Connection, begins: datetime, ends: datetime, *, only_needed: bool = False
) -> list[Outage]:
    """Return outages between two instants, the first first; see `StatusReading.outages`."""
    named = [service.value for service in Service if service.is_needed_to_answer or not only_needed]
    query = (
        select(SPAN)
        .where(
            SPAN.c.state == State.DOWN.value,
            SPAN.c.began_at < ends,
            or_(SPAN.c.ended_at.is_(None), SPAN.c.ended_at > begins),
            or_(SPAN.c.probes >= PROBES_MIN, SPAN.c.failure == "silence"),
            SPAN.c.service.in_(named),
        )
        .order_by(SPAN.c.began_at, SPAN.c.id)
    )
    return [
        Outage(
            id=row.id,
            service=Service(row.service),
            began_at=row.began_at,
            ended_at=row.ended_at,
            probes=row.probes,
            failure=row.failure,
            evidence_id=row.evidence_id,
        )
        for row in connection.execute(query)
    ]


def _span(row: Row[Any]) -> SpanOfState:
    values = {name: getattr(row, name) for name in SpanOfState.__slots__}
    return SpanOfState(**values | {"service": Service(row.service), "state": State(row.state)})


def _day(day: date, spans: list[SpanOfState], now: datetime) -> Day:
    begins, ends = first_instant(day), first_instant(day + timedelta(days=1))
    worst, down = None, 0.0
    for span in spans:
        first, last = max(span.began_at, begins), min(span.until(now), ends)
        if span.began_at >= ends or last < first:
            continue
        # A probe that failed alone is no outage, and colours no day.
        alone = span.state is State.DOWN and span.probes < PROBES_MIN and span.failure != "silence"
        state = State.DEGRADED if alone else span.state
        worst = state if worst is None or state.rank > worst.rank else worst
        if state is State.DOWN:
            down += (last - first).total_seconds()
    return Day(day=day.isoformat(), worst=worst, down_s=round(down))
