"""The office's electronic seal on evidence: JAdES baseline-B (ETSI TS 119 182-1) over a JWS.

Header: ``alg`` ES256, ``cty`` json, ``iat`` (the claimed time, as version 1.2.1 names it),
``x5c`` and ``x5t#S256``. Nothing is critical that a plain JWS library would not understand.
"""

import base64
import binascii
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID

from lre_kit.errors import IntegrityError, SealUnavailableError
from lre_kit.proofs.keys.chain import UNREADABLE, load_certificate
from lre_kit.proofs.keys.keys import Keys

COORDINATE_BYTES = 32
"""Length of each half of an ES256 signature, in bytes (RFC 7518 §3.4)."""

_ES256 = ec.ECDSA(hashes.SHA256())
_MEMBERS = {"alg", "cty", "iat", "x5c", "x5t#S256"}

HEADER_MAX_BYTES = 16 * 1024
"""Longest protected header read; a chain of three certificates stays far below."""


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def base64url(raw: bytes) -> str:
    """Return base64url without padding (RFC 7515 §2)."""
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


@dataclass(frozen=True, slots=True)
class Sealed:
    """The two parts a seal adds to a payload, both base64url, and all three together."""

    protected: str
    signature: str
    compact: str
    """The compact JWS (RFC 7515 §7.1)."""


class Seal(Protocol):
    """Seals payloads; the key stays behind it."""

    def sign(self, payload: bytes, *, at: datetime) -> Sealed:
        """Seal a payload, claiming the instant `at`.

        Raises:
            SealUnavailableError: The key cannot be used now.
        """

    def sign_raw(self, message: bytes) -> bytes:
        """Return the seal key's signature of a message: ECDSA on P-256 with SHA-256, as DER (RFC 3279).

        Raises:
            SealUnavailableError: The key cannot be used now.
        """


class JadesSeal(ABC):
    """Writes JAdES seals with whatever key signs for it."""

    def __init__(self, certificate: x509.Certificate, chain: Sequence[x509.Certificate]) -> None:
        """Prepare the header's constant parts once.

        Args:
            certificate: The seal's.
            chain: The authorities above it, nearest first; the last one does not travel along.
        """
        travelling = [certificate, *chain[:-1]]
        encoded = [c.public_bytes(serialization.Encoding.DER) for c in travelling]
        self._constant = {
            "alg": "ES256",
            "cty": "json",
            "x5c": [base64.b64encode(one).decode() for one in encoded],
            "x5t#S256": base64url(certificate.fingerprint(hashes.SHA256())),
        }
        # Acts that are sealed together claim the same second, and share its header.
        self._protected = lru_cache(maxsize=4)(self._header)

    @abstractmethod
    def sign_raw(self, message: bytes) -> bytes:
        """Sign a message; see `Seal.sign_raw`."""

    def sign(self, payload: bytes, *, at: datetime) -> Sealed:
        """Seal a payload; see `Seal.sign`."""
        protected = self._protected(int(at.timestamp()))
        signed = f"{protected}.{base64url(payload)}"
        first, second = decode_dss_signature(self.sign_raw(signed.encode()))
        raw = first.to_bytes(COORDINATE_BYTES, "big") + second.to_bytes(COORDINATE_BYTES, "big")
        signature = base64url(raw)
        return Sealed(protected, signature, f"{signed}.{signature}")

    def _header(self, iat: int) -> str:
        header = {**self._constant, "iat": iat}
        return base64url(json.dumps(header, separators=(",", ":"), sort_keys=True).encode())


class FileSeal(JadesSeal):
    """Seals with the key file that ``lre init`` made."""

    def __init__(self, keys: Keys) -> None:
        """Hold the seal key."""
        super().__init__(keys.seal_certificate, keys.seal_chain)
        self._key = keys.seal_key

    def sign_raw(self, message: bytes) -> bytes:
        """Sign a message; see `Seal.sign_raw`."""
        try:
            return self._key.sign(message, _ES256)
        except Exception as error:  # whatever a key holder raises, evidence must wait visibly
            msg = "The seal key cannot be used."
            raise SealUnavailableError(
                msg, mend="Run lre doctor and mend what it shows of the seal."
            ) from error


class SealError(IntegrityError):
    """A seal does not fit; `sub_indication` is the word of EN 319 102-1."""

    slug = "seal-invalid"

    def __init__(self, problem: str, *, sub_indication: str) -> None:
        """Keep the sub-indication, such as ``SIG_CRYPTO_FAILURE``."""
        super().__init__(problem, mend="Ask the provider for the evidence again.")
        self.sub_indication = sub_indication


@dataclass(frozen=True, slots=True, kw_only=True)
class SealCheck:
    """A seal that fits its payload; whether its maker is trusted is for the chain to say."""

    payload: bytes
    certificate: x509.Certificate
    others: tuple[x509.Certificate, ...]
    claimed_at: datetime


def open_seal(compact: str) -> SealCheck:
    """Check a compact JAdES seal against its own certificate and return what it covers.

    Raises:
        SealError: Malformed, an algorithm other than ES256, or a signature that does not fit.
    """
    try:
        protected, payload, signature = compact.split(".")
        content = _exact(payload)
    except ValueError as error:
        raise SealError("The seal is not in its one form.", sub_indication="FORMAT_FAILURE") from error
    return check_seal(protected, content, signature)


def check_seal(protected: str, content: bytes, signature: str) -> SealCheck:
    """Check a seal whose parts lie apart; see `open_seal`.

    Args:
        protected: Protected header, base64url.
        content: What is sealed.
        signature: Signature, base64url.

    Raises:
        SealError: As `open_seal`.
    """
    chain, claimed_at = _header(protected)
    try:
        raw = _exact(signature)
    except ValueError as error:
        raise SealError("The seal is not in its one form.", sub_indication="FORMAT_FAILURE") from error
    if len(raw) != 2 * COORDINATE_BYTES:
        raise SealError("The seal is not of the length of ES256.", sub_indication="SIG_CRYPTO_FAILURE")
    first, second = (int.from_bytes(half) for half in (raw[:COORDINATE_BYTES], raw[COORDINATE_BYTES:]))
    try:
        sealing_key(chain[0]).verify(
            encode_dss_signature(first, second),
            f"{protected}.{base64url(content)}".encode("ascii"),
            _ES256,
        )
    except InvalidSignature as error:
        raise SealError("The seal does not fit the evidence.", sub_indication="SIG_CRYPTO_FAILURE") from error
    return SealCheck(payload=content, certificate=chain[0], others=chain[1:], claimed_at=claimed_at)


def _exact(text: str) -> bytes:
    """Return the bytes of base64url text in its one form.

    Raises:
        ValueError: It is not base64url, or not as it would be written.
    """
    found = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(found) != text:
        msg = "not in its one form"
        raise ValueError(msg)
    return found


@lru_cache(maxsize=256)
def _header(protected: str) -> tuple[tuple[x509.Certificate, ...], datetime]:
    if len(protected) > HEADER_MAX_BYTES:
        raise SealError("The seal's header is far longer than any.", sub_indication="FORMAT_FAILURE")
    try:
        header: dict[str, Any] = json.loads(_exact(protected))
        chain, thumbprints = zip(*(_certificate(text) for text in header["x5c"]), strict=True)
        claimed_at = datetime.fromtimestamp(header["iat"], UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError, RecursionError) as error:
        raise SealError("The seal's header cannot be read.", sub_indication="FORMAT_FAILURE") from error
    if set(header) != _MEMBERS or header["alg"] != "ES256" or header["cty"] != "json":
        # A member that is not understood may change what the others mean (RFC 7515 §4.1.11).
        raise SealError("The seal's header says what is not understood.", sub_indication="FORMAT_FAILURE")
    if type(header["iat"]) is not int:
        raise SealError("The seal's time is not whole seconds.", sub_indication="FORMAT_FAILURE")
    if header["x5t#S256"] != thumbprints[0]:
        raise SealError("The seal names another certificate.", sub_indication="SIG_CONSTRAINTS_FAILURE")
    return chain, claimed_at


@lru_cache(maxsize=64)
def _certificate(text: str) -> tuple[x509.Certificate, str]:
    """Return a certificate and its thumbprint, the latter as headers write it."""
    certificate = load_certificate(base64.b64decode(text, validate=True))
    return certificate, base64url(certificate.fingerprint(hashes.SHA256()))


@lru_cache(maxsize=64)
def sealing_key(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """Return the key of a certificate that may seal.

    Raises:
        SealError: It cannot be read, is not of P-256, or is set apart for something else.
    """
    try:
        public = certificate.public_key()
        may_seal = _may_seal(certificate)
    except UNREADABLE as error:
        raise SealError(
            "The seal's certificate cannot be read.", sub_indication="CERTIFICATE_FORMAT_FAILURE"
        ) from error
    if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
        raise SealError("The seal's key is not of elliptic curve P-256.", sub_indication="FORMAT_FAILURE")
    if not may_seal:
        raise SealError("The certificate is not one for seals.", sub_indication="CHAIN_CONSTRAINTS_FAILURE")
    return public


def _may_seal(certificate: x509.Certificate) -> bool:
    """Answer whether the key may sign what is kept as proof, and is not set apart for time stamps."""
    by_class = {type(extension.value): extension.value for extension in certificate.extensions}
    usage = by_class.get(x509.KeyUsage)
    purpose = by_class.get(x509.ExtendedKeyUsage)
    signs = isinstance(usage, x509.KeyUsage) and (usage.digital_signature or usage.content_commitment)
    apart = isinstance(purpose, x509.ExtendedKeyUsage) and ExtendedKeyUsageOID.TIME_STAMPING in purpose
    return signs and not apart
