"""What a record leaves in the log: a salted commitment, mute once its salt is destroyed."""

from hashlib import sha256

from lre_kit.proofs.sealing.seal import base64url


def compact(protected: str, record: str, signature: str) -> str:
    """Return the compact JWS of a record kept in parts (RFC 7515 §7.1)."""
    return f"{protected}.{base64url(record.encode())}.{signature}"


def commitment(salt: bytes, jws: str) -> bytes:
    """Return the leaf data of a sealed record: SHA-256(salt ‖ SHA-256(compact JWS))."""
    return sha256(salt + sha256(jws.encode("ascii")).digest()).digest()
