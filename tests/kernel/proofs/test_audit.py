"""The audit finds what was changed, removed, reordered or back-dated (F8.01 to F8.07)."""

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import UNCOVERED, AuditReport, audit_office
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.forms.note import Checkpoint
from lre_kit.settings import Settings
from lre_kit.testing.office import deposit_sample, identify, throwaway_office


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("audit") / "office"
    with throwaway_office(home) as office:
        letters = [deposit_sample(office) for _ in range(3)]
        office.run_until_idle()
        office.desk.accept(letters[0].id, identify(office, letters[0]))
        office.desk.refuse(letters[1].id, identify(office, letters[1]))
        office.run_until_idle()
        assert audit_office(office).findings == []
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "office")
    return tmp_path / "office"


def attack(home: Path, *statements: str) -> None:
    with sqlite3.connect(home / "office.db") as database:
        database.execute("PRAGMA foreign_keys=OFF")
        for statement in statements:
            database.execute(statement)
    database.close()


def audited(home: Path) -> AuditReport:
    with PostOffice.open(Settings(home=home, base_url="https://notices.example")) as office:
        return audit_office(office)


def legal_columns() -> Iterator[tuple[str, str]]:
    from lre_kit.letters.rows import DocumentRow, EventRow, LetterRow
    from lre_kit.proofs.rows import CheckpointRow, EvidenceRow, LogEntryRow, TileRow
    from lre_kit.store.inserts import table_of

    for row in (LetterRow, DocumentRow, EventRow, EvidenceRow, LogEntryRow, CheckpointRow, TileRow):
        table = table_of(row)
        for column in table.columns:
            if column.name not in UNCOVERED.get(table.name, frozenset()):
                yield table.name, column.name


@pytest.mark.parametrize(("table", "column"), list(legal_columns()))
def test_a_change_in_any_legal_column_is_found(home: Path, table: str, column: str) -> None:
    with sqlite3.connect(home / "office.db") as database:
        order = "seq DESC" if table == "event" else "rowid"
        rowid, value = database.execute(
            f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY {order}"
        ).fetchone() or (1, None)
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (other(value), rowid))
    database.close()
    report = audited(home)
    assert report.exit_code == 1, f"{table}.{column} was changed unseen"


def other(value: object) -> object:
    if isinstance(value, int):
        return value + 77
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    if value is None:
        return "2031-01-01 00:00:00.000000"
    text = str(value)
    if text[:2] == "20" and text[4:5] == "-":
        return "2031" + text[4:]
    if text.startswith(("{", "[")):
        return json.dumps({"role": "attacker"} if text[0] == "{" else ["UnknownRecipient"])
    known = {"received": "refused", "notified": "refused", "refused": "received", "simple": "hybrid",
             "non_qualified": "qualified"}  # fmt: skip
    return known.get(text, "SubmissionRejection" if text.startswith(("Content", "Subm")) else text + "x")


def test_a_flipped_bit_of_content_is_found_and_named(home: Path) -> None:
    blobs = sorted(p for p in (home / "blobs").rglob("*") if p.is_file() and "letters" in p.name)
    for _ in range(20):
        place = random.choice(blobs)
        content = place.read_bytes()
        bit = random.randrange(len(content) * 8)
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        place.write_bytes(flipped)
        assert [f.table for f in audited(home).findings] == ["document"]
        place.write_bytes(content)


@pytest.mark.parametrize("kept", [0, 1, 3, 6])
def test_a_cut_tail_is_found_by_the_checkpoint_outside_the_database(home: Path, kept: int) -> None:
    hashes = f"substr(hashes, 1, {32 * kept})"
    attack(
        home,
        f"DELETE FROM evidence WHERE id IN (SELECT evidence_id FROM log_entry WHERE log_index >= {kept})",
        f"DELETE FROM log_entry WHERE log_index >= {kept}",
        f"DELETE FROM log_checkpoint WHERE size > {kept}",
        "DELETE FROM log_tile" if kept == 0 else f"UPDATE log_tile SET hashes = {hashes}",
    )
    assert any("was cut" in finding.problem for finding in audited(home).findings)


def test_a_log_that_is_gone_altogether_is_found(home: Path) -> None:
    attack(home, "DELETE FROM evidence", "DELETE FROM event", "DELETE FROM document", "DELETE FROM letter",
           "DELETE FROM log_tile", "DELETE FROM log_entry", "DELETE FROM log_checkpoint")  # fmt: skip
    assert audited(home).exit_code == 1


def test_a_rewritten_suffix_with_valid_hashes_is_found(home: Path) -> None:
    with PostOffice.open(Settings(home=home, base_url="https://notices.example")) as office:
        with sqlite3.connect(home / "office.db") as database:
            (tile,) = database.execute("SELECT hashes FROM log_tile WHERE level = 0").fetchone()
            forged = tile[:-32] + merkle.leaf_hash(b"forged")
            leaves = [forged[i : i + 32] for i in range(0, len(forged), 32)]
            head = Checkpoint(origin=office.log.origin, size=len(leaves), root=merkle.root(leaves))
            note = office.signer.sign(head.text())
            database.execute("UPDATE log_tile SET hashes = ? WHERE level = 0", (forged,))
            database.execute(
                "UPDATE log_checkpoint SET root = ?, note = ? WHERE size = ?", (head.root, note, head.size)
            )
        database.close()
        fields = {(f.table, f.field) for f in audit_office(office).findings}
    assert ("log_checkpoint", "token") in fields


def test_swapped_records_are_found(home: Path) -> None:
    attack(
        home,
        "UPDATE log_entry SET log_index = -1 WHERE log_index = 0",
        "UPDATE log_entry SET log_index = 0 WHERE log_index = 1",
        "UPDATE log_entry SET log_index = 1 WHERE log_index = -1",
    )
    assert audited(home).exit_code == 1


def test_deleted_evidence_is_named(home: Path) -> None:
    attack(home, "DELETE FROM evidence WHERE id = (SELECT evidence_id FROM log_entry WHERE log_index = 2)")
    problems = [finding.problem for finding in audited(home).findings]
    assert any("is gone" in problem for problem in problems)
    assert any("no evidence" in problem for problem in problems)
