"""Certificates of the office's own small authorities, and the PEM forms of keys and certificates.

They are plainly marked non-qualified: a qualified service puts its provider's certificates in their
place.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=365 * 20)
"""Life of the office's own authorities."""

CERTIFICATE_LIFE = timedelta(days=365 * 5)
"""Life of the seal and time-stamp certificates."""

BACKDATE = timedelta(minutes=5)
"""How far certificates reach back, so that clocks a little behind accept them."""

PURPOSES = {"seal": "seal", "tsa": "time stamps"}
"""What the certificates are for: name of their files, and words in their subjects."""


def make_authority(
    name: str, provider_name: str, key: ec.EllipticCurvePrivateKey, *, at: datetime
) -> x509.Certificate:
    """Return the self-signed certificate of an authority of the office's own.

    Args:
        name: ``seal`` or ``tsa``.
        provider_name: Goes into its subject.
        key: The authority's.
        at: Now.
    """
    subject = _name(provider_name, f"{provider_name} {PURPOSES[name]} root (non-qualified)")
    begins = at - BACKDATE
    return (
        _builder(subject, subject, key, key)
        .not_valid_before(begins)
        .not_valid_after(begins + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def issue(
    name: str,
    provider_name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    at: datetime,
) -> x509.Certificate:
    """Return a certificate for the seal or the time stamps, which never outlives its authority.

    Args:
        name: ``seal`` or ``tsa``.
        provider_name: Goes into its subject.
        key: What it is for; only its public half is looked at.
        authority: Who issues it.
        authority_key: Its key.
        at: Now.
    """
    begins = at - BACKDATE
    builder = (
        _builder(subject_of(name, provider_name), authority.subject, key, authority_key)
        .not_valid_before(begins)
        .not_valid_after(min(begins + CERTIFICATE_LIFE, authority.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
    )
    if name == "tsa":
        # RFC 3161 §2.3: the purpose is critical and the only one.
        builder = builder.add_extension(time_stamping(), critical=True)
    return builder.sign(authority_key, hashes.SHA256())


def make_request(name: str, provider_name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a certificate request (PKCS#10, RFC 2986) as PEM, asking for what the key is to do."""
    builder = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(_name(provider_name, f"{provider_name} {PURPOSES[name]}"))
        .add_extension(_usage(authority=False), critical=True)
    )
    if name == "tsa":
        builder = builder.add_extension(time_stamping(), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def subject_of(name: str, provider_name: str) -> x509.Name:
    """Return the subject of a certificate of the office's own, which says that it is not qualified."""
    return _name(provider_name, f"{provider_name} {PURPOSES[name]} (non-qualified)")


def time_stamping() -> x509.ExtendedKeyUsage:
    """Return the one purpose of a time-stamp certificate (RFC 3161 §2.3)."""
    return x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])


def private_pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    """Return a private key as PEM (PKCS#8, not encrypted)."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def certificates_pem(certificates: Sequence[x509.Certificate]) -> bytes:
    """Return certificates as PEM, one after the other."""
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(organisation: str, common_name: str) -> x509.Name:
    # X.520 bounds both at 64 characters.
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[-64:]),
        ]
    )
