"""Metrics for Prometheus (extra ``metrics``): requests are counted, all else is asked of the database.

What the database tells is the same from whichever process it is asked, so it is right with any number of
workers, and it is asked at most once in `CACHE_S` seconds. Requests are counted where they are served: with
several server processes set ``PROMETHEUS_MULTIPROC_DIR`` and all of them are added up. No label names
anybody.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, case, func, select

from lre_kit.carriers.rows import MailReportRow
from lre_kit.errors import LreError, MissingExtraError
from lre_kit.letters.rows import EventRow, LetterRow
from lre_kit.proofs.rows import CheckpointRow
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.webhooks.rows import WebhookDeliveryRow

if TYPE_CHECKING:
    from lre_kit.office import PostOffice

CACHE_S = 15
"""Seconds for which what the database told is told again."""

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""Variable that names the folder in which server processes leave their counts."""

_NOTICES = ("NotificationForAcceptance", "NotificationForAcceptanceFailure")

_DUTY, _LETTER, _EVENT, _REPORT, _DELIVERY, _CHECKPOINT = (
    table_of(row) for row in (DutyRow, LetterRow, EventRow, MailReportRow, WebhookDeliveryRow, CheckpointRow)
)


def _library() -> Any:
    try:
        import prometheus_client
    except ImportError as error:
        msg = "Metrics need the package prometheus-client."
        raise MissingExtraError(msg, mend='Run: pip install "lre-kit[metrics]"') from error
    return prometheus_client


@cache
def _requests() -> tuple[Any, Any, Any]:
    """Return the registry of this process and what requests are counted by, made once."""
    library = _library()
    registry = library.CollectorRegistry()
    labels = ("mount", "endpoint", "method")
    counted = library.Counter("lre_requests", "Requests answered.", (*labels, "status"), registry=registry)
    timed = library.Histogram(
        "lre_request_seconds", "Time taken by requests, in seconds.", labels, registry=registry
    )
    return registry, counted, timed


def count_request(*, mount: str, endpoint: str, method: str, status: int, seconds: float) -> None:
    """Count an answered request.

    Raises:
        MissingExtraError: prometheus-client is not installed.
    """
    _, counted, timed = _requests()
    counted.labels(mount, endpoint, method, str(status)).inc()
    timed.labels(mount, endpoint, method).observe(seconds)


def exposition(told: "OfficeMetrics") -> tuple[bytes, str]:
    """Return all metrics and their media type; `told` is what the office's database tells.

    Raises:
        MissingExtraError: prometheus-client is not installed.
    """
    library = _library()
    if os.environ.get(MULTIPROCESS):
        from prometheus_client import multiprocess

        registry = library.CollectorRegistry()
        collector: Any = multiprocess.MultiProcessCollector
        collector(registry)
    else:
        registry = _requests()[0]
    own = library.CollectorRegistry(auto_describe=False)
    own.register(told)
    written = library.generate_latest(registry) + library.generate_latest(own)
    return written, library.CONTENT_TYPE_LATEST


class OfficeMetrics:
    """What one office's database tells, as a collector of prometheus-client."""

    def __init__(self, office: "PostOffice") -> None:
        """Tell of `office`."""
        self._office = office
        self._lock = threading.Lock()
        self._last: tuple[datetime, list[Any]] | None = None

    def collect(self) -> Iterator[Any]:
        """Yield the families; one whose question fails is left out, and ``lre_up`` says so."""
        with self._lock:
            now = self._office.clock()
            if self._last is None or not timedelta(0) <= now - self._last[0] < timedelta(seconds=CACHE_S):
                self._last = (now, self._ask(now))
        yield from self._last[1]

    def describe(self) -> Sequence[Any]:
        """Describe nothing ahead: registering asks the database nothing."""
        return ()

    def _ask(self, now: datetime) -> list[Any]:
        families: list[Any] = []
        is_up = True
        asks: tuple[Callable[[datetime], list[Any]], ...] = (
            self._duties,
            self._letters,
            self._mail,
            self._webhooks,
            self._evidence,
        )
        for ask in asks:
            try:
                families += ask(now)
            except LreError:
                is_up = False
        return [_gauge("lre_up", "1 if the database answers.", (), [((), float(is_up))]), *families]

    def _rows(
        self, *columns: ColumnElement[Any], by: Sequence[ColumnElement[Any]], where: Any = None
    ) -> list[Any]:
        query = select(*by, *columns).group_by(*by)
        if where is not None:
            query = query.where(where)
        with self._office.database.read() as connection:
            return list(connection.execute(query))

    def _duties(self, now: datetime) -> list[Any]:
        state = case(
            (_DUTY.c.dead_at.is_not(None), "given up"),
            (_DUTY.c.claimed_until > now, "claimed"),
            (_DUTY.c.due_at <= now, "due"),
            else_="planned",
        )
        rows = self._rows(func.count(), func.min(_DUTY.c.due_at), by=(_DUTY.c.action, state))
        counts = [((action, name), float(count)) for action, name, count, _ in rows]
        ages = [
            ((action,), max(0.0, (now - oldest).total_seconds()))
            for action, name, _, oldest in rows
            if name == "due" and oldest is not None
        ]
        return [
            _gauge("lre_duties", "Duties on the agenda.", ("action", "state"), counts),
            _gauge("lre_duty_oldest_due_seconds", "Age of the oldest due duty.", ("action",), ages),
        ]

    def _letters(self, now: datetime) -> list[Any]:
        del now
        counts = [
            ((phase,), float(count)) for phase, count in self._rows(func.count(), by=(_LETTER.c.phase,))
        ]
        return [_gauge("lre_letters", "Letters by phase.", ("phase",), counts)]

    def _mail(self, now: datetime) -> list[Any]:
        del now
        notices = self._rows(func.count(), by=(_EVENT.c.name,), where=_EVENT.c.name.in_(_NOTICES))
        sent = [(("sent" if name == _NOTICES[0] else "failed",), float(count)) for name, count in notices]
        reports = self._rows(func.count(), by=(_REPORT.c.kind, _REPORT.c.outcome))
        return [
            _counter("lre_notices", "Notices by what became of them.", ("outcome",), sent),
            _counter(
                "lre_mail_reports",
                "Delivery reports that came back.",
                ("kind", "outcome"),
                [((kind, outcome), float(count)) for kind, outcome, count in reports],
            ),
        ]

    def _webhooks(self, now: datetime) -> list[Any]:
        rows = self._rows(func.count(), func.min(_DELIVERY.c.made_at), by=(_DELIVERY.c.state,))
        pending = [max(0.0, (now - at).total_seconds()) for state, _, at in rows if state == "pending" and at]
        return [
            _gauge(
                "lre_webhook_deliveries",
                "Deliveries of webhooks by state.",
                ("state",),
                [((state,), float(count)) for state, count, _ in rows],
            ),
            _gauge(
                "lre_webhook_oldest_pending_seconds",
                "Age of the oldest delivery that waits.",
                (),
                [((), age) for age in pending],
            ),
        ]

    def _evidence(self, now: datetime) -> list[Any]:
        waiting = self._office.sequencer.waiting()
        age = (now - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0.0
        parts = {"seal": waiting.unsealed, "place": waiting.unlogged, "time stamp": waiting.unstamped}
        query = select(func.count(), func.max(_CHECKPOINT.c.stamped_at)).where(
            _CHECKPOINT.c.token.is_not(None)
        )
        with self._office.database.read() as connection:
            stamped, last = connection.execute(query).one()
        ago = [((), max(0.0, (now - last).total_seconds()))] if last is not None else []
        return [
            _gauge(
                "lre_evidence_waiting",
                "Evidence that waits, by what it waits for.",
                ("waits_for",),
                [((name,), float(count)) for name, count in parts.items()],
            ),
            _gauge("lre_evidence_oldest_seconds", "Age of the oldest of it.", (), [((), max(0.0, age))]),
            _counter("lre_time_stamps", "Checkpoints with a time stamp.", (), [((), float(stamped))]),
            _gauge("lre_time_stamp_last_seconds", "Time since the last one.", (), ago),
        ]


_Values = Sequence[tuple[tuple[str, ...], float]]


def _gauge(name: str, words: str, labels: tuple[str, ...], values: _Values) -> Any:
    return _family("GaugeMetricFamily", name, words, labels, values)


def _counter(name: str, words: str, labels: tuple[str, ...], values: _Values) -> Any:
    return _family("CounterMetricFamily", name, words, labels, values)


def _family(kind: str, name: str, words: str, labels: tuple[str, ...], values: _Values) -> Any:
    from prometheus_client import core

    family = getattr(core, kind)(name, words, labels=labels)
    for own, value in values:
        family.add_metric(own, value)
    return family
