"""The demonstration as the installed command runs it, and what a stranger can do with its products."""

import base64
import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lre_kit.demo.sample import sample_pdf

pytest.importorskip("flask")
pytest.importorskip("aiosmtpd")

ENDS = {
    "received": ("ContentHandover", "proof-of-receipt.pdf"),
    "refused": ("ConsignmentRejection", "proof-of-refusal.pdf"),
    "unclaimed": ("AcceptanceRejectionExpiry", "proof-of-non-claim.pdf"),
}


@pytest.fixture(scope="module")
def ran(shell: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One run of ``lre demo --headless``: its answer, and the folder it filled."""
    out = tmp_path_factory.mktemp("demo") / "out"
    answer = shell("demo", "--headless", "--out", str(out), COLUMNS="200")
    assert answer.code == 0, answer.err
    return answer, out


@pytest.fixture(scope="module")
def out(ran: Any) -> Path:
    """The folder the demonstration filled."""
    folder: Path = ran[1]
    return folder


def letters(out: Path) -> list[Path]:
    return sorted(path.parent for path in out.glob("*/bundle"))


def exhibits(out: Path) -> list[Path]:
    return sorted(path for letter in letters(out) for path in letter.glob("evidence/*.json"))


def record_of(path: Path) -> Any:
    payload = json.loads(path.read_bytes())["evidence"]["payload"]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_three_letters_come_to_three_ends_and_the_story_fits_a_screen(ran: Any, out: Path) -> None:
    answer, _ = ran
    assert answer.err == ""
    told = [line.rpartition(": ")[2] for line in answer.out.splitlines() if " to " in line and ": " in line]
    assert sorted(end for end in told if end in ENDS) == sorted(ENDS)
    table = [line for line in answer.out.splitlines() if line.startswith(("│", "┃"))]
    assert len(table) >= 3 * 4
    assert max(len(line) for line in table) <= 100
    assert not [line for line in answer.out.splitlines() if line.startswith(("  failed", "  indeterminate"))]


def test_each_letter_has_its_evidence_proofs_and_bundle(out: Path) -> None:
    assert len(letters(out)) == len(ENDS)
    assert {path.name for path in (out / "trust").iterdir()} >= {"seal-ca.pem", "tsa-ca.pem", "log.vkey"}
    found = set()
    for letter in letters(out):
        last = max(letter.glob("evidence/*.json")).stem.partition("-")[2]
        proofs = {path.name for path in letter.glob("proofs/*.pdf")}
        end = next(end for end, (event, _) in ENDS.items() if event == last)
        assert proofs == {"proof-of-deposit.pdf", ENDS[end][1]}
        for folder in ("evidence", "proofs"):
            beside = {path.name: path.read_bytes() for path in (letter / folder).iterdir()}
            inside = {path.name: path.read_bytes() for path in (letter / "bundle" / folder).iterdir()}
            assert beside == inside
        listed = json.loads((letter / "bundle" / "manifest.json").read_bytes())
        for name, digest in listed.items():
            assert hashlib.sha256((letter / "bundle" / name).read_bytes()).hexdigest() == digest
        found.add(end)
    assert found == set(ENDS)


def test_every_product_passes_the_verifier(lre: Any, out: Path) -> None:
    proofs = [path for letter in letters(out) for path in letter.glob("proofs/*.pdf")]
    products = [*exhibits(out), *proofs, *(letter / "bundle" for letter in letters(out))]
    assert len(products) == 11 + 6 + 3
    for path in products:
        answer = lre("verify", str(path), "--trust", str(out / "trust"), "--json")
        assert (answer.code, answer.json["result"], path.name) == (0, "passed", path.name)


def test_the_command_printed_at_the_end_passes_as_it_stands(ran: Any, out: Path) -> None:
    answer, _ = ran
    line = next(line for line in answer.out.splitlines() if line.startswith("Check one yourself:"))
    command = line.partition(":")[2].strip()
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, command.endswith(f"--trust {out / 'trust'}")) == (0, True), done.stderr


def test_the_command_printed_is_found_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lre_kit.cli.shared import command_text

    installed = tmp_path / "project" / ".venv" / "bin" / "lre"
    installed.parent.mkdir(parents=True)
    installed.touch(mode=0o755)
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr(sys, "argv", [".venv/bin/lre", "demo"])
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert command_text() == ".venv/bin/lre"
    monkeypatch.setattr(sys, "argv", [str(installed), "demo"])
    assert command_text() == ".venv/bin/lre"
    monkeypatch.chdir(tmp_path / "project" / ".venv" / "bin")
    assert command_text() == "./lre"
    monkeypatch.chdir("/")
    assert command_text() == str(installed).removeprefix("/") or command_text() == str(installed)
    monkeypatch.setenv("PATH", str(installed.parent))
    assert command_text() == "lre"


def test_one_byte_changed_in_any_file_of_a_bundle_fails(lre: Any, out: Path, tmp_path: Path) -> None:
    richest = max(letters(out), key=lambda letter: len(list(letter.glob("evidence/*.json"))))
    shutil.copytree(richest / "bundle", tmp_path / "bundle")
    chance = random.Random(20261101)
    for path in sorted(p for p in (tmp_path / "bundle").rglob("*") if p.is_file()):
        content = path.read_bytes()
        for place in {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(2))}:
            changed = bytes([content[place] ^ 1 << chance.randrange(8)])
            path.write_bytes(content[:place] + changed + content[place + 1 :])
            answer = lre("verify", str(tmp_path / "bundle"), "--trust", str(out / "trust"), "--json")
            assert (answer.code, answer.json["result"], path.name, place) == (1, "failed", path.name, place)
        path.write_bytes(content)
    assert lre("verify", str(tmp_path / "bundle"), "--trust", str(out / "trust")).code == 0


def token_of(pdf: bytes) -> range:
    """Return where the last time stamp of a PDF stands: a hexadecimal string, filled up with zeros."""
    *_, last = re.finditer(rb"/Contents\s*<([0-9a-fA-F]+)>", pdf)
    return range(*last.span(1))


def flipped(content: bytes, place: int, bit: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def test_one_byte_changed_in_a_product_alone_never_passes(lre: Any, out: Path, tmp_path: Path) -> None:
    chance = random.Random(20261102)
    letter = letters(out)[0]
    for source in [*sorted(letter.glob("evidence/*.json"))[:2], *sorted(letter.glob("proofs/*.pdf"))]:
        content = source.read_bytes()
        unsigned = token_of(content) if source.suffix == ".pdf" else range(0)
        places = {0, len(content) - 1, *(chance.randrange(len(content)) for _ in range(12))}
        for place in sorted(places - set(unsigned)):
            (tmp_path / source.name).write_bytes(flipped(content, place, chance.randrange(8)))
            answer = lre("verify", str(tmp_path / source.name), "--trust", str(out / "trust"), "--json")
            assert answer.code in {1, 2}, (source.name, place)
            assert answer.json["result"] != "passed"


@pytest.mark.parametrize(
    "where",
    [
        "the token",
        "a letter's case",
        "the filling",
    ],
)
def test_one_byte_changed_in_a_pdfs_last_time_stamp_never_passes(
    lre: Any, out: Path, tmp_path: Path, where: str
) -> None:
    content = min(out.glob("*/proofs/proof-of-deposit.pdf")).read_bytes()
    token = token_of(content)
    letter = next(place for place in token if chr(content[place]).isalpha())
    places = {"the token": (token[100], 0), "a letter's case": (letter, 5), "the filling": (token[-1], 0)}
    (tmp_path / "a.pdf").write_bytes(flipped(content, *places[where]))
    answer = lre("verify", str(tmp_path / "a.pdf"), "--trust", str(out / "trust"), "--json")
    assert answer.json["result"] != "passed"


def test_openssl_accepts_every_checkpoints_time_stamp_and_no_other_note(out: Path, tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    seen = {}
    for path in exhibits(out):
        exhibit = json.loads(path.read_bytes())
        seen[exhibit["checkpoint"]] = base64.b64decode(exhibit["token"])
    assert len(seen) > 1
    for note, token in seen.items():
        (tmp_path / "token.der").write_bytes(token)
        for text, accepted in ((note, True), (note.replace("\n", "\n ", 1), False)):
            (tmp_path / "note").write_text(text, encoding="utf-8")
            command = ["openssl", "ts", "-verify", "-token_in", "-in", str(tmp_path / "token.der")]
            command += ["-data", str(tmp_path / "note"), "-CAfile", str(out / "trust" / "tsa-ca.pem")]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
            assert ("Verification: OK" in done.stdout, done.returncode == 0) == (accepted, accepted)


def test_a_pdf_of_ones_own_is_what_travels(shell: Any, tmp_path: Path) -> None:
    own = tmp_path / "Mon bail №1.pdf"
    own.write_bytes(sample_pdf(datetime(2026, 2, 28, tzinfo=UTC)))
    answer = shell("demo", str(own), "--headless", "--out", str(tmp_path / "out"))
    assert answer.code == 0, answer.err
    digest = hashlib.sha256(own.read_bytes()).hexdigest()
    deposits = [path for path in exhibits(tmp_path / "out") if "SubmissionAcceptance" in path.name]
    assert len(deposits) == len(ENDS)
    for path in deposits:
        parts = record_of(path)["UserContentInfo"]["PartsInfo"]["PartInfo"]
        assert [part["DigestValue"] for part in parts] == [digest]
    assert {path.read_bytes() for path in (tmp_path / "out").glob("*/bundle/documents/*")} == {
        own.read_bytes()
    }


@pytest.mark.parametrize(
    ("content", "code", "slug"),
    [
        (None, 66, "missing-file"),
        (b"", 65, "empty-document"),
        (b"Bonjour", 65, "not-a-pdf"),
        (b"%PDF-1.7 cut short", 65, "not-a-pdf"),
    ],
)
def test_a_file_that_is_no_pdf_is_refused_before_anything_is_made(
    lre: Any, tmp_path: Path, content: bytes | None, code: int, slug: str
) -> None:
    if content is not None:
        (tmp_path / "a.pdf").write_bytes(content)
    lre("demo", "a.pdf", "--headless", "--out", "out").refused(code, slug)
    assert not (tmp_path / "out").exists()


def test_a_text_is_refused_and_so_is_a_folder(lre: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Bonjour")
    lre("demo", "a.txt", "--headless", "--out", "out").refused(65, "not-a-pdf")
    lre("demo", ".", "--headless", "--out", "out").refused(66, "missing-file")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_is_left_as_it_is(lre: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    lre("demo", "--headless", "--out", "out").refused(65, "invalid-input")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]
    lre("demo", "--headless", "--out", "out/mine.txt").refused(65, "invalid-input")
    assert (tmp_path / "out" / "mine.txt").read_text() == "keep"
