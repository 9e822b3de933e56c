"""Keys of the API from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from lre_kit.cli.main import cli
from lre_kit.errors import NotFoundError
from lre_kit.integration.values import KeyInputError, Scope
from lre_kit.testing.office import throwaway_office


def lre(*arguments: str) -> Any:
    return cli.main(args=list(arguments), prog_name="lre", standalone_mode=False)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    with throwaway_office(tmp_path / "office"):
        pass
    return tmp_path / "office"


def test_a_key_is_made_listed_and_revoked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lre("api-key", "new", "books", "--from", "me@example.org", "--scope", "letters:read", "--days", "0")
    printed = capsys.readouterr()
    assert "Keep it now" in printed.err
    with throwaway_office(home) as office:
        admitted = office.integration.keys.admit(printed.out.strip())
    assert admitted.key.scopes == {Scope.LETTERS_READ}
    assert admitted.key.expires_at is None
    assert admitted.key.owner.ref == "cli:me@example.org"
    lre("api-key", "list", "--from", "me@example.org", "--json")
    [listed] = json.loads(capsys.readouterr().out)
    assert listed["prefix"] == admitted.key.prefix
    assert "key" not in listed
    lre("api-key", "list")
    assert admitted.key.prefix in capsys.readouterr().out
    lre("api-key", "revoke", printed.out.strip())
    assert "is revoked" in capsys.readouterr().out
    with pytest.raises(NotFoundError):
        lre("api-key", "revoke", "nothing")


def test_a_host_names_its_sender_by_its_own_id(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lre("api-key", "new", "books", "--from", "me@example.org", "--ref", "user-7", "--json")
    made = json.loads(capsys.readouterr().out)
    with throwaway_office(home) as office:
        assert office.integration.keys.admit(made["key"]).key.owner.ref == "user-7"


def test_a_key_that_cannot_be_is_refused(home: Path) -> None:
    with pytest.raises(KeyInputError):
        lre("api-key", "new", "books", "--from", "me@example.org", "--team", "a@example.org")


def test_a_client_of_an_authorization_server_is_entered(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("joserfc")
    (tmp_path / "issuers.toml").write_text(
        """[[issuer]]
slug = "id"
issuer = "https://id.example"
audience = "https://lettres.example"
algorithms = ["ES256"]
jwks = "https://id.example/jwks"
token_endpoint = "https://id.example/token"
""",
        encoding="utf-8",
    )
    with pytest.raises(KeyInputError, match="LRE_API_ISSUERS"):
        lre("api-key", "new", "erp", "--from", "me@example.org", "--client", "id", "erp-prod")
    monkeypatch.setenv("LRE_API_ISSUERS", str(tmp_path))
    lre("api-key", "new", "erp", "--from", "me@example.org", "--client", "id", "erp-prod")
    assert "access tokens of erp-prod act for me@example.org" in capsys.readouterr().out
    lre("api-key", "list", "--json")
    [listed] = json.loads(capsys.readouterr().out)
    assert listed["client"] == ["https://id.example", "erp-prod"]
