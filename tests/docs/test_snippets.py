"""Runs the examples of README and docs, in the order they are read.

A fenced block runs when the line above it is ``<!-- run -->``; options, in any order:

- ``exit=N``: the block must end with this exit code (else 0);
- ``needs=web,postgres``: packages of these extras must be there, else the page is skipped;
- ``name=FILE``: the block is written to FILE instead of being run.

``<!-- same-as: PATH -->`` above a block: the block must be that file of the repository, word for word.

All blocks of one page share one fresh folder and one office (``LRE_HOME=office``). In ``console``
blocks, lines after ``$ `` are commands of one shell script (``> `` continues); what follows them is
their output, where a line ``...`` stands for anything. ``python`` blocks are programs of their own.
"""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"^<!-- (?P<word>run|same-as:)(?P<options>[^>]*?) ?-->\n```(?P<language>\w+)[^\n]*\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
PACKAGES = {
    "web": ("flask", "waitress", "aiosmtpd"),
    "jobs": ("dramatiq", "apscheduler"),
    "tui": ("textual",),
    "postgres": ("psycopg",),
    "s3": ("obstore",),
    "bulk": ("openpyxl",),
    "mail": ("dkim", "dns"),
    "post": ("pikepdf", "pypdfium2", "ppf.datamatrix", "paramiko"),
}
TIMEOUT_S = 150


@dataclass(frozen=True)
class Block:
    word: str
    options: str
    language: str
    body: str
    line: int

    def option(self, name: str, default: str = "") -> str:
        found = [word.partition("=")[2] for word in shlex.split(self.options) if word.startswith(f"{name}=")]
        return found[0] if found else default


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(m["word"], m["options"].strip(), m["language"], m["body"], text.count("\n", 0, m.start()) + 2)
        for m in BLOCK.finditer(text)
    ]


RUNNING = [page for page in PAGES if any(block.word == "run" for block in blocks_of(page))]


def environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LRE_", "COV_"))}
    commands = Path(sys.executable).parent
    return kept | {
        "PATH": f"{commands}{os.pathsep}{kept.get('PATH', os.defpath)}",
        "LRE_HOME": str(folder / "office"),
        "SOURCE": str(ROOT),
        "COLUMNS": "120",
        "PYTHONSAFEPATH": "1",
        "PYTHONWARNINGS": "error",
        "TERM": "dumb",
    }


def expected_pattern(lines: list[str]) -> str:
    """Return a pattern for the promised output; trailing blanks do not count."""

    def pattern(line: str) -> str:
        return r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ \t]*\n"

    return "".join(pattern(line) for line in lines)


def run_console(block: Block, folder: Path) -> None:
    commands: list[str] = []
    outputs: list[list[str]] = []
    for line in block.body.splitlines():
        if line.startswith("$ "):
            commands.append(line[2:])
            outputs.append([])
        elif line.startswith("> "):
            commands[-1] += "\n" + line[2:]
        else:
            outputs[-1].append(line)
    mark = "=====next command====="
    script = f"\necho {mark}\n".join(commands)
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    said = f"line {block.line}, exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.returncode == int(block.option("exit", "0")), said
    for lines, got in zip(outputs, done.stdout.split(f"{mark}\n"), strict=True):
        if lines:
            whole = got if got.endswith("\n") or not got else got + "\n"
            assert re.fullmatch(expected_pattern(lines), whole), f"promised:\n{lines}\ngot: {said}"


def run_python(block: Block, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block.body],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == int(block.option("exit", "0")), (
        f"line {block.line}\n{done.stdout}\n{done.stderr}"
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", RUNNING, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_example_of_the_page_does_what_the_page_says(page: Path, tmp_path: Path) -> None:
    for block in blocks_of(page):
        needs = [extra for extra in block.option("needs").split(",") if extra]
        missing = [p for extra in needs for p in PACKAGES[extra] if importlib.util.find_spec(p) is None]
        if missing:
            pytest.skip(f"not installed: {', '.join(missing)}")
        if block.word == "same-as:":
            continue
        if name := block.option("name"):
            (tmp_path / name).write_text(block.body, encoding="utf-8")
        elif block.language == "python":
            run_python(block, tmp_path)
        else:
            run_console(block, tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_block_that_claims_to_be_a_file_is_that_file(page: Path) -> None:
    for block in blocks_of(page):
        if block.word == "same-as:":
            original = (ROOT / block.options).read_text(encoding="utf-8")
            assert block.body == original, f"{page.name} line {block.line} differs from {block.options}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_no_marked_block_is_overlooked() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        marks = len(re.findall(r"^<!-- (?:run|same-as:)", text, re.MULTILINE))
        assert marks == len(blocks_of(page)), f"{page.name}: a mark does not stand right above a fenced block"
