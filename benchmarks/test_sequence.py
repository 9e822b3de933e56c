"""Placing 10 000 evidence records in the log, with checkpoint, against hashing and one raw insert.

Floor: the hashes alone (each record's digest, commitment and leaf, and the tree above them), and
one raw batch insert of as many rows.
"""

import os
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from lre_kit.proofs.rows import EvidenceRow
from lre_kit.proofs.seal import FileSeal, base64url
from lre_kit.store.columns import new_id
from lre_kit.store.inserts import table_of
from lre_kit.testing.office import deposit_sample, throwaway_office

COUNT = 10_000


def bare_hashing(texts: list[bytes]) -> None:
    level = []
    for text in texts:
        committed = sha256(b"s" * 16 + sha256(text).digest()).digest()
        level.append(sha256(b"\x00" + committed).digest())
    while len(level) > 1:
        level = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]


def test_sequence_on_sqlite(tmp_path: Path, compare: Callable[..., object]) -> None:
    with throwaway_office(tmp_path / "office", batch_max=COUNT) as office:
        deposit_sample(office)
        office.run_until_idle()
        evidence = table_of(EvidenceRow)
        with office.database.read() as connection:
            row = connection.execute(evidence.select()).first()
        assert row is not None
        template = {**row._asdict(), "log_index": None}
        sealed = FileSeal(office.keys).sign(row.record.encode(), at=office.clock())
        jws = f"{sealed.protected}.{base64url(row.record.encode())}.{sealed.signature}".encode()
        raw = sqlite3.connect(tmp_path / "raw.db", isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            raw.execute(f"PRAGMA {pragma}")
        raw.execute("CREATE TABLE place (id TEXT PRIMARY KEY, place INTEGER)")

        def floor() -> None:
            bare_hashing([jws] * COUNT)
            raw.execute("BEGIN IMMEDIATE")
            raw.executemany(
                "INSERT INTO place VALUES (?, ?)", [(os.urandom(16).hex(), n) for n in range(COUNT)]
            )
            raw.execute("COMMIT")

        def ours() -> None:
            assert office.sequencer.run_once() == COUNT

        def prepare() -> None:
            _fill_raw(tmp_path / "office" / "office.db", template)

        compare(f"sequence {COUNT}, SQLite", floor=floor, ours=ours, before=prepare, rounds=5, aim=0.4)
        raw.close()


def _fill_raw(path: Path, template: dict[str, Any]) -> None:
    """Put `COUNT` sealed records in wait; no event stands behind them, only their placing is measured."""
    with sqlite3.connect(path) as database:
        names = [name for name in template if name != "log_index"]
        marks = ", ".join("?" for _ in names)
        rows = []
        for _ in range(COUNT):
            fresh = template | {"id": new_id(), "event_id": new_id(), "salt": os.urandom(16)}
            fresh["recorded_at"] = "2026-01-12 09:30:00.000000"
            rows.append([fresh[name] for name in names])
        database.executemany(f"INSERT INTO evidence ({', '.join(names)}) VALUES ({marks})", rows)
    database.close()
