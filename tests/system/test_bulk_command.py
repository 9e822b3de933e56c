"""Letters in bulk from the command line."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from lre_kit.cli.main import cli
from lre_kit.errors import MissingFileError, NotFoundError
from lre_kit.testing.office import SMALL_PDF, throwaway_office


def lre(*arguments: str) -> Any:
    return cli.main(args=list(arguments), prog_name="lre", standalone_mode=False)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    monkeypatch.chdir(tmp_path)
    with throwaway_office(tmp_path / "office"):
        pass
    (tmp_path / "a.pdf").write_bytes(SMALL_PDF)
    (tmp_path / "good.csv").write_text("email,name\na@example.net,Ada\nb@example.net,Bob\n", encoding="utf-8")
    (tmp_path / "bad.csv").write_text("email,name\na@example.net,Ada\nnobody,Eve\n", encoding="utf-8")
    return tmp_path / "office"


def test_a_table_is_checked_sent_and_its_result_read(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lre("bulk", "check", "good.csv")
    assert "All 2 lines can be sent." in capsys.readouterr().out
    lre("bulk", "start", "good.csv", "a.pdf", "--from", "me@example.org", "--title", "Spring", "--json")
    bulk = json.loads(capsys.readouterr().out)
    assert (bulk["state"], bulk["lines"]) == ("running", 2)
    lre("bulk", "pause", bulk["id"])
    lre("bulk", "resume", bulk["id"])
    with throwaway_office(home) as office:
        office.run_until_idle()
    capsys.readouterr()
    lre("bulk", "status", bulk["id"], "--watch")
    assert capsys.readouterr().out == "done: 2 of 2 lines (2 sent).\n"
    lre("bulk", "list", "--from", "me@example.org", "--json")
    assert [each["state"] for each in json.loads(capsys.readouterr().out)] == ["done"]
    lre("bulk", "result", bulk["id"])
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["outcome"] for row in rows] == ["sent", "sent"]
    assert all(row["number"] for row in rows)


def test_a_table_with_a_fault_fails_and_sends_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (("check", "bad.csv"), ("start", "bad.csv", "a.pdf", "--from", "me@example.org")):
        assert lre("bulk", *arguments) == 1
        assert "Line 3:" in capsys.readouterr().err
    with throwaway_office(home) as office:
        assert office.bulk.of("cli:me@example.org") == []


def test_what_is_not_there_is_told(home: Path) -> None:
    del home
    with pytest.raises(MissingFileError):
        lre("bulk", "check", "nothing.csv")
    for act in ("pause", "resume", "stop", "status", "result"):
        with pytest.raises(NotFoundError):
            lre("bulk", act, "f" * 32)
