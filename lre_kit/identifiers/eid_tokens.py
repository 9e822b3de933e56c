"""Id tokens: opened, their signature and every claim checked (OpenID Connect Core §3.1.3.7).

A token is refused unless all of it fits: the algorithm is one of the provider's own list, the key is one
that it publishes now, and the claims name this provider, this office, this question, a sufficient level
and a login that is not old. Nothing that stands in a token chooses what it is checked with but the name
of a published key.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import new as new_digest
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.util import urlsafe_b64decode

from lre_kit.identifiers.eid_http import read_object
from lre_kit.identifiers.eid_provider_values import EidProvider
from lre_kit.identifiers.eid_values import EidRefusedError, Reason
from lre_kit.law.assurance import Level

TOKEN_MAX_CHARS = 64 * 1024
"""Longest token that is looked at."""

KEYS_MAX = 50
"""Most keys of a provider that are looked at."""

LEEWAY_S = 30
"""How far a provider's clock may be from the office's, in seconds."""

SUBJECT_CHARS_MAX = 255
"""Longest subject (OpenID Connect Core §2)."""

_RSA_BITS = range(2048, 8192 + 1)
_HEADER_MAX_BYTES = 8 * 1024
_KEY_MANAGEMENT = {
    ECKey: ("ECDH-ES", "ECDH-ES+A256KW"),
    RSAKey: ("RSA-OAEP", "RSA-OAEP-256"),
}
_CURVE_OF = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_LAST_INSTANT = 253_402_300_799

PublicKey = ECKey | RSAKey


class Signer(Protocol):
    """Whose tokens are opened."""

    @property
    def algorithms(self) -> Collection[str]:
        """Signatures that are accepted."""

    @property
    def encryption_key(self) -> ECKey | RSAKey | None:
        """What its tokens must be encrypted to; nothing: they are plain."""


class Keys(Protocol):
    """A provider's published keys."""

    def held(self) -> Collection[PublicKey]:
        """Return them as they were last fetched."""

    def renewed(self) -> Collection[PublicKey] | None:
        """Return them fetched anew; nothing if they were for this answer already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What an id token must fit.

    Attributes:
        nonce: Of the question.
        level: What was asked for; nothing for any level the provider has.
        asked_at: When the question was put, in seconds since 1970.
        now: The present, likewise.
        access_token: What came with it.
    """

    nonce: str = field(repr=False)
    level: Level | None
    asked_at: float
    now: float
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdToken:
    """A checked id token; `signed` is its form without encryption."""

    subject: str = field(repr=False)
    acr: str
    level: Level
    auth_time: float | None
    claims: Mapping[str, Any] = field(repr=False)
    signed: str = field(repr=False)


def read_keys(found: Mapping[str, Any]) -> list[PublicKey]:
    """Return the usable keys of a published set (RFC 7517 §5); others are passed over."""
    entries = found.get("keys")
    if not isinstance(entries, list) or len(entries) > KEYS_MAX:
        return []
    return [key for entry in entries if (key := _key(entry)) is not None]


def open_token(
    token: str, provider: Signer, keys: Keys, *, may_be_plain: bool = False
) -> tuple[Mapping[str, Any], str, str]:
    """Open a token of a provider: decrypt it if it must be, and check its signature.

    Args:
        token: Its compact form.
        provider: Whose it should be.
        keys: The provider's.
        may_be_plain: Whether it may lack the encryption that the provider's id tokens must have.

    Returns:
        Its claims, its signed form, and the algorithm of its signature.

    Raises:
        EidRefusedError: It is not one, or not the provider's.
    """
    if not token.isascii() or len(token) > TOKEN_MAX_CHARS:
        raise EidRefusedError(Reason.FORM)
    is_plain = may_be_plain and token.count(".") == 2
    signed = token if is_plain else _decrypted(token, provider.encryption_key)
    header = _header(signed)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in provider.algorithms:
        raise EidRefusedError(Reason.ALGORITHM)
    if "crit" in header:
        raise EidRefusedError(Reason.FORM)
    payload = _verified(signed, algorithm, header.get("kid"), keys)
    try:
        return read_object(payload), signed, algorithm
    except ValueError as error:
        raise EidRefusedError(Reason.FORM) from error


def check_id_token(token: str, provider: EidProvider, keys: Keys, expected: Expected) -> IdToken:
    """Open an id token and hold every claim against what was asked.

    Raises:
        EidRefusedError: Something does not fit; `reason` says what.
    """
    claims, signed, algorithm = open_token(token, provider, keys)
    if claims.get("iss") != provider.issuer:
        raise EidRefusedError(Reason.TOKEN_ISSUER)
    _check_audience(claims, provider.client_id)
    _check_times(claims, expected)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise EidRefusedError(Reason.NONCE)
    acr, level = _acr(claims, provider, expected.level)
    auth_time = _auth_time(claims, provider, expected)
    if "at_hash" in claims and claims["at_hash"] != at_hash(expected.access_token, algorithm):
        raise EidRefusedError(Reason.AT_HASH)
    return IdToken(
        subject=subject_of(claims), acr=acr, level=level, auth_time=auth_time, claims=claims, signed=signed
    )


def subject_of(claims: Mapping[str, Any]) -> str:
    """Return whom claims are about.

    Raises:
        EidRefusedError: They do not say it.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS_MAX:
        raise EidRefusedError(Reason.SUBJECT)
    if not subject.isascii() or not subject.isprintable():
        raise EidRefusedError(Reason.SUBJECT)
    return subject


def names_us(claims: Mapping[str, Any], client_id: str) -> bool:
    """Tell whether claims are addressed to the office."""
    audience = claims.get("aud")
    return audience == client_id or (isinstance(audience, list) and client_id in audience)


def at_hash(access_token: str, algorithm: str) -> str:
    """Return the left half of an access token's digest (OpenID Connect Core §3.1.3.6)."""
    digest = new_digest(f"sha{algorithm[2:]}", access_token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def _decrypted(token: str, key: ECKey | RSAKey | None) -> str:
    is_encrypted = token.count(".") == 4
    if is_encrypted != (key is not None):
        raise EidRefusedError(Reason.ENCRYPTION)
    if key is None:
        return token
    # No compression is among these: a small token cannot become a large one.
    allowed = [*_KEY_MANAGEMENT[type(key)], "A256GCM"]
    registry = jwe.JWERegistry(algorithms=allowed, strict_check_header=False)
    try:
        inside = jwe.decrypt_compact(token, key, registry=registry).plaintext
        return (inside or b"").decode("ascii")
    except (JoseError, InvalidTag, ValueError, TypeError, KeyError) as error:
        raise EidRefusedError(Reason.ENCRYPTION) from error


def _header(signed: str) -> Mapping[str, Any]:
    parts = signed.split(".")
    if len(parts) != 3 or not parts[2]:
        # Without a signature there is nothing to check, whatever the algorithm is called.
        raise EidRefusedError(Reason.FORM if len(parts) != 3 else Reason.ALGORITHM)
    try:
        return read_object(urlsafe_b64decode(parts[0].encode()))
    except ValueError as error:
        raise EidRefusedError(Reason.FORM) from error


def _verified(signed: str, algorithm: str, kid: Any, keys: Keys) -> bytes:
    """Return the payload whose signature one of the provider's keys made; a fresh set is tried once."""
    tries: tuple[Callable[[], Collection[PublicKey] | None], ...] = (keys.held, keys.renewed)
    reason = Reason.KEY
    for published in tries:
        for key in _fitting(published() or (), algorithm, kid):
            reason = Reason.SIGNATURE
            registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
            registry.max_header_length = _HEADER_MAX_BYTES
            try:
                return jws.deserialize_compact(signed, key, registry=registry).payload
            except (JoseError, ValueError, TypeError):
                continue
    raise EidRefusedError(reason)


def _fitting(keys: Collection[PublicKey], algorithm: str, kid: Any) -> list[PublicKey]:
    """Return the keys that could have made a signature: of its name and algorithm."""
    wanted = ECKey if algorithm.startswith("ES") else RSAKey
    return [
        key
        for key in keys
        if isinstance(key, wanted)
        and (kid is None or key.kid == kid)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (not isinstance(key, ECKey) or key.curve_name == _CURVE_OF[algorithm])
    ]


def _key(entry: Any) -> PublicKey | None:
    """Return a published key; nothing if it is of another kind, too short, or cannot be read."""
    if not isinstance(entry, dict) or "d" in entry:
        return None
    try:
        if entry.get("kty") == "EC":
            return ECKey.import_key(entry)
        if entry.get("kty") == "RSA" and 8 * len(urlsafe_b64decode(entry["n"].encode())) in _RSA_BITS:
            return RSAKey.import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        # One key that cannot be read does not spoil the others.
        return None
    return None


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    audience, party = claims.get("aud"), claims.get("azp")
    is_shared = isinstance(audience, list) and len(audience) != 1
    if not names_us(claims, client_id) or party not in ((client_id,) if is_shared else (None, client_id)):
        raise EidRefusedError(Reason.AUDIENCE)


def _check_times(claims: Mapping[str, Any], expected: Expected) -> None:
    expires, issued = _instant(claims, "exp"), _instant(claims, "iat")
    begins = _instant(claims, "nbf") if "nbf" in claims else issued
    if (
        expires <= expected.now - LEEWAY_S
        or max(issued, begins) > expected.now + LEEWAY_S
        # A token for this question cannot be older than the question.
        or issued < expected.asked_at - LEEWAY_S
    ):
        raise EidRefusedError(Reason.TIME)


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LAST_INSTANT:
        raise EidRefusedError(Reason.AUTH_TIME if name == "auth_time" else Reason.TIME)
    return value


def _acr(claims: Mapping[str, Any], provider: EidProvider, asked: Level | None) -> tuple[str, Level]:
    acr = claims.get("acr")
    level = provider.levels.get(acr) if isinstance(acr, str) else None
    if level is None or not level.at_least(asked):
        raise EidRefusedError(Reason.ACR)
    return str(acr), level


def _auth_time(claims: Mapping[str, Any], provider: EidProvider, expected: Expected) -> float | None:
    if "auth_time" not in claims and not provider.auth_time_required:
        return None
    at = _instant(claims, "auth_time")
    # Where a new login was asked for, one from before the question is an old one.
    oldest = expected.asked_at if "login" in provider.prompt else expected.now - provider.max_age_s
    if not oldest - LEEWAY_S <= at <= expected.now + LEEWAY_S:
        raise EidRefusedError(Reason.AUTH_TIME)
    return at
