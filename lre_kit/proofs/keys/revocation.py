"""The revocation lists an office relies on: its built-in authorities' own, and those beside its keys.

A proof carries the lists that were valid when it was made, so that whoever checks it years later
needs to ask nobody whether a certificate had been revoked.

All processes of an office offer the same list, byte for byte, without telling one another: a list is of the
beginning of its day, and its signature is deterministic (RFC 6979).
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.clock import Clock
from lre_kit.proofs.keys.crl import is_current, read_lists
from lre_kit.proofs.keys.keys import Keys

LIST_LIFE = timedelta(days=30)
"""How long a list made here may be relied on."""

LIST_FRESH = timedelta(days=1)
"""Span of which lists made here have one each; a day begins at midnight UTC."""

BACKDATE = timedelta(minutes=5)
"""How far lists reach back, as the certificates do."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Revocations:
    """The lists that may be relied on now.

    Lists of outside authorities are files ``crl/*.crl`` (PEM or DER) in the folder of keys. The
    built-in authorities' lists are made here while their keys are there.
    """

    def __init__(self, folder: Path, keys: Keys, clock: Clock) -> None:
        """Look for lists and authorities' keys in `folder`."""
        self._folder = folder
        self._clock = clock
        self._roots = {"seal": keys.seal_chain[-1], "tsa": keys.tsa_chain[-1]}
        self._made: list[x509.CertificateRevocationList] = []
        self._made_at: datetime | None = None

    def lists(self) -> list[x509.CertificateRevocationList]:
        """Return the lists valid now; an empty one means that nothing is known of revocation."""
        at = self._clock()
        day = at - (at - _EPOCH) % LIST_FRESH
        if self._made_at != day:
            self._made, self._made_at = list(self._make(day)), day
        outside = read_lists(self._folder / "crl")
        return [crl for crl in (*self._made, *outside) if is_current(crl, at)]

    def write(self, folder: Path) -> None:
        """Write the lists beside the trust anchors of a folder, for verifiers."""
        for crl in self.lists():
            name = hashlib.sha256(crl.issuer.public_bytes()).hexdigest()[:12]
            (folder / f"{name}.crl").write_bytes(crl.public_bytes(serialization.Encoding.DER))

    def _make(self, day: datetime) -> Iterator[x509.CertificateRevocationList]:
        for name, root in self._roots.items():
            path = self._folder / f"{name}-ca.key"
            if path.is_file():
                key = serialization.load_pem_private_key(path.read_bytes(), None)
                if isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == root.public_key():
                    # On its first day an authority has no list that is older than itself.
                    yield make_list(root, key, at=max(day, root.not_valid_before_utc + BACKDATE))


def make_list(
    issuer: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    *,
    at: datetime,
    revoked: Iterable[tuple[int, datetime]] = (),
) -> x509.CertificateRevocationList:
    """Return a list of an authority.

    Args:
        issuer: The authority.
        key: Its key.
        at: The instant of the list; its number is that instant in seconds, so it only grows.
        revoked: Serial numbers and since when.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(at - BACKDATE)
        .next_update(at + LIST_LIFE)
        .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    for serial, since in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)
