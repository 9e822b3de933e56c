"""Large documents in parts: what breaks on the way goes on where it stopped (tus 1.0).

Rules, in order:

1. An upload is its owner's alone, has a length from the start, and takes bytes only where it stands: at the
   offset that the database says. Of two parts for one place one counts, and the other is erased.
2. Each part is encrypted as it streams in, under the upload's own key; nothing is held in memory whole.
3. A part that breaks off keeps what came; a part whose checksum was told is kept whole or not at all.
4. An upload lives for a day after its last part. Until then deposits may name it, as often as their sender
   wishes; then a duty erases it.
5. Whoever fills the store without depositing is stopped: an owner's living uploads have a limit in count and
   in bytes, and an upload has one in parts.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update

from lre_kit.clock import Clock
from lre_kit.errors import DocumentTooLargeError, EmptyDocumentError, InputError, LreError, NotFoundError
from lre_kit.failpoints import declare, failpoint
from lre_kit.integration.rows import ApiUploadPartRow, ApiUploadRow
from lre_kit.letters.values import Upload
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.blobs import READ_BYTES, BlobStore
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, OutcomeUnknownError, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.vault import Vault

LIFE = timedelta(days=1)
"""How long an upload stays after its last part."""

LETTERS_OPEN = 5
"""Largest letters whose documents an owner may have uploaded at once."""

UPLOADS_MAX = 200
"""Living uploads that one owner may have."""

PARTS_MAX = 2000
"""Parts of one upload: whoever sends it byte by byte is told."""

NAME_MAX_CHARS = 255
"""Longest name of a file."""

CHECKSUMS = ("sha256", "sha1")
"""Checksums of parts, against damage; ``sha1`` because every client of tus can make it."""

SWEEP = "sweep_uploads"
"""Action of the duty that erases uploads whose time is over."""

EVERY = timedelta(hours=1)
"""Span between two sweeps."""

_BATCH = 200
_UPLOAD, _PART = table_of(ApiUploadRow), table_of(ApiUploadPartRow)

declare("upload.kept", "upload.swept")


class UploadOffsetError(LreError):
    """A part begins elsewhere than the upload stands; read where it stands, and go on from there."""

    slug = "upload-offset"
    status = 409

    def __init__(self, received: int) -> None:
        """Say where it stands."""
        super().__init__(
            f"The upload stands at {received}.", mend="Ask for the offset, and send what follows it."
        )
        self.received = received


class UploadChecksumError(LreError):
    """A part is not what its checksum says; nothing of it was kept."""

    slug = "upload-checksum"
    status = 460

    def __init__(self) -> None:
        """Say it."""
        super().__init__("The part does not fit its checksum.", mend="Send the part again.")


class UploadInputError(InputError):
    """An upload cannot be begun, or a part not taken, as it is asked for; nothing was kept."""

    slug = "upload-input"


class UploadQuotaError(InputError):
    """Too much was uploaded and not deposited; old uploads go by themselves."""

    slug = "upload-quota"
    status = 413


class UploadUnusableError(InputError):
    """An upload that a deposit names is not there, not whole, or not its sender's; nothing was deposited."""

    slug = "upload-unusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """An upload as it stands.

    Attributes:
        length: Its bytes, once it is whole.
        received: How many of them are here.
        expires_at: When it is erased.
    """

    id: str
    name: str = field(repr=False)
    length: int
    received: int
    expires_at: datetime

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        return self.received == self.length


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a part must come to."""

    algorithm: str
    digest: bytes

    @classmethod
    def read(cls, text: str) -> "Checksum":
        """Read ``sha256 <base64>`` (tus, extension “checksum”).

        Raises:
            UploadInputError: It is of another form.
        """
        algorithm, _, encoded = text.partition(" ")
        try:
            digest = base64.b64decode(encoded, validate=True)
        except ValueError:
            digest = b""
        if algorithm not in CHECKSUMS or not digest:
            msg = "The checksum cannot be read."
            raise UploadInputError(msg, mend=f"Send {' or '.join(CHECKSUMS)}, a space, and base64.")
        return cls(algorithm, digest)


class Uploads:
    """Takes documents in parts, and gives them to deposits."""

    def __init__(
        self, database: Database, *, settings: Settings, clock: Clock, blobs: BlobStore, vault: Vault
    ) -> None:
        """Keep contents in `blobs`, encrypted by `vault`, and the rest in `database`."""
        self._database = database
        self._settings = settings
        self._clock = clock
        self._blobs = blobs
        self._vault = vault

    def begin(
        self,
        owner_ref: str,
        *,
        name: str,
        length: int,
        note: Callable[[UnitOfWork, str], None] | None = None,
    ) -> Uploaded:
        """Begin an upload.

        Args:
            owner_ref: Whose it is.
            name: Name of the document.
            length: Its bytes.
            note: Writes down, in the same transaction, which it became.

        Raises:
            InputError: It cannot be begun; it says why.
        """
        name = name.strip()
        if not 0 < len(name) <= NAME_MAX_CHARS:
            msg = "The upload has no name, or too long a one."
            raise UploadInputError(msg, mend="Name the file in Upload-Metadata, as “filename”, in base64.")
        if length <= 0:
            msg = "The document has no bytes."
            raise EmptyDocumentError(msg, mend="Send a document that has some.")
        if length > self._settings.document_max_bytes:
            msg = f"The document has {length} bytes."
            raise DocumentTooLargeError(msg, mend=f"Send {self._settings.document_max_bytes} at most.")
        upload_id, now = new_id(), self._clock()
        with self._database.write() as uow:
            uow.serialise(f"uploads:{owner_ref}")
            self._expect_room(uow, owner_ref, length, now)
            uow.add(
                ApiUploadRow,
                id=upload_id,
                owner_ref=owner_ref,
                name=name,
                length=length,
                wrapped_key=self._vault.wrap(self._vault.new_key(), letter_id=upload_id),
                created_at=now,
                expires_at=now + LIFE,
            )
            if note is not None:
                note(uow, upload_id)
            uow.commit()
        return Uploaded(id=upload_id, name=name, length=length, received=0, expires_at=now + LIFE)

    def by_id(self, upload_id: str, *, owner_ref: str) -> Uploaded:
        """Return an upload as it stands.

        Raises:
            NotFoundError: There is none, its time is over, or it is another's.
        """
        return _uploaded(self._row(upload_id, owner_ref))

    def append(
        self,
        upload_id: str,
        *,
        owner_ref: str,
        offset: int,
        pieces: Iterable[bytes],
        checksum: Checksum | None = None,
    ) -> Uploaded:
        """Take a part.

        Args:
            upload_id: Of which upload.
            owner_ref: Whose it is.
            offset: Where the part begins.
            pieces: Its bytes; an `OSError` ends them, and what came before it is kept.
            checksum: What they come to; then they are kept whole or not at all.

        Raises:
            NotFoundError: There is no such upload.
            UploadOffsetError: It stands elsewhere.
            UploadChecksumError: The part is damaged.
            UploadInputError: The part is longer than what is missing.
        """
        row = self._row(upload_id, owner_ref)
        if offset != row.received:
            raise UploadOffsetError(row.received)
        if row.parts >= PARTS_MAX:
            msg = f"This upload came in {row.parts} parts."
            raise UploadInputError(msg, mend="Begin anew, with larger parts.")
        blob_key = f"uploads/{upload_id}/{row.parts + 1}-{new_id()}"
        part = _Part(pieces, at_most=row.length - row.received, checksum=checksum)
        key = self._vault.unwrap(row.wrapped_key, letter_id=upload_id)
        self._blobs.put(blob_key, self._vault.encrypt(key, part.passing(), context=blob_key.encode()))
        try:
            part.conclude()
            failpoint("upload.kept")
            if part.size:
                self._keep(row, part.size, blob_key)
        except OutcomeUnknownError:
            # It may be kept: if not, the daily sweep of the store takes what no row names.
            raise
        except LreError:
            self._blobs.delete(blob_key)
            raise
        if not part.size:
            self._blobs.delete(blob_key)
        return self.by_id(upload_id, owner_ref=owner_ref)

    def end(self, upload_id: str, *, owner_ref: str) -> None:
        """Erase an upload.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        self._row(upload_id, owner_ref)
        self._erase([upload_id], _UPLOAD.c.owner_ref == owner_ref)

    def documents(self, upload_ids: Sequence[str], *, owner_ref: str) -> list[Upload]:
        """Return uploads as documents of a deposit, in their order.

        Raises:
            UploadUnusableError: One is not there, not whole, or another's.
        """
        return [self._document(upload_id, owner_ref) for upload_id in upload_ids]

    def sweep(self) -> int:
        """Erase what nobody went on with; return how many uploads that were."""
        gone = 0
        while True:
            over = select(_UPLOAD.c.id).where(_UPLOAD.c.expires_at <= self._clock())
            with self._database.read() as connection:
                found = list(connection.scalars(over.order_by(_UPLOAD.c.id).limit(_BATCH)))
            if not found:
                return gone
            # One that went on meanwhile is over no longer, and stays.
            gone += self._erase(found, _UPLOAD.c.expires_at <= self._clock())

    def fulfil(self, duty: Duty) -> None:
        """Sweep, and plan the next time."""
        self.sweep()
        with self._database.write() as uow:
            fulfil(uow, duty)
            self.plan(uow)
            uow.commit()

    def plan(self, uow: UnitOfWork) -> None:
        """Put the next sweep on the agenda; it is there once only."""
        plan(uow, key=SWEEP, due_at=self._clock() + EVERY, action=SWEEP, subject="api")

    def _document(self, upload_id: str, owner_ref: str) -> Upload:
        try:
            row = self._row(upload_id, owner_ref)
        except NotFoundError:
            msg = "There is no such upload, or its time is over."
            raise UploadUnusableError(msg, mend="Upload the document again.") from None
        if row.received != row.length:
            msg = f"The upload stands at {row.received} of {row.length} bytes."
            raise UploadUnusableError(msg, mend="Send the rest of it first.")
        with self._database.read() as connection:
            query = select(_PART.c.blob_key).where(_PART.c.upload_id == upload_id)
            places = list(connection.scalars(query.order_by(_PART.c.seq)))
        key = self._vault.unwrap(row.wrapped_key, letter_id=upload_id)
        return Upload(name=row.name, stream=_Whole(lambda: self._pieces(key, places)))

    def _pieces(self, key: bytes, places: Sequence[str]) -> Iterator[bytes]:
        for place in places:
            yield from self._vault.decrypt(key, self._blobs.get(place), context=place.encode())

    def _row(self, upload_id: str, owner_ref: str) -> Row[Any]:
        mine = (
            _UPLOAD.c.id == upload_id,
            _UPLOAD.c.owner_ref == owner_ref,
            _UPLOAD.c.expires_at > self._clock(),
        )
        with self._database.read() as connection:
            row = connection.execute(select(_UPLOAD).where(*mine)).first()
        if row is None:
            raise NotFoundError("There is no such upload.", mend="Begin it anew.")
        return row

    def _keep(self, row: Row[Any], size: int, blob_key: str) -> None:
        """Move the offset on, if nobody else did meanwhile."""
        now = self._clock()
        where = (_UPLOAD.c.id == row.id, _UPLOAD.c.received == row.received, _UPLOAD.c.expires_at > now)
        moved = {"received": row.received + size, "parts": row.parts + 1, "expires_at": now + LIFE}
        with self._database.write() as uow:
            if uow.update(update(_UPLOAD).where(*where).values(**moved)) != 1:
                raise UploadOffsetError(self._row(row.id, row.owner_ref).received)
            uow.add(ApiUploadPartRow, upload_id=row.id, seq=row.parts + 1, size_bytes=size, blob_key=blob_key)
            uow.commit()

    def erase_of(self, uow: UnitOfWork, owner_refs: Sequence[str]) -> None:
        """Erase all uploads of some senders in a caller's transaction; their contents go once it holds."""
        _, places = _erase_rows(uow, _UPLOAD.c.owner_ref.in_(owner_refs))

        def discard() -> None:
            # What the store does not let go of now, no row names: its daily sweep takes it.
            for place in places:
                with suppress(Exception):
                    self._blobs.delete(place)

        uow.after_commit(discard)

    def _erase(self, upload_ids: Sequence[str], still: ColumnElement[bool]) -> int:
        """Erase those uploads for which `still` holds once nobody can add to them; return how many."""
        with self._database.write() as uow:
            count, places = _erase_rows(uow, _UPLOAD.c.id.in_(upload_ids), still)
            uow.commit()
        failpoint("upload.swept")
        # Whoever dies here leaves content that no row names: the daily sweep of the store takes it.
        for place in places:
            self._blobs.delete(place)
        return count

    def _expect_room(self, uow: UnitOfWork, owner_ref: str, length: int, now: datetime) -> None:
        living = (_UPLOAD.c.owner_ref == owner_ref, _UPLOAD.c.expires_at > now)
        count = uow.execute(select(func.count()).select_from(_UPLOAD).where(*living)).scalar_one()
        held = int(uow.execute(select(func.sum(_UPLOAD.c.length)).where(*living)).scalar() or 0)
        if count >= UPLOADS_MAX or held + length > LETTERS_OPEN * self._settings.letter_max_bytes:
            msg = f"There are {count} uploads already, of {held} bytes."
            raise UploadQuotaError(
                msg, mend="Deposit or delete some first; each goes a day after its last part."
            )


def _erase_rows(uow: UnitOfWork, *which: ColumnElement[bool]) -> tuple[int, list[str]]:
    """Delete uploads and their parts; return how many, and where the parts' contents lie."""
    # Held first: a part that comes meanwhile is there before, or finds no upload after.
    held = select(_UPLOAD.c.id).where(*which).order_by(_UPLOAD.c.id).with_for_update()
    ids = list(uow.execute(held).scalars())
    parts = _PART.c.upload_id.in_(ids)
    places = list(uow.execute(select(_PART.c.blob_key).where(parts)).scalars())
    uow.execute(delete(_PART).where(parts))
    uow.execute(delete(_UPLOAD).where(_UPLOAD.c.id.in_(ids)))
    return len(ids), places


class _Part:
    """A part as it passes: counted, held to what is missing and to its checksum."""

    def __init__(self, pieces: Iterable[bytes], *, at_most: int, checksum: Checksum | None) -> None:
        self._pieces = pieces
        self._at_most = at_most
        self._checksum = checksum
        self._digest = hashlib.new(checksum.algorithm, usedforsecurity=False) if checksum else None
        self.size = 0

    def passing(self) -> Iterator[bytes]:
        """Yield the pieces."""
        pieces = iter(self._pieces)
        while True:
            try:
                piece = next(pieces, b"")
            except OSError:
                # The connection broke: what came is kept, and the sender goes on from there.
                return
            if not piece:
                return
            self.size += len(piece)
            if self.size > self._at_most:
                msg = "The part is longer than what is missing of the upload."
                raise UploadInputError(msg, mend="Send no more than Upload-Length said.")
            if self._digest is not None:
                self._digest.update(piece)
            yield piece

    def conclude(self) -> None:
        """Hold the whole part to its checksum.

        Raises:
            UploadChecksumError: It does not fit.
        """
        if self._checksum is None or self._digest is None:
            return
        if not hmac.compare_digest(self._digest.digest(), self._checksum.digest):
            raise UploadChecksumError


class _Whole:
    """An upload as a stream that is read in pieces, and set back to its start."""

    def __init__(self, pieces: Callable[[], Iterator[bytes]]) -> None:
        self._open = pieces
        self._left, self._rest = pieces(), b""

    def read(self, size: int) -> bytes:
        """Return at most `size` bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._left, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def __iter__(self) -> Iterator[bytes]:
        """Yield what is left, in pieces."""
        while piece := self.read(READ_BYTES):
            yield piece

    def seek(self, place: int) -> None:
        """Go back to the start, the only place there is to go to."""
        assert place == 0
        self._left, self._rest = self._open(), b""


def _uploaded(row: Row[Any]) -> Uploaded:
    return Uploaded(
        id=row.id, name=row.name, length=row.length, received=row.received, expires_at=row.expires_at
    )
