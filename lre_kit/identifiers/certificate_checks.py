"""Whether a person's certificate is accepted at an instant: chain, dates, purposes, revocation.

Pure but for the issuers' revocation files. Chains are built of what the office's own list of issuers
holds and nothing else, so a stranger cannot lead the search. Every refusal has its own `reason`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from lre_kit.identifiers.certificate_issuers import AcceptedIssuer, IssuerList, Revocation
from lre_kit.identifiers.certificate_status import AskStatus, Standing, Status
from lre_kit.identifiers.refusals import AnswerRefusedError
from lre_kit.proofs.keys.chain import UNREADABLE, ChainError, check_chain, is_issuer, load_certificate
from lre_kit.proofs.keys.crl import is_current, revoked_since

CERTIFICATE_MAX_BYTES = 16 * 1024
"""Largest certificate read, in bytes of PEM or DER."""

RSA_BITS_MIN = 2048
"""Shortest RSA key accepted (SOG-IS Agreed Cryptographic Mechanisms)."""

_CURVES = (ec.SECP256R1, ec.SECP384R1)
_DIGESTS = ("sha256", "sha384", "sha512")
_PURPOSES = frozenset({ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION})
_HANDLED = frozenset(
    {
        ExtensionOID.BASIC_CONSTRAINTS,
        ExtensionOID.KEY_USAGE,
        ExtensionOID.EXTENDED_KEY_USAGE,
        ExtensionOID.CERTIFICATE_POLICIES,
        ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    }
)


class Reason(StrEnum):
    """Why a certificate, or an answer made with one, is refused; stable, for logs and tests."""

    UNREADABLE = "unreadable"
    UNKNOWN_ISSUER = "unknown-issuer"
    NOT_YET_VALID = "not-yet-valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REVOCATION_UNKNOWN = "revocation-unknown"
    NOT_ISSUED = "not-issued"
    WRONG_PURPOSE = "wrong-purpose"
    WRONG_POLICY = "wrong-policy"
    WEAK = "weak"
    BAD_SIGNATURE = "bad-signature"
    NOT_ENROLLED = "not-enrolled"
    NOT_ACTIVE = "not-active"
    OTHER_PERSON = "other-person"
    TAKEN = "taken"


_SENTENCES: dict[Reason, tuple[str, str]] = {
    Reason.UNREADABLE: ("This certificate or signature cannot be read.", "Send it as PEM, DER or CMS."),
    Reason.UNKNOWN_ISSUER: (
        "This certificate's issuer is not accepted here.",
        "Look at the list of accepted issuers, or use another means.",
    ),
    Reason.NOT_YET_VALID: (
        "This certificate is not valid yet.",
        "Use it from the date that it bears, or use another means.",
    ),
    Reason.EXPIRED: ("This certificate has expired.", "Renew it with its issuer, then enrol the new one."),
    Reason.REVOKED: ("This certificate was revoked.", "Ask its issuer for a new one, or use another means."),
    Reason.REVOCATION_UNKNOWN: (
        "It cannot be known just now whether this certificate was revoked.",
        "Try again later, or use another means.",
    ),
    Reason.NOT_ISSUED: (
        "This certificate's issuer says that it does not know it.",
        "Ask its issuer, or use another means.",
    ),
    Reason.WRONG_PURPOSE: (
        "This certificate was not made to identify a person.",
        "Choose your authentication certificate.",
    ),
    Reason.WRONG_POLICY: (
        "This kind of certificate of its issuer is not accepted here.",
        "Look at the list of accepted issuers, or use another means.",
    ),
    Reason.WEAK: ("This certificate's key or signature is too weak.", "Ask its issuer for a new one."),
    Reason.BAD_SIGNATURE: (
        "This signature does not fit the text that was to be signed.",
        "Sign the text as it was given, with the certificate that you send.",
    ),
    Reason.NOT_ENROLLED: ("This certificate is not known here.", "Enrol it first, or use another means."),
    Reason.NOT_ACTIVE: (
        "This certificate may not be used here at present.",
        "Use another means, or ask the office.",
    ),
    Reason.OTHER_PERSON: ("This certificate is not known here.", "Enrol it first, or use another means."),
    Reason.TAKEN: ("This certificate is enrolled already.", "Use it, or ask the office."),
}


_REFUSING = {Standing.REVOKED: Reason.REVOKED, Standing.UNKNOWN: Reason.NOT_ISSUED}


class CertificateRefusedError(AnswerRefusedError):
    """A certificate, or an answer made with one, is not accepted; `reason` names which check failed."""

    slug = "certificate-refused"
    reason: Reason

    def __init__(self, reason: Reason) -> None:
        """Say it in the words of the reason."""
        problem, mend = _SENTENCES[reason]
        super().__init__(problem, mend=mend, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An accepted certificate: by which issuer, and the digests of the revocation lists relied on."""

    certificate: x509.Certificate
    issuer: AcceptedIssuer
    list_digests: tuple[str, ...]
    """SHA-256 of each list (DER), hexadecimal."""
    status: Status | None = None
    """What a responder said; nothing where none was asked."""

    @property
    def subject_key(self) -> str:
        """Issuer and serial number, which name one certificate (RFC 5280 §4.1.2.2)."""
        return subject_key(self.certificate)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()


def subject_key(certificate: x509.Certificate) -> str:
    """Return a short unique text of a certificate's issuer and serial number."""
    issuer = hashlib.sha256(certificate.issuer.public_bytes()).hexdigest()
    return f"{issuer}:{certificate.serial_number:x}"


def read_certificate(encoded: str | bytes) -> x509.Certificate:
    """Read one certificate, PEM or DER.

    Raises:
        CertificateRefusedError: It is not one, or not only one.
    """
    raw = encoded.encode() if isinstance(encoded, str) else encoded
    try:
        if len(raw) > CERTIFICATE_MAX_BYTES:
            raise CertificateRefusedError(Reason.UNREADABLE)
        if raw.lstrip().startswith(b"-----"):
            (only,) = x509.load_pem_x509_certificates(raw)
            raw = only.public_bytes(Encoding.DER)
        certificate = load_certificate(raw)
        _ = (certificate.extensions, certificate.public_key())
    except UNREADABLE as error:
        raise CertificateRefusedError(Reason.UNREADABLE) from error
    return certificate


def check_certificate(
    certificate: x509.Certificate,
    *,
    issuers: IssuerList,
    at: datetime,
    signed: bool,
    ask: AskStatus | None = None,
) -> Checked:
    """Check that a person's certificate is accepted at an instant.

    Args:
        certificate: As read by `read_certificate`.
        issuers: The accepted ones.
        at: Instant of the act.
        signed: Whether a text was signed with it; else it was shown in a TLS handshake. Issuers with
            `signs_only` may then have certificates for contentCommitment alone (EN 319 412-2 §4.3.2).
        ask: Asks issuers' responders, once all else is in order; without it their lists alone count.

    Raises:
        CertificateRefusedError: It is not; `reason` says why.
    """
    issuer, uppers = _issuer_of(certificate, issuers)
    if at < certificate.not_valid_before_utc:
        raise CertificateRefusedError(Reason.NOT_YET_VALID)
    if at > certificate.not_valid_after_utc:
        raise CertificateRefusedError(Reason.EXPIRED)
    _check_strength(certificate)
    _check_purpose(certificate, commitment=signed and issuer.signs_only)
    _check_policy(certificate, issuer)
    lists = issuer.lists()
    for upper in uppers:
        since = revoked_since(certificate, upper, lists)
        if since is not None and since <= at:
            raise CertificateRefusedError(Reason.REVOKED)
    try:
        check_chain(certificate, others=issuer.others, anchors=issuer.anchors, at=at, lists=lists)
    except ChainError as error:
        # An authority above it was revoked or is out of its time: nothing it vouched for counts.
        raise CertificateRefusedError(Reason.UNKNOWN_ISSUER) from error
    status = ask(certificate, uppers, issuer.ocsp, at, lists) if ask is not None else None
    if status is not None and (reason := _REFUSING.get(status.standing)) is not None:
        raise CertificateRefusedError(reason)
    is_good = status is not None and status.standing is Standing.GOOD
    covering = [crl for crl in lists if is_current(crl, at) and _covers(crl, certificate, uppers)]
    if not (is_good or covering) and issuer.revocation is Revocation.REQUIRED:
        raise CertificateRefusedError(Reason.REVOCATION_UNKNOWN)
    digests = tuple(sorted(hashlib.sha256(crl.public_bytes(Encoding.DER)).hexdigest() for crl in covering))
    return Checked(certificate=certificate, issuer=issuer, list_digests=digests, status=status)


def _issuer_of(
    certificate: x509.Certificate, issuers: IssuerList
) -> tuple[AcceptedIssuer, list[x509.Certificate]]:
    """Return the accepted issuer and those of its authorities that signed the certificate."""
    for issuer in issuers:
        uppers = [each for each in (*issuer.anchors, *issuer.others) if is_issuer(each, certificate)]
        if uppers and certificate not in issuer.anchors:
            return issuer, uppers
    raise CertificateRefusedError(Reason.UNKNOWN_ISSUER)


def _check_strength(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    digest = certificate.signature_hash_algorithm
    strong_key = (isinstance(key, rsa.RSAPublicKey) and key.key_size >= RSA_BITS_MIN) or (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES)
    )
    if not strong_key or (digest is not None and digest.name not in _DIGESTS):
        raise CertificateRefusedError(Reason.WEAK)


def _check_purpose(certificate: x509.Certificate, *, commitment: bool) -> None:
    extensions = certificate.extensions
    # What is critical and not understood must refuse (RFC 5280 §4.2).
    if any(each.critical and each.oid not in _HANDLED for each in extensions):
        raise CertificateRefusedError(Reason.WRONG_PURPOSE)
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound as error:
        raise CertificateRefusedError(Reason.WRONG_PURPOSE) from error
    if usage.key_cert_sign or not (usage.digital_signature or (commitment and usage.content_commitment)):
        raise CertificateRefusedError(Reason.WRONG_PURPOSE)
    try:
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not _PURPOSES & set(purposes):
        raise CertificateRefusedError(Reason.WRONG_PURPOSE)


def _check_policy(certificate: x509.Certificate, issuer: AcceptedIssuer) -> None:
    if not issuer.policies:
        return
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound as error:
        raise CertificateRefusedError(Reason.WRONG_POLICY) from error
    if issuer.policies.isdisjoint(policy.policy_identifier.dotted_string for policy in policies):
        raise CertificateRefusedError(Reason.WRONG_POLICY)


def _covers(
    crl: x509.CertificateRevocationList, certificate: x509.Certificate, uppers: Sequence[x509.Certificate]
) -> bool:
    """Answer whether a list would name this certificate if it were revoked (RFC 5280 §5.2.5, §6.3.3)."""
    if not any(signed_by(crl, upper) for upper in uppers):
        return False
    for extension in crl.extensions:
        value = extension.value
        if isinstance(value, x509.IssuingDistributionPoint):
            if not _is_point_of(value, certificate):
                return False
        elif extension.critical:
            return False  # a delta list, or something unknown
    return True


def _is_point_of(point: x509.IssuingDistributionPoint, certificate: x509.Certificate) -> bool:
    partial = point.only_contains_ca_certs or point.only_contains_attribute_certs or point.only_some_reasons
    if partial or point.indirect_crl or point.relative_name:
        return False
    if not point.full_name:
        return True
    try:
        named = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return False
    return any(name in (each.full_name or ()) for each in named for name in point.full_name)


def signed_by(crl: x509.CertificateRevocationList, upper: x509.Certificate) -> bool:
    """Answer whether an authority signed a list."""
    key = upper.public_key()
    if crl.issuer != upper.subject or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return False
    return crl.is_signature_valid(key)
