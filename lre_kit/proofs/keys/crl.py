"""Reading certificate revocation lists (RFC 5280 §5)."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding


def read_lists(place: Path, *, strict: bool = False) -> list[x509.CertificateRevocationList]:
    """Return the lists of a ``*.crl`` file, or of all in a folder.

    Args:
        place: The file or folder.
        strict: Refuse what cannot be read, instead of leaving it out.

    Raises:
        OSError, ValueError, x509.InvalidVersion: `strict`, and a list cannot be read.
    """
    found = []
    for path in sorted(place.glob("*.crl")) if place.is_dir() else [place]:
        try:
            raw = path.read_bytes()
            load = x509.load_pem_x509_crl if raw.startswith(b"-----") else x509.load_der_x509_crl
            found.append(load(raw))
        except (OSError, ValueError, x509.InvalidVersion):
            if strict:
                raise
    return found


def is_current(crl: x509.CertificateRevocationList, at: datetime) -> bool:
    """Answer whether a list may be relied on at an instant."""
    until = crl.next_update_utc
    return crl.last_update_utc <= at and (until is None or at <= until)


def revoked_since(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    lists: Iterable[x509.CertificateRevocationList],
) -> datetime | None:
    """Return since when a certificate is revoked by a list its issuer signed, or nothing."""
    since: list[datetime] = []
    for crl in lists:
        if not signed_by(crl, issuer):
            continue
        entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        if entry is not None:
            since.append(entry.revocation_date_utc)
    return min(since, default=None)


def signed_by(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Answer whether an authority signed a list."""
    return _is_of(crl.public_bytes(Encoding.DER), issuer)


@lru_cache(maxsize=64)
def _is_of(raw: bytes, issuer: x509.Certificate) -> bool:
    """Answer whether an authority signed a list; whatever key it has, a wrong kind is refused."""
    try:
        crl, key = x509.load_der_x509_crl(raw), cast("Any", issuer.public_key())
        return crl.issuer == issuer.subject and crl.is_signature_valid(key)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        return False


def encoded(lists: Iterable[x509.CertificateRevocationList]) -> list[bytes]:
    """Return lists as DER."""
    return [crl.public_bytes(Encoding.DER) for crl in lists]
