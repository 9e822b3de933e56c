"""Contents of the paper leg, encrypted with their letter's key: erasing the letter erases them too."""

from collections.abc import Callable, Iterator

from sqlalchemy import select

from lre_kit.errors import NotFoundError
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.values import DocumentInfo
from lre_kit.postroom.printing import Page
from lre_kit.store.blobs import BlobStore
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

_LETTER = table_of(LetterRow)

OpenDocument = Callable[[str, int], tuple[DocumentInfo, Iterator[bytes]]]
"""Opens one document of a letter (`Intake.open_document`)."""


class Contents:
    """Puts and gets what belongs to a letter."""

    def __init__(
        self, database: Database, *, blobs: BlobStore, vault: Vault, open_document: OpenDocument
    ) -> None:
        """Use the office's store and keys."""
        self._database = database
        self._blobs = blobs
        self._vault = vault
        self._open_document = open_document

    def put(self, letter_id: str, place: str, content: bytes) -> None:
        """Keep a content, encrypted, under a key of the content store.

        Raises:
            NotFoundError: The letter's content was erased.
        """
        sealed = self._vault.encrypt(self._key(letter_id), [content], context=place.encode())
        self._blobs.put(place, sealed)

    def get(self, letter_id: str, place: str) -> bytes:
        """Return a content.

        Raises:
            NotFoundError: It is not there, or the letter's content was erased.
        """
        pieces = self._vault.decrypt(self._key(letter_id), self._blobs.get(place), context=place.encode())
        return b"".join(pieces)

    def documents(self, letter_id: str, count: int) -> list[Page]:
        """Return a letter's documents, whole."""
        found = []
        for position in range(1, count + 1):
            info, pieces = self._open_document(letter_id, position)
            found.append(Page(name=info.name, media_type=info.media_type, content=b"".join(pieces)))
        return found

    def _key(self, letter_id: str) -> bytes:
        with self._database.read() as connection:
            row = connection.execute(select(_LETTER.c.wrapped_key).where(_LETTER.c.id == letter_id)).first()
        if row is None or row.wrapped_key is None:
            msg = "The content of this letter is not there, or was erased."
            raise NotFoundError(msg, mend="Its proofs remain.")
        return self._vault.unwrap(row.wrapped_key, letter_id=letter_id)
