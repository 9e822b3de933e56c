"""A worker process: the embedded shape, alone, until it is told to stop."""

import logging
import signal
import threading
from types import FrameType

from lre_jobs.embedded import embedded
from lre_kit.office import PostOffice

log = logging.getLogger(__name__)


def work(office: PostOffice) -> None:
    """Do the office's jobs until SIGTERM or SIGINT; the duty in hand is finished first."""
    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {name: signal.signal(name, asked) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        with embedded(office):
            log.info("at work")
            stop.wait()
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
