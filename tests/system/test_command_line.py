"""The command line: what it answers, for people and for programs, and with which exit code."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lre_kit.cli import main as entrance
from lre_kit.testing.office import SMALL_PDF


def test_init_may_be_run_again_and_keeps_the_keys(lre: Any, tmp_path: Path) -> None:
    assert lre("init").code == 0
    secrets = {p.name: p.read_bytes() for p in (tmp_path / "office" / "keys").iterdir()}
    again = lre("init")
    assert (again.code, again.err) == (0, "")
    assert "are there" in again.out
    assert {p.name: p.read_bytes() for p in (tmp_path / "office" / "keys").iterdir()} == secrets


@pytest.mark.usefixtures("home")
def test_a_letter_goes_from_deposit_to_a_verified_bundle(lre: Any, lease: Path, tmp_path: Path) -> None:
    told = lre.deposit(lease)
    number = lre("letters", "--json").json[0]["number"]
    assert number in told.out
    assert lre("work", "--once").code == 0
    assert number in lre("letters").out
    shown = lre("show", number)
    assert (shown.code, "SubmissionAcceptance" in shown.out) == (0, True)
    exported = lre("export", number, "--out", str(tmp_path / "out"))
    assert (exported.code, "lre verify" in exported.out) == (0, True)
    verified = lre("verify", str(tmp_path / "out" / number / "bundle"))
    assert (verified.code, "compare them" in verified.out) == (0, True)
    audited = lre("log", "audit")
    assert (audited.code, audited.err) == (0, "")


@pytest.mark.usefixtures("home")
def test_a_pre_notice_is_asked_for_and_shown(lre: Any, lease: Path) -> None:
    at = (datetime.now(UTC) + timedelta(days=20)).isoformat()
    told = lre.deposit(lease, "--notify-at", at, "--pre-notice", "7", "--json")
    assert told.code == 0, told.err
    assert "pre-notice planned" in lre("show", told.json["number"]).out
    refused = lre.deposit(lease, "--pre-notice", "7")
    assert refused.code != 0
    assert "leaves at once" in refused.err


@pytest.mark.usefixtures("home")
def test_every_answer_is_also_given_as_json(lre: Any, lease: Path, tmp_path: Path) -> None:
    number = lre.deposited(lease)
    lre("work", "--once")
    assert [found["number"] for found in lre("letters", "--json").json] == [number]
    assert lre("letters", "--json", "--text", "nobody").json == []
    shown = lre("show", number.lower(), "--json").json
    assert (shown["letter"]["number"], shown["timeline"][0]["evidence"]) == (number, "stamped")
    exported = lre("export", number, "--out", str(tmp_path / "out"), "--json").json
    report = lre("verify", exported["bundle"], "--trust", exported["trust"], "--json")
    assert (report.code, report.json["result"]) == (0, "passed")
    assert lre("log", "audit", "--json").json["findings"] == []
    checks = lre("doctor", "--json")
    assert (checks.code, {c["name"] for c in checks.json if not c["well"]}) == (1, {"mail"})


@pytest.mark.usefixtures("home")
def test_verify_tells_passed_failed_and_indeterminate_apart(lre: Any, lease: Path, tmp_path: Path) -> None:
    number = lre.deposited(lease)
    lre("work", "--once")
    made = lre("export", number, "--out", str(tmp_path / "kept" / "out"), "--json").json
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(made["bundle"], elsewhere)
    for place, expected in [(elsewhere, (2, "indeterminate")), (Path(made["bundle"]), (0, "passed"))]:
        answer = lre("verify", str(place), "--json")
        assert (answer.code, answer.json["result"]) == expected
    manifest = elsewhere / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"0", b"1", 1))
    answer = lre("verify", str(elsewhere), "--trust", made["trust"], "--json")
    assert (answer.code, answer.json["result"]) == (1, "failed")


def test_verify_uses_the_anchors_named_in_the_environment(
    lre: Any, home: Path, lease: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = lre.deposited(lease)
    lre("work", "--once")
    made = lre("export", number, "--out", str(tmp_path / "a" / "out"), "--json").json
    shutil.copytree(made["bundle"], tmp_path / "bundle")
    monkeypatch.setenv("LRE_TRUST", str(home / "trust"))
    assert lre("verify", str(tmp_path / "bundle")).code == 0


@pytest.mark.usefixtures("home")
def test_the_list_never_breaks_a_number_on_a_narrow_screen(
    lre: Any, lease: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lre.deposit(lease, "--to-name", "Société des Brumes et Brouillards du Grand Ouest")
    number = lre("letters", "--json").json[0]["number"]
    listed = lre("letters").out
    assert number in listed
    assert max(len(line) for line in listed.splitlines()) <= 80


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("past",),
        ("deposit",),
        ("deposit", "a.pdf", "--to", "a@example.org"),
        ("letters", "--limit", "0"),
        ("letters", "--limit", "many"),
        ("letters", "extra"),
        ("show",),
        ("verify", "--trust"),
        ("serve", "--port", "70000"),
        ("completion", "powershell"),
        ("--unknown",),
    ],
)
def test_a_command_line_that_cannot_be_understood_ends_with_64(lre: Any, arguments: tuple[str, ...]) -> None:
    answer = lre(*arguments)
    assert (answer.code, answer.out) == (64, "")
    assert ("Error: " if arguments else "Usage: lre") in answer.err


def command_paths() -> Iterator[tuple[str, ...]]:
    for name in entrance.cli.list_commands(None):  # type: ignore[arg-type]  # it ignores the context
        yield from paths_below(entrance.cli.get_command(None, name), (name,))  # type: ignore[arg-type]


def paths_below(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    below = getattr(command, "commands", {})
    if not below:
        yield path
    for name, each in below.items():
        yield from paths_below(each, (*path, name))


@pytest.mark.parametrize("path", list(command_paths()), ids=" ".join)
def test_the_help_of_every_command_shows_an_example(lre: Any, path: tuple[str, ...]) -> None:
    answer = lre(*path, "--help")
    assert answer.code == 0
    assert "Example" in answer.out
    assert f"lre {' '.join(path)}" in answer.out.split("Example", 1)[1]


def test_the_help_and_the_version_need_no_office(lre: Any, tmp_path: Path) -> None:
    assert "Exit codes" in lre("--help").out
    assert lre("--version").out.startswith("lre, version ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("رسالة مسجلة.pdf", "رسالة مسجلة.pdf"),
        ("📬✉️ قرار.pdf", "📬✉️ قرار.pdf"),
        ("Re\u0301siliation.pdf", "Résiliation.pdf"),
        ("invoice\u202efdp.pdf", "invoicefdp.pdf"),
        ("two\nlines.pdf", "twolines.pdf"),
        ("[red]markup.pdf", "[red]markup.pdf"),
        (f"{'長' * 80}.pdf", f"{'長' * 80}.pdf"),
        (f"{'a' * 250}.pdf", f"{'a' * 146}.pdf"),
        ("caf\udce9.pdf", "caf.pdf"),
    ],
)
@pytest.mark.usefixtures("home")
def test_a_file_name_in_any_script_is_kept_without_what_hides(
    lre: Any, tmp_path: Path, name: str, kept: str
) -> None:
    (tmp_path / name).write_bytes(SMALL_PDF)
    number = lre.deposited(tmp_path / name)
    assert lre("show", number, "--json").json["letter"]["documents"][0]["name"] == kept
    assert lre("show", number).code == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"%PDF-1.7", b"[" * 50_000])
@pytest.mark.parametrize("name", ["a.json", "a.pdf", "a"])
def test_a_proof_that_cannot_be_read_fails_and_is_no_accident(
    lre: Any, home: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    answer = lre("verify", str(tmp_path / name), "--trust", str(home / "trust"), "--json")
    assert (answer.code, answer.json["result"], answer.err) == (1, "failed", "")


def test_a_report_on_a_badly_named_file_is_still_json(lre: Any, tmp_path: Path) -> None:
    (tmp_path / "caf\udce9.json").write_bytes(b"{}")
    answer = lre("verify", str(tmp_path / "caf\udce9.json"), "--json")
    assert answer.code == 1
    assert answer.json["checks"][0]["subject"] == "caf\udce9.json"
    assert r"caf\udce9.json" in lre("verify", "caf\udce9.json").out


@pytest.mark.usefixtures("home")
def test_without_a_mail_server_notices_wait_and_the_doctor_says_so(lre: Any, lease: Path) -> None:
    number = lre.deposited(lease)
    assert lre("work", "--once").code == 0
    assert lre("show", number, "--json").json["letter"]["phase"] == "deposited"
    told = lre("doctor")
    assert (told.code, "LRE_SMTP_HOST" in told.out) == (1, True)
    unwell = [check for check in lre("doctor", "--json").json if not check["well"]]
    assert [check["name"] for check in unwell] == ["mail"]


@pytest.mark.usefixtures("home")
def test_the_same_key_deposits_once_and_never_another_letter(
    lre: Any, home: Path, lease: Path, what_is_kept: Any
) -> None:
    first = lre.deposit(lease, "--idempotency-key", "k", "--json").json
    again = lre.deposit(lease, "--idempotency-key", "k", "--json").json
    assert again["number"] == first["number"]
    before = what_is_kept(home)
    changed = lre.deposit(lease, "--idempotency-key", "k", "--subject", "Autre")
    changed.refused(65, "idempotency-mismatch")
    assert what_is_kept(home) == before


def test_the_installed_command_works_with_its_office_given_by_the_environment(
    shell: Any, prepared: Path, tmp_path: Path, lease: Path
) -> None:
    home = tmp_path / "installed"
    shutil.copytree(prepared, home)
    made = shell(
        "deposit",
        str(lease),
        "--from",
        "a@example.org",
        "--to",
        "b@example.net",
        "--json",
        LRE_HOME=str(home),
    )
    assert (made.code, made.err) == (0, "")
    assert shell("show", made.json["number"], LRE_HOME=str(home)).code == 0
    shell("letters", LRE_HOME=str(tmp_path / "none")).refused(78, "not-initialised")


def test_an_answer_nobody_reads_to_the_end_is_no_accident(prepared: Path) -> None:
    ended = subprocess.run(
        f"set -o pipefail; '{Path(sys.executable).parent / 'lre'}' letters --json | true",
        shell=True,
        executable="/bin/bash",
        env=dict(os.environ) | {"LRE_HOME": str(prepared)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("shell_name", "mark"), [("bash", "complete"), ("zsh", "compdef"), ("fish", "complete")]
)
def test_a_completion_script_names_the_command(lre: Any, shell_name: str, mark: str) -> None:
    script = lre("completion", shell_name)
    assert script.code == 0
    assert "_LRE_COMPLETE" in script.out
    assert mark in script.out
