"""Signed messages of identity proofing providers: their form, their signature, their age. Pure.

A message is a JSON body with two headers::

    LRE-Timestamp: 1772442000                     (seconds since 1970, UTC)
    LRE-Signature: hmac-sha256=<hexadecimal>      or   ed25519=<base64>

The signature is over ``<timestamp>.<body>``, so neither can be changed without the other (RFC 2104,
RFC 8032).
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from lre_kit.errors import InputError, LreError
from lre_kit.law.assurance import Level
from lre_kit.parties.titles import TitleKind

TIMESTAMP_HEADER = "LRE-Timestamp"
"""Header with the instant of signing, in seconds since 1970."""

SIGNATURE_HEADER = "LRE-Signature"
"""Header with the signature."""

TOLERANCE = timedelta(minutes=5)
"""Age, and clock difference, up to which a message is taken."""

BODY_MAX_BYTES = 64 * 1024
"""Largest body taken."""

_EVENT_ID = re.compile(r"[A-Za-z0-9_.:-]{1,100}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CASE = re.compile(r"[0-9a-f]{32}")
_ISSUER = re.compile(r"[A-Z]{1,3}")
_NUMBER = re.compile(r"[A-Z0-9]{1,30}")
_NAME_MAX_CHARS = 200
_REASON_MAX_CHARS = 1000


class ForgedCallbackError(LreError):
    """The message is not signed by the provider, or is too old; one sentence for all."""

    slug = "callback-refused"
    status = 401


class CallbackFormError(InputError):
    """The message is signed, but is not of the agreed form."""

    slug = "callback-form"


class Verifier(Protocol):
    """Checks a provider's signature."""

    @property
    def name(self) -> str:
        """How the signature header begins, such as ``hmac-sha256``."""
        ...

    def fits(self, signed: bytes, signature: str) -> bool:
        """Tell whether `signature` is the provider's over `signed`."""
        ...


@dataclass(frozen=True, slots=True)
class HmacVerifier:
    """A secret shared with the provider (RFC 2104, SHA-256)."""

    secret: bytes = field(repr=False)
    name: str = "hmac-sha256"

    def __post_init__(self) -> None:
        """Refuse a secret that could be guessed."""
        if len(self.secret) < 32:
            msg = "the provider's secret has fewer than 32 bytes"
            raise ValueError(msg)

    def fits(self, signed: bytes, signature: str) -> bool:
        """See `Verifier.fits`."""
        expected = hmac.new(self.secret, signed, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode())


@dataclass(frozen=True, slots=True)
class Ed25519Verifier:
    """The provider's public key (RFC 8032)."""

    public_key: bytes
    name: str = "ed25519"

    def fits(self, signed: bytes, signature: str) -> bool:
        """See `Verifier.fits`."""
        try:
            raw = base64.b64decode(signature, validate=True)
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(raw, signed)
        except (InvalidSignature, ValueError, binascii.Error):
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderVerdict:
    """What a provider says of a case.

    Attributes:
        event_id: The message's own id; the same one is taken once.
        case_id: Our case.
        approved: Whether the identity was proofed.
        level: Level reached, if approved.
        evidence_digest: SHA-256, hexadecimal, of the provider's own file.
        given_names, family_name, birth_date: Who was proofed; names are there if approved.
        title_kind, title_issuer, title_expiry, document_number: The title, as far as told.
        reason: Words for the person, if not approved.
    """

    event_id: str
    case_id: str
    approved: bool
    level: Level | None
    evidence_digest: str
    given_names: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date | None = field(repr=False)
    title_kind: TitleKind | None
    title_issuer: str | None
    title_expiry: date | None
    document_number: str | None = field(repr=False)
    reason: str = field(repr=False)


def checked_body(body: bytes, headers: Mapping[str, str], *, verifier: Verifier, now: datetime) -> None:
    """Check a message's signature and age.

    Raises:
        ForgedCallbackError: It is not the provider's, or not of now.
    """
    known = {name.lower(): value for name, value in headers.items()}
    stamp = known.get(TIMESTAMP_HEADER.lower(), "")
    scheme, _, signature = known.get(SIGNATURE_HEADER.lower(), "").partition("=")
    signed = stamp.encode() + b"." + body
    fits = scheme == verifier.name and verifier.fits(signed, signature)
    if not fits or len(body) > BODY_MAX_BYTES or not _is_fresh(stamp, now):
        msg = "This message cannot be taken."
        raise ForgedCallbackError(msg, mend="Sign the present time and the body with the agreed key.")


def parsed_body(body: bytes) -> ProviderVerdict:
    """Return what a signed message says.

    Raises:
        CallbackFormError: It is not of the agreed form.
    """
    try:
        said = json.loads(body)
        return _verdict(said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        msg = "This message is not of the agreed form."
        raise CallbackFormError(msg, mend="See the form in the documentation of providers.") from None


def _is_fresh(stamp: str, now: datetime) -> bool:
    if not re.fullmatch(r"[0-9]{1,11}", stamp):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)) <= TOLERANCE


def _verdict(said: dict[str, Any]) -> ProviderVerdict:
    approved = {"approved": True, "refused": False}[said["verdict"]]
    person, title = said.get("person") or {}, said.get("title") or {}
    if approved and not (person.get("given_names") and person.get("family_name")):
        msg = "an approval without a name"
        raise ValueError(msg)
    return ProviderVerdict(
        event_id=_matching(_EVENT_ID, said["event_id"]),
        case_id=_matching(_CASE, said["case"]),
        approved=approved,
        level=Level(said["level"]) if approved else None,
        evidence_digest=_matching(_SHA256, said["evidence_sha256"]),
        given_names=_text(person.get("given_names"), _NAME_MAX_CHARS),
        family_name=_text(person.get("family_name"), _NAME_MAX_CHARS),
        birth_date=_day(person.get("birth_date")),
        title_kind=TitleKind(title["kind"]) if title.get("kind") else None,
        title_issuer=_matching(_ISSUER, title["issuer"]) if title.get("issuer") else None,
        title_expiry=_day(title.get("expiry")),
        document_number=_matching(re.compile(r"[A-Z0-9]{1,30}"), title["number"])
        if title.get("number")
        else None,
        reason=_text(said.get("reason"), _REASON_MAX_CHARS),
    )


def _matching(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError
    return text


def _text(text: Any, limit: int) -> str:
    found = text or ""
    if not isinstance(found, str) or len(found) > limit:
        raise ValueError
    return found.strip()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
