"""The status of an office: its watch, what was found, what operators announce; wired from the office."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from lre_kit.status.notices import StatusNotices
from lre_kit.status.probes import probes_of
from lre_kit.status.reading import StatusReading
from lre_kit.status.watch import ACTION, Watch
from lre_kit.store.agenda import Duty

if TYPE_CHECKING:
    from lre_kit.office import PostOffice


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
        )
        self.reading = StatusReading(office.database, clock=office.clock, every=every)
        self.notices = StatusNotices(office.database, clock=office.clock)

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {ACTION: self.watch.run}
