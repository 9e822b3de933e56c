"""Revocation lists that travel with a proof."""

import hashlib
from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

REVOCATION = "revocation/"
"""Where revocation lists lie in a bundle or container."""


def revocation_files(lists: Iterable[x509.CertificateRevocationList]) -> Iterator[tuple[str, bytes]]:
    """Yield lists as files by relative name, DER; named by issuer and content."""
    for crl in lists:
        raw = crl.public_bytes(Encoding.DER)
        issuer = hashlib.sha256(crl.issuer.public_bytes()).hexdigest()[:12]
        yield f"{REVOCATION}{issuer}-{hashlib.sha256(raw).hexdigest()[:8]}.crl", raw
