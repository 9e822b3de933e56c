"""Signals for hosts (blinker, which Flask brings): one for each event of a letter, after its commit.

They are sent in the process that records the event: acts on the pages in the web process, closings in the
worker. So that a host's receivers hear of those too, its workers run inside its own application
(``flask lre work``). A receiver that raises is logged and changes nothing. ::

    from lre_web.signals import letter_event

    @letter_event.connect_via(app)
    def heard(app, happened, **more): ...
"""

from blinker import Namespace
from flask import Flask

from lre_kit.hosting.announcing import Happened
from lre_kit.law.events import ErdsEvent
from lre_web.mounting import Mounted

_signals = Namespace()

letter_event = _signals.signal("letter-event")
"""Sent at each event. The sender is the application; carries ``happened``
(`lre_kit.hosting.announcing.Happened`) and ``mount``, the name that the office is mounted under."""

BY_EVENT = {event: _signals.signal(f"letter-{event.value}") for event in ErdsEvent}
"""One signal for each kind of event, with the same sender and the same words."""


def forward(app: Flask, mount: Mounted) -> None:
    """Send the office's events as signals of `app`."""

    def told(happened: Happened) -> None:
        with app.app_context():
            for signal in (letter_event, BY_EVENT[happened.name]):
                for receiver in signal.receivers_for(app):
                    receiver(app, happened=happened, mount=mount.name)

    mount.office.announcer.listen(told)
