"""What a thief of a backup, a reader of logs and a curious operator find: by strings planted everywhere."""

import json
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError as IntegrityFault

from lre_kit import failpoints
from lre_kit.clock import now
from lre_kit.errors import NotFoundError, WrongKeyError
from lre_kit.failpoints import FailpointError
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient, Sender
from lre_kit.proofs.keys.rotation import rotate
from lre_kit.proofs.log.rollback import RolledBackError
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

BROKEN = text("INSERT INTO letter (id, subject, recipient_name) VALUES ('x', :subject, :name)")
CONTENT = "Zq7-content-of-the-letter"
NAMES = {
    "sender": "Zq7sender Faÿ",
    "recipient": "Zq7recipient Dupont",
    "sender_address": "zq7sender@example.org",
    "recipient_address": "zq7recipient@example.net",
    "subject": "Zq7subject",
    "file": "Zq7file.txt",
}


def deposit(office: PostOffice) -> Letter:
    """Deposit a letter of planted words."""
    return deposit_sample(
        office,
        sender=Sender(ref="host-user-1", name=NAMES["sender"], email=NAMES["sender_address"]),
        recipient=Recipient(name=NAMES["recipient"], email=NAMES["recipient_address"]),
        subject=NAMES["subject"],
        documents=[Upload(name=NAMES["file"], stream=BytesIO(CONTENT.encode()))],
    )


def planted(office: PostOffice) -> tuple[Letter, str]:
    """Bring a letter with planted words to its end; return it, and the one-time code that was used."""
    letter = deposit(office)
    office.run_until_idle()
    identified = identify(office, letter)
    courier = office.courier
    assert isinstance(courier, MemoryCourier)
    [code] = [line for line in courier.text_of().splitlines() if len(line) == 9 and line[4] == "-"]
    office.desk.accept(letter.id, identified)
    office.run_until_idle()
    return letter, code


def everything_in(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def found(raw: bytes, word: str) -> bool:
    """Answer whether a word stands in bytes as it is, escaped for JSON, or without its capitals."""
    escaped = json.dumps(word)[1:-1]
    return any(form.encode() in raw for form in {word, escaped, word.casefold(), word.upper()})


def test_a_stolen_database_holds_no_content_and_no_code_and_says_names(tmp_path: Path) -> None:
    """F13.05: a dump of the database and all kept content, without the keys.

    Names, addresses, subjects and file names of letters are in the clear, in the rows that lists are made
    from and in the evidence that must show them. It is said here, lest somebody think otherwise.
    """
    with throwaway_office(tmp_path / "office", clock=MovedClock()) as office:
        letter, code = planted(office)
        link = office.links.recipient_url(letter.id).rpartition("/")[2]
    with sqlite3.connect(tmp_path / "office" / "office.db") as raw:
        dump = "\n".join(raw.iterdump()).encode()
    raw.close()
    blobs = b"".join(content for _, content in everything_in(tmp_path / "office" / "blobs"))
    for secret in (CONTENT, code, code.replace("-", ""), link):
        assert not found(dump, secret), secret
        assert not found(blobs, secret), secret
    for name, path in (("keys", tmp_path / "office" / "keys"),):
        for file, key in everything_in(path):
            if file.suffix in {".secret", ".key"}:
                assert key not in dump, (name, file.name)
    told = {name for name, word in NAMES.items() if found(dump, word)}
    assert told == set(NAMES), "what is in the clear has changed: say so in docs/how-to/retention.md"


def test_logs_traces_and_temporary_files_name_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F13.04: all is logged at the finest level while an act breaks off and the database refuses."""
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.INFO)  # below it, rows are what is asked for
    try:
        with throwaway_office(tmp_path / "office", clock=MovedClock()) as office:
            _, code = planted(office)
            failpoints.arm("deposit.before_commit", "raise")
            with pytest.raises(FailpointError):
                planted(office)
            failpoints.disarm()
            courier = office.courier
            assert isinstance(courier, MemoryCourier)
            courier.answers.append(RuntimeError("unexpected"))
            deposit(office)
            office.run_until_idle()
            with pytest.raises(IntegrityFault) as refused, office.database.write() as uow:
                uow.execute(BROKEN, {"subject": NAMES["subject"], "name": NAMES["recipient"]})
    finally:
        failpoints.disarm()
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    said = [caplog.text, str(refused.value), *(str(record.__dict__) for record in caplog.records)]
    logged = "\n".join(said).encode()
    assert b"failed" in logged, "the broken ones were logged"
    for word in (CONTENT, code, *NAMES.values()):
        assert not found(logged, word), word
    words = (CONTENT, *NAMES.values())
    left = [path for path, content in everything_in(scratch) if any(found(content, word) for word in words)]
    assert left == []


def test_what_was_shredded_stays_unreadable_after_yesterdays_backup_comes_back(tmp_path: Path) -> None:
    """F13.02: data and files come back from before the erasure; the key-encryption key rotated since.

    As long as the key of that day is there, a backup of that day opens with it: so the erasure is repeated by
    the first sweep once an operator decided to go on from it, and is final for backups once the former key is
    destroyed.
    """
    clock, home = MovedClock(), tmp_path / "office"
    with throwaway_office(home, clock=clock, retention_content_days=90) as office:
        settings = office.settings
        letter, _ = planted(office)
        proofs = office.issuer.export(letter.id, tmp_path / "exported")
    for name in ("office.db", "blobs"):
        source, copy = home / name, tmp_path / f"yesterday-{name}"
        shutil.copytree(source, copy) if source.is_dir() else shutil.copy(source, copy)
    clock.advance(timedelta(days=92))
    with PostOffice.open(settings, clock=clock, courier=MemoryCourier()) as office:
        office.run_until_idle()
        with pytest.raises(NotFoundError):
            office.desk.open_document(letter.id, 1)
    rotate(settings, "kek", clock=now)
    with PostOffice.open(settings, clock=clock, courier=MemoryCourier()) as office:
        office.rewrapper.run()
    vault = Vault(office.keys.kek, office.keys.kek_id)
    [former] = (home / "keys" / "old").glob("*-kek.secret")
    kept = former.read_bytes()
    former.unlink()

    def restored() -> None:
        for path in home.glob("office.db*"):
            path.unlink()
        shutil.rmtree(home / "blobs")
        shutil.copy(tmp_path / "yesterday-office.db", home / "office.db")
        shutil.copytree(tmp_path / "yesterday-blobs", home / "blobs")

    restored()
    with pytest.raises(WrongKeyError):
        PostOffice.open(settings, clock=clock, courier=MemoryCourier())
    with sqlite3.connect(home / "office.db") as raw:
        [(wrapped,)] = raw.execute("SELECT wrapped_key FROM letter")
    raw.close()
    with pytest.raises(WrongKeyError):
        vault.unwrap(wrapped, letter_id=letter.id)
    assert not found(b"".join(content for _, content in everything_in(home / "blobs")), CONTENT)
    former.write_bytes(kept)
    restored()
    with PostOffice.open(settings, clock=clock, courier=MemoryCourier()) as office:
        with pytest.raises(RolledBackError):
            office.sweep()
        assert office.operators.go_on_after_rollback(by="anne", reason="there is no newer one") is not None
        office.sweep()
        with pytest.raises(NotFoundError, match="erased"):
            office.desk.open_document(letter.id, 1)
        assert list(office.blobs.keys("letters/")) == []
    anchors = Anchors.load(home / "trust")
    products = [proofs / "bundle", *sorted((proofs / "proofs").glob("*.pdf"))]
    assert len(products) == 3
    for product in products:
        assert verify_path(product, anchors, at=clock()).result is Result.PASSED
