"""A clamd that answers what a test tells it to."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless file that every scanner calls a virus (EICAR)."""


class StubClamd:
    """Takes documents by INSTREAM; answers as clamd does, or as `answer` says.

    Attributes:
        address: Where it listens.
        seen: The documents that came whole.
        answer: What it says instead of judging; empty: it hangs up; nothing: it judges.
        is_silent: Whether it never answers.
    """

    def __init__(self) -> None:
        """Listen on a free port of this machine."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self.seen: list[bytes] = []
        self.answer: bytes | None = None
        self.is_silent = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, once: from now on, nobody is there."""
        if self._ended.is_set():
            return
        self._ended.set()
        with suppress(OSError):
            socket.create_connection(self._listening.getsockname(), timeout=1).close()
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            connection, _ = self._listening.accept()
            with connection, suppress(OSError, struct.error):
                connection.settimeout(10)
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            if stream.read(len(b"zPING\0")) == b"zPING\0":
                connection.sendall(b"PONG\0")
                return
            stream.read(len(b"zINSTREAM\0") - len(b"zPING\0"))
            document = b""
            while length := struct.unpack(">I", stream.read(4))[0]:
                document += stream.read(length)
            self.seen.append(document)
            if self.is_silent:
                self._ended.wait(10)
                return
            judged = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in document else b"stream: OK\0"
            connection.sendall(judged if self.answer is None else self.answer)


@contextmanager
def stub_clamd() -> Iterator[StubClamd]:
    """Yield a clamd that listens until the end."""
    made = StubClamd()
    try:
        yield made
    finally:
        made.close()
