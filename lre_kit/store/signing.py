"""Signing what travels through browsers and mail, with HMAC-SHA-256 (RFC 2104)."""

import hashlib
from typing import Any

from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer

_SHA256: dict[str, Any] = {"digest_method": hashlib.sha256}
# Links that were printed before, and QR codes on proofs, are signed by HMAC-SHA-1 and stay good.
_FORMER: list[Any] = [{"digest_method": hashlib.sha1}]


def lasting(secret: bytes, *, salt: str) -> URLSafeSerializer:
    """Return a signer of what holds for years: links to letters and proofs."""
    return URLSafeSerializer(secret, salt=salt, signer_kwargs=_SHA256, fallback_signers=_FORMER)


def passing(secret: bytes, *, salt: str) -> URLSafeTimedSerializer:
    """Return a signer of what holds for a while and carries its time: cookies, form tokens."""
    return URLSafeTimedSerializer(secret, salt=salt, signer_kwargs=_SHA256)
