"""Documents in parts: large ones go on where they stopped, whatever breaks (tus 1.0)."""

import base64
import hashlib
import io
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from lre_kit.client import shapes
from lre_kit.client.asking import Document, ProblemError, Raw, place
from lre_kit.client.base import Calls, read
from lre_kit.client.transport import OfficeUnreachableError

PART_BYTES = 8 * 1024 * 1024
"""Bytes of a part: what is in memory at once, and the most that is sent twice."""

LARGE_BYTES = 16 * 1024 * 1024
"""From this size on a deposit sends its documents in parts first."""

TRIES = 10
"""Times in a row that a part may fail before the upload is given up; its id still serves."""

WAIT_MAX_S = 30.0
"""Longest wait before a part is tried again, in seconds."""

_MOVED = frozenset({409, 460})
_MEDIA = "application/offset+octet-stream"


class UploadCalls(Calls):
    """Sends documents in parts."""

    _sleep: Callable[[float], None] = staticmethod(time.sleep)

    def upload(
        self,
        document: Document,
        *,
        resume: str | None = None,
        idempotency_key: str | None = None,
        part_bytes: int = PART_BYTES,
        progress: Callable[[int, int], None] | None = None,
    ) -> str:
        """Send a document in parts; return the id by which a deposit names it.

        Args:
            document: A path, or a name with contents that can be sought in.
            resume: The id of an upload of the same document that was given up.
            idempotency_key: Begun again with the same one, it goes on where it stopped.
            part_bytes: Bytes of a part.
            progress: Told after each part how many bytes are there, and of how many.

        Raises:
            ProblemError: The office refuses it.
            OfficeUnreachableError: The office did not answer for too long; a note on the error has the id.
        """
        with _opened(document) as (name, file, length):
            upload = (
                self.upload_state(resume)
                if resume is not None
                else self._begun(name, length, idempotency_key)
            )
            received, failed = upload["received"], 0
            while received < length:
                file.seek(received)
                try:
                    received = self._part(upload["id"], received, file.read(part_bytes))
                    failed = 0
                except (OfficeUnreachableError, ProblemError) as error:
                    failed += 1
                    if failed >= TRIES or not _may_go_on(error):
                        error.add_note(f"Upload {upload['id']} stands at {received} of {length} bytes.")
                        raise
                    self._sleep(min(2.0**failed / 4, WAIT_MAX_S))
                    received = self.upload_state(upload["id"])["received"]
                if progress is not None:
                    progress(received, length)
        return str(upload["id"])

    def upload_state(self, upload_id: str) -> shapes.UploadTold:
        """Return where an upload stands."""
        return cast("shapes.UploadTold", self._get(place("uploads", upload_id)))

    def end_upload(self, upload_id: str) -> None:
        """Erase an upload; what nobody deposits goes by itself after a day."""
        self._asker.ask("DELETE", place("uploads", upload_id))

    def _begun(self, name: str, length: int, idempotency_key: str | None) -> shapes.UploadTold:
        named = base64.b64encode(name.encode()).decode()
        headers = {"Upload-Length": str(length), "Upload-Metadata": f"filename {named}"}
        told = Raw(b"", {"Tus-Resumable": "1.0.0", **headers})
        answered = self._asker.ask("POST", "/uploads", told=told, idempotency_key=idempotency_key)
        begun = cast("shapes.UploadTold", read(answered))
        # An answer that is given again says where it stood then.
        return self.upload_state(begun["id"]) if "idempotency-replayed" in answered.headers else begun

    def _part(self, upload_id: str, offset: int, content: bytes) -> int:
        """Send one part; return where the upload stands then."""
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {
            "Tus-Resumable": "1.0.0",
            "Content-Type": _MEDIA,
            "Upload-Offset": str(offset),
            "Upload-Checksum": f"sha256 {digest}",
        }
        answered = self._asker.ask("PATCH", place("uploads", upload_id), told=Raw(content, headers))
        return int(answered.headers["upload-offset"])


def is_large(document: Document) -> bool:
    """Tell whether a document had better go in parts."""
    if isinstance(document, str | Path):
        return Path(document).stat().st_size >= LARGE_BYTES
    content = document[1]
    return isinstance(content, bytes) and len(content) >= LARGE_BYTES


@contextmanager
def _opened(document: Document) -> Iterator[tuple[str, Any, int]]:
    if isinstance(document, str | Path):
        path = Path(document)
        with path.open("rb") as file:
            yield path.name, file, path.stat().st_size
        return
    name, content = document
    stream: BinaryIO = io.BytesIO(content) if isinstance(content, bytes) else content
    yield name, stream, stream.seek(0, os.SEEK_END)


def _may_go_on(error: Exception) -> bool:
    """Tell whether asking where the upload stands may help: the way broke, or it stands elsewhere."""
    return isinstance(error, OfficeUnreachableError) or (
        isinstance(error, ProblemError) and (error.http_status in _MOVED or error.http_status >= 500)
    )
