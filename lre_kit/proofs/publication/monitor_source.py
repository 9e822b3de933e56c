"""Where a monitor reads a published log: over HTTP, or from a folder."""

import zlib
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from lre_kit.errors import ConfigurationError, UnavailableError
from lre_kit.proofs.publication.http_peer import HttpPeer

_GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_HEADERS = {"Accept-Encoding": "gzip, identity", "Cache-Control": "no-cache"}
_GZIP = 16 + zlib.MAX_WBITS


class SourceUnavailableError(UnavailableError):
    """A published log cannot be read now, which says nothing about the log."""

    slug = "log-source-unavailable"


class LogSource(Protocol):
    """Hands out the files of a published log."""

    def read(self, path: str, *, limit: int) -> bytes | None:
        """Return a file, or nothing if there is none; of a longer one, `limit` bytes and one.

        Raises:
            UnavailableError: Nobody can say.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...

    def __enter__(self) -> Self:
        """Return the source."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of connections."""
        ...


class _Source:
    def close(self) -> None:
        """Let go of connections."""

    def __enter__(self) -> Self:
        """Return the source."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of connections."""
        self.close()


class FolderSource(_Source):
    """A published log in a folder."""

    def __init__(self, folder: Path) -> None:
        """Read below `folder`."""
        self._folder = folder

    def read(self, path: str, *, limit: int) -> bytes | None:
        """See `LogSource.read`."""
        if not self._folder.is_dir():
            msg = f"There is no folder at {self._folder}."
            raise SourceUnavailableError(msg, mend="Check the path.")
        try:
            with (self._folder / path).open("rb") as file:
                return file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            msg = f"{self._folder / path} cannot be read."
            raise SourceUnavailableError(msg, mend="Check the folder's rights.") from error


class HttpSource(_Source):
    """A published log over HTTP(S)."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        """Read below `url`, waiting at most `timeout_s` seconds for each file."""
        self._peer = HttpPeer(url, timeout_s=timeout_s)

    def read(self, path: str, *, limit: int) -> bytes | None:
        """See `LogSource.read`."""
        answer = self._peer.ask("GET", path, limit=limit, headers=_HEADERS)
        if answer.status in _GONE:
            return None
        if answer.status != HTTPStatus.OK:
            msg = f"{self._peer.url}/{path} answers HTTP {answer.status}."
            raise SourceUnavailableError(msg, mend="Try again later, or check the address.")
        encoding = answer.headers.get("content-encoding", "identity").lower()
        if encoding == "gzip":
            return _unzipped(answer.body, limit)
        if encoding != "identity":
            msg = f"{self._peer.url}/{path} comes as {encoding}, which was not asked for."
            raise SourceUnavailableError(msg, mend="Tell its operator.")
        return answer.body

    def close(self) -> None:
        """Hang up."""
        self._peer.close()


def open_source(place: str, *, timeout_s: float) -> HttpSource | FolderSource:
    """Return the source at an address or in a folder.

    Raises:
        ConfigurationError: Neither an HTTP address nor a folder.
    """
    parts = urlsplit(place)
    if parts.scheme in {"http", "https"}:
        return HttpSource(place, timeout_s=timeout_s)
    if parts.scheme == "file" and not parts.netloc:
        return FolderSource(Path(unquote(parts.path)))
    if "://" in place:
        msg = f"A log cannot be read from {place}."
        raise ConfigurationError(msg, mend="Give https://…, or a folder.")
    return FolderSource(Path(place))


def _unzipped(body: bytes, limit: int) -> bytes:
    """Return at most `limit` bytes and one of what gzip holds."""
    reader = zlib.decompressobj(_GZIP)
    try:
        return reader.decompress(body, limit + 1)
    except zlib.error as error:
        msg = "A file of the log comes as broken gzip."
        raise SourceUnavailableError(msg, mend="Try again later.") from error
