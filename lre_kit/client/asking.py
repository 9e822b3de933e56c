"""One request of the client: its form, the tries it is given, and what comes back."""

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode

from lre_kit.client.credentials import ClientCredentials, Tokens
from lre_kit.client.transport import (
    Answered,
    Asking,
    OfficeUnreachableError,
    Transport,
    expect_private,
)
from lre_kit.errors import LreError

TRIES = 4
"""Tries of a request that may be sent again."""

FIRST_WAIT_S = 0.5
"""Wait before the second try, in seconds; it doubles."""

WAIT_MAX_S = 30.0
"""Longest wait between two tries, in seconds."""

_AGAIN = frozenset({429, 502, 503, 504})
_REFUSED = "urn:lre-kit:problem:access-token-refused"
_IN_PROGRESS = "urn:lre-kit:problem:idempotency-in-progress"

Document = str | Path | tuple[str, bytes] | tuple[str, BinaryIO]
"""A file by its path, or a name with its bytes or an open file."""


class ProblemError(LreError):
    """The office refused a request of the client; `type` says with which problem.

    Attributes:
        type: The type of the problem, such as ``urn:lre-kit:problem:consent-missing``.
        http_status: The HTTP status of the answer.
        fields: Fields that are wrong: where each stands, and what is wrong with it.
        retry_after_s: When to come back, where the office says so.
    """

    slug = "api-problem"
    status = 502

    def __init__(self, answered: Answered) -> None:
        """Read the answer."""
        told = _told(answered)
        super().__init__(
            str(told.get("detail") or f"The office answered {answered.status}."),
            mend=str(told.get("mend") or "See the office's description of its API."),
        )
        self.type = str(told.get("type") or "about:blank")
        self.http_status = answered.status
        self.fields = {str(each["pointer"]): str(each["detail"]) for each in told.get("errors") or ()}
        after = answered.headers.get("retry-after", "")
        self.retry_after_s = int(after) if after.isascii() and after.isdigit() else None


@dataclass(frozen=True, slots=True)
class Form:
    """A body as ``multipart/form-data``: JSON in one part, if that has a name, and files in others."""

    part: str
    told: Mapping[str, Any]
    files: Sequence[tuple[str, Document]]

    def encoded(self) -> tuple[bytes, str]:
        """Return the bytes and their media type (RFC 7578)."""
        boundary = uuid.uuid4().hex
        pieces = [_piece(boundary, self.part, None, json.dumps(self.told).encode())] if self.part else []
        for field, document in self.files:
            name, content = _opened(document)
            pieces.append(_piece(boundary, field, name, content))
        media = f"multipart/form-data; boundary={boundary}"
        return b"".join([*pieces, f"--{boundary}--\r\n".encode()]), media


@dataclass(frozen=True, slots=True)
class Raw:
    """A body as it is, with headers of its own."""

    content: bytes
    headers: Mapping[str, str]


class Asker:
    """Sends requests, and sends them again where that is safe.

    Attributes:
        identification: A pass for qualified letters, sent with each act.
    """

    def __init__(
        self,
        address: str,
        key: str | ClientCredentials,
        transport: Transport,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Prepare for an office's address, such as ``https://lettres.example/lre``.

        Raises:
            ConfigurationError: The address is none, or would send the key in the clear.
        """
        expect_private(address, "office")
        self._base = f"{address.rstrip('/')}/api/v1"
        self._key = key if isinstance(key, str) else ""
        self._tokens = None if isinstance(key, str) else Tokens(key, transport)
        self.identification: str | None = None
        self._transport = transport
        self._sleep = sleep

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        told: Mapping[str, Any] | Form | Raw | None = None,
        etag: str | None = None,
        idempotency_key: str | None = None,
    ) -> Answered:
        """Return the answer to a request.

        Raises:
            ProblemError: The office refuses it.
            OfficeUnreachableError: No answer came, at any try.
        """
        headers = {"Accept": "application/json, */*"}
        if etag is not None:
            headers["If-Match"] = etag
        if self.identification is not None and method != "GET":
            headers["LRE-Identification"] = self.identification
        if method != "GET":
            headers["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        body: bytes | None = None
        if isinstance(told, Raw):
            body, headers = told.content, {**headers, **told.headers}
        elif isinstance(told, Form):
            body, headers["Content-Type"] = told.encoded()
        elif told is not None:
            body, headers["Content-Type"] = json.dumps(told).encode(), "application/json"
        said = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self._base}{path}{'?' if said else ''}{urlencode(said)}"
        return self._sent(Asking(method=method, url=url, headers=headers, body=body))

    def _sent(self, asking: Asking) -> Answered:
        """Send a request until it is answered; its idempotency key makes that safe."""
        wait, refused = FIRST_WAIT_S, None
        for left in reversed(range(TRIES)):
            try:
                bearer = self._key if self._tokens is None else self._tokens.current(refused=refused)
                headers = {**asking.headers, "Authorization": f"Bearer {bearer}"}
                answered = self._transport.send(replace(asking, headers=headers))
            except OfficeUnreachableError:
                if not left:
                    raise
            else:
                if answered.status < 300:
                    return answered
                problem = ProblemError(answered)
                if problem.type == _REFUSED and self._tokens is not None and refused is None and left:
                    # It was revoked, or ended on the way: a fresh one is tried once.
                    refused = bearer
                    continue
                if not left or not (answered.status in _AGAIN or problem.type == _IN_PROGRESS):
                    raise problem
                wait = max(wait, float(problem.retry_after_s or 0))
            self._sleep(min(wait, WAIT_MAX_S))
            wait *= 2
        raise AssertionError

    def close(self) -> None:
        """Let go of connections."""
        self._transport.close()


def place(*steps: str) -> str:
    """Return the path of steps, each of them as one step whatever it holds."""
    return "".join(f"/{quote(step, safe='')}" for step in steps)


def as_files(field: str, documents: Iterable[Document]) -> list[tuple[str, Document]]:
    """Return documents as parts of a form."""
    return [(field, document) for document in documents]


def _opened(document: Document) -> tuple[str, bytes]:
    if isinstance(document, str | Path):
        path = Path(document)
        return path.name, path.read_bytes()
    name, content = document
    return name, content if isinstance(content, bytes) else content.read()


def _piece(boundary: str, field: str, name: str | None, content: bytes) -> bytes:
    # Quotes and line ends are escaped as browsers do it (WHATWG HTML, multipart/form-data).
    kept = (name or "").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    file = f'; filename="{kept}"' if name is not None else ""
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"{file}\r\n'
    media = "application/octet-stream" if name is not None else "application/json"
    return f"{head}Content-Type: {media}\r\n\r\n".encode() + content + b"\r\n"


def _told(answered: Answered) -> Mapping[str, Any]:
    try:
        told = json.loads(answered.body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
