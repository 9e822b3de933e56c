"""Signatures of webhooks (Standard Webhooks 1.0): ``v1`` by HMAC-SHA256, ``v1a`` by Ed25519.

What is signed is ``<webhook-id>.<webhook-timestamp>.<body>``, the body byte for byte as it travels. The
header ``webhook-signature`` holds one signature per key, a space between them, so that a receiver may
know the former secret or the present one. A receiver needs only this module.

Example:
    >>> from datetime import UTC, datetime
    >>> secret, at = secret_text(b"k" * 32), datetime(2026, 11, 24, tzinfo=UTC)
    >>> headers = signed_headers([Signer(secret=b"k" * 32)], message_id="m", at=at, body=b"{}")
    >>> verify(secret, headers, b"{}", now=at)
    'm'
"""

import base64
import binascii
import hashlib
import hmac
import secrets as random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lre_kit.clock import Clock, iso
from lre_kit.clock import now as present
from lre_kit.webhooks.errors import WebhookSignatureError

SECRET_PREFIX = "whsec_"  # noqa: S105 - how secrets begin, not one
PUBLIC_PREFIX = "whpk_"

SECRET_BYTES = 32
"""Length of a secret; Standard Webhooks asks for 24 to 64."""

TOLERANCE = timedelta(minutes=5)
"""How far a webhook's time may be from the receiver's clock."""

_MEND = "Take the raw body and the three webhook-… headers, and the endpoint's present secret."


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The keys of one endpoint: each secret comes with a seed of its own for Ed25519."""

    secret: bytes
    seed: bytes | None = None

    def __repr__(self) -> str:
        """Say nothing of the keys."""
        return "Signer()"


def new_signer() -> Signer:
    """Return fresh random keys."""
    return Signer(secret=random.token_bytes(SECRET_BYTES), seed=random.token_bytes(32))


def secret_text(secret: bytes) -> str:
    """Return a secret as it is shown to its owner."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def public_key_text(seed: bytes) -> str:
    """Return the public key that checks the ``v1a`` signatures made with a seed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return PUBLIC_PREFIX + base64.b64encode(public).decode()


def signed_headers(
    signers: Sequence[Signer], *, message_id: str, at: datetime, body: bytes
) -> dict[str, str]:
    """Return the three headers that go with a body.

    Args:
        signers: The keys that are valid now, the present ones first.
        message_id: The same for every try of the same event.
        at: The instant of this try.
        body: What travels.
    """
    stamp = str(int(at.timestamp()))
    signed = _signed(message_id, stamp, body)
    found = ["v1," + base64.b64encode(_mac(each.secret, signed)).decode() for each in signers]
    found += [
        "v1a," + base64.b64encode(_ed25519(each.seed, signed)).decode() for each in signers if each.seed
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(found),
    }


def verify(
    keys: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime | Clock = present,
    tolerance: timedelta = TOLERANCE,
) -> str:
    """Check a webhook as its receiver, and return its id: whoever saw that id before has nothing to do.

    Args:
        keys: One or more of ``whsec_…`` (checks v1) and ``whpk_…`` (checks v1a).
        headers: The request's headers, in any case.
        body: The request's body, byte for byte as it came.
        now: The receiver's time.
        tolerance: How far the webhook's time may be from it.

    Raises:
        WebhookSignatureError: A header is missing, no signature fits a key, or it is too old or too new.
    """
    named = {name.lower(): value for name, value in headers.items()}
    message_id, stamp, found = (named.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (message_id and stamp and found):
        msg = "A header of the webhook is missing."
        raise WebhookSignatureError(msg, mend=_MEND)
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        msg = "The webhook's time is no number of seconds."
        raise WebhookSignatureError(msg, mend=_MEND)
    signed = _signed(message_id, stamp, body)
    # No answer before every key was tried: how long it takes tells nothing.
    fits = [_fits(key, signed, found) for key in ([keys] if isinstance(keys, str) else keys)]
    if not any(fits):
        msg = "No signature of the webhook fits a key of its receiver."
        raise WebhookSignatureError(msg, mend=_MEND)
    instant = now if isinstance(now, datetime) else now()
    sent_at = datetime.fromtimestamp(int(stamp), UTC)
    if abs(instant - sent_at) > tolerance:
        msg = f"The webhook was sent at {iso(sent_at)}, and here it is {iso(instant)}."
        raise WebhookSignatureError(msg, mend="Set the receiver's clock; refuse it if that is right.")
    return message_id


def _fits(key: str, signed: bytes, header: str) -> bool:
    is_public = key.startswith(PUBLIC_PREFIX)
    raw = _decoded(key.removeprefix(PUBLIC_PREFIX if is_public else SECRET_PREFIX))
    if not raw:
        msg = "A key of the receiver is neither whsec_… nor whpk_…."
        raise WebhookSignatureError(msg, mend="Copy it anew from the endpoint's page.")
    version = "v1a" if is_public else "v1"
    parts = [each.partition(",") for each in header.split(" ")]
    given = [_decoded(text) for name, _, text in parts if name == version]
    if is_public:
        return any(_ed25519_fits(raw, each, signed) for each in given)
    expected = _mac(raw, signed)
    return any(hmac.compare_digest(expected, each) for each in given)


def _signed(message_id: str, stamp: str, body: bytes) -> bytes:
    return f"{message_id}.{stamp}.".encode() + body


def _mac(secret: bytes, signed: bytes) -> bytes:
    return hmac.new(secret, signed, hashlib.sha256).digest()


def _ed25519(seed: bytes, signed: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(signed)


def _ed25519_fits(public: bytes, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
