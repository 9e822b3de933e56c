"""What a security key's answer must hold before its signature is looked at (WebAuthn Level 3 §7).

Each check has its own `reason`, so that logs tell a phishing page from a broken browser; the library
then checks everything again, with the signature.
"""

import hashlib
import hmac
import json
import struct
from collections.abc import Collection
from enum import StrEnum
from typing import Any

from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from lre_kit.identifiers.refusals import AnswerRefusedError

RESPONSE_MAX_CHARS = 64 * 1024
"""Longest answer read; with an attestation chain they stay below sixteen kilobytes."""

_FLAGS_AT = 32
_KEY_MAX_CHARS = 200
_USER_PRESENT, _USER_VERIFIED = 0x01, 0x04


class Reason(StrEnum):
    """Why an answer is refused; stable, for logs and tests."""

    MALFORMED = "malformed"
    WRONG_TYPE = "wrong-type"
    WRONG_CHALLENGE = "wrong-challenge"
    WRONG_ORIGIN = "wrong-origin"
    EMBEDDED = "embedded"
    WRONG_RP_ID = "wrong-rp-id"
    NOT_PRESENT = "user-not-present"
    NOT_VERIFIED = "user-not-verified"
    BAD_SIGNATURE = "bad-signature"
    BAD_ATTESTATION = "bad-attestation"
    MODEL_NOT_ALLOWED = "model-not-allowed"
    UNKNOWN_KEY = "unknown-key"
    OTHER_PERSON = "other-person"
    NOT_ACTIVE = "not-active"
    TAKEN = "taken"
    NO_KEY = "no-key"
    BACKUP_CHANGED = "backup-changed"
    CLONED = "cloned-key"


_ELSEWHERE = ("This answer was made for another web site.", "Open this office's page itself, then try again.")
_NOT_YOURS = ("This security key is not known for you.", "Use one that you registered, or another means.")
_AGAIN = ("The security key's answer cannot be used.", "Try again.")

_SENTENCES: dict[Reason, tuple[str, str]] = {
    Reason.MALFORMED: _AGAIN,
    Reason.WRONG_TYPE: _AGAIN,
    Reason.WRONG_CHALLENGE: ("This answer is to another question.", "Try again from the start."),
    Reason.WRONG_ORIGIN: _ELSEWHERE,
    Reason.EMBEDDED: (
        "This answer was made inside a page of another web site.",
        "Open this office's page by itself, then try again.",
    ),
    Reason.WRONG_RP_ID: _ELSEWHERE,
    Reason.NOT_PRESENT: ("The security key was not touched.", "Try again, and touch it when it blinks."),
    Reason.NOT_VERIFIED: (
        "The security key did not check that it is you.",
        "Set a PIN, a fingerprint or a face for it, then try again.",
    ),
    Reason.BAD_SIGNATURE: ("The security key's signature does not fit.", "Try again, or use another means."),
    Reason.BAD_ATTESTATION: (
        "The maker of this security key could not be made sure of.",
        "Allow the browser to show the key's make, or use another key.",
    ),
    Reason.MODEL_NOT_ALLOWED: (
        "This model of security key is not accepted here.",
        "Use an accepted model, or another means.",
    ),
    Reason.UNKNOWN_KEY: _NOT_YOURS,
    Reason.OTHER_PERSON: _NOT_YOURS,
    Reason.NOT_ACTIVE: ("This security key may not be used at present.", "Use another means."),
    Reason.TAKEN: ("This security key is registered already.", "Use it, or register another one."),
    Reason.NO_KEY: ("You have no security key here that may be used.", "Use another means."),
    Reason.BACKUP_CHANGED: (
        "This security key is no longer what was registered.",
        "Register it again, or use another means.",
    ),
    Reason.CLONED: (
        "There may be a copy of this security key, so it was suspended.",
        "Use another means, and ask the office for help.",
    ),
}


class SecurityKeyRefusedError(AnswerRefusedError):
    """A security key's answer is not accepted; `reason` names which check failed."""

    slug = "security-key-refused"
    reason: Reason

    def __init__(self, reason: Reason) -> None:
        """Say it in the words of the reason."""
        problem, mend = _SENTENCES[reason]
        super().__init__(problem, mend=mend, reason=reason)


class ClonedKeyError(SecurityKeyRefusedError):
    """A key's counter went back: it is suspended, and its owner is to be told."""

    slug = "cloned-key"

    def __init__(self, *, party_id: str, identifier_id: str) -> None:
        """Keep whom to tell, and of which key."""
        super().__init__(Reason.CLONED)
        self.party_id = party_id
        self.identifier_id = identifier_id


def read_response(response_json: str, *parts: str) -> dict[str, Any]:
    """Return a browser's answer whose named `response` members are texts.

    Raises:
        SecurityKeyRefusedError: It is not one.
    """
    found = _read_json(response_json) if len(response_json) <= RESPONSE_MAX_CHARS else None
    inner = found.get("response") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(inner, dict) or not isinstance(found.get("rawId"), str):
        raise SecurityKeyRefusedError(Reason.MALFORMED)
    if found.get("id") != found["rawId"] or any(not isinstance(inner.get(part), str) for part in parts):
        raise SecurityKeyRefusedError(Reason.MALFORMED)
    return found


def decoded(text: str) -> bytes:
    """Return the bytes of base64url text.

    Raises:
        SecurityKeyRefusedError: It is none.
    """
    try:
        return base64url_to_bytes(text)
    except ValueError as error:
        raise SecurityKeyRefusedError(Reason.MALFORMED) from error


def check_client_data(encoded: str, *, kind: str, challenge: str, origins: Collection[str]) -> None:
    """Check what the browser says of the page that asked (WebAuthn Level 3 §5.8.1).

    Args:
        encoded: ``clientDataJSON``, base64url.
        kind: ``webauthn.create`` or ``webauthn.get``.
        challenge: The one that was sent, base64url.
        origins: The office's own.

    Raises:
        SecurityKeyRefusedError: It is not our page, not this question, or a page within another.
    """
    data = _read_json(decoded(encoded))
    if not isinstance(data, dict):
        raise SecurityKeyRefusedError(Reason.MALFORMED)
    if data.get("type") != kind:
        raise SecurityKeyRefusedError(Reason.WRONG_TYPE)
    given = data.get("challenge")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), challenge.encode()):
        raise SecurityKeyRefusedError(Reason.WRONG_CHALLENGE)
    if data.get("origin") not in origins:
        raise SecurityKeyRefusedError(Reason.WRONG_ORIGIN)
    # Anything but a plain "no" counts as an embedded page; a top origin is only told of those.
    if data.get("crossOrigin", False) is not False or "topOrigin" in data:
        raise SecurityKeyRefusedError(Reason.EMBEDDED)


def check_authenticator_data(data: bytes, *, rp_id: str) -> int:
    """Check for whom the key answered, that it was touched, and that it knew its owner; return its count.

    Args:
        data: Authenticator data (WebAuthn Level 3 §6.1).
        rp_id: The office's relying party id.

    Raises:
        SecurityKeyRefusedError: One of them is not so.
    """
    if len(data) < _FLAGS_AT + 5:
        raise SecurityKeyRefusedError(Reason.MALFORMED)
    if not hmac.compare_digest(data[:_FLAGS_AT], hashlib.sha256(rp_id.encode()).digest()):
        raise SecurityKeyRefusedError(Reason.WRONG_RP_ID)
    flags, count = struct.unpack_from(">BI", data, _FLAGS_AT)
    if not flags & _USER_PRESENT:
        raise SecurityKeyRefusedError(Reason.NOT_PRESENT)
    if not flags & _USER_VERIFIED:
        raise SecurityKeyRefusedError(Reason.NOT_VERIFIED)
    return int(count)


def credential_key(credential_id: bytes) -> str:
    """Return the unique text of a credential id: itself, or a digest of one that is too long to be a key."""
    text = bytes_to_base64url(credential_id)
    return text if len(text) <= _KEY_MAX_CHARS else f"sha256:{hashlib.sha256(credential_id).hexdigest()}"


def went_back(*, stored: int, count: int) -> bool:
    """Tell whether a counter shows that a key was copied (WebAuthn Level 3 §6.1.1).

    Synced passkeys do not count; theirs stays zero.
    """
    return (stored > 0 or count > 0) and count <= stored


def _read_json(text: str | bytes) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name is there twice"
        raise ValueError(msg)
    return found
