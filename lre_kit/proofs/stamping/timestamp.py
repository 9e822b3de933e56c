"""Time stamps of RFC 3161: the port, and every check a token must pass before it is kept.

Checks, by the name a refusal carries: ``format`` (CMS SignedData holding a TSTInfo, one signer, its
signed attributes), ``version``, ``imprint`` (algorithm and value), ``nonce``, ``policy``,
``signing-certificate`` (RFC 5816: the certificate used is the one named by its digest),
``purpose`` (EKU critical and only timeStamping), ``chain`` (to an anchor, valid at genTime),
``algorithm`` (SHA-2 throughout), ``signature``, ``time`` (neither in the future nor away from our
clock), ``status`` (of the answer that brought it). Not checked here: whether serial numbers of one
authority repeat. Whether the authority is qualified is said by a trust list, not by
a token.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import new as new_digest
from typing import NoReturn, Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from lre_kit.clock import Clock
from lre_kit.errors import TimestampRejectedError
from lre_kit.proofs.forms import der
from lre_kit.proofs.keys.chain import UNREADABLE, ChainError, check_chain
from lre_kit.proofs.stamping import timestamp_token
from lre_kit.proofs.stamping.timestamp_token import Token

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
    lists: Sequence[x509.CertificateRevocationList] = (),
) -> TimestampInfo:
    """Check a token against all that must hold, and return what it says.

    Args:
        token: TimeStampToken, DER.
        digest: The SHA-256 that was stamped.
        anchors: Roots the authority must lead to.
        nonce: The nonce that was sent, if one was.
        policy: The policy OID to insist on.
        window: Earliest and latest genTime to accept, when the token is fresh.
        lists: Revocation lists to look in.

    Raises:
        TimestampRejectedError: A check failed; its `check` names which.
    """
    read = _read(token, digest)
    if nonce is not None and read.token.nonce != nonce:
        _refuse("nonce", "The time stamp answers another request.")
    if policy is not None and read.info.policy != policy:
        _refuse("policy", f"The time stamp was made under policy {read.info.policy}, not {policy}.")
    _check_purpose(read.info.certificate)
    _check_signature(read, digest, anchors, lists)
    gen_time = read.info.gen_time
    if window is not None and not window[0] <= gen_time <= window[1]:
        _refuse("time", f"The time stamp says {gen_time:%Y-%m-%d %H:%M:%S}Z, too far from our clock.")
    return read.info


def check_still_trusted(
    token: bytes,
    *,
    at: datetime,
    anchors: Collection[x509.Certificate],
    lists: Sequence[x509.CertificateRevocationList] = (),
) -> None:
    """Check that a token, sound by itself, still led to an anchor at a later instant.

    Args:
        token: TimeStampToken, DER, that `check_token` let pass.
        at: The later instant, such as that of its renewal.
        anchors: Roots the authority must lead to.
        lists: Revocation lists to look in.

    Raises:
        ChainError: A certificate had ended or was revoked by then.
    """
    parts, _ = _decoded(token)
    check_chain(_signing_certificate(parts), others=parts.certificates, anchors=anchors, at=at, lists=lists)


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
    token: Token


def _read(token: bytes, digest: bytes) -> _Read:
    parts, response = _decoded(token)
    if parts.version != 1:
        _refuse("version", "The time stamp is of an unknown version.")
    if parts.imprint_algorithm != timestamp_token.SHA256 or parts.imprint != digest:
        _refuse("imprint", "The time stamp was made for something else.")
    certificate = _signing_certificate(parts)
    info = TimestampInfo(
        gen_time=parts.gen_time,
        serial=response.tst_info.serial_number,
        policy=response.tst_info.policy.dotted_string,
        authority=certificate.subject.rfc4514_string(),
        certificate=certificate,
    )
    return _Read(response, info, parts)


class CheckedAuthority:
    """Lets only tokens pass that stand every check; `anchors` are the roots they lead to."""

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
        self.inner = inner
        self.anchors = tuple(anchors)
        self._clock = clock
        self._tolerance = tolerance
        self._policy = policy

    def stamp(self, digest: bytes) -> bytes:
        """Return a token that stood every check; see `TimestampAuthority.stamp`."""
        asked_at = self._clock()
        token = self.inner.stamp(digest)
        window = (asked_at - self._tolerance, self._clock() + self._tolerance)
        check_token(token, digest, anchors=self.anchors, policy=self._policy, window=window)
        return token


def _refuse(check: str, problem: str) -> NoReturn:
    raise TimestampRejectedError(
        problem,
        mend="Check the authority's configuration and clock; another authority may be set.",
        check=check,
    )


def _decoded(token: bytes) -> tuple[Token, TimeStampResponse]:
    try:
        parts = timestamp_token.read(token)
        # The library wants a whole response; the token is wrapped as a granted one.
        response = decode_timestamp_response(der.sequence(_GRANTED, parts.encoded))
        response.tst_info.version  # noqa: B018 - the content is parsed at the first look
    except (ValueError, TypeError, KeyError) as error:
        raise TimestampRejectedError(
            "The time stamp cannot be read.", mend="Ask the authority again.", check="format"
        ) from error
    if len(parts.signers) != 1:
        _refuse("format", f"The time stamp has {len(parts.signers)} signers instead of one.")
    attributes = parts.signers[0].attributes
    if parts.content_type != timestamp_token.TST_INFO or (
        attributes.get(timestamp_token.CONTENT_TYPE) != (timestamp_token.TST_INFO,)
    ):
        _refuse("format", "The time stamp holds or signs something else.")
    if len(attributes.get(timestamp_token.MESSAGE_DIGEST, ())) != 1:
        _refuse("format", "The time stamp does not sign its content.")
    return parts, response


def _signing_certificate(token: Token) -> x509.Certificate:
    """Return the certificate that ESSCertIDv2 names (RFC 5816 §2.2.1)."""
    named = token.signers[0].attributes.get(timestamp_token.SIGNING_CERTIFICATE_V2, ())
    if len(named) != 1:
        _refuse("signing-certificate", "The time stamp does not name its certificate (ESSCertIDv2).")
    try:
        algorithm, wanted = timestamp_token.named_certificate(named[0])
    except ValueError as error:
        raise TimestampRejectedError(
            "The name the time stamp gives its certificate cannot be used.",
            mend="Ask the authority for ESSCertIDv2 with SHA-256.",
            check="signing-certificate",
        ) from error
    if len({(c.issuer, c.serial_number) for c in token.certificates}) != len(token.certificates):
        # Signers are found by issuer and number: two of one name would leave open which one signed.
        _refuse("signing-certificate", "The time stamp carries two certificates of one name.")
    for certificate in token.certificates:
        if new_digest(algorithm, certificate.public_bytes(Encoding.DER)).digest() == wanted:
            return certificate
    _refuse("signing-certificate", "The certificate that the time stamp names is not one it carries.")


def _check_purpose(certificate: x509.Certificate) -> None:
    if not _is_for_time_stamps_only(certificate):
        _refuse("purpose", "The authority's certificate is not critically and only for time stamps.")


@lru_cache(maxsize=64)
def _is_for_time_stamps_only(certificate: x509.Certificate) -> bool:
    try:
        purpose = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (*UNREADABLE, x509.ExtensionNotFound):
        return False
    return purpose.critical and list(purpose.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def _check_signature(
    read: _Read,
    digest: bytes,
    anchors: Collection[x509.Certificate],
    lists: Sequence[x509.CertificateRevocationList],
) -> None:
    certificate = read.info.certificate
    if not read.token.signers[0].is_strong:
        _refuse("algorithm", "The time stamp is signed by an algorithm that is too weak, or unknown.")
    try:
        check_chain(
            certificate,
            others=read.token.certificates,
            anchors=anchors,
            at=read.info.gen_time,
            lists=lists,
        )
    except ChainError as error:
        raise TimestampRejectedError(error.problem, mend=error.mend, check="chain") from error
    # A fresh builder per call: its lists are shared between copies.
    verifier = VerifierBuilder(
        tsa_certificate=certificate,
        intermediates=[c for c in read.token.certificates if c != certificate and c not in anchors],
        roots=list(anchors),
    ).build()
    try:
        verifier.verify(read.response, digest)
    except (VerificationError, ValueError) as error:
        raise TimestampRejectedError(
            "The time stamp's signature does not fit.", mend="Ask the authority again.", check="signature"
        ) from error
