"""Providers of electronic identities that the office accepts, by OpenID Connect (FranceConnect+ and others).

The list is a TOML file; files that it names are beside it::

    [[provider]]
    slug = "franceconnect-plus"
    name = { fr = "FranceConnect+", en = "FranceConnect+" }
    issuer = "https://auth.example/api/v2"    # exactly as the provider writes it
    client_id = "…"
    client_secret_file = "fc.secret"          # or client_key_file = "client.pem" (private_key_jwt)
    levels = { eidas2 = "substantial", eidas3 = "high" }     # acr value to level
    algorithms = ["ES256"]                    # of signatures; nothing else is accepted
    # what may be left out, as it is then:
    client_auth = "post"                      # how the secret is sent: or "basic"
    scopes = ["openid", "profile", "email"]
    ask = { substantial = ["eidas2"] }        # acr values asked for a level; else all that reach it
    acr_claim = false                         # ask for the acr as an essential claim instead
    auth_time = "required"                    # or "if-told"
    max_age_s = 300                           # oldest login accepted where prompt does not ask for a new one
    prompt = ["login"]                        # [] leaves the provider's session in use
    omit = []                                 # of "max_age" and "pkce", what the provider refuses
    userinfo = "none"                         # or "plain", "signed": where attributes come from besides
    attributes = { given_names = "given_name", family_name = "family_name", birth_date = "birthdate",
                   email = "email" }          # and preferred_name, where the provider proves it
    encryption_key_file = "decrypt.pem"       # then tokens must be encrypted to it
    discovery = true                          # else: endpoints = { authorization, token, jwks,
                                              #                     userinfo, logout }, each an address
    logout = "https://…"                      # instead of the discovered one
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc.jwk import ECKey, RSAKey

from lre_kit.errors import ConfigurationError, NotFoundError
from lre_kit.identifiers.eid_http import checked_url, is_loopback
from lre_kit.identifiers.eid_provider_values import ATTRIBUTES, EidProvider, Endpoints, Userinfo
from lre_kit.law.assurance import Level

__all__ = ["EidProvider", "EidProviders", "Endpoints", "Userinfo"]

FILE_NAME = "eid.toml"
"""Name of the list within its folder."""

RSA_BITS_MIN = 2048
"""Shortest RSA key accepted (SOG-IS Agreed Cryptographic Mechanisms)."""

_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_REQUIRED = frozenset("slug name issuer client_id levels algorithms".split())
_KEYS = _REQUIRED | frozenset(
    "client_secret client_secret_file client_auth client_key_file scopes ask acr_claim auth_time max_age_s "
    "prompt omit userinfo attributes encryption_key_file discovery endpoints logout".split()
)
_ENDPOINTS = frozenset("authorization token jwks userinfo logout".split())


class EidProviders:
    """The accepted providers, in the order of the file."""

    def __init__(self, providers: Sequence[EidProvider] = ()) -> None:
        """Keep them; with none, no electronic identity is accepted."""
        self._providers = {each.slug: each for each in providers}
        if len(self._providers) != len(providers):
            raise _unusable("two providers have one slug")
        if len({each.issuer for each in providers}) != len(providers):
            raise _unusable("two providers have one issuer")

    def __iter__(self) -> Iterator[EidProvider]:
        """Go through the providers."""
        return iter(self._providers.values())

    def __len__(self) -> int:
        """Count the providers."""
        return len(self._providers)

    def get(self, slug: str) -> EidProvider | None:
        """Return a provider by its slug, or nothing if it is (no longer) accepted."""
        return self._providers.get(slug)

    def by_slug(self, slug: str) -> EidProvider:
        """Return a provider by its slug.

        Raises:
            NotFoundError: There is none.
        """
        found = self.get(slug)
        if found is None:
            msg = "There is no such provider of electronic identities."
            raise NotFoundError(msg, mend="Choose one of those that are shown.")
        return found

    def published_keys(self) -> dict[str, Any]:
        """Return the office's public keys (RFC 7517 §5), for the address that it gives its providers."""
        found: dict[str, Any] = {}
        for each in self:
            for key, use in ((each.client_key, "sig"), (each.encryption_key, "enc")):
                if key is not None:
                    entry = {**key.as_dict(private=False), "use": use}
                    found[f"{use}:{key.thumbprint()}"] = entry | {"kid": key.thumbprint()}
        return {"keys": list(found.values())}

    @classmethod
    def load(cls, place: Path) -> "EidProviders":
        """Read the list.

        Args:
            place: The TOML file, or the folder that holds it as ``eid.toml``.

        Raises:
            ConfigurationError: It is not there, or something in it cannot be used.
        """
        path = place / FILE_NAME if place.is_dir() else place
        try:
            found = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise _unusable(f"it cannot be read ({type(error).__name__})") from error
        entries = found.get("provider", [])
        if found.keys() - {"provider"} or not isinstance(entries, list):
            raise _unusable("it holds something other than [[provider]] tables")
        return cls([_provider(entry, path.parent) for entry in entries])


def _provider(entry: Any, folder: Path) -> EidProvider:
    if not isinstance(entry, dict) or not isinstance(entry.get("slug"), str):
        raise _unusable("a provider has no slug")
    name = entry["slug"]
    if unknown := sorted(entry.keys() - _KEYS):
        raise _unusable(f"provider {name}: nobody knows {unknown[0]}")
    if missing := sorted(_REQUIRED - entry.keys()):
        raise _unusable(f"provider {name}: {missing[0]} is missing")
    try:
        return _read(entry, folder)
    except (ValueError, TypeError, OSError) as error:
        raise _unusable(f"provider {name}: {error}") from error


def _read(entry: Mapping[str, Any], folder: Path) -> EidProvider:
    issuer = checked_url(entry["issuer"], loopback=True)
    loopback = is_loopback(issuer)
    secret = _text(entry, "client_secret") if "client_secret" in entry else None
    if (secret_file := entry.get("client_secret_file")) is not None:
        if secret is not None:
            msg = "client_secret stands beside client_secret_file"
            raise ValueError(msg)
        secret = _beside(folder, secret_file).read_text(encoding="utf-8").strip()
    key, opener = (
        _key(_beside(folder, entry[each])) if each in entry else None
        for each in ("client_key_file", "encryption_key_file")
    )
    return EidProvider(
        slug=entry["slug"],
        name=_table(entry, "name"),
        issuer=issuer,
        client_id=_text(entry, "client_id"),
        client_secret=secret,
        client_key=key,
        basic=_choice(entry, "client_auth", "post", "basic") == "basic",
        levels={acr: Level(level) for acr, level in _table(entry, "levels").items()},
        algorithms=frozenset(_words(entry, "algorithms")),
        scopes=_words(entry, "scopes", "openid", "profile", "email"),
        ask={
            Level(level): _words(entry["ask"], level) for level in _table(entry, "ask", empty=True, of=list)
        },
        acr_claim=_switch(entry, "acr_claim", default=False),
        auth_time_required=_choice(entry, "auth_time", "required", "if-told") == "required",
        max_age_s=_count(entry, "max_age_s", default=300),
        prompt=_words(entry, "prompt", "login"),
        omit=frozenset(_words(entry, "omit")),
        userinfo=Userinfo(_choice(entry, "userinfo", *Userinfo)),
        attributes=_table(entry, "attributes") if "attributes" in entry else dict(ATTRIBUTES),
        encryption_key=opener,
        endpoints=_endpoints(entry, loopback=loopback),
        logout=checked_url(entry["logout"], loopback=loopback) if "logout" in entry else None,
    )


def _endpoints(entry: Mapping[str, Any], *, loopback: bool) -> Endpoints | None:
    if _switch(entry, "discovery", default=True):
        if "endpoints" in entry:
            msg = "endpoints are for providers with discovery = false"
            raise ValueError(msg)
        return None
    found = _table(entry, "endpoints", empty=True)
    if unknown := sorted(found.keys() - _ENDPOINTS):
        msg = f"endpoints: nobody knows {unknown[0]}"
        raise ValueError(msg)
    if missing := sorted({"authorization", "token", "jwks"} - found.keys()):
        msg = f"without discovery, endpoints needs {missing[0]}"
        raise ValueError(msg)
    urls: dict[str, Any] = {name: checked_url(url, loopback=loopback) for name, url in found.items()}
    return Endpoints(**urls)


def _key(path: Path) -> ECKey | RSAKey:
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        msg = f"{path.name} is no private key in PEM without password"
        raise ValueError(msg) from error
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, _CURVES):
        return ECKey.import_key(path.read_bytes())
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= RSA_BITS_MIN:
        return RSAKey.import_key(path.read_bytes())
    msg = f"{path.name} is neither an RSA key of {RSA_BITS_MIN} bits nor one on P-256, P-384 or P-521"
    raise ValueError(msg)


def _beside(folder: Path, name: Any) -> Path:
    if not isinstance(name, str) or Path(name).name != name or not (folder / name).is_file():
        msg = f"{name} is no file beside the list"
        raise ValueError(msg)
    return folder / name


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value.strip():
        msg = f"{key} is no text"
        raise ValueError(msg)
    return value


def _words(entry: Mapping[str, Any], key: str, *default: str) -> tuple[str, ...]:
    value = entry.get(key, list(default))
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        msg = f"{key} is no list of words"
        raise ValueError(msg)
    return tuple(value)


def _table(entry: Mapping[str, Any], key: str, *, empty: bool = False, of: type = str) -> dict[str, Any]:
    value = entry.get(key, {} if empty else None)
    if not isinstance(value, dict) or not all(isinstance(each, of) for each in value.values()):
        msg = f"{key} is no table"
        raise ValueError(msg)
    return value


def _switch(entry: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = entry.get(key, default)
    if not isinstance(value, bool):
        msg = f"{key} is neither true nor false"
        raise TypeError(msg)
    return value


def _count(entry: Mapping[str, Any], key: str, *, default: int) -> int:
    value = entry.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        msg = f"{key} is no whole number"
        raise TypeError(msg)
    return value


def _choice(entry: Mapping[str, Any], key: str, *choices: str) -> str:
    value: str = entry.get(key, choices[0])
    if value not in choices:
        msg = f"{key} is one of {', '.join(choices)}"
        raise ValueError(msg)
    return value


def _unusable(why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The list of identity providers cannot be used: {why}.",
        mend="Mend the file; its form is in the manual.",
    )
