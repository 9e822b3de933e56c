"""A certified identity provider, over real HTTP: for tests of what is taken from one, and what is refused."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lre_kit.clock import Clock, now
from lre_kit.parties.proofing_adapter import KEY_HEADER
from lre_kit.parties.proofing_callbacks import SIGNATURE_HEADER, TIMESTAMP_HEADER

SECRET = "a secret of the provider and of the office"
NAME, KEY_ID = "Identité Certifiée", "office-1"
SITE = "https://identity.example/begin/"


class ProofingServer:
    """What the provider was told, and how it answers.

    Attributes:
        announced: What the office told it, in order.
        answer: Status and body instead of the address to go to.
    """

    def __init__(self, clock: Clock) -> None:
        """Know no case; messages bear the time of `clock`."""
        self.clock = clock
        self.key = Ed25519PrivateKey.generate()
        self.url = ""
        self.announced: list[dict[str, Any]] = []
        self.answer: tuple[int, bytes] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What an office is set up with to work with it."""
        return {
            "identity_provider_url": self.url,
            "identity_provider_name": NAME,
            "identity_provider_key_id": KEY_ID,
            "identity_provider_secret": SECRET,
        }

    @property
    def public_key(self) -> str:
        """Its public key in base64."""
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return base64.b64encode(raw).decode()

    def told(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Take an announcement: 401 unless the office signed it."""
        signed = headers.get(TIMESTAMP_HEADER, "").encode() + b"." + body
        mac = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        if headers.get(SIGNATURE_HEADER) != f"hmac-sha256={mac}" or headers.get(KEY_HEADER) != KEY_ID:
            return 401, b"{}"
        said = json.loads(body)
        self.announced.append(said)
        return self.answer or (201, json.dumps({"url": SITE + said["case"]}).encode())

    def verdict(self, case_id: str, **changes: Any) -> bytes:
        """Return a message about a case: Jeanne Durand was proofed, unless changed."""
        said = {
            "event_id": "evt-1",
            "case": case_id,
            "verdict": "approved",
            "level": "substantial",
            "evidence_sha256": "ab" * 32,
            "person": {"given_names": "Jeanne", "family_name": "Durand", "birth_date": "1980-05-17"},
            "title": {"kind": "passport", "issuer": "FRA", "number": "20AB34567", "expiry": "2034-06-01"},
        } | changes
        return json.dumps(said).encode()

    def signed(
        self, body: bytes, *, secret: str = SECRET, age: timedelta = timedelta(0), by_key: bool = False
    ) -> dict[str, str]:
        """Return the headers of a message."""
        stamp = str(int((self.clock() - age).timestamp()))
        signed = stamp.encode() + b"." + body
        if by_key:
            signature = f"ed25519={base64.b64encode(self.key.sign(signed)).decode()}"
        else:
            signature = f"hmac-sha256={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
        return {TIMESTAMP_HEADER: stamp, SIGNATURE_HEADER: signature, "Content-Type": "application/json"}


@contextmanager
def proofing_server(clock: Clock = now) -> Iterator[ProofingServer]:
    """Serve on a free local port while the context lasts."""
    held = ProofingServer(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = held.told(body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{server.server_port}/cases"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
