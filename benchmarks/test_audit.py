"""Auditing a whole office against hashing and verifying its seals alone.

`LRE_BENCH_RECORDS` sets how many records (20 000 by default; the aim is stated for a million).
The table's second line of output is the memory the audit needed above what was in use before it.
"""

import os
import resource
import sqlite3
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.sealing.commitment import commitment, compact
from lre_kit.store.columns import new_id
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

RECORDS = int(os.environ.get("LRE_BENCH_RECORDS", "20000"))
BATCH = 2_000


def test_audit(tmp_path: Path, compare: Callable[..., object]) -> None:
    with throwaway_office(tmp_path / "office", batch_max=50_000) as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        office.run_until_idle()
        path = tmp_path / "office" / "office.db"
        for _ in range(RECORDS // 5 // BATCH):
            _copy(office, path, letter.id, letter.number)
        office.run_until_idle()
        key = office.keys.seal_key.public_key()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

        def floor() -> None:
            for message, raw, salt in _seals(path):
                first, second = (int.from_bytes(raw[i : i + 32]) for i in (0, 32))
                key.verify(encode_dss_signature(first, second), message, ec.ECDSA(hashes.SHA256()))
                sha256(b"\x00" + sha256(salt + message).digest()).digest()

        def ours() -> None:
            report = audit_office(office, content=False)
            assert report.findings == []
            assert report.records >= RECORDS * 0.9

        compare(f"audit {RECORDS} records, SQLite", floor=floor, ours=ours, rounds=2, aim=0.5)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        print(f"\naudit: {grown / 1024:.0f} MiB more than before")


def _seals(path: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
    with sqlite3.connect(path) as database:
        for protected, record, signature, salt in database.execute(
            "SELECT protected, record, signature, salt FROM evidence"
        ):
            whole = compact(protected, record, signature)
            message, _, sealed = whole.rpartition(".")
            yield message.encode(), urlsafe_b64decode(sealed + "=="), salt
    database.close()


def _copy(office: PostOffice, path: Path, letter_id: str, number: str) -> None:
    """Put `BATCH` letters like one that exists beside it, each act sealed anew."""
    with sqlite3.connect(path) as database:
        database.row_factory = sqlite3.Row
        database.execute("PRAGMA foreign_keys=OFF")
        model = dict(database.execute("SELECT * FROM letter WHERE id = ?", (letter_id,)).fetchone())
        model["wrapped_key"] = None
        acts = [
            (dict(event), dict(evidence))
            for event in database.execute(
                "SELECT * FROM event WHERE letter_id = ? ORDER BY seq", (letter_id,)
            )
            for evidence in database.execute("SELECT * FROM evidence WHERE event_id = ?", (event["id"],))
        ]
        documents = [
            dict(row) for row in database.execute("SELECT * FROM document WHERE letter_id = ?", (letter_id,))
        ]
        rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("letter", "document", "event", "evidence", "log_entry")
        }
        for _ in range(BATCH):
            copied, own = new_id(), new_id().upper()
            rows["letter"].append(model | {"id": copied, "number": own, "idempotency_key": None})
            rows["document"] += [d | {"id": new_id(), "letter_id": copied} for d in documents]
            for event, evidence in acts:
                event_id, evidence_id = new_id(), new_id()
                record = evidence["record"].replace(number, own)
                sealed = office.seal.sign(record.encode(), at=office.clock())
                rows["event"].append(event | {"id": event_id, "letter_id": copied})
                ours = {"id": evidence_id, "event_id": event_id, "letter_id": copied, "record": record}
                parts = {"protected": sealed.protected, "signature": sealed.signature}
                rows["evidence"].append(evidence | ours | parts)
                whole = compact(sealed.protected, record, sealed.signature)
                rows["log_entry"].append(
                    {"evidence_id": evidence_id, "recorded_at": evidence["recorded_at"],
                     "commitment": commitment(evidence["salt"], whole), "log_index": None}
                )  # fmt: skip
        for table, made in rows.items():
            names = list(made[0])
            marks = ", ".join(f":{name}" for name in names)
            database.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", made)
    database.close()
