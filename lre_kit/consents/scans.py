"""Scans of consents given on paper: looked at, encrypted under a key of their own, never in the clear."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, BinaryIO

from lre_kit.consents.values import ConsentInputError
from lre_kit.errors import BlobUnavailableError, LreError, NotFoundError
from lre_kit.letters.inspection import Inspection
from lre_kit.store.blobs import BlobStore
from lre_kit.store.columns import new_id
from lre_kit.store.vault import Vault

SCAN_MAX_BYTES = 20 * 1024 * 1024
"""Largest scan, in bytes."""

MEDIA_TYPES = frozenset({"application/pdf", "image/jpeg"})
"""What a scan may be."""

_PIECE_BYTES = 64 * 1024


class Scans:
    """Takes scans in and opens them."""

    def __init__(self, blobs: BlobStore, vault: Vault) -> None:
        """Keep them in `blobs`, under keys that `vault` wraps."""
        self._blobs = blobs
        self._vault = vault

    def take_in(self, consent_id: str, name: str, stream: BinaryIO, *, at: datetime) -> dict[str, Any]:
        """Keep a scan encrypted and return its row's columns.

        Raises:
            InputError: It is empty, too large, or neither PDF nor JPEG; nothing is kept.
        """
        scan_id = new_id()
        place = f"consents/{consent_id}/{scan_id}"
        inspection = Inspection(name, max_bytes=SCAN_MAX_BYTES)
        key = self._vault.new_key()
        pieces = iter(lambda: stream.read(_PIECE_BYTES), b"")
        try:
            self._blobs.put(
                place, self._vault.encrypt(key, inspection.passing(pieces), context=place.encode())
            )
            media_type = inspection.conclude()
            if media_type not in MEDIA_TYPES:
                msg = "The scan is neither a PDF nor a JPEG."
                raise ConsentInputError(msg, mend="Scan the paper as PDF or JPEG.")
        except LreError:
            self._drop(place)
            raise
        return {
            "id": scan_id,
            "consent_id": consent_id,
            "name": inspection.name,
            "media_type": media_type,
            "size_bytes": inspection.size_bytes,
            "digest_hex": inspection.digest_hex,
            "blob_key": place,
            "wrapped_key": self._vault.wrap(key, letter_id=place),
            "key_id": self._vault.key_id,
            "kept_at": at,
        }

    def open(self, scan: Mapping[str, Any]) -> Iterator[bytes]:
        """Yield a scan in the clear.

        Raises:
            NotFoundError: Its key was destroyed.
        """
        if scan["wrapped_key"] is None:
            raise NotFoundError("This scan was erased.", mend="Its digest stays in the evidence.")
        place = str(scan["blob_key"])
        key = self._vault.unwrap(scan["wrapped_key"], letter_id=place)
        return self._vault.decrypt(key, self._blobs.get(place), context=place.encode())

    def discard(self, scan: Mapping[str, Any]) -> None:
        """Remove the bytes of a scan that no row names."""
        self._drop(str(scan["blob_key"]))

    def _drop(self, place: str) -> None:
        with suppress(BlobUnavailableError, NotFoundError):
            self._blobs.delete(place)
