"""Checking a detached seal over a file: CAdES baseline (ETSI EN 319 122-1) within CMS (RFC 5652).

A library takes the parts out, each is checked, and then writing them again must give the same bytes:
so what lies outside the signature cannot be changed either.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.proofs.forms import der
from lre_kit.proofs.keys.chain import OTHERS_MAX, load_certificate
from lre_kit.proofs.sealing.cms import SIGNING_TIME, sign_detached
from lre_kit.proofs.sealing.seal import SealError, sealing_key
from lre_kit.proofs.stamping.timestamp_token import (
    CONTENT_TYPE,
    MESSAGE_DIGEST,
    SIGNING_CERTIFICATE_V2,
    named_certificate,
)

SEAL_MAX_BYTES = 256 * 1024
"""Largest seal read, in bytes; with a time stamp and chains it stays below sixteen kilobytes."""

_DATA = der.oid("1.2.840.113549.1.7.1")
_SIGNATURE_TIME_STAMP = der.oid("1.2.840.113549.1.9.16.2.14")


@dataclass(frozen=True, slots=True)
class CadesSeal:
    """A seal that fits its content; whether its maker is trusted is for the chain to say."""

    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    claimed_at: datetime
    signature: bytes
    token: bytes | None
    """TimeStampToken over SHA-256 of the signature; not checked yet."""


def open_detached(raw: bytes, content: bytes) -> CadesSeal:
    """Check a detached seal against its own certificate and the content it should cover.

    Raises:
        SealError: Malformed, of another kind, or not over this content.
    """
    try:
        if len(raw) > SEAL_MAX_BYTES:
            raise _unfit("it is far larger than any")
        certificates, signers = _parts(raw)
        if len(signers) != 1:
            raise _unfit(f"it has {len(signers)} signers instead of one")
        attributes, signature, tokens = _signer_parts(signers[0])
        claimed_at = _checked_attributes(attributes, content)
        leaf = _named_certificate(attributes[SIGNING_CERTIFICATE_V2], certificates)
        others = tuple(c for c in certificates if c != leaf)
        token = tokens[0] if tokens else None
        seal = CadesSeal(leaf, others, claimed_at, signature, token)
        again, signed = _written_again(seal, hashlib.sha256(content).digest())
        if again != raw:
            raise _unfit("it is not in its one form")
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise _unfit("it cannot be read") from error
    try:
        sealing_key(leaf).verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise SealError("The container's seal does not fit.", sub_indication="SIG_CRYPTO_FAILURE") from error
    return seal


def _written_again(seal: CadesSeal, digest: bytes) -> tuple[bytes, bytes]:
    """Return what a seal's parts make when they are written, and the message its signature is over."""
    messages = []

    def sign(message: bytes) -> bytes:
        messages.append(message)
        return seal.signature

    token = seal.token
    written = sign_detached(
        digest,
        sign=sign,
        certificate=seal.certificate,
        others=seal.others,
        stamp=None if token is None else lambda _: token,
        at=seal.claimed_at,
    )
    return written, messages[0]


def _unfit(why: str) -> SealError:
    return SealError(f"The container's seal cannot be relied on: {why}.", sub_indication="FORMAT_FAILURE")


def _parts(raw: bytes) -> tuple[tuple[x509.Certificate, ...], Any]:
    """Return certificates and signers of detached signed data."""
    from asn1crypto import cms

    outer = cms.ContentInfo.load(raw, strict=True)
    if outer["content_type"].native != "signed_data":
        raise _unfit("it is not signed data")
    inner = outer["content"]
    if inner["encap_content_info"]["content_type"].native != "data":
        raise _unfit("it signs something other than a file")
    if inner["encap_content_info"]["content"].native is not None:
        raise _unfit("it carries content of its own")
    if not 0 < len(inner["certificates"]) <= OTHERS_MAX:
        raise _unfit("it carries no certificate, or far too many")
    certificates = tuple(load_certificate(choice.chosen.dump()) for choice in inner["certificates"])
    return certificates, inner["signer_infos"]


def _signer_parts(signer: Any) -> tuple[dict[bytes, Any], bytes, list[bytes]]:
    """Return signed attributes by OID (DER), the signature, and the time stamps over it (DER)."""
    attributes: dict[bytes, Any] = {}
    for attribute in signer["signed_attrs"]:
        kind = attribute["type"].dump()
        if kind in attributes or len(attribute["values"]) != 1:
            raise _unfit("an attribute is there twice")
        attributes[kind] = attribute["values"][0]
    if attributes.keys() != {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME, SIGNING_CERTIFICATE_V2}:
        raise _unfit("its signed attributes are not those of a seal")
    tokens = [
        value.dump()
        for attribute in signer["unsigned_attrs"]
        if attribute["type"].dump() == _SIGNATURE_TIME_STAMP
        for value in attribute["values"]
    ]
    return attributes, signer["signature"].native, tokens


def _checked_attributes(attributes: dict[bytes, Any], content: bytes) -> datetime:
    """Check content type and digest; return the claimed instant."""
    if attributes[CONTENT_TYPE].dump() != _DATA:
        raise _unfit("it signs something other than a file")
    if attributes[MESSAGE_DIGEST].native != hashlib.sha256(content).digest():
        raise SealError(
            "The container's seal was made over another list of files.", sub_indication="HASH_FAILURE"
        )
    claimed_at = attributes[SIGNING_TIME].native
    if not isinstance(claimed_at, datetime):
        raise _unfit("it claims no time")
    return claimed_at


def _named_certificate(attribute: Any, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """Return the certificate that ESSCertIDv2 names (RFC 5035 §4)."""
    algorithm, wanted = named_certificate(attribute.dump())
    if algorithm != "sha256":
        raise _unfit("it names its certificate by a digest other than SHA-256")
    for certificate in certificates:
        if certificate.fingerprint(hashes.SHA256()) == wanted:
            return certificate
    raise SealError(
        "The container's seal names a certificate that it does not carry.",
        sub_indication="SIG_CONSTRAINTS_FAILURE",
    )
