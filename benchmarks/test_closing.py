"""Closing windows on PostgreSQL: many due among ten times as many open, against signing and raw inserts.

Floor: one ES256 signature per letter, and raw batch inserts of as many rows as closing writes (event,
evidence, place in wait for the log, duty of the proof), about as heavy. ``LRE_BENCH_LETTERS`` says how
many are open (default 20 000; the aim is set for 1 000 000, which takes a quarter of an hour and eight
gigabytes of the server's disk), a tenth of them is due; ``LRE_BENCH_ROUNDS`` how often they come due.
Letters are made in the database from one that went through the office, with ids as an office gives them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.clock import now
from lre_kit.letters.duties import claim_batches
from lre_kit.office import CLAIM_MAX, LEASE, PostOffice
from lre_kit.settings import Settings
from lre_kit.testing.office import deposit_sample, throwaway_office

OPEN = int(os.environ.get("LRE_BENCH_LETTERS", "20000"))
DUE = OPEN // 10
ROW_BYTES = (300, 2400, 100, 200)
"""About what the four rows of a closing weigh."""
ROUNDS = int(os.environ.get("LRE_BENCH_ROUNDS", "3"))
AT_A_TIME = 50_000
"""Letters made in one statement."""


Raw = psycopg.Connection[tuple[object, ...]]


@pytest.mark.timeout(4 * 3600)
def test_closing_on_postgresql(tmp_path: Path, compare: Callable[..., object], postgres_url: str) -> None:
    clock = StillClock()
    with (
        throwaway_office(tmp_path / "office", clock=clock, database_url=postgres_url, reminders="") as office,
        psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as raw,
    ):
        _open_windows(office, raw)
        clock.advance(timedelta(days=17))
        compare(
            f"close {DUE} of {OPEN}, PostgreSQL",
            floor=_floor(raw),
            ours=lambda: _sweep(office),
            before=lambda: _come_due(office, raw),
            rounds=ROUNDS,
            aim=0.5,
        )
        print(f"claim when nothing is due: {_idle(office) * 1000:.2f} ms")
        _two_workers(office, raw)


class StillClock:
    """Stands still, so that the proofs which closing calls for come due in no round."""

    def __init__(self) -> None:
        self.at = now()

    def __call__(self) -> datetime:
        """Return the instant it stands at."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move it forward."""
        self.at += by


def _floor(raw: Raw) -> Callable[[], None]:
    key = ec.generate_private_key(ec.SECP256R1())
    for place in range(len(ROW_BYTES)):
        raw.execute(f"CREATE TABLE floor_{place} (id TEXT PRIMARY KEY, body TEXT)")

    def floor() -> None:
        for start in range(0, DUE, 1000):
            count = min(1000, DUE - start)
            for _ in range(count):
                key.sign(b"x" * 2400, ec.ECDSA(hashes.SHA256()))
            with raw.transaction(), raw.cursor() as cursor:
                for place, size in enumerate(ROW_BYTES):
                    rows = [(os.urandom(16).hex(), "x" * size) for _ in range(count)]
                    cursor.executemany(f"INSERT INTO floor_{place} VALUES (%s, %s)", rows)

    return floor


def _come_due(office: PostOffice, raw: Raw) -> None:
    """Let the windows of the next tenth be over, and forget the proofs that the last one calls for."""
    today = office.clock()
    raw.execute("DELETE FROM agenda WHERE action <> 'close_window'")
    raw.execute(
        "UPDATE agenda SET due_at = %s WHERE id IN"
        " (SELECT id FROM agenda WHERE action = 'close_window' AND due_at > %s ORDER BY id LIMIT %s)",
        (today - timedelta(hours=1), today, DUE),
    )
    raw.execute("VACUUM ANALYZE agenda")


def _sweep(office: PostOffice) -> int:
    """Close what is due; the proofs that this calls for are due later."""
    done = 0
    while batches := claim_batches(office.agenda, limit=CLAIM_MAX, lease=LEASE):
        done += sum(map(office.duties.run_all, batches))
    return done


def _idle(office: PostOffice) -> float:
    began = time.perf_counter()
    for _ in range(20):
        assert office.agenda.claim(limit=CLAIM_MAX, lease=LEASE) == []
    return (time.perf_counter() - began) / 20


def _two_workers(office: PostOffice, raw: Raw) -> None:
    """Print how much faster two processes close a tenth than one does."""
    took: dict[int, float] = {}
    for count in (1, 2):
        _come_due(office, raw)
        environment = {
            **os.environ,
            "LRE_HOME": str(office.settings.home),
            "LRE_DATABASE_URL": office.settings.database_url,
            "LRE_REMINDERS": "",
            "LRE_BASE_URL": office.settings.base_url,
        }
        command = [sys.executable, __file__, office.clock().isoformat()]
        workers = [
            subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(count)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == "ready\n"
        began = time.perf_counter()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()
        done = [int(worker.communicate(timeout=3600)[0]) for worker in workers]
        took[count] = time.perf_counter() - began
        assert sum(done) == DUE, done
        print(f"{count} worker(s): {took[count]:.2f} s, {done}")
    print(f"two workers: {took[1] / took[2]:.2f} times one")


def _work(instant: str) -> None:
    """Be one worker of `_two_workers`, at a fixed instant."""
    at = datetime.fromisoformat(instant)
    with PostOffice.open(Settings(), clock=lambda: at) as office:
        print("ready", flush=True)
        sys.stdin.readline()
        print(_sweep(office))


def _open_windows(office: PostOffice, raw: Raw) -> None:
    """Let one letter be notified, then multiply it in the database."""
    letter = deposit_sample(office)
    office.run_until_idle()
    office.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    office.run_until_idle()
    raw.execute("DELETE FROM agenda WHERE action <> 'close_window'")
    own = {"letter": ("id", "number", "idempotency_key"), "document": ("id", "letter_id"),
           "event": ("id", "letter_id"), "agenda": ("id", "key", "subject", "due_at")}  # fmt: skip
    far = office.clock() + timedelta(days=400)
    # Ids begin with the time, a millisecond apart, as those of letters that were deposited one after another.
    began = int(letter.id[:12], 16) - 2 * OPEN
    made = f"lpad(to_hex({began} + n), 12, '0')"
    letter_id = f"{made} || left(md5('{letter.id}' || n), 20)"
    new = {
        "id": f"{made} || left(md5(t.id || n), 20)",
        "letter_id": letter_id,
        "number": "left(md5(t.number || n), 32)",
        "idempotency_key": "NULL",
        "key": f"'close:' || {letter_id} || ':1'",
        "subject": letter_id,
        "due_at": f"TIMESTAMPTZ '{far.isoformat()}'",
    }
    originals = {
        table: _ids(raw, table, f"{'letter_id' if 'letter_id' in columns else 'id'} = '{letter.id}'")
        for table, columns in own.items()
        if table != "agenda"
    } | {"agenda": _ids(raw, "agenda", "TRUE")}
    for start in range(1, OPEN + 1, AT_A_TIME):
        for table, changed in own.items():
            columns = [
                str(name)
                for (name,) in raw.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
                )
            ]
            values = ", ".join(new[name] if name in changed else f't."{name}"' for name in columns)
            names = ", ".join(f'"{name}"' for name in columns)
            last = min(start + AT_A_TIME - 1, OPEN)
            raw.execute(
                f"INSERT INTO {table} ({names}) SELECT {values}"
                f" FROM {table} t, generate_series({start}, {last}) n WHERE t.id = ANY(%s)",
                (originals[table],),
            )
    raw.execute("DELETE FROM agenda WHERE subject = %s", (letter.id,))
    raw.execute("VACUUM ANALYZE")


def _ids(raw: Raw, table: str, condition: str) -> list[str]:
    return [str(found) for (found,) in raw.execute(f"SELECT id FROM {table} WHERE {condition}")]


if __name__ == "__main__":
    _work(sys.argv[1])
