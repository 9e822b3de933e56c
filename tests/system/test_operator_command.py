"""``lre operator``, as a user calls it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lre_kit.cli.main import cli
from lre_kit.errors import NotFoundError
from lre_kit.operators.errors import OperatorInputError
from lre_kit.testing.office import throwaway_office


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "office"
    throwaway_office(folder).close()
    monkeypatch.setenv("LRE_HOME", str(folder))
    monkeypatch.setenv("LRE_OPERATOR_ENTRANCE", "accounts")
    return folder


def lre(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["operator", *arguments])


def test_operators_are_added_listed_given_roles_disabled_and_reset(home: Path) -> None:
    added = lre("add", "anne", "--role", "clerk", "--role", "auditor")
    assert added.exit_code == 0
    for words in ("Operator anne", "First password: ", "Secret of the codes"):
        assert words in added.output
    [listed] = json.loads(lre("list", "--json").output)
    assert (listed["name"], listed["roles"], listed["state"]) == ("anne", ["clerk", "auditor"], "enabled")
    assert set(listed) == {"id", "name", "roles", "state", "created_at", "last_sign_in_at"}
    assert lre("role", "anne", "key-holder", "--reason", "Takes over").output == "anne: key-holder.\n"
    assert lre("disable", "anne", "--reason", "Left").output == "anne is disabled.\n"
    assert "disabled" in lre("list").output
    told = json.loads(lre("reset", "anne", "--reason", "Came back", "--json").output)
    assert told["name"] == "anne"
    assert told["uri"].startswith("otpauth://totp/")
    assert "enabled" in lre("list").output


def test_what_cannot_be_done_says_so_and_changes_nothing(home: Path) -> None:
    assert isinstance(lre("add", "a b c!", "--role", "clerk").exception, OperatorInputError)
    assert lre("add", "anne", "--role", "root").exit_code == 2
    assert lre("add", "anne").exit_code == 2
    assert isinstance(lre("disable", "nobody", "--reason", "x").exception, NotFoundError)
    assert lre("disable", "nobody").exit_code == 2
    assert json.loads(lre("list", "--json").output) == []


def test_who_is_added_where_nobody_signs_in_is_told(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LRE_OPERATOR_ENTRANCE")
    assert "LRE_OPERATOR_ENTRANCE" in lre("add", "anne", "--role", "clerk").stderr
