"""``lre accounts``, as a user calls it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lre_kit.cli.main import cli
from lre_kit.errors import NotFoundError
from lre_kit.parties.account_values import AccountMail
from lre_kit.parties.accounts import Accounts
from lre_kit.testing.office import throwaway_office

EMAIL = "claire@example.org"
PASSWORD = "quatre poules bleues"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "office"
    mails: list[AccountMail] = []
    with throwaway_office(folder) as office:
        accounts = Accounts(
            office.database, clock=office.clock, pepper=office.keys.pepper, deliver=mails.append
        )
        accounts.register(EMAIL, PASSWORD, "Claire Roy", "fr")
        found = accounts.confirm(mails[-1].token or "", PASSWORD)
        for _ in range(2):
            accounts.sessions.open(
                account_id=found.account.id, party_id=found.account.party_id, factor=found.factor
            )
    monkeypatch.setenv("LRE_HOME", str(folder))
    return folder


def lre(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["accounts", *arguments])


def test_accounts_are_listed_given_a_role_and_their_sessions_ended(home: Path) -> None:
    [listed] = json.loads(lre("list", "--json").output)
    assert (listed["email"], listed["role"], listed["sessions"]) == (EMAIL, "", 2)
    assert "password_hash" not in listed
    assert EMAIL in lre("list").output
    assert lre("end-sessions", EMAIL.upper()).output == "2 sessions ended.\n"
    assert "the role reviewer" in lre("role", EMAIL, "reviewer").output
    assert json.loads(lre("list", "--json").output)[0]["role"] == "reviewer"
    assert "no role" in lre("role", EMAIL, "none").output
    for arguments in (("end-sessions", "nobody@example.org"), ("role", "nobody@example.org", "reviewer")):
        assert isinstance(lre(*arguments).exception, NotFoundError)
