"""The list of authorization servers whose access tokens open the API."""

from pathlib import Path

import pytest

from lre_kit.errors import ConfigurationError
from lre_kit.integration.issuers import load_issuers
from lre_kit.integration.values import Scope

GOOD = {
    "slug": '"id"',
    "issuer": '"https://id.example"',
    "audience": '"https://lettres.example"',
    "algorithms": '["ES256"]',
    "jwks": '"https://id.example/jwks"',
    "token_endpoint": '"https://id.example/token"',
}


def written(folder: Path, *entries: dict[str, str], rest: str = "") -> Path:
    tables = [
        "\n".join(["[[issuer]]", *(f"{name} = {told}" for name, told in one.items())]) for one in entries
    ]
    path = folder / "issuers.toml"
    path.write_text("\n".join([*tables, rest]), encoding="utf-8")
    return path


def test_a_list_is_read_from_its_file_or_its_folder(tmp_path: Path) -> None:
    path = written(
        tmp_path, GOOD | {"scopes": '{ "lre" = ["letters:read", "bulk:read"] }', "subject": '"any"'}
    )
    [found] = load_issuers(path)
    assert load_issuers(tmp_path) == (found,)
    assert found.scopes == {"lre": frozenset({Scope.LETTERS_READ, Scope.BULK_READ})}
    assert found.is_subject_free
    [plain] = load_issuers(written(tmp_path, GOOD))
    assert plain.scopes["letters:read"] == frozenset({Scope.LETTERS_READ})
    assert not plain.is_subject_free
    assert load_issuers(None) == ()


def test_keys_may_lie_in_a_file_beside_the_list(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}", encoding="utf-8")
    entry = {name: told for name, told in GOOD.items() if name != "jwks"} | {"jwks_file": '"keys.json"'}
    [found] = load_issuers(written(tmp_path, entry))
    assert found.jwks == tmp_path / "keys.json"


WRONG = {
    "http": {"issuer": '"http://id.example"'},
    "http-keys": {"jwks": '"http://127.0.0.1/jwks"'},
    "http-tokens": {"token_endpoint": '"http://id.example/token"'},
    "no-algorithm": {"algorithms": "[]"},
    "by-secret": {"algorithms": '["ES256", "HS256"]'},
    "none": {"algorithms": '["none"]'},
    "algorithms-no-list": {"algorithms": "3"},
    "both-keys": {"jwks_file": '"keys.json"'},
    "unknown-key": {"secret": '"x"'},
    "unknown-scope": {"scopes": '{ "lre" = ["letters:burn"] }'},
    "scopes-no-table": {"scopes": "3"},
    "subject": {"subject": '"person"'},
    "slug": {"slug": '"a b"'},
    "audience": {"audience": '""'},
}


@pytest.mark.parametrize("what", WRONG)
def test_an_entry_that_cannot_be_used_is_refused_by_name(tmp_path: Path, what: str) -> None:
    with pytest.raises(ConfigurationError, match="LRE_API_ISSUERS"):
        load_issuers(written(tmp_path, GOOD | WRONG[what]))


@pytest.mark.parametrize("missing", list(GOOD))
def test_an_entry_that_lacks_something_is_refused(tmp_path: Path, missing: str) -> None:
    with pytest.raises(ConfigurationError):
        load_issuers(written(tmp_path, {name: told for name, told in GOOD.items() if name != missing}))


def test_a_list_that_is_none_is_refused(tmp_path: Path) -> None:
    for path in (
        tmp_path / "nothing.toml",
        written(tmp_path, rest="x = 1"),
        written(tmp_path, rest="[["),
        written(tmp_path, GOOD, GOOD | {"slug": '"other"'}),
        written(tmp_path, GOOD, GOOD | {"issuer": '"https://other.example"'}),
        written(tmp_path, rest="issuer = 3"),
    ):
        with pytest.raises(ConfigurationError):
            load_issuers(path)
