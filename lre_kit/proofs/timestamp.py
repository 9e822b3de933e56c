"""Time stamps of RFC 3161: the port, and every check a token must pass before it is kept.

Checks, by the name a refusal carries: ``format`` (CMS SignedData holding a TSTInfo, one signer),
``version``, ``imprint`` (algorithm and value), ``nonce``, ``policy``, ``signing-certificate`` (RFC
5816: the certificate used is the one named by its SHA-256), ``purpose`` (EKU critical and only
timeStamping), ``chain`` (to an anchor, valid at genTime), ``signature``, ``time`` (neither in the
future nor away from our clock). Serial numbers are kept unique by the store. Whether the authority
is qualified is said by a trust list, not by a token.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn, Protocol

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from lre_kit.clock import Clock
from lre_kit.errors import ConfigurationError, TimestampRejectedError
from lre_kit.proofs import der
from lre_kit.proofs.chain import ChainError, check_chain
from lre_kit.proofs.keys import Keys
from lre_kit.settings import Settings

SHA256_OID = "2.16.840.1.101.3.4.2.1"
"""The one digest we stamp."""

TOKEN_MAX_BYTES = 64 * 1024
"""Largest token read; real ones are below eight kilobytes."""

_GRANTED = der.sequence(der.integer(0))


class TimestampAuthority(Protocol):
    """Answers digests with time-stamp tokens."""

    def stamp(self, digest: bytes) -> bytes:
        """Return a TimeStampToken (DER) over a SHA-256 digest.

        Raises:
            TimestampUnavailableError: The authority does not answer.
            TimestampRejectedError: It answered with what may not be kept.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TimestampInfo:
    """What a token says, once checked."""

    gen_time: datetime
    serial: int
    policy: str
    authority: str
    """Subject of the authority's certificate."""
    certificate: x509.Certificate


def check_token(
    token: bytes,
    digest: bytes,
    *,
    anchors: Collection[x509.Certificate],
    nonce: int | None = None,
    policy: str | None = None,
    window: tuple[datetime, datetime] | None = None,
) -> TimestampInfo:
    """Check a token against all that must hold, and return what it says.

    Args:
        token: TimeStampToken, DER.
        digest: The SHA-256 that was stamped.
        anchors: Roots the authority must lead to.
        nonce: The nonce that was sent, if one was.
        policy: The policy OID to insist on.
        window: Earliest and latest genTime to accept, when the token is fresh.

    Raises:
        TimestampRejectedError: A check failed; its `check` names which.
    """
    read = _read(token, digest)
    response = read.response
    if nonce is not None and response.tst_info.nonce != nonce:
        _refuse("nonce", "The time stamp answers another request.")
    if policy is not None and read.info.policy != policy:
        _refuse("policy", f"The time stamp was made under policy {read.info.policy}, not {policy}.")
    _check_purpose(read.info.certificate)
    _check_signature(read, digest, anchors)
    gen_time = read.info.gen_time
    if window is not None and not window[0] <= gen_time <= window[1]:
        _refuse("time", f"The time stamp says {gen_time:%Y-%m-%d %H:%M:%S}Z, too far from our clock.")
    return read.info


def read_token(token: bytes, digest: bytes) -> TimestampInfo:
    """Return what a token over `digest` says, without asking whether its authority is trusted.

    Raises:
        TimestampRejectedError: It cannot be read, or was made for something else.
    """
    return _read(token, digest).info


@dataclass(frozen=True, slots=True)
class _Read:
    response: TimeStampResponse
    info: TimestampInfo
    others: list[x509.Certificate]


def _read(token: bytes, digest: bytes) -> _Read:
    response = _decoded(token)
    found = response.tst_info
    signer, certificates = _signer(token)
    if found.version != 1:
        _refuse("version", "The time stamp is of an unknown version.")
    imprint = found.message_imprint
    if imprint.hash_algorithm.dotted_string != SHA256_OID or imprint.message != digest:
        _refuse("imprint", "The time stamp was made for something else.")
    certificate = _signing_certificate(signer, certificates)
    info = TimestampInfo(
        gen_time=_exact_time(found.gen_time),
        serial=found.serial_number,
        policy=found.policy.dotted_string,
        authority=certificate.subject.rfc4514_string(),
        certificate=certificate,
    )
    return _Read(response, info, certificates)


class CheckedAuthority:
    """Lets only tokens pass that stand every check."""

    def __init__(
        self,
        inner: TimestampAuthority,
        *,
        anchors: Sequence[x509.Certificate],
        clock: Clock,
        tolerance: timedelta,
        policy: str | None = None,
    ) -> None:
        """Check what `inner` answers against `anchors`, `policy` and our clock."""
        self._inner = inner
        self._anchors = anchors
        self._clock = clock
        self._tolerance = tolerance
        self._policy = policy

    def stamp(self, digest: bytes) -> bytes:
        """Return a token that stood every check; see `TimestampAuthority.stamp`."""
        asked_at = self._clock()
        token = self._inner.stamp(digest)
        window = (asked_at - self._tolerance, self._clock() + self._tolerance)
        check_token(token, digest, anchors=self._anchors, policy=self._policy, window=window)
        return token


def open_authority(settings: Settings, keys: Keys, clock: Clock) -> TimestampAuthority:
    """Return the authority that the settings name: built in, or RFC 3161 over HTTP.

    Raises:
        ConfigurationError: An address without its trust anchors, or anchors that cannot be read.
    """
    tolerance = timedelta(seconds=settings.clock_tolerance_s)
    if settings.tsa_url is None:
        from lre_kit.proofs.tsa import BuiltinAuthority

        built_in = BuiltinAuthority(keys, clock)
        return CheckedAuthority(built_in, anchors=keys.tsa_chain[-1:], clock=clock, tolerance=tolerance)
    from lre_kit.proofs.tsa_http import HttpAuthority

    if settings.tsa_anchor_file is None:
        msg = "LRE_TSA_URL is set, but not whom to trust there."
        raise ConfigurationError(msg, mend="Set LRE_TSA_ANCHOR_FILE to the authority's root, in PEM.")
    try:
        anchors = x509.load_pem_x509_certificates(settings.tsa_anchor_file.read_bytes())
    except (OSError, ValueError) as error:
        msg = f"The file {settings.tsa_anchor_file} holds no certificate that can be read."
        raise ConfigurationError(msg, mend="Set LRE_TSA_ANCHOR_FILE to a PEM file.") from error
    remote = HttpAuthority(settings.tsa_url, policy=settings.tsa_policy, timeout_s=settings.tsa_timeout_s)
    return CheckedAuthority(
        remote, anchors=anchors, clock=clock, tolerance=tolerance, policy=settings.tsa_policy
    )


def _refuse(check: str, problem: str) -> NoReturn:
    raise TimestampRejectedError(
        problem,
        mend="Check the authority's configuration and clock; another authority may be set.",
        check=check,
    )


def _decoded(token: bytes) -> TimeStampResponse:
    if len(token) > TOKEN_MAX_BYTES:
        _refuse("format", "The time stamp is far larger than any.")
    try:
        # The reader wants a whole response; the token is wrapped as a granted one.
        response = decode_timestamp_response(der.sequence(_GRANTED, _in_order(token)))
        response.tst_info.version  # noqa: B018 - the content is parsed at the first look
    except (ValueError, TypeError, KeyError) as error:
        raise TimestampRejectedError(
            "The time stamp cannot be read.", mend="Ask the authority again.", check="format"
        ) from error
    return response


def _in_order(token: bytes) -> bytes:
    """Return the token with its certificates in DER order, which not every authority keeps.

    The set lies outside what is signed; the reader refuses it in any other order.
    """
    content = cms.ContentInfo.load(token, strict=True)
    found = content["content"]["certificates"]
    if len(found) > 1:
        content["content"]["certificates"] = sorted(found, key=lambda c: bytes(c.dump()))
        return bytes(content.dump(force=True))
    return token


def _signer(token: bytes) -> tuple[Any, list[x509.Certificate]]:
    """Return the one SignerInfo and the certificates that came along."""
    try:
        content = cms.ContentInfo.load(token, strict=True)
        signed = content["content"]
        if content["content_type"].native != "signed_data" or (
            not isinstance(signed["encap_content_info"]["content"].parsed, tsp.TSTInfo)
        ):
            _refuse("format", "The time stamp holds something else.")
        signers = signed["signer_infos"]
        if len(signers) != 1:
            _refuse("format", f"The time stamp has {len(signers)} signers instead of one.")
        certificates = [_certificate(bytes(c.chosen.dump())) for c in signed["certificates"]]
        return signers[0], certificates
    except (ValueError, TypeError, KeyError) as error:
        raise TimestampRejectedError(
            "The time stamp cannot be read.", mend="Ask the authority again.", check="format"
        ) from error


@lru_cache(maxsize=64)
def _certificate(encoded: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(encoded)


def _signing_certificate(signer: Any, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """Return the certificate that ESSCertIDv2 names (RFC 5816 §2.2.1)."""
    named: Any = None
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "signing_certificate_v2":
            named = attribute["values"][0]["certs"][0]
    if named is None:
        _refuse("signing-certificate", "The time stamp does not name its certificate (ESSCertIDv2).")
    if named["hash_algorithm"]["algorithm"].native != "sha256":
        _refuse("signing-certificate", "The time stamp names its certificate by another digest than SHA-256.")
    wanted = named["cert_hash"].native
    for certificate in certificates:
        if certificate.fingerprint(hashes.SHA256()) == wanted:
            return certificate
    _refuse("signing-certificate", "The certificate that the time stamp names is not the one it carries.")


def _check_purpose(certificate: x509.Certificate) -> None:
    try:
        purpose = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        _refuse("purpose", "The authority's certificate does not say that it is for time stamps.")
    if not purpose.critical or list(purpose.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        _refuse("purpose", "The authority's certificate is not critically and only for time stamps.")


def _check_signature(read: _Read, digest: bytes, anchors: Collection[x509.Certificate]) -> None:
    certificate = read.info.certificate
    try:
        check_chain(certificate, others=read.others, anchors=anchors, at=read.info.gen_time)
    except ChainError as error:
        raise TimestampRejectedError(error.problem, mend=error.mend, check="chain") from error
    # A fresh builder per call: its lists are shared between copies.
    verifier = VerifierBuilder(
        tsa_certificate=certificate,
        intermediates=[c for c in read.others if c != certificate and c not in anchors],
        roots=list(anchors),
    ).build()
    try:
        verifier.verify(read.response, digest)
    except (VerificationError, ValueError) as error:
        raise TimestampRejectedError(
            "The time stamp's signature does not fit.", mend="Ask the authority again.", check="signature"
        ) from error


def _exact_time(gen_time: datetime) -> datetime:
    return gen_time.astimezone(UTC) if gen_time.tzinfo else gen_time.replace(tzinfo=UTC)
