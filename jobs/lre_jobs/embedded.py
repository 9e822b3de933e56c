"""The embedded shape: broker, worker and bell inside the serving process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from dramatiq import Worker

from lre_jobs.actors import declare
from lre_jobs.bell import BEAT_S, Bell
from lre_jobs.broker import make_broker
from lre_kit.office import PostOffice

THREADS = 3
"""Worker threads: for duties, for the log, for its publication; a fourth would find all rounds taken."""

STOP_TIMEOUT_MS = 10_000
"""Time given to the duty in hand when stopping, in milliseconds."""

WORKER_TIMEOUT_MS = 100
"""How long an idle worker waits before it looks whether it should stop, in milliseconds."""


@contextmanager
def embedded(office: PostOffice, *, beat_s: float = BEAT_S) -> Iterator[None]:
    """Do the office's jobs in this process while the context is entered.

    With ``broker_url`` set, rings go through that broker and this process works for it too. On
    leaving, the duty in hand is finished and those not begun are given back.
    """
    stopping = threading.Event()
    broker = make_broker(office.settings.broker_url)
    actors = declare(broker, office, stopping=stopping)
    worker = Worker(broker, worker_threads=THREADS, worker_timeout=WORKER_TIMEOUT_MS)
    worker.start()
    try:
        with Bell(actors, beat_s=beat_s):
            try:
                yield
            finally:
                stopping.set()
    finally:
        worker.stop(timeout=STOP_TIMEOUT_MS)
        broker.close()
