"""Requests to the office from the command line: listed, opened, handed over, answered, closed."""

import json
from pathlib import Path

import pytest

from lre_kit.cli.main import cli
from lre_kit.support.values import Asking, RequestKind, Side
from lre_kit.testing.office import throwaway_office


def run(*arguments: str) -> object:
    return cli.main(args=list(arguments), prog_name="lre", standalone_mode=False)


def test_an_operator_answers_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    with throwaway_office(tmp_path / "office") as office:
        asking = Asking(
            kind=RequestKind.QUOTE,
            side=Side.SENDER,
            name="Ann Lee",
            email="ann@example.org",
            text="500 a year",
        )
        reference = office.support.receive(asking, remote="").reference
    run("requests", "list", "--state", "open", "--json")
    (listed,) = json.loads(capsys.readouterr().out)
    assert (listed["reference"], listed["kind"], listed["messages"]) == (reference, "quote", 1)
    assert "ann" not in json.dumps(listed).lower()
    run("requests", "assign", reference, "--to", "anne")
    run("requests", "answer", reference, "--text", "Ask Paul about the volume", "--note", "--by", "anne")
    run("requests", "answer", reference, "--template", "quote", "--by", "anne")
    capsys.readouterr()
    run("requests", "show", reference)
    shown = capsys.readouterr().out
    assert "Ann Lee <ann@example.org>" in shown
    assert "500 a year" in shown
    assert "leaves soon" in shown
    run("requests", "close", reference)
    run("requests", "list", "--json")
    (closed,) = json.loads(capsys.readouterr().out.partition("closed.")[2])
    assert (closed["state"], closed["assigned_to"], closed["messages"]) == ("closed", "anne", 3)
    with throwaway_office(tmp_path / "office") as office:
        acts = [entry.act for entry in office.operators.journal.page(limit=9)]
    assert acts == ["request.close", "request.answer", "request.note", "request.assign"]
