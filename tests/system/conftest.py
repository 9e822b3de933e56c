"""Calling ``lre`` as its entry point does, inside this process or in one of its own."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lre_kit.cli import main as entrance
from lre_kit.store.content_owner import MARK
from lre_kit.testing.office import SMALL_PDF

COMMAND = str(Path(sys.executable).parent / "lre")
PEOPLE = ("--from", "helene.fay@example.org", "--to", "jean.dupont@example.net")


@dataclass(frozen=True)
class Answer:
    """What one call of ``lre`` answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)

    def refused(self, code: int, slug: str) -> str:
        """Check the shape of a refusal (two sentences and a slug, nothing else); return it."""
        assert (self.code, self.out) == (code, ""), self.err
        problem, mend = self.err.rstrip("\n").split("\n")
        assert problem.startswith("lre: ")
        assert problem.endswith(".")
        sentence, _, found = mend.strip().rpartition("  ")
        assert found == f"[{slug}]"
        assert sentence
        return self.err


class CommandLine:
    """``lre`` inside this process: fast, and seen by the debugger and by coverage."""

    def __init__(self, patch: pytest.MonkeyPatch, captured: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._captured = captured

    def __call__(self, *arguments: str) -> Answer:
        """Run one command line."""
        self._patch.setattr(sys, "argv", ["lre", *arguments])
        self._captured.readouterr()
        with pytest.raises(SystemExit) as ended:
            entrance.main()
        said = self._captured.readouterr()
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, said.out, said.err)

    def deposit(self, path: Path | str, *more: str) -> Answer:
        """Deposit a file between two people; a recipient who is named takes the place of ours."""
        return self("deposit", str(path), *(PEOPLE[:2] if "--to" in more else PEOPLE), *more)

    def deposited(self, path: Path | str) -> str:
        """Deposit a file and return the letter's number."""
        return str(self.deposit(path, "--json").json["number"])


def run_lre(*arguments: str, **environment: str) -> Answer:
    """Run the installed ``lre`` in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LRE_")}
    done = subprocess.run(
        [COMMAND, *arguments],
        env=kept | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="session")
def shell() -> Callable[..., Answer]:
    """The installed ``lre`` in a process of its own; keywords are its environment."""
    return run_lre


@pytest.fixture
def lre(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    """``lre`` inside this process, with LRE_HOME and the current folder below `tmp_path`."""
    for name in [name for name in os.environ if name.startswith("LRE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    monkeypatch.chdir(tmp_path)
    return CommandLine(monkeypatch, capsys)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office as the installed ``lre init`` makes it, to copy."""
    home = tmp_path_factory.mktemp("prepared") / "office"
    done = run_lre("init", LRE_HOME=str(home))
    assert done.code == 0, done.err
    return home


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Path:
    """A fresh office where LRE_HOME points."""
    shutil.copytree(prepared, tmp_path / "office")
    return tmp_path / "office"


@pytest.fixture
def lease(tmp_path: Path) -> Path:
    """A file to deposit."""
    (tmp_path / "lease.pdf").write_bytes(SMALL_PDF)
    return tmp_path / "lease.pdf"


@pytest.fixture(scope="session")
def what_is_kept() -> Callable[[Path], tuple[int, list[str]]]:
    """Tell how many letters an office holds, and every file of its content store but the office's mark."""

    def look(home: Path) -> tuple[int, list[str]]:
        database = sqlite3.connect(f"file:{home / 'office.db'}?mode=ro", uri=True)
        try:
            count = int(database.execute("SELECT count(*) FROM letter").fetchone()[0])
        finally:
            database.close()
        files = sorted(p.name for p in (home / "blobs").rglob("*") if p.is_file())
        return count, [name for name in files if name != MARK]

    return look
