"""One HTTP server asked several things in a row, with bounds on time and size.

Made for witnesses and published logs: small requests, small answers, one connection kept. No
redirect is followed: elsewhere is not whom one meant to ask.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from lre_kit.errors import ConfigurationError, UnavailableError

_PORTS = {"http": 80, "https": 443}


class PeerUnavailableError(UnavailableError):
    """A server does not answer, or not as HTTP has it."""

    slug = "peer-unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer: status, headers in lower case, body as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpPeer:
    """Asks below one address; use it as a context manager or close it."""

    def __init__(self, url: str, *, timeout_s: float, connect_to: str | None = None) -> None:
        """Prepare; nothing is asked yet.

        Args:
            url: ``http(s)://…``: all paths are below it.
            timeout_s: Longest wait for one whole answer, in seconds.
            connect_to: Network address to connect to, where the name was looked up and looked at before.

        Raises:
            ConfigurationError: Not an HTTP address.
        """
        try:
            parts = urlsplit(url)
            if parts.hostname is None or parts.query or parts.fragment or parts.username is not None:
                raise ValueError(url)
            self._address = (parts.hostname, parts.port or _PORTS[parts.scheme])
        except (ValueError, KeyError) as error:
            msg = f"This is not an HTTP address: {url}."
            raise ConfigurationError(msg, mend="Give https://host/path, without a query.") from error
        self._place = (connect_to or self._address[0], self._address[1])
        self.url = url.rstrip("/")
        self._prefix = quote(parts.path.rstrip("/"), safe="/%")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self,
        method: str,
        path: str,
        *,
        limit: int,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask once; a kept connection that the server closed meanwhile is opened anew.

        Args:
            method: HTTP method.
            path: Path below the address, without a slash before it.
            limit: Longest answer read, in bytes: of a longer one, so many and one are returned.
            body: What to send.
            headers: More headers.

        Raises:
            PeerUnavailableError: No answer, or half of one.
        """
        tries = 2 if self._connection is not None else 1
        while True:
            tries -= 1
            try:
                return self._exchange(method, path, limit, body, headers or {})
            except (OSError, http.client.HTTPException) as error:
                self.close()
                if not tries:
                    why = str(error) or type(error).__name__
                    msg = f"{self.url} does not answer: {why}."
                    raise PeerUnavailableError(msg, mend="Try again later, or check the address.") from error

    def close(self) -> None:
        """Hang up."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> Self:
        """Return the peer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        self.close()

    def _exchange(
        self, method: str, path: str, limit: int, body: bytes | None, headers: Mapping[str, str]
    ) -> Answer:
        is_new = self._connection is None
        connection = self._connected()
        link = connection.sock
        # A socket's time-out begins anew with each byte; the timer ends an answer that drips.
        timer = threading.Timer(self._timeout_s, _hang_up, (link,))
        timer.daemon = True
        timer.start()
        try:
            if is_new and isinstance(link, ssl.SSLSocket):
                link.do_handshake()
            connection.request(method, f"{self._prefix}/{path}", body, dict(headers))
            with connection.getresponse() as answer:
                content = answer.read(limit + 1)
                if answer.length and len(content) <= limit:
                    raise http.client.IncompleteRead(content, answer.length)
                found = {name.lower(): value for name, value in answer.getheaders()}
                if answer.will_close or len(content) > limit:
                    self.close()
                return Answer(status=answer.status, headers=found, body=content)
        finally:
            timer.cancel()

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            link = socket.create_connection(self._place, self._timeout_s)
            made = http.client.HTTPConnection(*self._address)
            made.default_port = _PORTS["http" if self._tls is None else "https"]
            made.sock = link
            if self._tls is not None:
                # The handshake is left to the exchange, where the time is bounded as a whole.
                host = self._address[0]
                made.sock = self._tls.wrap_socket(link, server_hostname=host, do_handshake_on_connect=False)
            self._connection = made
        return self._connection


def _hang_up(link: socket.socket) -> None:
    with suppress(OSError):
        # Past TLS, whose own farewell would wait for the other side.
        socket.socket.shutdown(link, socket.SHUT_RDWR)
