"""A TCP proxy for PostgreSQL that counts round trips and can lose the answer to a commit."""

import socket
import threading
from types import TracebackType
from typing import Self

_READ_BYTES = 65_536


class Proxy:
    """Stands between a client and a server on this machine.

    Attributes:
        port: Where clients connect.
        round_trips: Times the server answered after the client had spoken.
        lose_answer_after: If set, the connection is cut instead of passing on the first answer that
            contains these bytes: the server has done it, the client never hears of it.
        lost: How often that happened.
        is_away: While true, whoever connects is cut off at once, as if the server had stopped.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listen on a free port for a server at `host` and `port`."""
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.round_trips = 0
        self.lose_answer_after: bytes | None = None
        self.lost = 0
        self.is_away = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        """Return the proxy."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening and cut every connection."""
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Cut every connection that is open now."""
        while self._open:
            _end(self._open.pop())

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.is_away:
                _end(client)
                continue
            server = socket.create_connection(self._target)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [client, server]
            spoken = threading.Event()
            for arguments in ((client, server, spoken), (server, client, spoken)):
                work = self._ask if arguments[0] is client else self._answer
                threading.Thread(target=work, args=arguments, daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, spoken: threading.Event) -> None:
        while data := _receive(client):
            spoken.set()
            if not _send(server, data):
                break
        _end(server)

    def _answer(self, server: socket.socket, client: socket.socket, spoken: threading.Event) -> None:
        while data := _receive(server):
            if spoken.is_set():
                spoken.clear()
                self.round_trips += 1
            if self.lose_answer_after is not None and self.lose_answer_after in data:
                self.lose_answer_after = None
                self.lost += 1
                _end(server)
                break
            if not _send(client, data):
                break
        _end(client)


def _receive(end: socket.socket) -> bytes:
    try:
        return end.recv(_READ_BYTES)
    except OSError:
        return b""


def _send(end: socket.socket, data: bytes) -> bool:
    try:
        end.sendall(data)
    except OSError:
        return False
    return True


def _end(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    finally:
        end.close()
