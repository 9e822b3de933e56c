"""Closing windows on PostgreSQL: many due among ten times as many open, against signing and raw inserts.

Floor: one ES256 signature per letter, and raw batch inserts of as many rows as closing writes (event,
evidence, place in wait for the log, duty of the proof), about as heavy. ``LRE_BENCH_LETTERS`` says how
many are open (default 20 000; the aim is set for 1 000 000), a tenth of them is due.
"""

import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.letters.closing import ACTION
from lre_kit.letters.duties import together
from lre_kit.office import CLAIM_MAX, LEASE, PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office

OPEN = int(os.environ.get("LRE_BENCH_LETTERS", "20000"))
DUE = OPEN // 10
ROW_BYTES = (300, 2400, 100, 200)
"""About what the four rows of a closing weigh."""
ROUNDS = 3


def test_closing_on_postgresql(tmp_path: Path, compare: Callable[..., object], postgres_url: str) -> None:
    clock = MovedClock()
    with (
        throwaway_office(tmp_path / "office", clock=clock, database_url=postgres_url, reminders="") as office,
        psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as raw,
    ):
        _open_windows(office, raw)
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

        clock.advance(timedelta(days=17))

        def before() -> None:
            # Windows of the next tenth come due.
            raw.execute("DELETE FROM agenda WHERE action <> 'close_window'")
            raw.execute(
                "UPDATE agenda SET due_at = %s WHERE id IN"
                " (SELECT id FROM agenda WHERE action = 'close_window' AND due_at > %s ORDER BY id LIMIT %s)",
                (clock() - timedelta(hours=1), clock(), DUE),
            )
            raw.execute("VACUUM ANALYZE agenda")

        idle = _idle(office)
        compare(
            f"close {DUE} of {OPEN}, PostgreSQL",
            floor=floor,
            ours=lambda: _sweep(office),
            before=before,
            rounds=ROUNDS,
            aim=0.5,
        )
        print(f"claim when nothing is due: {idle * 1000:.2f} ms")


def _sweep(office: PostOffice) -> int:
    """Close what is due; the proofs that this calls for are another's work."""
    done = 0
    while done < DUE:
        batch = together(office.agenda.claim(limit=min(CLAIM_MAX, DUE - done), lease=LEASE))[0]
        assert batch[0].action == ACTION
        done += office.duties.run_all(batch)
    return done


def _idle(office: PostOffice) -> float:
    began = time.perf_counter()
    for _ in range(20):
        assert office.agenda.claim(limit=CLAIM_MAX, lease=LEASE) == []
    return (time.perf_counter() - began) / 20


def _open_windows(office: PostOffice, raw: "psycopg.Connection[tuple[object, ...]]") -> None:
    """Let one letter be notified, then multiply it in the database."""
    letter = deposit_sample(office)
    office.run_until_idle()
    office.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    office.run_until_idle()
    raw.execute("DELETE FROM agenda WHERE action <> 'close_window'")
    own = {"letter": ("id", "number", "idempotency_key"), "document": ("id", "letter_id"),
           "event": ("id", "letter_id"), "agenda": ("id", "key", "subject", "due_at")}  # fmt: skip
    far = office.clock() + timedelta(days=400)
    new = {
        "id": "md5(t.id || n)",
        "letter_id": f"md5('{letter.id}' || n)",
        "number": "left(md5(t.number || n), 32)",
        "idempotency_key": "NULL",
        "key": f"'close:' || md5('{letter.id}' || n) || ':1'",
        "subject": f"md5('{letter.id}' || n)",
        "due_at": f"TIMESTAMPTZ '{far.isoformat()}'",
    }
    for table, changed in own.items():
        names = [
            str(name)
            for (name,) in raw.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
            )
        ]
        columns = ", ".join(f'"{name}"' for name in names)
        values = ", ".join(new[name] if name in changed else f't."{name}"' for name in names)
        raw.execute(
            f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} t, generate_series(1, {OPEN}) n"
        )
    raw.execute("DELETE FROM agenda WHERE subject = %s", (letter.id,))
    raw.execute("VACUUM ANALYZE")
