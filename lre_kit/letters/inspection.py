"""Looking at documents while they stream past: size, type by content, name. Bytes are never changed.

A registered letter must come out as it went in, so nothing is repaired here: a document is taken
or refused, with the reason.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath, PureWindowsPath

from lre_kit.errors import (
    DocumentTooLargeError,
    EmptyDocumentError,
    NotAPdfError,
    UnsupportedDocumentError,
)
from lre_kit.parties.characters import has_hidden_characters

NAME_MAX_CHARS = 150
"""Longest document name kept, in characters."""

HEAD_BYTES = 1024
"""A PDF's header lies in its first 1024 bytes (ISO 32000-1, implementation note 13)."""

TAIL_BYTES = 1024
"""A PDF's end mark lies in its last 1024 bytes (same, note 18)."""

_SIGNATURES: tuple[tuple[str, bytes], ...] = (
    ("image/png", b"\x89PNG\r\n\x1a\n"),
    ("image/jpeg", b"\xff\xd8\xff"),
)
_EXTENSIONS = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "text/plain": (".txt",),
}
SUPPORTED = tuple(_EXTENSIONS)
"""Media types the office carries."""


def kept_name(name: str) -> str:
    """Return a document's name for display: no folders, no hidden characters, NFC, bounded.

    The name is data only; nothing on disk is ever called by it.
    """
    # What is taken away may leave something that looks like a folder or a drive: until nothing changes.
    while (shown := _shown(name)) != name:
        name = shown
    return shown


def _shown(name: str) -> str:
    base = PureWindowsPath(PurePosixPath(name).name).name
    shown = "".join(c for c in unicodedata.normalize("NFC", base) if not has_hidden_characters(c)).strip(" .")
    if len(shown) > NAME_MAX_CHARS:
        stem, dot, suffix = shown.rpartition(".")
        room = NAME_MAX_CHARS - len(suffix) - 1
        shown = f"{stem[:room]}{dot}{suffix}" if room > 0 and dot else shown[:NAME_MAX_CHARS]
    return shown or "document"


class Inspection:
    """One document on its way in: pass its pieces through, then ask what it was.

    Example:
        >>> inspection = Inspection("letter.txt", max_bytes=100)
        >>> b"".join(inspection.passing([b"Bonjour"]))
        b'Bonjour'
        >>> inspection.conclude()
        'text/plain'
    """

    def __init__(self, name: str, *, max_bytes: int) -> None:
        """Prepare for a document called `name` of at most `max_bytes` bytes."""
        self.name = kept_name(name)
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._digest = hashlib.sha256()
        self._head = b""
        self._tail = b""

    def passing(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the pieces unchanged while counting and hashing them.

        Raises:
            DocumentTooLargeError: As soon as the limit is crossed.
        """
        for piece in pieces:
            self.size_bytes += len(piece)
            if self.size_bytes > self._max_bytes:
                limit = f"{self._max_bytes / 1024 / 1024:g} MiB"
                msg = f"“{self.name}” is larger than what is left of the limit ({limit})."
                raise DocumentTooLargeError(msg, mend="Make it smaller or send it in several letters.")
            self._digest.update(piece)
            if len(self._head) < HEAD_BYTES:
                self._head += piece[: HEAD_BYTES - len(self._head)]
            self._tail = (self._tail + piece[-TAIL_BYTES:])[-TAIL_BYTES:]
            yield piece

    @property
    def digest_hex(self) -> str:
        """SHA-256 of everything that passed, in hexadecimal."""
        return self._digest.hexdigest()

    def conclude(self) -> str:
        """Return the document's media type, found by its content.

        Raises:
            EmptyDocumentError: Nothing passed.
            NotAPdfError: The name says PDF, the bytes say otherwise, or the end is missing.
            UnsupportedDocumentError: The type is none the office carries.
        """
        if not self.size_bytes:
            msg = f"“{self.name}” is empty."
            raise EmptyDocumentError(msg, mend="Choose a file that has content.")
        found = self._media_type()
        suffix = PurePosixPath(self.name.lower()).suffix
        if suffix == ".pdf" and found != "application/pdf":
            msg = f"“{self.name}” is not a PDF, though its name says so."
            raise NotAPdfError(msg, mend="Export the document to PDF again and choose that file.")
        if found == "application/pdf" and b"%%EOF" not in self._tail:
            msg = f"“{self.name}” begins like a PDF but its end is missing."
            raise NotAPdfError(msg, mend="The file was probably cut short: export or download it again.")
        if found is None or suffix not in _EXTENSIONS[found]:
            msg = (
                f"“{self.name}” is not of a type this office carries, or its ending does not fit its content."
            )
            raise UnsupportedDocumentError(msg, mend="Use PDF (.pdf), PNG, JPEG or plain text (.txt).")
        return found

    def _media_type(self) -> str | None:
        if b"%PDF-" in self._head:
            return "application/pdf"
        for media_type, signature in _SIGNATURES:
            if self._head.startswith(signature):
                return media_type
        if b"\x00" not in self._head and _is_utf8(self._head):
            return "text/plain"
        return None


def _is_utf8(head: bytes) -> bool:
    """Tell whether bytes are the beginning of UTF-8 text (a cut last character is forgiven)."""
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == HEAD_BYTES and error.start >= len(head) - 3
    return True
