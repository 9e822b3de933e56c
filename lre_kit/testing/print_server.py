"""A print provider's API and a carrier's tracking, over real HTTP, for tests."""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "print-token"


class PrintServer:
    """What the server holds, and how it answers."""

    def __init__(self) -> None:
        """Hold nothing."""
        self.url = ""
        self.manifests: dict[str, bytes] = {}
        self.files: dict[str, dict[str, bytes]] = {}
        self.submitted: dict[str, int] = {}
        self.rejected: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self.shipments: dict[str, list[dict[str, str]]] = {}
        self.failing = False
        """Whether every request is answered by 503."""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any]:
        """Return status and JSON answer of one request."""
        if self.failing:
            return 503, {}
        place = [unquote(part) for part in urlsplit(path).path.strip("/").split("/")]
        if place[0] == "idships":
            events = self.shipments.get(place[1])
            if headers["X-Okapi-Key"] != TOKEN:
                return 401, {}
            if events is None:
                return 404, {"returnCode": 404}
            return 200, {"returnCode": 200, "shipment": {"idShip": place[1], "event": events}}
        if headers["Authorization"] != f"Bearer {TOKEN}":
            return 401, {}
        number = place[1]
        if method == "POST":
            self.submitted[number] = self.submitted.get(number, 0) + 1
            return 200, {"reference": f"ref-{number}", "rejected": self.rejected, "numbers": self.numbers}
        if len(place) == 2:
            if number in self.submitted and self.manifests[number] != body:
                return 409, {}
            self.manifests[number] = body
            return 201, {}
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if headers["Digest"] != f"sha-256={digest}":
            return 400, {}
        self.files.setdefault(number, {})[place[2]] = body
        return 201, {}


@contextmanager
def print_server() -> Iterator[PrintServer]:
    """Serve on a free local port while the context lasts."""
    held = PrintServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = held.answer(self.command, self.path, self.headers, body)
            content = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do  # noqa: N815 - the base class asks for these names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
