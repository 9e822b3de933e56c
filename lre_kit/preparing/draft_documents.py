"""Documents of letters that somebody began to write: looked at when they come, sealed, gone with the draft.

Each lies under a key of its own, which its row holds wrapped. A draft that is resumed elsewhere, perhaps on a
telephone, has them; a deposit reads them like files that were just handed in. What a crash leaves in the
content store without a row is swept up (`lre_kit.letters.leftovers`).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import DocumentTooLargeError, InputError, NotFoundError
from lre_kit.letters.inspection import Inspection
from lre_kit.letters.own_rows import DraftDocumentRow, LetterDraftRow
from lre_kit.letters.values import Upload
from lre_kit.settings import Settings
from lre_kit.store.blobs import BlobStore
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, OutcomeUnknownError, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

OWNER_MAX_BYTES = 500 * 1024 * 1024
"""Bytes that all drafts of one writer may hold."""

_DRAFT, _ROW = table_of(LetterDraftRow), table_of(DraftDocumentRow)


class DraftChangedError(InputError):
    """The documents of a draft are others than those that were looked at."""

    slug = "draft-changed"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "The documents of this draft changed meanwhile, perhaps on another device.",
            mend="Look at the list of documents, and deposit again.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftDocument:
    """A document that is kept with a draft."""

    id: str
    name: str
    media_type: str
    size_bytes: int


class DraftDocuments:
    """Keeps documents of drafts, and gives them back to their writer."""

    def __init__(
        self, database: Database, *, settings: Settings, clock: Clock, blobs: BlobStore, vault: Vault
    ) -> None:
        """Keep content in `blobs`, encrypted by `vault`, within the limits of `settings`."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._blobs = blobs
        self._vault = vault

    def add(self, owner_ref: str, draft_id: str, upload: Upload) -> DraftDocument:
        """Keep a document with a draft, once it was looked at as a deposit does.

        Raises:
            InputError: It is no document that can be sent, or there is no room for it; it is not kept.
            NotFoundError: There is no such draft, or it is another's.
        """
        with self._database.read() as connection:
            room = self._room(draft_id, connection.execute(_sizes(owner_ref)).all())
        document_id, key = new_id(), self._vault.new_key()
        place = place_of(document_id)
        inspection = Inspection(upload.name, max_bytes=min(room, self._settings.document_max_bytes))
        try:
            sealed = self._vault.encrypt(key, inspection.passing(upload.chunks()), context=place.encode())
            self._blobs.put(place, sealed)
            media_type = inspection.conclude()
            with self._database.write() as uow:
                uow.serialise(f"drafts:{owner_ref}")
                _lock(uow, owner_ref, draft_id)
                self._room(draft_id, uow.execute(_sizes(owner_ref)).all(), inspection.size_bytes)
                uow.add(
                    DraftDocumentRow,
                    id=document_id,
                    draft_id=draft_id,
                    name=inspection.name,
                    media_type=media_type,
                    size_bytes=inspection.size_bytes,
                    wrapped_key=self._vault.wrap(key, letter_id=document_id),
                )
                uow.execute(update(_DRAFT).where(_DRAFT.c.id == draft_id).values(changed_at=self._clock()))
                uow.commit()
        except OutcomeUnknownError:
            # It may be kept: its content stays, and the daily sweep removes it if it is not.
            raise
        except BaseException:
            self.discard([document_id])
            raise
        return DraftDocument(
            id=document_id, name=inspection.name, media_type=media_type, size_bytes=inspection.size_bytes
        )

    def of(self, owner_ref: str, draft_id: str) -> tuple[DraftDocument, ...]:
        """Return the documents of a draft, in the order they came."""
        with self._database.read() as connection:
            rows = connection.execute(self._mine(owner_ref, _DRAFT.c.id == draft_id)).all()
        return tuple(_document(row) for row in rows)

    def counts(self, owner_ref: str) -> Mapping[str, int]:
        """Return how many documents each of somebody's drafts holds; those without are left out."""
        query = (
            select(_ROW.c.draft_id, func.count().label("documents"))
            .join(_DRAFT, _DRAFT.c.id == _ROW.c.draft_id)
            .where(_DRAFT.c.owner_ref == owner_ref)
            .group_by(_ROW.c.draft_id)
        )
        with self._database.read() as connection:
            return {row.draft_id: row.documents for row in connection.execute(query)}

    def uploads(
        self, owner_ref: str, draft_id: str, *, shown: Collection[str], chosen: Collection[str]
    ) -> list[Upload]:
        """Return documents of a draft as a deposit takes them.

        Args:
            owner_ref: Whose draft it is.
            draft_id: Which.
            shown: Ids of all documents that its writer was shown.
            chosen: Ids of those that they want to send.

        Raises:
            DraftChangedError: The draft holds others than those shown.
        """
        with self._database.read() as connection:
            rows = connection.execute(self._mine(owner_ref, _DRAFT.c.id == draft_id)).all()
        if {row.id for row in rows} != set(shown) or not set(chosen) <= set(shown):
            raise DraftChangedError
        return [Upload(name=row.name, stream=self._pieces(row)) for row in rows if row.id in chosen]

    def open(self, owner_ref: str, document_id: str) -> tuple[DraftDocument, Iterator[bytes]]:
        """Return a document and its bytes, in pieces.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._database.read() as connection:
            row = connection.execute(self._mine(owner_ref, _ROW.c.id == document_id)).first()
        if row is None:
            raise NotFoundError("There is no such document.", mend="Look in the list of your drafts.")
        return _document(row), self._pieces(row)

    def keep_only(
        self, owner_ref: str, draft_id: str, *, shown: Collection[str], chosen: Collection[str]
    ) -> None:
        """Let go of the documents that somebody was shown and did not choose."""
        left = set(shown) - set(chosen)
        if not left:
            return
        with self._database.write() as uow:
            _lock(uow, owner_ref, draft_id)
            gone = self.erase(uow, [draft_id], _ROW.c.id.in_(left))
            uow.commit()
        self.discard(gone)

    def erase(
        self, uow: UnitOfWork, draft_ids: Collection[str], *which: ColumnElement[bool]
    ) -> Sequence[str]:
        """Remove rows of documents in a caller's transaction; return what to `discard` once it holds."""
        mine = (_ROW.c.draft_id.in_(draft_ids), *which)
        ids = list(uow.execute(select(_ROW.c.id).where(*mine)).scalars())
        if ids:
            uow.execute(delete(_ROW).where(_ROW.c.id.in_(ids)))
        return ids

    def discard(self, document_ids: Iterable[str]) -> None:
        """Remove contents whose rows are gone."""
        for document_id in document_ids:
            with suppress(NotFoundError):
                self._blobs.delete(place_of(document_id))

    def _mine(self, owner_ref: str, *which: ColumnElement[bool]) -> Select[Any]:
        query = select(_ROW).join(_DRAFT, _DRAFT.c.id == _ROW.c.draft_id)
        return query.where(_DRAFT.c.owner_ref == owner_ref, *which).order_by(_ROW.c.id)

    def _pieces(self, row: Row[Any]) -> Iterator[bytes]:
        key, place = self._vault.unwrap(row.wrapped_key, letter_id=row.id), place_of(row.id)
        return self._vault.decrypt(key, self._blobs.get(place), context=place.encode())

    def _room(self, draft_id: str, rows: Sequence[Row[Any]], size_bytes: int = 0) -> int:
        """Return how many bytes a document of a draft may have still.

        Raises:
            InputError: There is no room for one of `size_bytes`.
        """
        here: list[int] = [row.size_bytes for row in rows if row.draft_id == draft_id]
        if len(here) >= self._settings.documents_max:
            msg = f"The letter has {len(here)} documents already."
            raise DocumentTooLargeError(msg, mend=f"Send at most {self._settings.documents_max} at once.")
        whole: int = OWNER_MAX_BYTES - sum(row.size_bytes for row in rows)
        if whole <= size_bytes:
            msg = "Your drafts hold as many documents as they may."
            raise InputError(msg, mend="Deposit or delete some of your drafts.")
        room = min(whole, self._settings.letter_max_bytes - sum(here))
        if room <= size_bytes:
            limit = f"{self._settings.letter_max_bytes / 1024 / 1024:g} MiB"
            msg = f"The documents of this letter are larger than {limit} together."
            raise DocumentTooLargeError(msg, mend="Make them smaller or send several letters.")
        return room


def place_of(document_id: str) -> str:
    """Return where a document lies in the content store."""
    return f"drafts/{document_id}"


def _lock(uow: UnitOfWork, owner_ref: str, draft_id: str) -> None:
    """Hold a draft, so that its end and a document's coming are one after the other.

    Raises:
        NotFoundError: There is none, or it is another's.
    """
    mine = (_DRAFT.c.owner_ref == owner_ref, _DRAFT.c.id == draft_id)
    if uow.execute(select(_DRAFT.c.id).where(*mine).with_for_update()).first() is None:
        raise NotFoundError("There is no such draft.", mend="Look in the list of your drafts.")


def _sizes(owner_ref: str) -> Select[Any]:
    query = select(_ROW.c.draft_id, _ROW.c.size_bytes).join(_DRAFT, _DRAFT.c.id == _ROW.c.draft_id)
    return query.where(_DRAFT.c.owner_ref == owner_ref)


def _document(row: Row[Any]) -> DraftDocument:
    return DraftDocument(id=row.id, name=row.name, media_type=row.media_type, size_bytes=row.size_bytes)
