"""Signatures over the text of a challenge: bare ones, and detached CMS as smart-card tools make them.

Accepted are RSA (PKCS #1 v1.5 and PSS, from 2048 bits) and ECDSA on P-256 and P-384; digests are
SHA-256, in CMS also SHA-384 and SHA-512. With OpenSSL, the text kept as ``text.txt``::

    openssl dgst -sha256 -sign key.pem -out text.sig text.txt
    openssl dgst -sha256 -sign key.pem -sigopt rsa_padding_mode:pss -out text.sig text.txt
    openssl cms -sign -binary -in text.txt -signer cert.pem -inkey key.pem -outform DER -out text.p7s

Without ``-binary`` the tool signs the text with CRLF line ends; that is accepted too.
"""

import hashlib
import hmac
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from lre_kit.identifiers.certificate_checks import CertificateRefusedError, Reason, read_certificate

SIGNATURE_MAX_BYTES = 64 * 1024
"""Largest signature read, in bytes."""

_CERTIFICATES_MAX = 8
_DIGESTS: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)


def signer_of(text: str, signature: bytes, certificate: str | bytes | None) -> x509.Certificate:
    """Return the certificate whose key signed the text; whether it is accepted is for others to say.

    Args:
        text: What was to be signed.
        signature: A bare signature (DER of ECDSA, or RSA bytes), or detached CMS as DER or PEM.
        certificate: PEM or DER; may be left out if CMS holds it.

    Raises:
        CertificateRefusedError: Unreadable, or not over this text by this certificate.
    """
    given = None if certificate is None else read_certificate(certificate)
    if not 0 < len(signature) <= SIGNATURE_MAX_BYTES:
        raise CertificateRefusedError(Reason.UNREADABLE)
    variants = [text.encode(), text.replace("\n", "\r\n").encode()]
    signed_data = _signed_data(signature)
    if signed_data is not None:
        try:
            return _cms_signer(signed_data, variants, given)
        except _UNREADABLE as error:
            raise CertificateRefusedError(Reason.UNREADABLE) from error
    if given is None:
        raise CertificateRefusedError(Reason.UNREADABLE)
    if not any(_fits(given, signature, hashes.SHA256(), variant) for variant in variants):
        raise CertificateRefusedError(Reason.BAD_SIGNATURE)
    return given


def _signed_data(raw: bytes) -> Any | None:
    """Return CMS signed data, or nothing if the bytes are none."""
    from asn1crypto import cms, pem

    try:
        if pem.detect(raw):
            _, _, raw = pem.unarmor(raw)
        outer = cms.ContentInfo.load(raw, strict=True)
        return outer["content"] if outer["content_type"].native == "signed_data" else None
    except _UNREADABLE:
        return None


def _cms_signer(inner: Any, variants: list[bytes], given: x509.Certificate | None) -> x509.Certificate:
    signers = inner["signer_infos"]
    encapsulated = inner["encap_content_info"]
    if len(signers) != 1 or encapsulated["content_type"].native != "data":
        raise CertificateRefusedError(Reason.UNREADABLE)
    content = encapsulated["content"].native
    if content is not None and content not in variants:
        raise CertificateRefusedError(Reason.BAD_SIGNATURE)
    signer = signers[0]
    certificate = _certificate_of(inner, signer, given)
    digest = _DIGESTS.get(signer["digest_algorithm"]["algorithm"].native)
    algorithm = signer["signature_algorithm"]
    if digest is None or not _agree(algorithm, digest.name):
        raise CertificateRefusedError(Reason.WEAK)
    signature = signer["signature"].native
    # Without signed attributes the same bytes could be read as either; smart-card tools write them.
    message = _attributes_over(signer["signed_attrs"], variants, digest.name)
    if not _fits(certificate, signature, digest(), message):
        raise CertificateRefusedError(Reason.BAD_SIGNATURE)
    return certificate


def _agree(algorithm: Any, digest: str) -> bool:
    """Answer whether the signature's own digest is the signer's (RFC 5652 §5.3)."""
    name = algorithm["algorithm"].native
    if name == "rsassa_pkcs1v15":  # the old name, rsaEncryption: no digest of its own (RFC 3370 §3.2)
        return True
    return bool(algorithm.hash_algo == digest)


def _certificate_of(inner: Any, signer: Any, given: x509.Certificate | None) -> x509.Certificate:
    """Return the certificate that the signer's identifier names, among those inside and the given one."""
    inside = inner["certificates"]
    if len(inside) > _CERTIFICATES_MAX:
        raise CertificateRefusedError(Reason.UNREADABLE)
    found = [read_certificate(choice.chosen.dump()) for choice in inside]
    named = [each for each in [*([given] if given else []), *found] if _is_named(each, signer["sid"])]
    if not named or (given is not None and named[0] != given):
        raise CertificateRefusedError(Reason.BAD_SIGNATURE)
    return named[0]


def _is_named(certificate: x509.Certificate, sid: Any) -> bool:
    if sid.name == "issuer_and_serial_number":
        issuer = sid.chosen["issuer"].dump()
        return bool(
            certificate.serial_number == sid.chosen["serial_number"].native
            and certificate.issuer.public_bytes() == issuer
        )
    try:
        own = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return False
    return hmac.compare_digest(own, sid.chosen.native)


def _attributes_over(attributes: Any, variants: list[bytes], digest: str) -> bytes:
    """Check content type and digest among the signed attributes; return what the signature is over."""
    found: dict[str, Any] = {}
    for attribute in attributes:
        name = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise CertificateRefusedError(Reason.UNREADABLE)
        found[name] = attribute["values"][0].native
    if found.get("content_type") != "data" or not isinstance(found.get("message_digest"), bytes):
        raise CertificateRefusedError(Reason.UNREADABLE)
    if found["message_digest"] not in [hashlib.new(digest, variant).digest() for variant in variants]:
        raise CertificateRefusedError(Reason.BAD_SIGNATURE)
    # The signature is over the attributes as a SET OF, not with the implicit tag (RFC 5652 §5.4).
    encoded: bytes = attributes.dump()
    return b"\x31" + encoded[1:]


def _fits(
    certificate: x509.Certificate, signature: bytes, digest: hashes.HashAlgorithm, message: bytes
) -> bool:
    key = certificate.public_key()
    imprint = hashlib.new(digest.name, message).digest()
    prehashed = Prehashed(digest)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _verifies(lambda: key.verify(signature, imprint, ec.ECDSA(prehashed)))
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    pss = padding.PSS(mgf=padding.MGF1(digest), salt_length=padding.PSS.AUTO)
    return _verifies(lambda: key.verify(signature, imprint, padding.PKCS1v15(), prehashed)) or _verifies(
        lambda: key.verify(signature, imprint, pss, prehashed)
    )


def _verifies(check: Any) -> bool:
    try:
        check()
    except InvalidSignature:
        return False
    return True
