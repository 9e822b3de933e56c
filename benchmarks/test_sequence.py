"""Placing 10 000 evidence records in the log, with checkpoint, against hashing and one raw insert.

Floor: the hashes alone (each leaf, and the tree above them), and one raw batch insert of as many
rows.
"""

import os
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from lre_kit.store.columns import new_id
from lre_kit.testing.office import throwaway_office

COUNT = 10_000


def bare_hashing(count: int) -> None:
    level = [sha256(b"\x00" + b"c" * 32).digest() for _ in range(count)]
    while len(level) > 1:
        level = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]


def test_sequence_on_sqlite(tmp_path: Path, compare: Callable[..., object]) -> None:
    with throwaway_office(tmp_path / "office", batch_max=COUNT) as office:
        raw = sqlite3.connect(tmp_path / "raw.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("CREATE TABLE place (id TEXT PRIMARY KEY, place INTEGER)")

        def floor() -> None:
            bare_hashing(COUNT)
            raw.execute("BEGIN IMMEDIATE")
            raw.executemany(
                "INSERT INTO place VALUES (?, ?)", [(os.urandom(16).hex(), n) for n in range(COUNT)]
            )
            raw.execute("COMMIT")

        def ours() -> None:
            assert office.sequencer.run_once() == COUNT

        compare(
            f"sequence {COUNT}, SQLite",
            floor=floor,
            ours=ours,
            before=lambda: _wait(tmp_path / "office" / "office.db"),
            rounds=5,
            aim=0.4,
        )
        raw.close()


def _wait(path: Path) -> None:
    """Put `COUNT` entries in wait; no evidence stands behind them, only their placing is measured."""
    rows = [(new_id(), "2026-01-12 09:30:00.000000", os.urandom(32)) for _ in range(COUNT)]
    with sqlite3.connect(path) as database:
        database.executemany(
            "INSERT INTO log_entry (evidence_id, recorded_at, commitment) VALUES (?, ?, ?)", rows
        )
    database.close()
