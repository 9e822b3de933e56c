"""Issuers whose access tokens open the API: authorization servers that the operator names (OAuth 2.0).

The list is a TOML file; a file of keys that it names is beside it::

    [[issuer]]
    slug = "id"                               # how people, and the description of the API, call it
    issuer = "https://id.example"             # exactly as it writes itself into `iss`
    audience = "https://lettres.example/lre"  # what `aud` must name
    algorithms = ["ES256"]                    # of signatures; nothing else is accepted
    jwks = "https://id.example/jwks"          # or jwks_file = "keys.json"
    token_endpoint = "https://id.example/token"
    # what may be left out, as it is then:
    scopes = { "lre.read" = ["letters:read"] }  # what its scopes open; else they bear our names
    subject = "client"                        # or "any", where `sub` is another name of the client
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.eid_http import checked_url, is_loopback
from lre_kit.integration.values import Scope

FILE_NAME = "issuers.toml"
"""Name of the list within its folder."""

ALGORITHMS = frozenset("ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512".split())
"""Signatures that may be listed: by private keys only, so that no published key can make one."""

_REQUIRED = frozenset("slug issuer audience algorithms token_endpoint".split())
_KEYS = _REQUIRED | frozenset("jwks jwks_file scopes subject".split())
_CHARS_MAX = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """An authorization server whose tokens are accepted.

    Attributes:
        slug: How people call it.
        issuer: What stands in ``iss``.
        audience: What ``aud`` must name.
        algorithms: Of signatures.
        token_endpoint: Where clients get tokens.
        jwks: Where its keys are published: an address, or a file.
        scopes: What its scopes open.
        is_subject_free: Whether ``sub`` may be another name than the client's.
    """

    slug: str
    issuer: str
    audience: str
    algorithms: frozenset[str]
    token_endpoint: str
    jwks: str | Path
    scopes: Mapping[str, frozenset[Scope]]
    is_subject_free: bool = False

    encryption_key: None = None
    """Access tokens are signed, not encrypted."""


def load_issuers(place: Path | None) -> tuple[Issuer, ...]:
    """Read the list of issuers.

    Args:
        place: The TOML file, or the folder that holds it as ``issuers.toml``; nothing: none is accepted.

    Raises:
        ConfigurationError: It is not there, or something in it cannot be used.
    """
    if place is None:
        return ()
    path = place / FILE_NAME if place.is_dir() else place
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unusable(f"it cannot be read ({type(error).__name__})") from error
    entries = found.get("issuer", [])
    if found.keys() - {"issuer"} or not isinstance(entries, list):
        raise _unusable("it holds something other than [[issuer]] tables")
    issuers = tuple(_issuer(entry, path.parent) for entry in entries)
    for what in ("slug", "issuer"):
        if len({getattr(each, what) for each in issuers}) != len(issuers):
            raise _unusable(f"two issuers have one {what}")
    return issuers


def _issuer(entry: Any, folder: Path) -> Issuer:
    name = entry.get("slug") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.isascii() or not name.isidentifier():
        raise _unusable("an issuer has no slug of letters, digits and _")
    if unknown := sorted(entry.keys() - _KEYS):
        raise _unusable(f"issuer {name}: nobody knows {unknown[0]}")
    if missing := sorted(_REQUIRED - entry.keys()):
        raise _unusable(f"issuer {name}: {missing[0]} is missing")
    try:
        return _read(name, entry, folder)
    except (ValueError, TypeError) as error:
        raise _unusable(f"issuer {name}: {error}") from error


def _read(slug: str, entry: Mapping[str, Any], folder: Path) -> Issuer:
    issuer = checked_url(entry["issuer"], loopback=True)
    loopback, algorithms = is_loopback(issuer), frozenset(entry["algorithms"])
    if not algorithms or not algorithms <= ALGORITHMS:
        msg = f"algorithms are some of {', '.join(sorted(ALGORITHMS))}"
        raise ValueError(msg)
    if ("jwks" in entry) == ("jwks_file" in entry):
        msg = "its keys are published at jwks, or lie in jwks_file: one of both"
        raise ValueError(msg)
    subject = entry.get("subject", "client")
    if subject not in {"client", "any"}:
        msg = "subject is client or any"
        raise ValueError(msg)
    audience = entry["audience"]
    if not isinstance(audience, str) or not 0 < len(audience) <= _CHARS_MAX:
        msg = "audience is no text"
        raise ValueError(msg)
    return Issuer(
        slug=slug,
        issuer=issuer,
        audience=audience,
        algorithms=algorithms,
        token_endpoint=checked_url(entry["token_endpoint"], loopback=loopback),
        jwks=checked_url(entry["jwks"], loopback=loopback) if "jwks" in entry else _file(entry, folder),
        scopes=_scopes(entry.get("scopes")),
        is_subject_free=subject == "any",
    )


def _file(entry: Mapping[str, Any], folder: Path) -> Path:
    path = folder / str(entry["jwks_file"])
    if not path.is_file():
        msg = f"{path} is not there"
        raise ValueError(msg)
    return path


def _scopes(told: Any) -> dict[str, frozenset[Scope]]:
    if told is None:
        return {scope.value: frozenset({scope}) for scope in Scope}
    return {str(name): frozenset(Scope(each) for each in opened) for name, opened in dict(told).items()}


def _unusable(why: str) -> ConfigurationError:
    msg = f"The list of issuers of access tokens cannot be used: {why}."
    return ConfigurationError(msg, mend="Mend the file that LRE_API_ISSUERS names.")
