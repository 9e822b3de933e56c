"""A log without letters, for tests of what stands on the log alone: quick to grow, on SQLite."""

import sqlite3
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lre_kit.clock import now
from lre_kit.proofs.forms.note import NoteSigner
from lre_kit.proofs.log.log import Log
from lre_kit.proofs.rows import CheckpointRow
from lre_kit.store.database import Database
from lre_kit.testing.tables import lay_tables

ORIGIN = "log.example/scratch"
"""Origin of scratch logs."""


class ScratchLog:
    """The log as a context manager.

    Attributes:
        database: Its database, with all tables of an office.
        log: The log itself.
    """

    def __init__(self, folder: Path, *, seed: bytes = b"one") -> None:
        """Make an empty log in `folder`.

        Args:
            folder: Scratch folder, made if needed.
            seed: The same seed gives the same signing key.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "office.db"
        lay_tables(f"sqlite:///{self._file}")
        self.database = Database(f"sqlite:///{self._file}")
        key = Ed25519PrivateKey.from_private_bytes(sha256(seed).digest())
        self.log = Log(self.database, clock=now, signer=NoteSigner(ORIGIN, key), origin=ORIGIN)

    @property
    def vkey(self) -> str:
        """The log's verifier key."""
        return self.log.signer.vkey

    def grow(self, count: int, *, mark: str = "") -> None:
        """Append entries, which depend on their place and on `mark` alone, and sign and stamp the head."""
        with self.database.read() as connection:
            start = self.log.head(connection).size
        self.append([sha256(f"{mark}{n}".encode()).digest() for n in range(start, start + count)])
        self.stamp()

    def append(self, entries: Sequence[bytes]) -> None:
        """Append entries without a checkpoint."""
        with self.database.write() as uow:
            places = self.log.append(uow, entries)
            uow.commit()
        # Evidence and letters are left out, so the keys that point to them are too.
        with sqlite3.connect(self._file) as raw:
            raw.executemany(
                "INSERT INTO log_entry (evidence_id, recorded_at, commitment, log_index) "
                "VALUES (?, '2026-01-01 00:00:00.000000', ?, ?)",
                [(f"e{place}", entry, place) for place, entry in zip(places, entries, strict=True)],
            )
        raw.close()

    def stamp(self) -> str:
        """Sign the present head, keep it as if it had been stamped, and return the note."""
        with self.database.read() as connection:
            head = self.log.head(connection)
        note = self.log.signer.sign(head.text())
        with self.database.write() as uow:
            uow.add(
                CheckpointRow,
                size=head.size,
                root=head.root,
                note=note,
                created_at=now(),
                token=b"a token",
                stamp_id=f"scratch:{head.size}",
                stamped_at=now(),
            )
            uow.commit()
        return note

    def __enter__(self) -> Self:
        """Return the log."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its database."""
        self.database.close()
