"""Sending one webhook once, over HTTP: to the address that was looked at, bounded in time, never onward."""

import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from lre_kit.webhooks.addresses import AddressGuard, Target
from lre_kit.webhooks.errors import WebhookAddressError
from lre_kit.webhooks.values import Failure

log = logging.getLogger(__name__)

TIMEOUT_S = 15.0
"""Longest try, from looking the name up to the answer's head, in seconds."""

AGENT = "LRE-Kit-Webhooks/1"
"""Who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one try."""

    status: int | None = None
    failure: Failure = Failure.NONE
    headers: Mapping[str, str] = field(default_factory=dict)
    """The answer's, by name in lower case."""
    took_ms: int = 0

    @property
    def is_success(self) -> bool:
        """Whether it was answered with 2xx: everything else is a failure, a redirect too."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def says_gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == 410

    @property
    def says_wait(self) -> bool:
        """Whether the endpoint as a whole is out of order or overrun, not this event alone."""
        return self.status is None or self.status in {429, 502, 503, 504}


class WebhookPost:
    """Posts bodies to endpoints."""

    def __init__(
        self, guard: AddressGuard, *, ca_file: Path | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        """Go where `guard` allows.

        Args:
            guard: Says where webhooks may go.
            ca_file: PEM file of roots to trust besides the system's.
            timeout_s: Longest try, in seconds.
        """
        self._guard = guard
        self._ca_file = ca_file
        self._timeout_s = timeout_s
        self._tls: ssl.SSLContext | None = None

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Post once; the answer's body is not read. Raises nothing: what went wrong is in the outcome."""
        begun = time.monotonic()
        status, failure = None, Failure.NONE
        answered: dict[str, str] = {}
        try:
            target = self._guard.target(url)
            addresses = self._guard.addresses(target, timeout_s=self._timeout_s)
            left = max(self._timeout_s - (time.monotonic() - begun), 0.05)
            status, answered = self._exchange(target, addresses, left, body, headers)
            failure = Failure.NONE if 200 <= status < 300 else Failure.STATUS
        except WebhookAddressError:
            failure = Failure.ADDRESS
        except TimeoutError:
            failure = Failure.TIMEOUT
        except ssl.SSLError:
            failure = Failure.TLS
        except (http.client.HTTPException, ValueError):
            failure = Failure.ANSWER
        except OSError:
            failure = Failure.UNREACHABLE
        took_ms = int((time.monotonic() - begun) * 1000)
        if status is None and took_ms >= self._timeout_s * 1000 and failure is not Failure.ADDRESS:
            failure = Failure.TIMEOUT
        return Outcome(status=status, failure=failure, headers=answered, took_ms=took_ms)

    def _exchange(
        self,
        target: Target,
        addresses: tuple[str, ...],
        left_s: float,
        body: bytes,
        headers: Mapping[str, str],
    ) -> tuple[int, dict[str, str]]:
        link = _connected(addresses, target.port, left_s)
        if target.scheme == "https":
            # The handshake comes below, where the time is bounded as a whole.
            link = self._context().wrap_socket(
                link, server_hostname=target.host, do_handshake_on_connect=False
            )
        # A socket's time-out begins anew with each byte; the timer ends an answer that drips.
        timer = threading.Timer(left_s, _hang_up, (link,))
        timer.daemon = True
        timer.start()
        connection = http.client.HTTPConnection(target.host, target.port)
        try:
            if isinstance(link, ssl.SSLSocket):
                link.do_handshake()
            connection.sock = link
            sent = {"Host": target.host_header, "User-Agent": AGENT, "Connection": "close"}
            connection.request("POST", target.path, body, sent | dict(headers))
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}
        finally:
            timer.cancel()
            # Whatever the answer holds beyond its head is of no interest.
            link.close()

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
            if self._ca_file is not None:
                self._tls.load_verify_locations(self._ca_file)
        return self._tls


def _connected(addresses: tuple[str, ...], port: int, left_s: float) -> socket.socket:
    """Connect to the first address that answers; every one of them was looked at."""
    deadline, last = time.monotonic() + left_s, OSError("no address")
    for each in addresses:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        try:
            return socket.create_connection((each, port), left)
        except OSError as error:
            last = error
    raise last


def _hang_up(link: socket.socket) -> None:
    with suppress(OSError):
        # Past TLS, whose own farewell would wait for the other side.
        socket.socket.shutdown(link, socket.SHUT_RDWR)
