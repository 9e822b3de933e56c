"""A letter's content on its way in and out: looked at, encrypted, kept, and opened again."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from lre_kit.errors import IntegrityError, NotFoundError
from lre_kit.letters.inspection import Inspection
from lre_kit.letters.intake_rows import blob_key
from lre_kit.letters.rows import DocumentRow, LetterRow
from lre_kit.letters.scanning import scanner_of
from lre_kit.letters.values import DocumentInfo, Upload
from lre_kit.settings import Settings
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

_LETTER, _DOCUMENT = table_of(LetterRow), table_of(DocumentRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Documents that lie encrypted in the content store, and the key that opens them."""

    key: bytes
    documents: tuple[DocumentInfo, ...]
    pages: int = 0
    sheets: int = 0


class Contents:
    """Takes documents in, and opens what was taken in."""

    def __init__(self, database: Database, *, settings: Settings, blobs: BlobStore, vault: Vault) -> None:
        """Keep content in `blobs`, encrypted by `vault`, within the limits of `settings`."""
        self._database = database
        self._settings = settings
        self._blobs = blobs
        self._vault = vault
        self._scanner = scanner_of(settings.clamd, timeout_s=settings.clamd_timeout_s)

    def take_in(self, letter_id: str, uploads: Sequence[Upload]) -> Content:
        """Look at documents while they stream past, and keep them encrypted under a key of their letter.

        Raises:
            InputError: One of them cannot be taken.
            ScannerUnavailableError: They cannot be scanned for viruses at present.
        """
        key = self._vault.new_key()
        room = self._settings.letter_max_bytes
        documents: list[DocumentInfo] = []
        for position, upload in enumerate(uploads, start=1):
            inspection = Inspection(upload.name, max_bytes=min(room, self._settings.document_max_bytes))
            place = blob_key(letter_id, position)
            scanned = self._scanner.passing(inspection.passing(upload.chunks()), name=inspection.name)
            sealed = self._vault.encrypt(key, scanned, context=place.encode())
            self._blobs.put(place, sealed)
            media_type = inspection.conclude()
            room -= inspection.size_bytes
            documents.append(
                DocumentInfo(
                    position=position,
                    name=inspection.name,
                    media_type=media_type,
                    size_bytes=inspection.size_bytes,
                    digest_hex=inspection.digest_hex,
                )
            )
        return Content(key=key, documents=tuple(documents))

    def plain(self, letter_id: str, key: bytes, info: DocumentInfo) -> bytes:
        """Return a document whole, by its letter's key."""
        place = blob_key(letter_id, info.position)
        return b"".join(self._vault.decrypt(key, self._blobs.get(place), context=place.encode()))

    def discard(self, letter_id: str, count: int) -> None:
        """Remove what was kept for a letter that is not deposited."""
        for position in range(1, count + 1):
            self._blobs.delete(blob_key(letter_id, position))

    def open_document(self, letter_id: str, position: int) -> tuple[DocumentInfo, Iterator[bytes]]:
        """Return a document and its bytes, decrypted and checked against its digest as they pass.

        Who may read is for the caller to decide before calling.

        Raises:
            NotFoundError: No such document, or its content was erased.
            IntegrityError: The bytes are not those deposited (raised while reading).
        """
        query = (
            select(_DOCUMENT, _LETTER.c.wrapped_key)
            .join_from(_DOCUMENT, _LETTER, _DOCUMENT.c.letter_id == _LETTER.c.id)
            .where(_DOCUMENT.c.letter_id == letter_id, _DOCUMENT.c.position == position)
        )
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None or row.wrapped_key is None:
            msg = "This document is not there, or its content was erased."
            raise NotFoundError(msg, mend="Its proofs remain; ask the sender for a copy.")
        key = self._vault.unwrap(row.wrapped_key, letter_id=letter_id)
        info = DocumentInfo(
            position=row.position,
            name=row.name,
            media_type=row.media_type,
            size_bytes=row.size_bytes,
            digest_hex=row.digest_hex,
        )
        pieces = self._vault.decrypt(key, self._blobs.get(row.blob_key), context=row.blob_key.encode())
        return info, _checked(pieces, info)


def _checked(pieces: Iterator[bytes], info: DocumentInfo) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    if digest.hexdigest() != info.digest_hex:
        msg = f"Document {info.position} is not the one that was deposited."
        raise IntegrityError(msg, mend="Restore the content store from a backup; tell the operator.")
