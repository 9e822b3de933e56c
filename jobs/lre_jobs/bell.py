"""The bell: APScheduler rings the actors on a beat, and owns no duty of its own.

Any number of bells may ring: the kernel's claims and its one-writer lock decide who does what.
A bell that finds its broker gone does the round itself, so that no legal day waits for a broker.
"""

import logging
from types import TracebackType
from typing import Self

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from dramatiq import Actor

from lre_jobs.actors import Actors

log = logging.getLogger(__name__)

BEAT_S = 1.0
"""Seconds between two rings: evidence gets its place at most this long after the act."""


class Bell:
    """Rings while its context is entered."""

    def __init__(self, actors: Actors, *, beat_s: float = BEAT_S) -> None:
        """Prepare to ring `actors` every `beat_s` seconds."""
        self._actors = actors
        self._broker_answers = True
        self._scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(1)})
        # A ring that comes late is worth one ring, however late it is.
        self._scheduler.add_job(
            self.ring, "interval", seconds=beat_s, coalesce=True, max_instances=1, misfire_grace_time=None
        )

    def ring(self) -> None:
        """Ring once: by the broker, or without it."""
        actors = (self._actors.sequence, self._actors.sweep, self._actors.publish)
        unheard = [actor for actor in actors if not self._send(actor)]
        if self._broker_answers == bool(unheard):
            self._broker_answers = not unheard
            if unheard:
                log.warning("the broker does not answer; this process does the rounds by itself")
            else:
                log.info("the broker answers again")
        for actor in unheard:
            actor()

    def _send(self, actor: "Actor[[], None]") -> bool:
        try:
            actor.send()
        except Exception as error:  # noqa: BLE001 - each broker fails in its own words
            log.debug("a ring was not taken: %s", type(error).__name__)
            return False
        return True

    def __enter__(self) -> Self:
        """Start ringing."""
        self._scheduler.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop ringing; a ring under way is finished first."""
        self._scheduler.shutdown(wait=True)
