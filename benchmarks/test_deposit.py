"""Deposit of a 100 kB PDF with a durable commit, against the bare operations it cannot do without.

Floor: SHA-256, AES-256-GCM, a file written with fsync, one ES256 signature, and one raw
transaction of as many rows.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import psycopg
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lre_kit.letters.values import Upload
from lre_kit.testing.office import deposit_sample, throwaway_office

PDF = b"%PDF-1.7\n" + os.urandom(100_000) + b"\n%%EOF\n"
ROW_BYTES = (450, 250, 300, 1900, 150, 150)
"""About what the six rows of a deposit weigh: letter, document, event, evidence, two duties."""


class Bare:
    """The operations themselves."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.count = 0

    def content(self) -> None:
        """Hash, encrypt, write durably, sign."""
        hashlib.sha256(PDF).digest()
        sealed = AESGCM(AESGCM.generate_key(256)).encrypt(os.urandom(12), PDF, None)
        self.count += 1
        with (self.folder / str(self.count)).open("wb") as file:
            file.write(sealed)
            file.flush()
            os.fsync(file.fileno())
        self.key.sign(PDF[:1000], ec.ECDSA(hashes.SHA256()))


def test_deposit_on_sqlite(tmp_path: Path, compare: Callable[..., object]) -> None:
    bare = Bare(tmp_path / "bare")
    raw = sqlite3.connect(tmp_path / "raw.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        raw.execute(f"PRAGMA {pragma}")
    for place in range(len(ROW_BYTES)):
        raw.execute(f"CREATE TABLE t{place} (id TEXT PRIMARY KEY, body TEXT)")

    def floor() -> None:
        bare.content()
        raw.execute("BEGIN IMMEDIATE")
        for place, size in enumerate(ROW_BYTES):
            raw.execute(f"INSERT INTO t{place} VALUES (?, ?)", (os.urandom(16).hex(), "x" * size))
        raw.execute("COMMIT")

    with throwaway_office(tmp_path / "office") as office:
        compare("deposit, SQLite", floor=floor, ours=lambda: _deposit(office), rounds=200, aim=0.35)
    raw.close()


def test_deposit_on_postgresql(tmp_path: Path, compare: Callable[..., object], postgres_url: str) -> None:
    bare = Bare(tmp_path / "bare")
    raw = psycopg.connect(postgres_url.replace("+psycopg", ""))
    for place in range(len(ROW_BYTES)):
        raw.execute(f"CREATE TABLE floor_{place} (id TEXT PRIMARY KEY, body TEXT)")
    raw.commit()

    def floor() -> None:
        bare.content()
        for place, size in enumerate(ROW_BYTES):
            raw.execute(f"INSERT INTO floor_{place} VALUES (%s, %s)", (os.urandom(16).hex(), "x" * size))
        raw.commit()

    with throwaway_office(tmp_path / "office", database_url=postgres_url) as office:
        compare("deposit, PostgreSQL", floor=floor, ours=lambda: _deposit(office), rounds=200, aim=0.35)
    raw.close()


def _deposit(office: object) -> object:
    return deposit_sample(office, documents=[Upload(name="letter.pdf", stream=BytesIO(PDF))])  # type: ignore[arg-type]
