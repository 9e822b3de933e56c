"""Certificate chains of seals and time stamps, checked at the proven instant, never at "now".

Only what a chain needs: names and signatures link up, each certificate was valid at the instant,
authorities are authorities and no deeper than they may be, and the end is one of the anchors.
Revocation is looked at in the lists that are handed in, if any are.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning

from lre_kit.errors import IntegrityError
from lre_kit.proofs.keys.crl import revoked_since

DEPTH_MAX = 5
"""Longest chain followed, in certificates."""

OTHERS_MAX = 16
"""Most certificates looked at that came along with a signature: strangers chose them."""


UNREADABLE = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension)
"""What reading the key or the extensions of a stranger's certificate may raise."""


class ChainError(IntegrityError):
    """No chain to an anchor; `sub_indication` is the word of EN 319 102-1."""

    slug = "certificate-chain"

    def __init__(self, problem: str, *, mend: str, sub_indication: str) -> None:
        """Keep the sub-indication, such as ``NO_CERTIFICATE_CHAIN_FOUND``."""
        super().__init__(problem, mend=mend)
        self.sub_indication = sub_indication


def check_chain(
    leaf: x509.Certificate,
    *,
    others: Sequence[x509.Certificate],
    anchors: Collection[x509.Certificate],
    at: datetime,
    lists: Sequence[x509.CertificateRevocationList] = (),
) -> None:
    """Check that `leaf` leads to an anchor and that every step was valid, and not revoked, at `at`.

    Every way up is tried: an authority that was renewed has two certificates of one name.

    Raises:
        ChainError: It does not, or a certificate was not valid or already revoked then.
    """
    known = (*anchors, *others[:OTHERS_MAX])
    paths: list[tuple[x509.Certificate, ...]] = [(leaf,)]
    seen: set[x509.Certificate] = set()
    stale: x509.Certificate | None = None
    while paths:
        path = paths.pop()
        current = path[-1]
        if not current.not_valid_before_utc <= at <= current.not_valid_after_utc:
            stale = stale or current
        elif current in anchors:
            _refuse_revoked(path, lists, at)
            return
        elif len(path) < DEPTH_MAX and current not in seen:
            seen.add(current)
            below = len(path) - 1
            paths += [(*path, upper) for upper in known if is_issuer(upper, current, below=below)]
    raise _out_of_time(stale, at) if stale else _no_chain(leaf)


@lru_cache(maxsize=256)
def load_certificate(encoded: bytes) -> x509.Certificate:
    """Return a certificate that strangers sent, all of whose fields we use can be read.

    Args:
        encoded: X.509, DER.

    Raises:
        ValueError: It cannot be read. (The library reads names only when asked, hence this.)
    """
    try:
        certificate = x509.load_der_x509_certificate(encoded)
        # Each read is a check; what does not parse raises here and not in the midst of a rule.
        _ = (certificate.subject, certificate.issuer)
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        number = certificate.serial_number
    except (x509.InvalidVersion, CryptographyDeprecationWarning, UserWarning) as error:
        # The latter two where warnings are errors: forms, or lengths of names, that should not be.
        raise ValueError("a certificate that X.509 does not allow") from error
    if number < 1:
        raise ValueError("a serial number that RFC 5280 does not allow")
    return certificate


@lru_cache(maxsize=256)
def is_issuer(issuer: x509.Certificate, subject: x509.Certificate, *, below: int = 0) -> bool:
    """Answer whether one certificate may issue and did issue another (RFC 5280 §6.1).

    Args:
        issuer: The authority's certificate.
        subject: The certificate to be explained.
        below: Authorities between `issuer` and the end of the chain.
    """
    if issuer.subject != subject.issuer:
        return False
    try:
        basic = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        subject.verify_directly_issued_by(issuer)
    except (*UNREADABLE, x509.ExtensionNotFound, InvalidSignature, TypeError):
        return False
    deep_enough = basic.path_length is None or basic.path_length >= below
    return basic.ca and usage.key_cert_sign and deep_enough


def _refuse_revoked(
    path: Sequence[x509.Certificate], lists: Sequence[x509.CertificateRevocationList], at: datetime
) -> None:
    for lower, upper in pairwise(path):
        since = revoked_since(lower, upper, lists)
        if since is not None and since <= at:
            name = lower.subject.rfc4514_string()
            msg = f"The certificate of {name} was revoked on {since:%Y-%m-%d %H:%M}Z."
            raise ChainError(msg, mend="Ask the provider what happened.", sub_indication="REVOKED")


def _out_of_time(certificate: x509.Certificate, at: datetime) -> ChainError:
    msg = (
        f"The certificate of {certificate.subject.rfc4514_string()} was not valid on {at:%Y-%m-%d %H:%M:%S}Z."
    )
    return ChainError(
        msg, mend="A proof made outside that time cannot be relied on.", sub_indication="OUT_OF_BOUNDS_NO_POE"
    )


def _no_chain(leaf: x509.Certificate) -> ChainError:
    msg = f"No trusted authority stands above {leaf.subject.rfc4514_string()}."
    return ChainError(
        msg,
        mend="Check that the trust anchors are the provider's.",
        sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
    )
