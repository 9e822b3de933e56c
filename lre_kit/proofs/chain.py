"""Certificate chains of seals and time stamps, checked at the proven instant, never at "now".

Only what a chain needs: names and signatures link up, each certificate was valid at the instant,
authorities are authorities, and the end is one of the anchors. Revocation is not looked at here,
and reports say so.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from lre_kit.errors import IntegrityError

DEPTH_MAX = 5
"""Longest chain followed, in certificates."""


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
) -> None:
    """Check that `leaf` leads to an anchor and that every step was valid at `at`.

    Raises:
        ChainError: It does not, or a certificate was not valid then.
    """
    current = leaf
    for _ in range(DEPTH_MAX):
        _check_validity(current, at)
        if current in anchors:
            return
        issuer = next((c for c in (*anchors, *others) if _issued(c, current)), None)
        if issuer is None or issuer is current:
            break
        current = issuer
    msg = f"No trusted authority stands above {leaf.subject.rfc4514_string()}."
    raise ChainError(
        msg,
        mend="Check that the trust anchors are the provider's.",
        sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
    )


def _check_validity(certificate: x509.Certificate, at: datetime) -> None:
    if certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        return
    msg = (
        f"The certificate of {certificate.subject.rfc4514_string()} was not valid on {at:%Y-%m-%d %H:%M:%S}Z."
    )
    raise ChainError(
        msg, mend="A proof made outside that time cannot be relied on.", sub_indication="OUT_OF_BOUNDS_NO_POE"
    )


def _issued(issuer: x509.Certificate, subject: x509.Certificate) -> bool:
    if issuer.subject != subject.issuer:
        return False
    try:
        basic = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = issuer.extensions.get_extension_for_class(x509.KeyUsage).value
        subject.verify_directly_issued_by(issuer)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return basic.ca and usage.key_cert_sign
