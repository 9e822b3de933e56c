"""Time-stamp tokens that are properly signed and wrong in one thing each (RFC 3161 §2.4.2, RFC 5816)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import now
from lre_kit.proofs.forms import der
from lre_kit.proofs.keys.keys import Keys
from lre_kit.proofs.stamping.timestamp_token import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SHA256,
    SIGNING_CERTIFICATE_V2,
    TST_INFO,
)
from lre_kit.proofs.stamping.tsa import POLICY

DIGEST = hashlib.sha256(b"checkpoint").digest()
SHA1, SHA384, SHA512 = (
    der.oid(o) for o in ("1.3.14.3.2.26", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3")
)
SIGNING_CERTIFICATE_V1 = der.oid("1.2.840.113549.1.9.16.2.12")
ECDSA_SHA1, ECDSA_SHA256, ECDSA_SHA384 = (
    der.oid(o) for o in ("1.2.840.10045.4.1", "1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3")
)
DATA = der.oid("1.2.840.113549.1.7.1")


def attribute(kind: bytes, *values: bytes) -> bytes:
    """Return a CMS attribute."""
    return der.sequence(kind, der.set_of(*values))


def named(certificate: x509.Certificate, algorithm: bytes = b"", digest: str = "sha256") -> bytes:
    """Return SigningCertificateV2 naming a certificate."""
    value = hashlib.new(digest, certificate.public_bytes(Encoding.DER)).digest()
    head = der.sequence(algorithm) if algorithm else b""
    return attribute(
        SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(der.sequence(head, der.octets(value))))
    )


@dataclass(frozen=True, kw_only=True)
class Forge:
    """A token in which anything may be said otherwise."""

    keys: Keys
    version: int = 1
    algorithm: bytes = SHA256
    imprint: bytes = DIGEST
    nonce: int | None = None
    content_type: bytes = TST_INFO
    signed_type: bytes = TST_INFO
    names: bytes | None = None
    signed_digest: bytes | None = None
    without: frozenset[bytes] = frozenset()
    extra: tuple[bytes, ...] = ()
    certificates: Sequence[x509.Certificate] | None = None
    backwards: bool = False
    signers: int = 1
    digest_algorithm: bytes = SHA256
    signature_algorithm: bytes = ECDSA_SHA256
    signer_version: int = 1
    envelope_version: int = 3
    at: datetime = field(default_factory=now)

    def token(self) -> bytes:
        """Return the token, DER."""
        certificate, key = self.keys.tsa_certificate, self.keys.tsa_key
        info = der.sequence(
            der.integer(self.version),
            der.oid(POLICY),
            der.sequence(der.sequence(self.algorithm), der.octets(self.imprint)),
            der.integer(7),
            der.generalized_time(self.at),
            b"" if self.nonce is None else der.integer(self.nonce),
        )
        digest = self.signed_digest or hashlib.sha256(info).digest()
        attributes = {
            CONTENT_TYPE: attribute(CONTENT_TYPE, self.signed_type),
            MESSAGE_DIGEST: attribute(MESSAGE_DIGEST, der.octets(digest)),
            SIGNING_CERTIFICATE_V2: self.names or named(certificate),
        }
        kept = [encoded for kind, encoded in attributes.items() if kind not in self.without]
        signed = der.set_of(*kept, *self.extra)
        signer = der.sequence(
            der.integer(self.signer_version),
            der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number)),
            der.sequence(self.digest_algorithm),
            b"\xa0" + signed[1:],
            der.sequence(self.signature_algorithm),
            der.octets(key.sign(signed, ec.ECDSA(hashes.SHA256()))),
        )
        carried = sorted(c.public_bytes(Encoding.DER) for c in self.certificates or [certificate])
        return der.sequence(
            der.oid("1.2.840.113549.1.7.2"),
            der.tlv(
                0xA0,
                der.sequence(
                    der.integer(self.envelope_version),
                    der.set_of(der.sequence(SHA256)),
                    der.sequence(self.content_type, der.tlv(0xA0, der.octets(info))),
                    der.tlv(0xA0, *(reversed(carried) if self.backwards else carried)),
                    der.set_of(*[signer] * self.signers),
                ),
            ),
        )


V1_NAME = attribute(SIGNING_CERTIFICATE_V1, der.sequence(der.sequence(der.sequence(der.octets(b"1" * 20)))))

WRONG_TOKENS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"version": 2}, "version"),
    ({"imprint": hashlib.sha256(b"other").digest()}, "imprint"),
    ({"algorithm": SHA512}, "imprint"),
    ({"algorithm": SHA1, "imprint": DIGEST[:20]}, "imprint"),
    ({"content_type": DATA}, "format"),
    ({"signed_type": DATA}, "format"),
    ({"without": frozenset({CONTENT_TYPE})}, "format"),
    ({"without": frozenset({MESSAGE_DIGEST})}, "format"),
    ({"extra": (attribute(CONTENT_TYPE, DATA),)}, "format"),
    ({"extra": (attribute(MESSAGE_DIGEST, der.octets(bytes(32))),)}, "format"),
    ({"signers": 0}, "format"),
    ({"signers": 2}, "format"),
    ({"without": frozenset({SIGNING_CERTIFICATE_V2})}, "signing-certificate"),
    ({"without": frozenset({SIGNING_CERTIFICATE_V2}), "extra": (V1_NAME,)}, "signing-certificate"),
    ({"names": attribute(SIGNING_CERTIFICATE_V2, der.sequence())}, "signing-certificate"),
    ({"signer_version": 3}, "format"),
    ({"envelope_version": 1}, "format"),
    ({"digest_algorithm": SHA1, "signature_algorithm": ECDSA_SHA1}, "algorithm"),
    ({"signature_algorithm": ECDSA_SHA384}, "algorithm"),
    ({"signed_digest": hashlib.sha256(b"other").digest()}, "signature"),
)
"""What is said otherwise in each, and the check that refuses it."""


def token_changes(keys: Keys) -> dict[str, dict[str, Any]]:
    """Return what may be said otherwise, by name; names that begin with “right” are of good tokens."""
    leaf, root = keys.tsa_certificate, keys.tsa_chain[-1]
    return {f"{reason} {number}": change for number, (change, reason) in enumerate(WRONG_TOKENS)} | {
        "right": {},
        "right, with a nonce": {"nonce": 5},
        "right, named by SHA-384": {"names": named(leaf, SHA384, "sha384")},
        "right, with its root": {"certificates": [leaf, root]},
        "right, certificates out of order": {"certificates": [leaf, root], "backwards": True},
        "named by SHA-1": {"names": named(leaf, SHA1, "sha1")},
        "another named": {"names": named(root)},
        "another named that is there": {"names": named(root), "certificates": [leaf, root]},
        "its certificate left out": {"certificates": [keys.seal_certificate]},
        "long before its certificate": {"at": now() - timedelta(days=3000)},
        "long after its certificate": {"at": now() + timedelta(days=9000)},
        "another digest than signed": {
            "digest_algorithm": SHA384,
            "signature_algorithm": ECDSA_SHA384,
        },
    }
