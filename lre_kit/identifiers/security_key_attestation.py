"""What a new security key tells of itself: its public key, its model, who attests to it."""

import hmac
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from webauthn.helpers import bytes_to_base64url, parse_attestation_object
from webauthn.helpers.structs import AttestationFormat
from webauthn.registration.verify_registration_response import VerifiedRegistration

from lre_kit.identifiers.security_key_checks import (
    Reason,
    SecurityKeyRefusedError,
    check_authenticator_data,
    credential_key,
    decoded,
)

_AAGUID = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_TRANSPORTS_MAX = 8
_FORMS_OF_KEYS = (AttestationFormat.PACKED, AttestationFormat.FIDO_U2F)
"""Forms for which the library knows no roots of its own beside those that are given."""

Roots = Mapping[AttestationFormat, list[bytes]]
"""Makers' certificates (PEM) for each attestation format."""


@dataclass(frozen=True, slots=True)
class Models:
    """Which models of keys are accepted, and whose word is needed for the model."""

    allowed: Collection[str] | None
    roots: tuple[bytes, ...]

    @property
    def asks(self) -> bool:
        """Whether the browser must be asked for the model."""
        return self.allowed is not None or bool(self.roots)

    @property
    def by_format(self) -> Roots:
        """The makers' certificates in the library's form."""
        return {form: list(self.roots) for form in AttestationFormat} if self.roots else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A key that may be registered."""

    subject_key: str
    facts: Mapping[str, Any]
    count: int


def read_registered(
    response: Mapping[str, Any],
    *,
    verify: Callable[[Roots], VerifiedRegistration],
    rp_id: str,
    models: Models,
) -> Registered:
    """Return what is to be kept of a new key.

    Args:
        response: The browser's answer; its client data are checked already.
        verify: Checks everything by the library, given makers' certificates.
        rp_id: The office's relying party id.
        models: What is accepted.

    Raises:
        SecurityKeyRefusedError: Not for this office, not verified, or of a model not accepted.
        ValueError: The attestation cannot be read; or what the library raises.
    """
    attestation = parse_attestation_object(decoded(response["response"]["attestationObject"]))
    data = _raw_data(decoded(response["response"]["attestationObject"]))
    count = check_authenticator_data(data, rp_id=rp_id)
    verified = verify(models.by_format)
    if decoded(response["rawId"]) != verified.credential_id:
        raise SecurityKeyRefusedError(Reason.MALFORMED)
    chain = attestation.att_stmt.x5c or []
    if models.roots and not (
        verified.fmt in _FORMS_OF_KEYS and chain and _names_model(chain[0], verified.aaguid)
    ):
        raise SecurityKeyRefusedError(Reason.BAD_ATTESTATION)
    if models.allowed is not None and verified.aaguid not in {each.lower() for each in models.allowed}:
        raise SecurityKeyRefusedError(Reason.MODEL_NOT_ALLOWED)
    transports = response["response"].get("transports")
    given = transports if isinstance(transports, list) else []
    return Registered(
        subject_key=credential_key(verified.credential_id),
        count=count,
        facts={
            "credential_id": bytes_to_base64url(verified.credential_id),
            "public_key": bytes_to_base64url(verified.credential_public_key),
            "aaguid": verified.aaguid,
            "attestation": AttestationFormat(verified.fmt).value,
            "attested": bool(models.roots),
            "device_type": verified.credential_device_type.value,
            "backed_up": verified.credential_backed_up,
            "transports": [each for each in given if isinstance(each, str)][:_TRANSPORTS_MAX],
        },
    )


def _raw_data(attestation_object: bytes) -> bytes:
    from webauthn.helpers import parse_cbor

    data = parse_cbor(attestation_object)["authData"]
    if not isinstance(data, bytes):
        raise SecurityKeyRefusedError(Reason.MALFORMED)
    return data


def _names_model(encoded: bytes, aaguid: str) -> bool:
    """Answer whether a maker's certificate is of this model, where it names one (§8.2.1)."""
    try:
        named = x509.load_der_x509_certificate(encoded).extensions.get_extension_for_oid(_AAGUID).value
    except x509.ExtensionNotFound:
        return True
    assert isinstance(named, x509.UnrecognizedExtension)
    return hmac.compare_digest(named.value[2:].hex(), aaguid.replace("-", ""))
