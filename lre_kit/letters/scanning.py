"""Scanning documents for viruses while they stream in: the port, and clamd behind it.

One answer lets a document pass, another refuses it. A scanner that is down, slow or unclear has not said
that a file is clean: the deposit waits for it (`ScannerUnavailableError`), and nothing of it is kept.
"""

import socket
import struct
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Protocol

from lre_kit.errors import InputError, UnavailableError

REPLY_MAX_BYTES = 4096
"""Longest answer of a scanner that is read."""

_FOUND, _CLEAN = b"FOUND", b"stream: OK"


class InfectedDocumentError(InputError):
    """A scanner found a virus in a document; nothing of the deposit is kept."""

    slug = "infected-document"

    def __init__(self, name: str) -> None:
        """Name the document; what the scanner calls the virus helps nobody here."""
        super().__init__(
            f"A virus was found in “{name}”.",
            mend="Make the document anew on a clean computer, or send it as plain text.",
        )


class ScannerUnavailableError(UnavailableError):
    """Documents cannot be scanned at present, so none is taken."""

    slug = "scanner-unavailable"

    def __init__(self) -> None:
        """Say the one sentence."""
        msg = "Documents cannot be scanned for viruses at present."
        super().__init__(msg, mend="Try again in some minutes; nothing was deposited.")


class Scanner(Protocol):
    """Looks at documents on their way in."""

    def passing(self, pieces: Iterable[bytes], *, name: str) -> Iterator[bytes]:
        """Yield the pieces unchanged; after the last one, say what was found.

        Raises:
            InfectedDocumentError: There is a virus.
            ScannerUnavailableError: Nobody can say.
        """


class NoScanner:
    """Looks at nothing, for offices that have no scanner."""

    def passing(self, pieces: Iterable[bytes], *, name: str) -> Iterator[bytes]:
        """Yield the pieces."""
        del name
        yield from pieces


class ClamdScanner:
    """Asks a clamd by its command INSTREAM, over TCP or a socket file; nothing is written for it."""

    def __init__(self, address: str, *, timeout_s: float) -> None:
        """Ask at `address`: ``host:port``, or the path of a socket; wait `timeout_s` for each answer."""
        self._address = address
        self._timeout_s = timeout_s

    def passing(self, pieces: Iterable[bytes], *, name: str) -> Iterator[bytes]:
        """Yield the pieces unchanged while the scanner gets them too; see `Scanner.passing`."""
        with _ended(pieces), closing(self._connected()) as connection:
            self._send(connection, b"zINSTREAM\0")
            for piece in pieces:
                if piece:
                    self._send(connection, struct.pack(">I", len(piece)), piece)
                yield piece
            self._send(connection, struct.pack(">I", 0))
            answer = self._answer(connection)
        if answer.endswith(_FOUND):
            raise InfectedDocumentError(name)
        if answer != _CLEAN:
            # A limit of the scanner's own, an error, half a sentence: none of them says “clean”.
            raise ScannerUnavailableError

    def ping(self) -> None:
        """Return if the scanner answers.

        Raises:
            ScannerUnavailableError: It does not.
        """
        with closing(self._connected()) as connection:
            self._send(connection, b"zPING\0")
            if self._answer(connection) != b"PONG":
                raise ScannerUnavailableError

    def _connected(self) -> socket.socket:
        host, _, port = self._address.rpartition(":")
        try:
            if host and port.isdigit():
                return socket.create_connection((host.strip("[]"), int(port)), timeout=self._timeout_s)
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(self._timeout_s)
            connection.connect(self._address)
        except OSError as error:
            raise ScannerUnavailableError from error
        return connection

    @staticmethod
    def _send(connection: socket.socket, *parts: bytes) -> None:
        try:
            for part in parts:
                connection.sendall(part)
        except OSError as error:
            raise ScannerUnavailableError from error

    @staticmethod
    def _answer(connection: socket.socket) -> bytes:
        answer = b""
        try:
            while b"\0" not in answer and len(answer) < REPLY_MAX_BYTES:
                piece = connection.recv(REPLY_MAX_BYTES)
                if not piece:
                    break
                answer += piece
        except OSError as error:
            raise ScannerUnavailableError from error
        said, end, _ = answer.partition(b"\0")
        if not end:
            # Cut off in its sentence: what was still to come may have been anything.
            raise ScannerUnavailableError
        return said.strip()


@contextmanager
def _ended(pieces: Iterable[bytes]) -> Iterator[None]:
    """Let a source go that was not read to its end: files behind it are closed at once."""
    try:
        yield
    finally:
        if isinstance(pieces, Generator):
            pieces.close()


def scanner_of(address: str, *, timeout_s: float) -> Scanner:
    """Return the scanner that settings name; without an address, one that looks at nothing."""
    return ClamdScanner(address, timeout_s=timeout_s) if address else NoScanner()
