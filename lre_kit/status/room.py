"""The status of an office: its watch, what was found, what operators announce; wired from the office."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lre_kit.status.notices import StatusNotices
from lre_kit.status.probes import probes_of
from lre_kit.status.published import status_json
from lre_kit.status.reading import StatusReading
from lre_kit.status.watch import ACTION, Watch
from lre_kit.store.agenda import Duty

if TYPE_CHECKING:
    from lre_kit.office import PostOffice

HELD_S = 5.0
"""Seconds for which what was read is shown again: the page is public, and asked for most when all is slow."""


class Status:
    """How the office is.

    Attributes:
        watch: Probes; `Watch.start` puts it on the agenda, as ``lre serve`` and ``lre work`` do.
        reading: What was found.
        notices: What operators announce of it.
    """

    def __init__(self, office: "PostOffice") -> None:
        """Stand on an office."""
        every = timedelta(seconds=office.settings.status_every_s)
        self.watch = Watch(
            office.database,
            clock=office.clock,
            recorder=office.recorder,
            probes=lambda: probes_of(office),
            every=every,
            worked=lambda since: office.duties.worked(since),  # noqa: PLW0108 - its runner is wired after it
        )
        self.reading = StatusReading(office.database, clock=office.clock, every=every)
        self._clock = office.clock
        self._held: tuple[float, dict[str, Any]] | None = None
        self.notices = StatusNotices(office.database, clock=office.clock)

    def published(self) -> dict[str, Any]:
        """Return what the public page and its twin show, made anew every `HELD_S` seconds at most."""
        now = time.monotonic()
        if self._held is None or now - self._held[0] > HELD_S:
            self._held = (now, status_json(self.reading, now=self._clock()))
        return self._held[1]

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {ACTION: self.watch.run}
