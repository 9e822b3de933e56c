"""What is kept of a bulk sending while it is needed: documents and lines, all under its one key."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from lre_kit.bulk.tables import BulkLine
from lre_kit.bulk.values import MergeWish
from lre_kit.errors import NotFoundError
from lre_kit.letters.inspection import Inspection
from lre_kit.letters.values import Upload
from lre_kit.mailmerge.values import Letterhead, TemplateText
from lre_kit.settings import Settings
from lre_kit.store.blobs import BlobStore
from lre_kit.store.vault import Vault


class Keeping:
    """Encrypts what a bulk sending needs, and gives it back."""

    def __init__(self, *, settings: Settings, blobs: BlobStore, vault: Vault) -> None:
        """Keep contents in `blobs`, encrypted by `vault`."""
        self._settings = settings
        self._blobs = blobs
        self._vault = vault

    def put(self, bulk_id: str, key: bytes, place: int, upload: Upload, *, room: int) -> tuple[str, int]:
        """Keep a document encrypted, once it was looked at; return its name and its size in bytes.

        Args:
            bulk_id: Of which sending.
            key: Its key.
            place: Which of its documents, from 1.
            upload: The document.
            room: Bytes that are left for it in its letter.

        Raises:
            InputError: It is no document that can be sent.
        """
        inspection = Inspection(upload.name, max_bytes=min(room, self._settings.document_max_bytes))
        where = _place(bulk_id, place)
        sealed = self._vault.encrypt(key, inspection.passing(upload.chunks()), context=where.encode())
        self._blobs.put(where, sealed)
        inspection.conclude()
        return inspection.name, inspection.size_bytes

    def pieces(self, bulk_id: str, key: bytes, place: int) -> Iterator[bytes]:
        """Yield a document in pieces; nothing is opened before the first is asked for."""
        where = _place(bulk_id, place)
        yield from self._vault.decrypt(key, self._blobs.get(where), context=where.encode())

    def seal_line(self, key: bytes, bulk_id: str, line: BulkLine) -> bytes:
        """Return what a line says, encrypted."""
        return self._seal(key, line.to_json(), _line(bulk_id, line.line))

    def line(self, key: bytes, bulk_id: str, line: int, sealed: bytes) -> Mapping[str, Any]:
        """Return what `seal_line` encrypted."""
        return self._open(key, sealed, _line(bulk_id, line))

    def seal_merge(self, key: bytes, bulk_id: str, merge: MergeWish) -> bytes:
        """Return a template with its letterhead, encrypted."""
        said = {"name": merge.template.name, "subject": merge.template.subject, "text": merge.template.text}
        return self._seal(key, {"template": said, "head": merge.head.to_json()}, _merge(bulk_id))

    def merge(self, key: bytes, bulk_id: str, sealed: bytes) -> MergeWish:
        """Return what `seal_merge` encrypted."""
        kept = self._open(key, sealed, _merge(bulk_id))
        return MergeWish(template=TemplateText(**kept["template"]), head=Letterhead.from_json(kept["head"]))

    def discard(self, bulk_id: str, count: int) -> None:
        """Erase documents and files."""
        for place in range(1, count + 1):
            with suppress(NotFoundError):
                self._blobs.delete(_place(bulk_id, place))

    def _seal(self, key: bytes, told: Mapping[str, Any], context: bytes) -> bytes:
        plain = json.dumps(told, ensure_ascii=False).encode()
        return b"".join(self._vault.encrypt(key, [plain], context=context))

    def _open(self, key: bytes, sealed: bytes, context: bytes) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(b"".join(self._vault.decrypt(key, [sealed], context=context)))
        return found


def _place(bulk_id: str, place: int) -> str:
    return f"bulk/{bulk_id}/{place}"


def _line(bulk_id: str, line: int) -> bytes:
    return f"bulk/{bulk_id}/line/{line}".encode()


def _merge(bulk_id: str) -> bytes:
    return f"bulk/{bulk_id}/merge".encode()
