"""A receiver of webhooks over real HTTP, for tests: it keeps what it got, and answers as it is told."""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lre_kit.webhooks.signing import verify


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came."""

    path: str
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def id(self) -> str:
        """``webhook-id``."""
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        """What the body says."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def type(self) -> str:
        """Type of the event."""
        return str(self.told["type"])

    def checked(self, *keys: str, **more: Any) -> str:
        """Return the webhook's id once its signature was checked, as a receiver does."""
        return verify(keys, self.headers, self.body, **more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How a request is answered."""

    status: int = 204
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hold_s: float = 0
    """Wait before it, in seconds; the receiver's end does not wait for it."""
    raw: bytes | None = None
    """Sent instead of HTTP."""


class WebhookReceiver:
    """What the receiver got, and how it answers.

    Attributes:
        url: Where it listens.
        port: Its port.
        received: All requests, in the order they came.
        answers: Taken one by one; once they are used up, `otherwise` is the answer.
    """

    def __init__(self) -> None:
        """Take everything."""
        self.url = ""
        self.port = 0
        self.received: list[Received] = []
        self.answers: list[Answer] = []
        self.otherwise = Answer()
        self.ended = threading.Event()

    @property
    def types(self) -> list[str]:
        """Types of what came, in order."""
        return [each.type for each in self.received]

    def take(self, received: Received) -> Answer:
        """Keep a request; return how it is answered."""
        self.received.append(received)
        return self.answers.pop(0) if self.answers else self.otherwise


@contextmanager
def webhook_receiver(*, certificate: Path | None = None) -> Iterator[WebhookReceiver]:
    """Listen on a free local port while the context lasts.

    Args:
        certificate: PEM file of key and certificate: listen with TLS, as ``localhost``.
    """
    held = WebhookReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = held.take(Received(path=self.path, headers=headers, body=body))
            held.ended.wait(answer.hold_s)
            # Whoever asked may have hung up by now.
            with suppress(OSError):
                if answer.raw is not None:
                    self.wfile.write(answer.raw)
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Say nothing of callers that hang up, or that do not trust the certificate."""
            del request, client_address

    server = Server(("127.0.0.1", 0), Handler)
    held.port = server.server_port
    held.url = f"http://127.0.0.1:{held.port}/hook"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        held.url = f"https://localhost:{held.port}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        held.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
