"""An issuer of persons' certificates: for tests, never for real use."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
"""A person's key."""


@dataclass(frozen=True, slots=True)
class Card:
    """A certificate and its key, as a smart card holds them."""

    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)

    @property
    def pem(self) -> str:
        """The certificate, PEM."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def write(self, folder: Path, name: str = "card") -> tuple[Path, Path]:
        """Write certificate and key as PEM files, for other programs."""
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        certificate.write_text(self.pem)
        key.write_bytes(
            self.key.private_bytes(
                Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return certificate, key


class PersonAuthority:
    """A root, an authority below it, and the certificates and revocation lists that one makes."""

    def __init__(self, folder: Path, at: datetime, *, name: str = "Example CA") -> None:
        """Make both authorities, valid for ten years around `at`, and write their list of issuers.

        Args:
            folder: Gets ``issuers.toml``, the chain and the revocation list.
            at: Now.
            name: Of the authority.
        """
        self.folder, self.at, self.name = folder, at, name
        self._root_key, self._key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root_name = self._subject(f"{name} Root")
        self.root = self._authority(root_name, root_name, self._root_key, self._root_key)
        self.certificate = self._authority(self._subject(name), root_name, self._key, self._root_key)
        folder.mkdir(parents=True, exist_ok=True)
        self.write_list()
        self.write_crl()

    @staticmethod
    def _subject(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def _authority(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        signer: ec.EllipticCurvePrivateKey,
    ) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.at - timedelta(days=1825))
            .not_valid_after(self.at + timedelta(days=1825))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(ca=True), critical=True)
            .sign(signer, hashes.SHA256())
        )

    def write_list(self, **changed: str) -> Path:
        """Write ``issuers.toml``; members may be given as TOML text, an empty one leaves it out."""
        self.folder.joinpath("chain.pem").write_bytes(
            b"".join(each.public_bytes(Encoding.PEM) for each in (self.root, self.certificate))
        )
        members = {
            "id": '"example-ca"',
            "level": '"substantial"',
            "url": '"https://ca.example/"',
            "chain": '"chain.pem"',
            "crl": '["example.crl"]',
            "name": '{ fr = "AC Exemple", en = "Example CA" }',
            "audience": '{ fr = "Tout le monde", en = "Everybody" }',
        } | changed
        path = self.folder / "issuers.toml"
        lines = [f"{name} = {value}" for name, value in members.items() if value]
        path.write_text("\n".join(["[[issuer]]", *lines, ""]), encoding="utf-8")
        return path

    def write_crl(
        self,
        revoked: Sequence[tuple[x509.Certificate, datetime]] = (),
        *,
        at: datetime | None = None,
        extension: x509.ExtensionType | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> None:
        """Write ``example.crl``: valid for a week from `at`, signed by the authority or another key."""
        begins = at or self.at - timedelta(hours=1)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(begins)
            .next_update(begins + timedelta(days=7))
        )
        if extension is not None:
            builder = builder.add_extension(extension, critical=True)
        for certificate, since in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
            builder = builder.add_revoked_certificate(entry.revocation_date(since).build())
        crl = builder.sign(key or self._key, hashes.SHA256())
        self.folder.joinpath("example.crl").write_bytes(crl.public_bytes(Encoding.DER))

    def card(
        self,
        given: str = "Ada",
        family: str = "Lovelace",
        *,
        key: PrivateKey | None = None,
        serial: int | None = None,
        begins: datetime | None = None,
        ends: datetime | None = None,
        usage: x509.KeyUsage | None = None,
        purposes: Sequence[x509.ObjectIdentifier] | None = (ExtendedKeyUsageOID.CLIENT_AUTH,),
        policy: str = "",
        extra: x509.ExtensionType | None = None,
        extra_critical: bool = True,
        digest: hashes.HashAlgorithm | None = None,
    ) -> Card:
        """Make a person's certificate, valid for two years around now unless said otherwise."""
        own = key or ec.generate_private_key(ec.SECP256R1())
        names = {
            NameOID.COUNTRY_NAME: "FR",
            NameOID.COMMON_NAME: f"{given} {family}",
            NameOID.GIVEN_NAME: given,
            NameOID.SURNAME: family,
        }
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(oid, text) for oid, text in names.items()]))
            .issuer_name(self.certificate.subject)
            .public_key(own.public_key())
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before((begins or self.at - timedelta(days=365)).astimezone(UTC))
            .not_valid_after((ends or self.at + timedelta(days=365)).astimezone(UTC))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage or person_usage(), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        )
        if purposes is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        if policy:
            information = x509.PolicyInformation(x509.ObjectIdentifier(policy), None)
            builder = builder.add_extension(x509.CertificatePolicies([information]), critical=False)
        if extra is not None:
            builder = builder.add_extension(extra, critical=extra_critical)
        return Card(builder.sign(self._key, digest or hashes.SHA256()), own)  # type: ignore[arg-type]


def person_usage(*, signature: bool = True, commitment: bool = False) -> x509.KeyUsage:
    """Return the key usage of a person's certificate."""
    return _usage(ca=False, signature=signature, commitment=commitment)


def _usage(*, ca: bool, signature: bool = False, commitment: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signature,
        content_commitment=commitment,
        key_encipherment=not (ca or signature or commitment),
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
