"""Real worker processes: many of them over PostgreSQL and a broker, killed, wiped, told to stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from lre_jobs.embedded import embedded
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.smtp import ScriptedSmtp

pytestmark = pytest.mark.timeout(300)

Wait = Callable[[Callable[[], bool]], None]
Check = Callable[[PostOffice, str], None]

STOP_MAX_S = 15


def environment_of(office: PostOffice) -> dict[str, str]:
    told = office.settings.model_dump(exclude_none=True, exclude_defaults=True, mode="json")
    return os.environ | {f"LRE_{name.upper()}": str(value) for name, value in told.items()}


def start_worker(office: PostOffice) -> subprocess.Popen[bytes]:
    program = "from lre_kit.cli.main import main; main()"
    return subprocess.Popen(
        [sys.executable, "-P", "-W", "error", "-c", program, "work"],
        env=environment_of(office),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def stop_worker(worker: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> tuple[int, str]:
    worker.send_signal(number)
    try:
        output, _ = worker.communicate(timeout=STOP_MAX_S)
    finally:
        with suppress(ProcessLookupError):
            worker.kill()
    return worker.returncode, output.decode()


@pytest.fixture
def smtp() -> Iterator[ScriptedSmtp]:
    with ScriptedSmtp() as server:
        yield server


@pytest.fixture
def scaled_office(
    tmp_path: Path, postgres_url: str, broker_url: str | None, smtp: ScriptedSmtp
) -> Iterator[PostOffice]:
    """An office on PostgreSQL whose workers are other processes; its own courier is not used."""
    with throwaway_office(
        tmp_path / "office",
        database_url=postgres_url,
        broker_url=broker_url,
        smtp_host="127.0.0.1",
        smtp_port=smtp.port,
        smtp_security="none",
    ) as office:
        yield office


def is_done(office: PostOffice, letter_id: str) -> bool:
    """Tell whether the notice left and everything up to it is stamped and can be proved."""
    if office.reading.by_id(letter_id).phase is not Phase.NOTIFIED:
        return False
    infos = office.issuer.available(letter_id)
    entries = office.reading.timeline(letter_id)
    return bool(infos) and all(i.is_ready for i in infos) and {e.evidence for e in entries} == {"stamped"}


def test_two_workers_share_the_letters_and_none_is_noticed_twice(
    scaled_office: PostOffice, smtp: ScriptedSmtp, eventually: Wait, check_nothing_twice: Check
) -> None:
    office = scaled_office
    workers = [start_worker(office) for _ in range(2)]
    try:
        letters = [deposit_sample(office) for _ in range(8)]
        eventually(lambda: all(is_done(office, letter.id) for letter in letters))
    finally:
        ends = [stop_worker(worker) for worker in workers]
    assert [code for code, _ in ends] == [0, 0], ends
    assert "Traceback" not in "".join(output for _, output in ends)
    assert len(smtp.messages) == 8
    assert len({str(message["Message-ID"]) for message in smtp.messages}) == 8
    for letter in letters[:2]:
        check_nothing_twice(office, letter.id)


def test_workers_killed_and_a_broker_wiped_lose_nothing(
    tmp_path: Path, postgres_url: str, redis_url: str, smtp: ScriptedSmtp, eventually: Wait
) -> None:
    """F5.02: with real worker processes."""
    import redis

    with (
        throwaway_office(
            tmp_path / "office",
            database_url=postgres_url,
            broker_url=redis_url,
            smtp_host="127.0.0.1",
            smtp_port=smtp.port,
            smtp_security="none",
        ) as office,
        redis.Redis.from_url(redis_url) as client,
    ):
        first, second = start_worker(office), start_worker(office)
        try:
            letters = []
            for _ in range(10):
                letters.append(deposit_sample(office))
                client.flushdb()
            first.kill()
            first.communicate()
            client.flushdb()
            letters.append(deposit_sample(office))
            # What the killed worker held comes back when its lease is over; the agenda's tests
            # move the clock for that. Here everything it did not hold goes on.
            eventually(lambda: office.agenda.due_count() == 0)
            eventually(lambda: office.reading.by_id(letters[-1].id).phase is Phase.NOTIFIED)
            eventually(
                lambda: (
                    {e.evidence for letter in letters for e in office.reading.timeline(letter.id)}
                    == {"stamped"}
                )
            )
        finally:
            code, output = stop_worker(second)
        assert code == 0, output
        sent = {str(message["Message-ID"]) for message in smtp.messages}
        expected = {office.links.message_id("notice", letter.id, 1) for letter in letters}
        waiting = {
            letter.id for letter in letters if office.reading.by_id(letter.id).phase is Phase.DEPOSITED
        }
        assert sent <= expected
        assert all(office.agenda.next_due(letter_id) is not None for letter_id in waiting)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_a_worker_ends_by_itself_without_a_word(tmp_path: Path, number: int) -> None:
    """F1.04: a real process, by both signals."""
    with throwaway_office(tmp_path / "office") as office:
        worker = start_worker(office)
        letter = deposit_sample(office)
        ends_s = time.monotonic() + 60
        while {entry.evidence for entry in office.reading.timeline(letter.id)} != {"stamped"}:
            assert time.monotonic() < ends_s
            time.sleep(0.1)
        code, output = stop_worker(worker, number)
        assert (code, "Traceback" in output) == (0, False), output


def test_embedded_jobs_do_the_work_of_one_process_and_stop(
    tmp_path: Path, broker_url: str | None, eventually: Wait
) -> None:
    with throwaway_office(tmp_path / "office", broker_url=broker_url) as office:
        for _ in range(2):
            with embedded(office, beat_s=0.05):
                letter = deposit_sample(office)
                eventually(lambda letter=letter: is_done(office, letter.id))  # type: ignore[misc]
        left = deposit_sample(office)
        time.sleep(0.3)
        assert office.reading.by_id(left.id).phase is Phase.DEPOSITED, "nothing goes on after the end"


def test_a_broker_that_is_down_stops_neither_start_nor_work_nor_end(tmp_path: Path, eventually: Wait) -> None:
    """F5.01."""
    for number, url in enumerate(("redis://127.0.0.1:1/0", "amqp://127.0.0.1:1")):
        with ExitStack() as stack:
            office = stack.enter_context(throwaway_office(tmp_path / str(number), broker_url=url))
            stack.enter_context(embedded(office, beat_s=0.05))
            letter = deposit_sample(office)
            eventually(lambda office=office, letter=letter: is_done(office, letter.id))  # type: ignore[misc]
