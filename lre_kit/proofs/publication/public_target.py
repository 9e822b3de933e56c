"""Where the published log lies: a folder any web server can serve as it is, or a bucket.

Paths are those of C2SP tlog-tiles below the log's prefix. What is put is durable and whole when the
call returns, so that the order of puts is the order of what readers can see.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from lre_kit.errors import BlobUnavailableError, ConfigurationError, NotFoundError
from lre_kit.settings import Settings
from lre_kit.store.blobs import check_key
from lre_kit.store.blobs_s3 import S3Blobs

CHECKPOINT = "checkpoint"
"""Path of the newest checkpoint."""

_UNFINISHED = ".unfinished-"
_TILE_HEADERS = {
    "Content-Type": "application/octet-stream",
    "Cache-Control": "public, max-age=31536000, immutable",
}
_CHECKPOINT_HEADERS = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-cache"}


class PublicTarget(Protocol):
    """Holds the published files. Every method may raise `BlobUnavailableError`."""

    def put(self, path: str, content: bytes) -> None:
        """Put a file, at once and whole, over what is there; on return it is durable."""
        ...

    def get(self, path: str) -> bytes | None:
        """Return a file, or nothing if there is none."""
        ...

    def discard(self, folder: str) -> None:
        """Remove the files below a path that ends in a slash, if there are any."""
        ...


class PublicFolder:
    """A folder of this machine; its files may be read by all users, as a web server must."""

    def __init__(self, folder: Path) -> None:
        """Publish into `folder`; it is made at the first put."""
        self.folder = folder

    def put(self, path: str, content: bytes) -> None:
        """Write beside, flush to disk, rename; see `PublicTarget.put`."""
        place = self._place(path)
        # One name for all tries: what a put left behind that died, the next one writes over.
        unfinished = place.parent / f"{_UNFINISHED}{place.name}"
        try:
            self._make(place.parent)
            with open(unfinished, "wb", opener=_readable) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(place)
            _flush(place.parent)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise _unavailable(error) from error

    def get(self, path: str) -> bytes | None:
        """See `PublicTarget.get`."""
        try:
            return self._place(path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unavailable(error) from error

    def discard(self, folder: str) -> None:
        """See `PublicTarget.discard`."""
        place = self._place(folder.rstrip("/"))
        try:
            for file in list(place.iterdir()):
                file.unlink(missing_ok=True)
            place.rmdir()
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise _unavailable(error) from error

    def _place(self, path: str) -> Path:
        check_key(path)
        return self.folder / path

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        if folder != self.folder:
            self._make(folder.parent)
        folder.mkdir(parents=True, exist_ok=True, mode=0o755)
        _flush(folder.parent)


class PublicBucket(S3Blobs):
    """A bucket of an S3-compatible service; each file says its type and how long it may be kept."""

    # Not a content store with other headers, but the same connection with the port above.
    def put(self, path: str, content: bytes) -> None:  # type: ignore[override]
        """See `PublicTarget.put`."""
        check_key(path)
        headers = _CHECKPOINT_HEADERS if path == CHECKPOINT else _TILE_HEADERS
        with self._promised():
            self._client.put(self._store, path, content, attributes=headers, use_multipart=False)

    def get(self, path: str) -> bytes | None:  # type: ignore[override]
        """See `PublicTarget.get`."""
        try:
            return b"".join(super().get(path))
        except NotFoundError:
            return None

    def discard(self, folder: str) -> None:
        """See `PublicTarget.discard`."""
        for path, _ in list(self.keys(folder)):
            self.delete(path)


def open_target(settings: Settings) -> PublicTarget | None:
    """Return where the settings publish the log, or nothing if it is not published.

    Raises:
        ConfigurationError: The URL is neither ``file://`` nor ``s3://``.
        MissingExtraError: A bucket is asked for and its extra is not installed.
    """
    url = settings.public_log
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return PublicFolder(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        secret = settings.s3_secret_access_key
        options: dict[str, Any] = {
            "endpoint": settings.s3_endpoint,
            "access_key_id": settings.s3_access_key_id,
            "secret_access_key": secret.get_secret_value() if secret else None,
        }
        return PublicBucket(
            bucket=parts.netloc, prefix=parts.path.strip("/"), region=settings.s3_region, **options
        )
    msg = "The published log's URL is neither a folder nor a bucket."
    mend = "Use file:///<folder> or s3://<bucket>/<prefix> in LRE_PUBLIC_LOG_URL."
    raise ConfigurationError(msg, mend=mend)


def _readable(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o644)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(error: OSError) -> BlobUnavailableError:
    why = os.strerror(error.errno) if error.errno else type(error).__name__
    return BlobUnavailableError(
        f"The published log cannot be written or read: {why}.", mend="Check LRE_PUBLIC_LOG_URL and its disk."
    )
