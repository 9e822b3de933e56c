"""What a responder says of one certificate, checked before it is believed (RFC 6960, RFC 8954). Pure.

An answer counts if it is signed by the certificate's issuer or by whom that issuer named for it, speaks
of this certificate, is of now, and repeats our nonce if it has one. Any other is as good as no answer.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, SignatureAlgorithmOID

from lre_kit.proofs.keys.chain import UNREADABLE, is_issuer
from lre_kit.proofs.keys.crl import revoked_since

SKEW = timedelta(minutes=5)
"""Clock difference that is allowed to a responder."""

UNDATED_MAX = timedelta(hours=1)
"""Age up to which an answer counts that does not say until when it holds."""

AGE_MAX = timedelta(days=7)
"""Age up to which any answer counts, whatever it says of itself."""

_DIGESTS = ("sha256", "sha384", "sha512")
_RSA = frozenset(
    {
        SignatureAlgorithmOID.RSA_WITH_SHA256,
        SignatureAlgorithmOID.RSA_WITH_SHA384,
        SignatureAlgorithmOID.RSA_WITH_SHA512,
    }
)


class Standing(StrEnum):
    """How a certificate stands with its issuer."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    UNREACHABLE = "unreachable"
    """No answer came that may be relied on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What was learned of a certificate from a responder.

    Attributes:
        source: The responder's address.
        at: Instant that the answer speaks of; of asking, where no answer counts.
        digest: SHA-256 of the answer, hexadecimal; empty where none counts.
    """

    standing: Standing
    source: str
    at: datetime
    digest: str = ""


AskStatus = Callable[
    [
        x509.Certificate,
        Sequence[x509.Certificate],
        str,
        datetime,
        Sequence[x509.CertificateRevocationList],
    ],
    Status | None,
]
"""Asks how a certificate stands: the certificate, its issuer's authorities, what the list of issuers says
of responders (`AcceptedIssuer.ocsp`), the instant, and revocation lists. Nothing where nobody is asked."""


class UnreliableAnswerError(ValueError):
    """An answer that says nothing, whatever it says."""


def standing_of(
    raw: bytes,
    *,
    asked: ocsp.OCSPRequest,
    issuer: x509.Certificate,
    at: datetime,
    lists: Sequence[x509.CertificateRevocationList] = (),
) -> tuple[Standing, datetime]:
    """Return how a certificate stands by an answer, and of which instant that is.

    Args:
        raw: The answer, DER.
        asked: What was asked, with its nonce.
        issuer: Of the certificate.
        at: Now.
        lists: Revocation lists; a responder that they revoke is not believed.

    Raises:
        UnreliableAnswerError: It may not be relied on.
    """
    try:
        answer = ocsp.load_der_ocsp_response(raw)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise UnreliableAnswerError(answer.response_status.name.lower())
        _check_signature(answer, issuer, at, lists)
        _check_nonce(answer, asked)
        single = next((each for each in answer.responses if _is_about(each, asked)), None)
        if single is None:
            raise UnreliableAnswerError("it is about another certificate")
        _check_freshness(answer, single, at)
    except UnreliableAnswerError:
        raise
    except (*UNREADABLE, TypeError, x509.InvalidVersion) as error:
        raise UnreliableAnswerError("it cannot be read") from error
    found = {
        ocsp.OCSPCertStatus.GOOD: Standing.GOOD,
        ocsp.OCSPCertStatus.REVOKED: Standing.REVOKED,
        ocsp.OCSPCertStatus.UNKNOWN: Standing.UNKNOWN,
    }
    return found[single.certificate_status], single.this_update_utc


def digest_of(raw: bytes) -> str:
    """Return what names an answer in a record."""
    return hashlib.sha256(raw).hexdigest()


def _is_about(single: ocsp.OCSPSingleResponse, asked: ocsp.OCSPRequest) -> bool:
    return (
        single.serial_number == asked.serial_number
        and single.hash_algorithm.name == asked.hash_algorithm.name
        and single.issuer_name_hash == asked.issuer_name_hash
        and single.issuer_key_hash == asked.issuer_key_hash
    )


def _check_nonce(answer: ocsp.OCSPResponse, asked: ocsp.OCSPRequest) -> None:
    """Refuse another's nonce; an answer made beforehand has none, and its dates bound it (RFC 5019)."""
    ours = asked.extensions.get_extension_for_class(x509.OCSPNonce).value
    try:
        theirs = answer.extensions.get_extension_for_class(x509.OCSPNonce).value
    except x509.ExtensionNotFound:
        return
    if theirs.nonce != ours.nonce:
        raise UnreliableAnswerError("it answers another question")


def _check_freshness(answer: ocsp.OCSPResponse, single: ocsp.OCSPSingleResponse, at: datetime) -> None:
    until = single.next_update_utc
    oldest = at - (UNDATED_MAX if until is None else AGE_MAX) - SKEW
    is_of_future = max(single.this_update_utc, answer.produced_at_utc) > at + SKEW
    is_over = until is not None and until < at - SKEW
    if is_of_future or is_over or single.this_update_utc < oldest:
        raise UnreliableAnswerError("it is not of now")


def _check_signature(
    answer: ocsp.OCSPResponse,
    issuer: x509.Certificate,
    at: datetime,
    lists: Sequence[x509.CertificateRevocationList],
) -> None:
    for signer in _signers(answer, issuer, at, lists):
        if _is_named(answer, signer) and _signed_by(answer, signer):
            return
    raise UnreliableAnswerError("nobody signed it who may")


def _signers(
    answer: ocsp.OCSPResponse,
    issuer: x509.Certificate,
    at: datetime,
    lists: Sequence[x509.CertificateRevocationList],
) -> Iterator[x509.Certificate]:
    """Go through who may sign: the issuer, and whom it certified for that (RFC 6960 §4.2.2.2)."""
    yield issuer
    for each in answer.certificates[:4]:
        is_dated = each.not_valid_before_utc <= at <= each.not_valid_after_utc
        if is_dated and is_issuer(issuer, each) and _may_answer(each):
            since = revoked_since(each, issuer, lists)
            if since is None or since > at:
                yield each


def _may_answer(certificate: x509.Certificate) -> bool:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return ExtendedKeyUsageOID.OCSP_SIGNING in purposes
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes and usage.digital_signature


def _is_named(answer: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    if answer.responder_name is not None:
        return answer.responder_name == signer.subject
    # The form names keys by SHA-1 (RFC 6960 §4.2.1); it leads to a key and vouches for nothing.
    key = x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest
    return answer.responder_key_hash == key


def _signed_by(answer: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    digest, key = answer.signature_hash_algorithm, signer.public_key()
    if digest is None or digest.name not in _DIGESTS:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and answer.signature_algorithm_oid in _RSA:
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), digest)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
