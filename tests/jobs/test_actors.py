"""The doorbells on real brokers: rung thrice, by two bells, wiped, they do nothing twice and lose nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from dramatiq import Broker, Worker

from lre_jobs.actors import Actors, declare, queue_of
from lre_jobs.bell import Bell
from lre_jobs.broker import make_broker
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify

Wait = Callable[[Callable[[], bool]], None]
Check = Callable[[PostOffice, str], None]


@contextmanager
def worker_of(office: PostOffice, broker_url: str | None, broker: Broker | None = None) -> Iterator[Actors]:
    broker = broker or make_broker(broker_url)
    actors = declare(broker, office)
    worker = Worker(broker, worker_threads=4, worker_timeout=50)
    worker.start()
    try:
        yield actors
    finally:
        worker.stop()
        broker.close()


def is_settled(office: PostOffice, letter_id: str) -> bool:
    timeline = office.reading.timeline(letter_id)
    return office.agenda.due_count() == 0 and {entry.evidence for entry in timeline} == {"stamped"}


def test_the_same_message_three_times_does_nothing_twice(
    office: PostOffice,
    broker_url: str | None,
    courier: MemoryCourier,
    clock: MovedClock,
    eventually: Wait,
    check_nothing_twice: Check,
) -> None:
    """F5.03."""
    with worker_of(office, broker_url) as actors:
        letter = deposit_sample(office)

        def ring_thrice() -> bool:
            for actor in (actors.sweep, actors.sequence):
                message = actor.message()
                for _ in range(3):
                    actor.broker.enqueue(message)
            return is_settled(office, letter.id)

        eventually(ring_thrice)
        office.desk.accept(letter.id, identify(office, letter))
        clock.advance(timedelta(minutes=1))
        eventually(ring_thrice)
        eventually(
            lambda: ring_thrice() and all(info.is_ready for info in office.issuer.available(letter.id))
        )
    assert [m["To"].addresses[0].username for m in courier.messages].count("jean.dupont") == 2, (
        "notice and code"
    )
    check_nothing_twice(office, letter.id)
    assert office.reading.by_id(letter.id).phase is Phase.RECEIVED


def test_two_bells_and_two_workers_have_one_effect(
    office: PostOffice,
    broker_url: str | None,
    courier: MemoryCourier,
    eventually: Wait,
    check_nothing_twice: Check,
) -> None:
    """F5.04."""
    with ExitStack() as stack:
        for _ in range(2):
            actors = stack.enter_context(worker_of(office, broker_url))
            stack.enter_context(Bell(actors, beat_s=0.05))
        letters = [deposit_sample(office) for _ in range(10)]
        eventually(lambda: all(is_settled(office, letter.id) for letter in letters))
    assert len({message["Message-ID"] for message in courier.messages}) == len(courier.messages) == 10
    for letter in letters:
        check_nothing_twice(office, letter.id)


def test_a_redis_wiped_over_and_over_loses_nothing(
    office: PostOffice,
    redis_url: str,
    courier: MemoryCourier,
    eventually: Wait,
    check_nothing_twice: Check,
) -> None:
    """F5.02."""
    broker = make_broker(redis_url)
    client = broker.client  # type: ignore[attr-defined]
    done = threading.Event()

    def wipe() -> None:
        while not done.wait(0.02):
            client.flushdb()
            client.script_flush()

    wiper = threading.Thread(target=wipe)
    with worker_of(office, redis_url, broker) as actors, Bell(actors, beat_s=0.1):
        wiper.start()
        try:
            letters = [deposit_sample(office) for _ in range(20)]
        finally:
            done.set()
            wiper.join()
        eventually(lambda: all(is_settled(office, letter.id) for letter in letters))
    assert len(courier.messages) == 20
    check_nothing_twice(office, letters[0].id)


@pytest.mark.parametrize("url", [None, "redis://127.0.0.1:1/0", "amqp://127.0.0.1:1"])
def test_without_its_broker_the_bell_does_the_rounds_itself(
    office: PostOffice, url: str | None, caplog: pytest.LogCaptureFixture, courier: MemoryCourier
) -> None:
    """F5.01."""
    broker = make_broker(url)
    if url is None:
        broker.enqueue = None  # type: ignore[method-assign,assignment]  # an in-process broker gone mad
    letter = deposit_sample(office)
    bell = Bell(declare(broker, office))
    bell.ring()
    bell.ring()
    assert is_settled(office, letter.id)
    assert len(courier.messages) == 1
    assert caplog.text.count("does the rounds by itself") == 1, "said once, not at each ring"


def test_when_the_broker_is_back_the_bell_says_so(
    office: PostOffice, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("INFO", logger="lre_jobs")
    broker = make_broker(None)
    bell = Bell(declare(broker, office))
    with monkeypatch.context() as gone:
        gone.setattr(broker, "enqueue", None)
        bell.ring()
    bell.ring()
    assert "answers again" in caplog.text


def test_one_office_has_one_queue_and_another_office_another(tmp_path: Path) -> None:
    here, twin, other = (
        Settings(home=tmp_path, base_url=url)
        for url in ("https://a.example", "https://a.example", "https://b.example")
    )
    assert queue_of(here) == queue_of(twin) != queue_of(other)


def test_two_offices_on_two_brokers_live_in_one_process(office: PostOffice) -> None:
    first, second = make_broker(None), make_broker(None)
    assert declare(first, office).sweep is not declare(second, office).sweep
