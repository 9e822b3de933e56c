"""The command line when something is wrong: two sentences, a code, no traceback, nothing left behind."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lre_kit.store import engines
from lre_kit.testing.office import SMALL_PDF

NOBODY = 65534


def empty(folder: Path) -> list[str]:
    (folder / "a.pdf").touch()
    return ["a.pdf"]


def missing(_: Path) -> list[str]:
    return ["a.pdf"]


def directory(folder: Path) -> list[str]:
    (folder / "a.pdf").mkdir()
    return ["a.pdf"]


def too_large(folder: Path) -> list[str]:
    (folder / "a.txt").write_bytes(b"x" * 100_001)
    return ["a.txt"]


def no_pdf(folder: Path) -> list[str]:
    (folder / "a.pdf").write_bytes(b"Bonjour")
    return ["a.pdf"]


def cut_pdf(folder: Path) -> list[str]:
    (folder / "a.pdf").write_bytes(SMALL_PDF[:40])
    return ["a.pdf"]


def unknown_type(folder: Path) -> list[str]:
    (folder / "a.bin").write_bytes(b"\x00\x01\x02")
    return ["a.bin"]


def good_then_empty(folder: Path) -> list[str]:
    (folder / "good.pdf").write_bytes(SMALL_PDF)
    return ["good.pdf", *empty(folder)]


def good(folder: Path) -> list[str]:
    (folder / "good.pdf").write_bytes(SMALL_PDF)
    return ["good.pdf"]


BAD_DEPOSITS = [
    (empty, {}, 65, "empty-document"),
    (missing, {}, 66, "missing-file"),
    (directory, {}, 66, "missing-file"),
    (too_large, {}, 65, "document-too-large"),
    (no_pdf, {}, 65, "not-a-pdf"),
    (cut_pdf, {}, 65, "not-a-pdf"),
    (unknown_type, {}, 65, "unsupported-document"),
    (good_then_empty, {}, 65, "empty-document"),
    (good, {"--to": "jean.dupont@"}, 65, "invalid-address"),
    (good, {"--to": "jean@example.net\nBcc: x@example.net", "--to-name": "Jean"}, 65, "invalid-address"),
    (good, {"--from": "nobody"}, 65, "invalid-address"),
    (good, {"--to-name": " "}, 65, "invalid-name"),
    (good, {"--to-name": "Jean \u202etnopuD"}, 65, "invalid-name"),
    (good, {"--from-name": "H" * 201}, 65, "invalid-name"),
    (good, {"--product": "registered"}, 65, "unknown-product"),
    (good, {"--subject": "x" * 201}, 65, "invalid-input"),
]


@pytest.mark.parametrize(
    ("files", "options", "code", "slug"),
    BAD_DEPOSITS,
    ids=[f"{row[0].__name__}{''.join(row[1])}" for row in BAD_DEPOSITS],
)
def test_a_bad_deposit_is_refused_in_two_sentences_and_leaves_nothing(
    lre: Any,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: Callable[[Path], list[str]],
    options: dict[str, str],
    code: int,
    slug: str,
    what_is_kept: Any,
) -> None:
    monkeypatch.setenv("LRE_DOCUMENT_MAX_BYTES", "100000")
    given = [text for option in options.items() for text in option]
    first, *others = files(tmp_path)
    lre.deposit(first, *others, *given).refused(code, slug)
    assert what_is_kept(home) == (0, [])


def test_a_file_name_no_system_takes_is_refused(lre: Any, home: Path, what_is_kept: Any) -> None:
    assert "too long" in lre.deposit(f"{'a' * 300}.pdf").refused(66, "missing-file")
    assert what_is_kept(home) == (0, [])


@pytest.mark.parametrize("command", ["deposit", "letters", "show", "export", "work", "log audit"])
def test_without_an_office_every_command_says_how_to_make_one(
    lre: Any, lease: Path, tmp_path: Path, command: str
) -> None:
    more = {"show": ["X"], "export": ["X"], "work": ["--once"]}
    answer = lre.deposit(lease) if command == "deposit" else lre(*command.split(), *more.get(command, []))
    said = answer.refused(78, "not-initialised")
    assert "lre init" in said
    assert sorted(p.name for p in tmp_path.iterdir()) == ["lease.pdf"]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("number", ["X", "0000-0000-0000-0000", "", "../../etc/passwd", "é" * 400])
@pytest.mark.parametrize("command", ["show", "export"])
def test_an_unknown_number_is_not_found(lre: Any, command: str, number: str, tmp_path: Path) -> None:
    lre(command, number).refused(67, "not-found")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["office"]


def test_a_proof_that_is_not_there_is_missing(lre: Any, tmp_path: Path) -> None:
    lre("verify", str(tmp_path / "bundle")).refused(66, "missing-file")
    os.mkfifo(tmp_path / "pipe.json")
    lre("verify", str(tmp_path / "pipe.json")).refused(66, "missing-file")


def test_trust_without_anchors_is_a_configuration_error(lre: Any, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    lre("verify", "a.json", "--trust", str(tmp_path / "none")).refused(78, "configuration")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LRE_SMTP_PORT", "abc"),
        ("LRE_SMTP_SECURITY", "maybe"),
        ("LRE_BATCH_MAX", "0"),
        ("LRE_DATABASE_URL", "mysql://here/office"),
        ("LRE_DATABASE_URL", "not an url"),
        ("LRE_BLOB_URL", "ftp://here/"),
        ("LRE_FAILPOINTS", "nonsense"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_setting_that_cannot_be_used_is_named(
    lre: Any, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    if name in {"LRE_FAILPOINTS", "LRE_BLOB_URL"}:
        lre("letters").refused(78, "configuration")
        return
    answer = lre("letters")
    assert (answer.code, answer.out) == (78, "")
    assert f"  {name}: " in answer.err
    assert answer.err.rstrip().endswith("[wrong-settings]")


def test_a_locked_database_is_said_so_and_nothing_is_left(
    lre: Any, home: Path, lease: Path, monkeypatch: pytest.MonkeyPatch, what_is_kept: Any
) -> None:
    """F2.05."""
    monkeypatch.setattr(engines, "LOCK_WAIT_MS", 50)
    holder = sqlite3.connect(home / "office.db", isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        lre.deposit(lease).refused(75, "store-unavailable")
        assert lre("letters", "--json").json == []
        holder.execute("ROLLBACK")
    finally:
        holder.close()
    count, files = what_is_kept(home)
    assert count == 0
    # Whether a write that failed was committed cannot always be known, so the content stays for the
    # sweep; it is encrypted under a key that was never kept.
    assert all(SMALL_PDF[:8] not in path.read_bytes() for path in home.rglob("letters~*"))
    assert len(files) <= 1
    assert lre.deposit(lease).code == 0
    assert lre("log", "audit").code == 0


def test_a_damaged_database_is_said_so(lre: Any, home: Path, lease: Path) -> None:
    for path in home.glob("office.db*"):
        path.write_bytes(b"this was a database" * 500)
    lre.deposit(lease).refused(70, "integrity")


@contextmanager
def unprivileged(folder: Path) -> Iterator[None]:
    """Act as a user whom permissions bind: ourselves, or, as root, one who owns `folder` from now."""
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_database_that_may_not_be_written_is_said_so(
    lre: Any, prepared: Path, monkeypatch: pytest.MonkeyPatch, what: str, what_is_kept: Any
) -> None:
    """F7.02."""
    with tempfile.TemporaryDirectory() as scratch:
        monkeypatch.chdir(scratch)
        home, lease = Path(scratch) / "office", Path(scratch) / "lease.pdf"
        shutil.copytree(prepared, home)
        lease.write_bytes(SMALL_PDF)
        monkeypatch.setenv("LRE_HOME", str(home))
        # Once as ourselves, so that the unprivileged call has nothing left to import.
        lre.deposit("none.pdf").refused(66, "missing-file")
        assert lre.deposit(lease).code == 0
        with unprivileged(Path(scratch)):
            (home / "office.db").chmod(0o444 if what == "file" else 0o644)
            home.chmod(0o555 if what == "folder" else 0o755)
            answer = lre.deposit(lease)
        home.chmod(0o755)
        answer.refused(75, "store-unavailable")
        assert what_is_kept(home)[0] == 1


def test_a_letter_locked_with_another_offices_keys_is_not_opened(
    lre: Any, home: Path, lease: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = lre.deposited(lease)
    lre("work", "--once")
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "other"))
    assert lre("init").code == 0
    monkeypatch.setenv("LRE_HOME", str(home))
    (home / "keys").rename(home / "own")
    shutil.copytree(tmp_path / "other" / "keys", home / "keys")
    for arguments in (
        ("export", number, "--out", str(tmp_path / "out")),
        ("log", "audit"),
        ("deposit", str(lease), "--from", "a@example.org", "--to", "b@example.net"),
    ):
        lre(*arguments).refused(70, "wrong-key")
    found = {check["name"]: check for check in lre("doctor", "--json").json}
    assert not found["keys and data"]["well"]
    shutil.rmtree(home / "keys")
    (home / "own").rename(home / "keys")
    assert lre("export", number, "--out", str(tmp_path / "again")).code == 0


@pytest.mark.parametrize(
    ("damage", "code", "slug"),
    [
        ("another seal key", 70, "wrong-key"),
        ("a short secret", 70, "wrong-key"),
        ("a missing secret", 78, "not-initialised"),
    ],
)
def test_keys_that_do_not_belong_together_open_no_office(
    lre: Any, home: Path, lease: Path, damage: str, code: int, slug: str, what_is_kept: Any
) -> None:
    keys = home / "keys"
    if damage == "another seal key":
        shutil.copy(keys / "tsa.key", keys / "seal.key")
    elif damage == "a short secret":
        (keys / "kek.secret").write_bytes(b"short")
    else:
        (keys / "kek.secret").unlink()
    for answer in (lre.deposit(lease), lre("letters"), lre("init")):
        answer.refused(code, slug)
    assert what_is_kept(home) == (0, [])


@pytest.mark.usefixtures("home")
def test_an_export_to_where_nothing_can_be_written_is_refused(lre: Any, lease: Path, tmp_path: Path) -> None:
    number = lre.deposited(lease)
    lre("work", "--once")
    (tmp_path / "file").write_text("in the way")
    said = lre("export", number, "--out", str(tmp_path / "file")).refused(74, "io")
    assert str(tmp_path / "file") in said
