"""The office's keys as files: made by ``lre init``, loaded and checked together.

The certificates made here come from small authorities of the office's own. They are plainly
marked non-qualified: a qualified service puts its provider's certificates in their place.
"""

import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError, NotInitialisedError, WrongKeyError
from lre_kit.proofs.chain import is_issuer
from lre_kit.proofs.note import NoteSigner

AUTHORITY_LIFE = timedelta(days=365 * 20)
"""Life of the office's own authorities."""

CERTIFICATE_LIFE = timedelta(days=365 * 5)
"""Life of the seal and time-stamp certificates."""

BACKDATE = timedelta(minutes=5)
"""How far certificates reach back, so that clocks a little behind accept them."""

SECRET_BYTES = 32
"""Length of symmetric secrets, in bytes."""

_SECRETS = ("kek", "pepper", "link")

_TRUST_README = """\
Whom to trust when verifying proofs of {origin}
  seal-ca.pem  the authority above the electronic seal
  tsa-ca.pem   the authority above the time stamps
  log.vkey     the public key of the log
Use:  lre verify --trust THIS-FOLDER PROOF
Get these files from the provider itself, not from whoever hands you a proof.

À qui se fier pour vérifier les preuves de {origin}
  seal-ca.pem  l'autorité au-dessus du cachet électronique
  tsa-ca.pem   l'autorité au-dessus des horodatages
  log.vkey     la clé publique du journal
Usage :  lre verify --trust CE-DOSSIER PREUVE
Obtenez ces fichiers du prestataire lui-même, non de celui qui vous remet une preuve.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """All keys of one office; what is secret never shows in a log or a traceback."""

    origin: str
    seal_key: ec.EllipticCurvePrivateKey = field(repr=False)
    seal_certificate: x509.Certificate
    seal_chain: tuple[x509.Certificate, ...]
    """Authorities above the seal certificate, nearest first."""
    tsa_key: ec.EllipticCurvePrivateKey = field(repr=False)
    tsa_certificate: x509.Certificate
    tsa_chain: tuple[x509.Certificate, ...]
    log_key: Ed25519PrivateKey = field(repr=False)
    kek: bytes = field(repr=False)
    pepper: bytes = field(repr=False)
    link_secret: bytes = field(repr=False)

    @property
    def kek_id(self) -> str:
        """A name for the key-encryption key that tells nothing about it."""
        return hashlib.sha256(b"lre-kit kek id" + self.kek).hexdigest()[:16]

    @classmethod
    def load(cls, folder: Path) -> "Keys":
        """Load the keys of an office and check that they belong together.

        Raises:
            NotInitialisedError: Some are missing.
            WrongKeyError: A key cannot be read, or does not belong to its certificate.
        """
        if not folder.is_dir():
            msg = f"This office has no keys in {folder}."
            raise NotInitialisedError(msg, mend="Run: lre init")
        try:
            seal_key, seal = _pair(folder, "seal")
            tsa_key, tsa = _pair(folder, "tsa")
            log_key = serialization.load_pem_private_key((folder / "log.key").read_bytes(), None)
            kek, pepper, link = ((folder / f"{name}.secret").read_bytes() for name in _SECRETS)
            origin = (folder / "origin").read_text(encoding="utf-8").strip()
        except FileNotFoundError as error:
            msg = f"A key file is missing: {error.filename}."
            raise NotInitialisedError(msg, mend="Restore it from the backup of the keys.") from error
        except (ValueError, TypeError, OSError) as error:
            msg = f"A key file in {folder} cannot be read."
            raise WrongKeyError(msg, mend="Restore it from the backup of the keys.") from error
        if not isinstance(log_key, Ed25519PrivateKey) or any(
            len(secret) != SECRET_BYTES for secret in (kek, pepper, link)
        ):
            msg = f"A key file in {folder} is of the wrong kind or length."
            raise WrongKeyError(msg, mend="Restore it from the backup of the keys.")
        return cls(
            origin=origin,
            seal_key=seal_key,
            seal_certificate=seal[0],
            seal_chain=seal[1:],
            tsa_key=tsa_key,
            tsa_certificate=tsa[0],
            tsa_chain=tsa[1:],
            log_key=log_key,
            kek=kek,
            pepper=pepper,
            link_secret=link,
        )

    def write_trust(self, folder: Path) -> None:
        """Write what verifiers must trust: the authorities and the log's public key, and what they are."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "seal-ca.pem").write_bytes(_pem(self.seal_chain[-1:]))
        (folder / "tsa-ca.pem").write_bytes(_pem(self.tsa_chain[-1:]))
        (folder / "log.vkey").write_text(NoteSigner(self.origin, self.log_key).vkey + "\n", encoding="utf-8")
        (folder / "README.txt").write_text(_TRUST_README.format(origin=self.origin), encoding="utf-8")


def create_keys(folder: Path, *, provider_name: str, origin: str, clock: Clock) -> None:
    """Make all keys of an office in a folder that must not exist yet; whole or not at all.

    Raises:
        ConfigurationError: The folder exists or cannot be made, or the provider has no name.
    """
    if not provider_name.strip():
        msg = "The provider has no name to put in its certificates."
        raise ConfigurationError(msg, mend="Set LRE_PROVIDER_NAME.")
    if folder.exists():
        msg = f"There are keys in {folder} already."
        raise ConfigurationError(msg, mend="Keep them: proofs depend on them.")
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        fresh.mkdir(parents=True, mode=0o700)
        _write_pair(fresh, "seal", provider_name, clock=clock)
        _write_pair(fresh, "tsa", provider_name, clock=clock)
        _write(fresh / "log.key", _private_pem(Ed25519PrivateKey.generate()))
        for name in _SECRETS:
            _write(fresh / f"{name}.secret", secrets.token_bytes(SECRET_BYTES))
        _write(fresh / "origin", origin.encode())
        fresh.rename(folder)
        _sync(folder.parent)
    except OSError as error:
        msg = f"Keys cannot be written to {folder}: {error.strerror}."
        raise ConfigurationError(msg, mend="Set LRE_HOME to a folder you may write.") from error
    finally:
        # Whatever stopped it half way, Ctrl-C too: no secrets are left behind.
        shutil.rmtree(fresh, ignore_errors=True)


def _pair(folder: Path, name: str) -> tuple[ec.EllipticCurvePrivateKey, tuple[x509.Certificate, ...]]:
    """Return key and certificates (leaf first) that belong together, each issued by the next."""
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), None)
    chain = tuple(x509.load_pem_x509_certificates((folder / f"{name}.pem").read_bytes()))
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != chain[0].public_key():
        msg = f"The key {folder / name}.key does not belong to its certificate."
        raise WrongKeyError(msg, mend="Restore key and certificate from the same backup.")
    if not isinstance(key.curve, ec.SECP256R1):
        msg = f"The key {folder / name}.key is not on the curve P-256."
        raise WrongKeyError(msg, mend="Use a P-256 key: seals are ES256.")
    links = pairwise(chain)
    if len(chain) < 2 or not all(is_issuer(upper, lower, below=n) for n, (lower, upper) in enumerate(links)):
        msg = f"The certificates in {folder / name}.pem do not lead up to an authority."
        raise WrongKeyError(msg, mend="Put in the certificate first, then each authority up to the root.")
    return key, chain


def _write_pair(folder: Path, name: str, provider_name: str, *, clock: Clock) -> None:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    what = {"seal": "seal", "tsa": "time stamps"}[name]
    issuer = _name(provider_name, f"{provider_name} {what} root (non-qualified)")
    subject = _name(provider_name, f"{provider_name} {what} (non-qualified)")
    begins = clock() - BACKDATE
    root = (
        _builder(issuer, issuer, authority_key, authority_key)
        .not_valid_before(begins)
        .not_valid_after(begins + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    builder = (
        _builder(subject, issuer, key, authority_key)
        .not_valid_before(begins)
        .not_valid_after(begins + CERTIFICATE_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
    )
    if name == "tsa":
        # RFC 3161 §2.3: the purpose is critical and the only one.
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True)
    leaf = builder.sign(authority_key, hashes.SHA256())
    _write(folder / f"{name}.key", _private_pem(key))
    _write(folder / f"{name}.pem", _pem((leaf, root)))
    # The authority's key is kept so that certificates can be renewed; it belongs offline.
    _write(folder / f"{name}-ca.key", _private_pem(authority_key))


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


def _private_pem(key: ec.EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pem(certificates: tuple[x509.Certificate, ...]) -> bytes:
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
