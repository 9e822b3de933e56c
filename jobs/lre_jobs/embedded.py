"""The embedded shape: broker, worker and bell inside the serving process."""

from collections.abc import Iterator
from contextlib import contextmanager

from dramatiq import Worker

from lre_jobs.actors import declare
from lre_jobs.bell import Bell
from lre_jobs.broker import make_broker
from lre_kit.office import PostOffice

THREADS = 2
"""Worker threads: one for duties, one for the log."""

STOP_TIMEOUT_MS = 10_000
"""Time given to work in hand when stopping, in milliseconds."""


@contextmanager
def embedded(office: PostOffice) -> Iterator[None]:
    """Do the office's jobs in this process while the context is entered.

    With ``broker_url`` set, rings go through that broker and this process works for it too.
    """
    broker = make_broker(office.settings.broker_url)
    actors = declare(broker, office)
    worker = Worker(broker, worker_threads=THREADS, worker_timeout=100)
    worker.start()
    try:
        with Bell(actors):
            yield
    finally:
        worker.stop(timeout=STOP_TIMEOUT_MS)
        broker.close()
