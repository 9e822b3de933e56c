"""A worker process: the embedded shape, alone, until it is told to stop."""

import logging
import signal
from queue import SimpleQueue
from types import FrameType

from lre_jobs.embedded import embedded
from lre_kit.office import PostOffice

log = logging.getLogger(__name__)


def work(office: PostOffice) -> None:
    """Do the office's jobs until SIGTERM or SIGINT; the duty in hand is finished first."""
    # Setting an Event takes a lock that the interrupted line may hold; SimpleQueue is made for handlers.
    told: SimpleQueue[int] = SimpleQueue()

    def asked(number: int, frame: FrameType | None) -> None:
        del frame
        told.put(number)

    before = {name: signal.signal(name, asked) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        with embedded(office):
            log.info("at work")
            told.get()
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
