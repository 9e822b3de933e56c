"""A real witness over HTTP for tests (C2SP tlog-witness): Ed25519, one memory, no mercy for rollbacks."""

import base64
import threading
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lre_kit.clock import Clock, now
from lre_kit.proofs.forms.merkle import verify_consistency
from lre_kit.proofs.forms.note import Checkpoint, NoteError, NoteVerifier, open_note
from lre_kit.proofs.log.cosignature import Cosigner
from lre_kit.proofs.publication.witness import SIZE_TYPE

REQUEST_MAX_BYTES = 64 * 1024
"""Largest request read, in bytes."""

PATH_MAX = 63
"""Most hashes in a consistency proof."""

Reply = tuple[HTTPStatus, str, bytes]
"""Status, content type and body."""


class TestWitness:
    """The witness as a context manager.

    Attributes:
        held: The largest tree head it cosigned, by origin.
        requests: Bodies of the requests that came.
    """

    __test__ = False

    def __init__(self, logs: Sequence[str], *, name: str = "witness.example/w1", clock: Clock = now) -> None:
        """Watch the logs of these verifier keys, on a free local port."""
        self._logs: Mapping[str, NoteVerifier] = {v.name: v for v in map(NoteVerifier.parse, logs)}
        self._cosigner = Cosigner(name, Ed25519PrivateKey.generate())
        self._clock = clock
        self._lock = threading.Lock()
        self.held: dict[str, Checkpoint] = {}
        self.requests: list[bytes] = []
        witness = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), REQUEST_MAX_BYTES))
                is_known = self.path == "/add-checkpoint"
                status, kind, content = witness.answer(body) if is_known else _plain(HTTPStatus.NOT_FOUND)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
                del format, args

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Its submission prefix."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def vkey(self) -> str:
        """Its verifier key."""
        return self._cosigner.witness.vkey

    @property
    def policy_line(self) -> str:
        """Its line in a policy file, with the newline."""
        return f"witness {self._cosigner.witness.name} {self.vkey} {self.url}\n"

    def answer(self, body: bytes) -> Reply:
        """Answer one ``add-checkpoint`` request."""
        self.requests.append(body)
        try:
            head_text, _, note = body.decode().partition("\n\n")
            first, *proof_lines = head_text.split("\n")
            origin = note.partition("\n")[0]
            old = int(first.removeprefix("old "))
            if first != f"old {old}" or old < 0 or len(proof_lines) > PATH_MAX:
                return _plain(HTTPStatus.BAD_REQUEST)
            path = [base64.b64decode(line, validate=True) for line in proof_lines]
        except ValueError:
            return _plain(HTTPStatus.BAD_REQUEST)
        if origin not in self._logs:
            return _plain(HTTPStatus.NOT_FOUND)
        try:
            text = open_note(note, [self._logs[origin]])
            head = Checkpoint.parse(text)
        except NoteError:
            return _plain(HTTPStatus.FORBIDDEN)
        with self._lock:
            return self._consider(head, text, old, path)

    def _consider(self, head: Checkpoint, text: str, old: int, path: Sequence[bytes]) -> Reply:
        if old > head.size:
            return _plain(HTTPStatus.BAD_REQUEST)
        held = self.held.get(head.origin)
        if old != (held.size if held else 0):
            return HTTPStatus.CONFLICT, SIZE_TYPE, f"{held.size if held else 0}\n".encode()
        if held is None:
            is_consistent = not path
        elif held.size == head.size and held.root != head.root:
            return HTTPStatus.CONFLICT, SIZE_TYPE, f"{held.size}\n".encode()
        else:
            is_consistent = verify_consistency(
                old=old, new=head.size, path=path, old_root=held.root, new_root=head.root
            )
        if not is_consistent:
            return _plain(HTTPStatus.UNPROCESSABLE_ENTITY)
        self.held[head.origin] = head
        line = self._cosigner.cosign(text, at=self._clock())
        return HTTPStatus.OK, "text/plain; charset=utf-8", line.encode()

    def __enter__(self) -> Self:
        """Start answering."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _plain(status: HTTPStatus) -> Reply:
    return status, "text/plain; charset=utf-8", f"{status.phrase}\n".encode()
