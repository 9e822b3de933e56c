"""Letters in bulk: one run of its duty (50 letters of one page), against the floor of as many deposits."""

import hashlib
import io
import os
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lre_kit.bulk.desk import CHUNK
from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import BulkWish
from lre_kit.letters.values import Upload
from lre_kit.store.agenda import Duty
from lre_kit.testing.office import SENDER, throwaway_office

PDF = b"%PDF-1.7\n" + os.urandom(30_000) + b"\n%%EOF\n"
ROW_BYTES = (450, 250, 300, 1900, 150, 150)
"""About what the six rows of a deposit weigh: letter, document, event, evidence, two duties."""


def test_bulk_on_sqlite(tmp_path: Path, compare: Callable[..., object]) -> None:
    (tmp_path / "bare").mkdir()
    key, raw = (
        ec.generate_private_key(ec.SECP256R1()),
        sqlite3.connect(tmp_path / "raw.db", isolation_level=None),
    )
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        raw.execute(f"PRAGMA {pragma}")
    for place in range(len(ROW_BYTES)):
        raw.execute(f"CREATE TABLE t{place} (id TEXT PRIMARY KEY, body TEXT)")

    def floor() -> None:
        for _ in range(CHUNK):
            hashlib.sha256(PDF).digest()
            sealed = AESGCM(AESGCM.generate_key(256)).encrypt(os.urandom(12), PDF, None)
            with (tmp_path / "bare" / os.urandom(8).hex()).open("wb") as file:
                file.write(sealed)
                file.flush()
                os.fsync(file.fileno())
            key.sign(PDF[:1000], ec.ECDSA(hashes.SHA256()))
            raw.execute("BEGIN IMMEDIATE")
            for place, size in enumerate(ROW_BYTES):
                raw.execute(f"INSERT INTO t{place} VALUES (?, ?)", (os.urandom(16).hex(), "x" * size))
            raw.execute("COMMIT")

    due: list[Duty] = []
    with throwaway_office(tmp_path / "office") as office:

        def before() -> None:
            lines = "".join(f"p{number}@example.net,Ada\n" for number in range(CHUNK + 1))
            table = read_recipients(io.BytesIO(f"email,name\n{lines}".encode()), limit=1000)
            report = office.bulk.draft(SENDER, table, [Upload(name="a.pdf", stream=[PDF])], BulkWish())
            assert report.bulk_id is not None
            office.bulk.start(report.bulk_id, sender_ref=SENDER.ref)
            claimed = office.agenda.claim(limit=5000, lease=timedelta(minutes=5))
            due[:] = [duty for duty in claimed if duty.subject == report.bulk_id]

        compare(
            "bulk, 50 letters, SQLite",
            floor=floor,
            ours=lambda: office.bulk.send(due[0]),
            before=before,
            rounds=20,
            aim=0.6,
        )
    raw.close()
