"""Rounds: what a ring of the bell sets off. Each does what is due, in batches, then comes up for air.

A round is safe to run twice, at once, late, or to be cut short at any line: the kernel claims duties
under a lease and places evidence under a lock. In one process each round runs once at a time, so
that slow mail never keeps evidence from the log.
"""

import logging
import threading
import time
from collections.abc import Callable

from lre_kit.errors import LreError
from lre_kit.letters.duties import claim_batches
from lre_kit.office import CLAIM_MAX, LEASE, PostOffice
from lre_kit.store.agenda import Duty

log = logging.getLogger(__name__)

ROUND_MAX_S = 60.0
"""A round ends after this many seconds; the next ring goes on where it stopped."""

LEASE_SHARE = 0.5
"""Part of the lease after which duties not begun are given back: another may have them."""


class Rounds:
    """The three rounds of one office in one process."""

    def __init__(self, office: PostOffice, *, stopping: threading.Event | None = None) -> None:
        """Work for `office` until `stopping` is set."""
        self._office = office
        self._stopping = stopping or threading.Event()
        self._sweeping = threading.Lock()
        self._sequencing = threading.Lock()
        self._publishing = threading.Lock()

    def sweep(self) -> None:
        """Claim due duties and carry them out."""
        self._round(self._sweeping, self._sweep_batch)

    def sequence(self) -> None:
        """Give sealed evidence its place in the log, and get the newest checkpoint stamped."""
        self._round(self._sequencing, self._sequence_batch)

    def publish(self) -> None:
        """Publish the log and get it cosigned: a round of its own, for witnesses may be slow."""
        self._round(self._publishing, self._office.publish_log)

    def _round(self, alone: threading.Lock, batch: Callable[[], int]) -> None:
        if not alone.acquire(blocking=False):
            return
        try:
            ends_s = time.monotonic() + ROUND_MAX_S
            while not self._stopping.is_set() and time.monotonic() < ends_s and batch():
                pass
        except LreError as error:
            # Nothing was lost: what was not done is still due, and the bell rings again.
            log.warning("a round was cut short: %s", error.slug)
        finally:
            alone.release()

    def _sweep_batch(self) -> int:
        office = self._office
        begun_s, run = time.monotonic(), 0
        for batch in claim_batches(office.agenda, limit=CLAIM_MAX, lease=LEASE):
            if self._stopping.is_set():
                self._give_back(batch, "its worker was told to stop")
            elif time.monotonic() - begun_s > LEASE.total_seconds() * LEASE_SHARE:
                self._give_back(batch, "its worker was too busy")
            else:
                office.duties.run_all(batch)
                run += len(batch)
        # A batch that only gave duties back ends the round: claimed at once they would use up their tries.
        return run

    def _give_back(self, duties: list[Duty], why: str) -> None:
        for duty in duties:
            self._office.agenda.release(duty, error=why, retry_at=self._office.clock())

    def _sequence_batch(self) -> int:
        return self._office.sequence()
