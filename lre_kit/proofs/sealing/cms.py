"""Detached CMS signatures: CAdES baseline B-B and B-T (ETSI EN 319 122-1), written as DER directly.

One signer, ES256, the signing certificate named by its digest: what PAdES and ASiC ask for. Only
outside PDFs is there a claimed time among what is signed. Reading is left to libraries.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from lre_kit.clock import as_utc
from lre_kit.proofs.forms import der
from lre_kit.proofs.stamping.timestamp_token import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SHA256,
    SIGNING_CERTIFICATE_V2,
)

Sign = Callable[[bytes], bytes]
"""Signs a message with the seal key: ECDSA on P-256 with SHA-256, as DER."""

SIGNING_TIME = der.oid("1.2.840.113549.1.9.5")
"""The signed attribute with the claimed instant (RFC 5652 §11.3)."""

_DATA = der.oid("1.2.840.113549.1.7.1")
_SIGNED_DATA = der.oid("1.2.840.113549.1.7.2")
_SIGNATURE_TIME_STAMP = der.oid("1.2.840.113549.1.9.16.2.14")
_SHA256 = der.sequence(SHA256)
_UTC_TIME, _GENERALIZED_TIME_FROM = 0x17, 2050
_ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))


def sign_detached(
    digest: bytes,
    *,
    sign: Sign,
    certificate: x509.Certificate,
    others: Sequence[x509.Certificate] = (),
    stamp: Callable[[bytes], bytes] | None = None,
    at: datetime | None = None,
) -> bytes:
    """Return a detached signature (ContentInfo, DER) over content of this SHA-256.

    Args:
        digest: SHA-256 of the content.
        sign: The seal key.
        certificate: Its certificate.
        others: Authorities above it, to travel along.
        stamp: Answers a SHA-256 with an RFC 3161 token, for level B-T.
        at: The instant to claim: CAdES asks for one (EN 319 122-1 §6.3), PAdES keeps it elsewhere.
    """
    cert_id = der.sequence(der.octets(certificate.fingerprint(hashes.SHA256())))
    attributes = der.set_of(
        der.sequence(CONTENT_TYPE, der.set_of(_DATA)),
        der.sequence(MESSAGE_DIGEST, der.set_of(der.octets(digest))),
        # ESSCertIDv2 with the default SHA-256 left out (RFC 5035 §4).
        der.sequence(SIGNING_CERTIFICATE_V2, der.set_of(der.sequence(der.sequence(cert_id)))),
        *([der.sequence(SIGNING_TIME, der.set_of(_time(at)))] if at else []),
    )
    signature = sign(attributes)
    unsigned = b""
    if stamp is not None:
        token = stamp(sha256(signature).digest())
        unsigned = der.tlv(0xA1, der.sequence(_SIGNATURE_TIME_STAMP, der.set_of(token)))
    issuer = der.sequence(certificate.issuer.public_bytes(), der.integer(certificate.serial_number))
    # In the message the signed set is written under an implicit tag (RFC 5652 §5.4).
    implicit = b"\xa0" + attributes[1:]
    signer = der.sequence(
        der.integer(1), issuer, _SHA256, implicit, _ECDSA_SHA256, der.octets(signature), unsigned
    )
    chain = sorted(c.public_bytes(Encoding.DER) for c in (certificate, *others))
    signed_data = der.sequence(
        der.integer(1),
        der.set_of(_SHA256),
        der.sequence(_DATA),
        der.tlv(0xA0, *chain),
        der.set_of(signer),
    )
    return der.sequence(_SIGNED_DATA, der.tlv(0xA0, signed_data))


def _time(at: datetime) -> bytes:
    """Return a Time in whole seconds: UTCTime until 2049 (RFC 5652 §11.3)."""
    moment = as_utc(at).replace(microsecond=0)
    if moment.year < _GENERALIZED_TIME_FROM:
        return der.tlv(_UTC_TIME, f"{moment:%y%m%d%H%M%S}Z".encode())
    return der.generalized_time(moment)
