"""The bell: APScheduler rings the actors on a beat, and owns no duty of its own.

Any number of bells may ring: the kernel's claims and its one-writer lock decide who does what.
"""

import logging
from types import TracebackType
from typing import Self

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from lre_jobs.actors import Actors

log = logging.getLogger(__name__)

BEAT_S = 1.0
"""Seconds between two rings: evidence gets its place at most this long after the act."""


class Bell:
    """Rings while its context is entered."""

    def __init__(self, actors: Actors, *, beat_s: float = BEAT_S) -> None:
        """Prepare to ring `actors` every `beat_s` seconds."""
        self._actors = actors
        self._scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(1)})
        # A ring that comes late is worth one ring, however late it is.
        self._scheduler.add_job(
            self._ring, "interval", seconds=beat_s, coalesce=True, max_instances=1, misfire_grace_time=None
        )

    def _ring(self) -> None:
        try:
            self._actors.sequence.send()
            self._actors.sweep.send()
        except Exception as error:  # noqa: BLE001 - a broker may fail in its own words
            log.warning("the broker does not take rings: %s", type(error).__name__)

    def __enter__(self) -> Self:
        """Start ringing."""
        self._scheduler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop ringing."""
        self._scheduler.shutdown(wait=True)
