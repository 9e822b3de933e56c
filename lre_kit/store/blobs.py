"""The content store: encrypted bytes by key, in a folder or in an S3-compatible bucket.

Keys are short paths such as ``letters/<id>/1``. Whoever wants to write a store of their own lets it
pass `lre_kit.testing.blob_contract.BlobContract`.
"""

import errno
import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from lre_kit.errors import BlobUnavailableError, NotFoundError

READ_BYTES = 256 * 1024
"""Bytes read at a time."""

KEY_MAX_CHARS = 200
"""Longest key."""

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_UNFINISHED = ".unfinished-"


class BlobStore(Protocol):
    """Keeps bytes under keys. Every method may raise `BlobUnavailableError`."""

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Keep `chunks` under `key` and return how many bytes they were.

        On return they are durable. They replace what was there, at once and whole: a reader sees the
        old bytes or the new ones. If `chunks` raises, nothing changes.
        """
        ...

    def get(self, key: str) -> Iterator[bytes]:
        """Return the bytes under `key`, in pieces.

        Raises:
            NotFoundError: There are none (raised by the call, not by the first piece).
        """
        ...

    def exists(self, key: str) -> bool:
        """Answer whether there is something under `key`."""
        ...

    def delete(self, key: str) -> None:
        """Remove what is under `key`, if anything is."""
        ...

    def keys(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """Return every key that begins with `prefix`, in any order, with the instant of its last put."""
        ...


class FolderBlobs:
    """Content in a folder of this machine.

    A key's file lies in one of 256 subfolders, chosen by a digest of the key: no folder grows too
    large, and a put never has to make a folder of its own durable.
    """

    def __init__(self, folder: Path) -> None:
        """Keep content under `folder`; it is made at the first put."""
        self.folder = folder

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Write beside, flush to disk, then rename; see `BlobStore.put`."""
        path = self._path(key)
        with _promised():
            self._make_folder(path.parent)
        unfinished = path.parent / f"{_UNFINISHED}{secrets.token_hex(8)}"
        try:
            size = _write(unfinished, chunks)
            with _promised():
                unfinished.replace(path)
                _flush_folder(path.parent)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink()
            raise
        return size

    def get(self, key: str) -> Iterator[bytes]:
        """See `BlobStore.get`."""
        with _promised(key):
            file = self._path(key).open("rb", buffering=0)

        def pieces() -> Iterator[bytes]:
            with file:
                while True:
                    with _promised(key):
                        piece = file.read(READ_BYTES)
                    if not piece:
                        return
                    yield piece

        return pieces()

    def exists(self, key: str) -> bool:
        """See `BlobStore.exists`."""
        with _promised():
            return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        with _promised():
            self._path(key).unlink(missing_ok=True)

    def keys(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """See `BlobStore.keys`."""
        for path in self._files():
            key = path.name.replace("~", "/")
            if not path.name.startswith(_UNFINISHED) and key.startswith(prefix):
                with suppress(FileNotFoundError), _promised(missing=FileNotFoundError):
                    yield key, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def discard_unfinished(self, *, before: datetime) -> int:
        """Remove what puts left behind that died before `before`; return how many."""
        count = 0
        for path in self._files():
            if path.name.startswith(_UNFINISHED) and path.stat().st_mtime < before.timestamp():
                path.unlink(missing_ok=True)
                count += 1
        return count

    def _files(self) -> Iterator[Path]:
        with _promised():
            yield from self.folder.glob("[0-9a-f][0-9a-f]/*")

    def _path(self, key: str) -> Path:
        check_key(key)
        return self.folder / hashlib.sha256(key.encode()).hexdigest()[:2] / key.replace("/", "~")

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.mkdir(exist_ok=True, mode=0o700)
        _flush_folder(self.folder)


def check_key(key: str) -> None:
    """Refuse a key that could mean another place.

    Raises:
        ValueError: It is not segments of letters, digits, ``.``, ``_`` and ``-`` between slashes.
    """
    if len(key) > KEY_MAX_CHARS or not _KEY.fullmatch(key):
        msg = f"not a key of the content store: {key!r}"
        raise ValueError(msg)


def missing_blob(key: str) -> NotFoundError:
    """Return the error for a key with nothing under it."""
    return NotFoundError(
        f"The content store has no {key}.", mend="Restore it from a backup, if it must be there."
    )


def _write(path: Path, chunks: Iterable[bytes]) -> int:
    size = 0
    with _promised():
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        for chunk in chunks:
            rest = memoryview(chunk)
            size += len(rest)
            while rest:
                with _promised():
                    rest = rest[os.write(descriptor, rest) :]
        with _promised():
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return size


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _promised(key: str | None = None, *, missing: type[OSError] | None = None) -> Iterator[None]:
    """Raise the promised error for whatever the file system says; `missing` passes as it is."""
    try:
        yield
    except FileNotFoundError as error:
        if missing is not None:
            raise
        if key is not None:
            raise missing_blob(key) from None
        raise _unavailable(error) from error
    except OSError as error:
        raise _unavailable(error) from error


def _unavailable(error: OSError) -> BlobUnavailableError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return BlobUnavailableError("The content store is full.", mend="Free space; nothing was kept.")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return BlobUnavailableError("The content store cannot be written.", mend="Make its folder writable.")
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return BlobUnavailableError(
        f"The content store does not work: {reason}.", mend="Check its disk and folder."
    )
