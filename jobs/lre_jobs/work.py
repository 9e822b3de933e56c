"""A worker process: the embedded shape, alone, until it is told to stop."""

import signal
import threading
from types import FrameType

from lre_jobs.embedded import embedded
from lre_kit.office import PostOffice


def work(office: PostOffice) -> None:
    """Do the office's jobs until SIGTERM or SIGINT; what is in hand is finished first."""
    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {name: signal.signal(name, asked) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        with embedded(office):
            stop.wait()
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
