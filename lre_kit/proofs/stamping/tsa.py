"""The built-in time-stamping authority: RFC 3161 tokens from a key of the office's own.

It is plainly non-qualified (its certificate says so) and serves demonstrations, tests, and offices
that only want tamper evidence. Tokens are written as DER directly: a token costs two signatures'
time, not a hundred.
"""

import hashlib
import secrets

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.clock import Clock
from lre_kit.proofs.forms import der
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.stamping.timestamp_token import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SHA256,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)

POLICY = "1.3.6.1.4.1.32473.1.1"
"""Policy OID of built-in tokens, below the number reserved for examples (RFC 5612)."""

SERIAL_BITS = 120
"""Random serial numbers are unique without a counter (RFC 3161 §2.4.2 allows 160 bits)."""

ACCURACY_S = 1
"""Accuracy stated in tokens, in seconds (EN 319 422)."""

_SHA256 = der.sequence(SHA256)
_ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
_SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")


class BuiltinAuthority:
    """Stamps with the office's own time-stamp key."""

    def __init__(self, keys: Keys, clock: Clock, policy: str = POLICY) -> None:
        """Prepare all that does not change from token to token."""
        self._key = keys.tsa_key
        self._clock = clock
        certificate = keys.tsa_certificate
        # Authorities between it and the root travel along: verifiers hold the root only.
        travelling = (certificate, *keys.tsa_chain[:-1])
        encoded = sorted(c.public_bytes(serialization.Encoding.DER) for c in travelling)
        self._policy = der.oid(policy)
        self._certificates = der.tlv(0xA0, *encoded)
        issuer = certificate.issuer.public_bytes()
        self._signer = der.sequence(issuer, der.integer(certificate.serial_number))
        # ESSCertIDv2 with the default SHA-256 left out (RFC 5816 §2.2.1).
        cert_id = der.sequence(der.octets(certificate.fingerprint(hashes.SHA256())))
        chosen = der.sequence(der.sequence(cert_id))
        self._attributes = (
            der.sequence(CONTENT_TYPE, der.set_of(TST_INFO)),
            der.sequence(SIGNING_CERTIFICATE_V2, der.set_of(chosen)),
        )

    def stamp(self, digest: bytes) -> bytes:
        """Return a token (TimeStampToken, DER) over a SHA-256 digest."""
        info = der.sequence(
            der.integer(1),
            self._policy,
            der.sequence(_SHA256, der.octets(digest)),
            der.integer(secrets.randbits(SERIAL_BITS) | 1),
            der.generalized_time(self._clock()),
            der.sequence(der.integer(ACCURACY_S)),
        )
        digest_attribute = der.sequence(MESSAGE_DIGEST, der.set_of(der.octets(hashlib.sha256(info).digest())))
        signed = der.set_of(*self._attributes, digest_attribute)
        signature = self._key.sign(signed, ec.ECDSA(hashes.SHA256()))
        # In the message the same set is written under an implicit tag (RFC 5652 §5.4).
        signer_info = der.sequence(
            der.integer(1), self._signer, _SHA256, b"\xa0" + signed[1:], _ECDSA_SHA256, der.octets(signature)
        )
        signed_data = der.sequence(
            der.integer(3),
            der.set_of(_SHA256),
            der.sequence(TST_INFO, der.tlv(0xA0, der.octets(info))),
            self._certificates,
            der.set_of(signer_info),
        )
        return der.sequence(_SIGNED_DATA, der.tlv(0xA0, signed_data))
