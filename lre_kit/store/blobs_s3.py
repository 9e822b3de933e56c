"""Content in a bucket of an S3-compatible service (extra ``s3``)."""

import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from lre_kit.errors import BlobUnavailableError, IntegrityError, MissingExtraError, NotFoundError
from lre_kit.store.blobs import READ_BYTES, check_key, missing_blob

PART_BYTES = 5 * 1024 * 1024
"""Longest content sent in one request; longer ones go in parts of this size (S3's smallest)."""

RETRIES_MAX = 3
"""Times a request is repeated."""

RETRY_SPAN = timedelta(seconds=15)
"""Time after which a request is no longer repeated."""


class S3Blobs:
    """Content in a bucket; see `lre_kit.store.blobs.BlobStore`.

    An abandoned upload in parts stays invisible; give the bucket a lifecycle rule that removes them.
    """

    def __init__(
        self,
        *,
        bucket: str,
        prefix: str = "",
        endpoint: str | None = None,
        region: str,
        access_key_id: str | None = None,
        secret_access_key: str | None = None,
    ) -> None:
        """Prepare the client; nothing is asked of the service yet.

        Args:
            bucket: An existing bucket.
            prefix: Put before every key, for buckets that are shared.
            endpoint: Address of the service; by default AWS's.
            region: Region named in signatures.
            access_key_id: By default the ambient credentials.
            secret_access_key: Goes with the access key.

        Raises:
            MissingExtraError: The extra ``s3`` is not installed.
        """
        try:
            self._client: Any = importlib.import_module("obstore")
            store: Any = importlib.import_module("obstore.store")
            self._exceptions: Any = importlib.import_module("obstore.exceptions")
        except ModuleNotFoundError:
            msg = "Content in S3 needs an extra that is not installed."
            raise MissingExtraError(msg, mend="Run: pip install 'lre-kit[s3]'.") from None
        optional = {
            "endpoint": endpoint,
            "access_key_id": access_key_id,
            "secret_access_key": secret_access_key,
        }
        self._store = store.S3Store(
            bucket,
            prefix=prefix or None,
            region=region,
            client_options={"allow_http": (endpoint or "").startswith("http://"), "timeout": "30s"},
            retry_config={"max_retries": RETRIES_MAX, "retry_timeout": RETRY_SPAN},
            **{name: value for name, value in optional.items() if value is not None},
        )

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        """Upload, then ask the service what it holds before answering; see `BlobStore.put`."""
        check_key(key)
        source = _Counted(chunks)
        first = source.take(PART_BYTES + 1)
        body = first if len(first) <= PART_BYTES else chain((first,), source)
        with self._promised(source=source):
            self._client.put(self._store, key, body, chunk_size=PART_BYTES)
        with self._promised():
            held = self._client.head(self._store, key)["size"]
        if held != source.size:
            msg = f"The content store holds {held} bytes of {key}, not {source.size}."
            raise IntegrityError(msg, mend="Try again; if it happens again, change the service.")
        return source.size

    def get(self, key: str) -> Iterator[bytes]:
        """See `BlobStore.get`."""
        check_key(key)
        with self._promised(key=key):
            stream = iter(self._client.get(self._store, key).stream(min_chunk_size=READ_BYTES))

        def pieces() -> Iterator[bytes]:
            while True:
                with self._promised(key=key):
                    piece = next(stream, None)
                if piece is None:
                    return
                yield bytes(piece)

        return pieces()

    def exists(self, key: str) -> bool:
        """See `BlobStore.exists`."""
        check_key(key)
        try:
            with self._promised(key=key):
                self._client.head(self._store, key)
        except NotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        check_key(key)
        try:
            with self._promised(key=key):
                self._client.delete(self._store, key)
        except NotFoundError:
            return

    def keys(self, prefix: str = "") -> Iterator[tuple[str, datetime]]:
        """See `BlobStore.keys`."""
        # S3 lists by whole segments only, so the last, perhaps partial, one is compared here.
        folder = prefix.rpartition("/")[0] or None
        with self._promised():
            pages = iter(self._client.list(self._store, prefix=folder))
        while True:
            with self._promised():
                page = next(pages, None)
            if page is None:
                return
            for entry in page:
                if entry["path"].startswith(prefix):
                    yield entry["path"], entry["last_modified"]

    @contextmanager
    def _promised(self, *, key: str | None = None, source: "_Counted | None" = None) -> Iterator[None]:
        """Raise the promised error for the client's.

        Args:
            key: What is asked for and may be missing; without one, it is the bucket that is missing.
            source: Where bytes come from; what it raised passes as it was.
        """
        try:
            yield
        except (self._exceptions.BaseError, OSError, ValueError, RuntimeError) as error:
            if source is not None and source.error is not None:
                raise source.error from None
            if key is not None and isinstance(error, FileNotFoundError):
                raise missing_blob(key) from None
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> BlobUnavailableError:
        refused = (self._exceptions.PermissionDeniedError, self._exceptions.UnauthenticatedError)
        if isinstance(error, refused):
            msg = "The content store refuses our credentials."
            return BlobUnavailableError(
                msg, mend="Check LRE_S3_ACCESS_KEY_ID, its secret and the bucket's rights."
            )
        msg = "The content store does not answer."
        return BlobUnavailableError(msg, mend="Check LRE_BLOB_URL and LRE_S3_ENDPOINT; then try again.")


class _Counted:
    """Chunks as they pass: counted, and with the error that stopped them."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._source = iter(chunks)
        self.size = 0
        self.error: BaseException | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            chunk = next(self._source)
        except StopIteration:
            raise
        except BaseException as error:
            self.error = error
            raise
        self.size += len(chunk)
        return chunk

    def take(self, size: int) -> bytes:
        """Return at least `size` bytes, or all there are."""
        held = bytearray()
        while len(held) < size and (chunk := next(self, None)) is not None:
            held += chunk
        return bytes(held)
