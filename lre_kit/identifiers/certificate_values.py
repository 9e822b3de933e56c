"""Values of identification by certificate: names in it, what is to be signed, what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID

from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.law.assurance import Factor


@dataclass(frozen=True, slots=True)
class CertificateName:
    """Names in a certificate's subject (EN 319 412-2 §4.2.4); those it does not tell are empty."""

    given_names: str
    family_name: str
    common_name: str
    pseudonym: str

    @property
    def full(self) -> str:
        """Given and family names, else the common name; a pseudonym is no name."""
        return f"{self.given_names} {self.family_name}".strip() or self.common_name


NameCheck = Callable[[CertificateName], bool]
"""Answers whether the name in a certificate is clearly the party's; if not, a person looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """What is to be signed: exactly these bytes, UTF-8 with LF line ends."""

    challenge_id: str
    text: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """An enrolled certificate; one whose name is not clearly the party's waits for a person's look."""

    identifier: Identifier
    name: CertificateName
    needs_review: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """Whom a certificate that was shown stands for."""

    party_id: str
    factor: Factor


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What came of a certificate that a known person showed.

    Attributes:
        factor: What it shows; nothing while a person has to compare the names.
        is_new: It was enrolled on the way.
    """

    factor: Factor | None
    is_new: bool


def name_in(certificate: x509.Certificate) -> CertificateName:
    """Return the names in a certificate's subject."""

    def told(oid: x509.ObjectIdentifier) -> str:
        values = [each.value for each in certificate.subject.get_attributes_for_oid(oid)]
        return " ".join(value for value in values if isinstance(value, str)).strip()

    return CertificateName(
        told(NameOID.GIVEN_NAME), told(NameOID.SURNAME), told(NameOID.COMMON_NAME), told(NameOID.PSEUDONYM)
    )
