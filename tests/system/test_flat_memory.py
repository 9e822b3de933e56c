"""A real server takes large documents and its memory stays flat, by whichever door they come."""

import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lre_kit.integration.values import KeyWish
from lre_kit.testing.office import SENDER, throwaway_office

pytest.importorskip("gunicorn")
pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")

SIZE = 192 * 1024 * 1024
"""Bytes of the document: far more than the memory that may be used for it."""

GROWTH_MAX_BYTES = 48 * 1024 * 1024
"""By how much the server's memory may grow at its peak, in bytes: caches and buffers, and no document."""

PIECE = b"The rent rises in May. " * 2849
"""Some 64 KiB of text."""

APP = """
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_web.standalone import create_app
app = create_app(PostOffice.open(Settings()))
"""


class Server:
    """gunicorn with one worker."""

    def __init__(self, folder: Path) -> None:
        (folder / "served.py").write_text(APP, encoding="utf-8")
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port: int = listener.getsockname()[1]
        environment = {
            **os.environ,
            "LRE_HOME": str(folder / "office"),
            "LRE_ACCOUNTS": "off",
            "LRE_DOCUMENT_MAX_BYTES": str(2 * SIZE),
            "LRE_LETTER_MAX_BYTES": str(4 * SIZE),
            "TMPDIR": str(folder),
            "HOME": str(folder),
        }
        arguments = ["-m", "gunicorn", "-b", f"127.0.0.1:{self.port}", "-w", "1", "--timeout", "300"]
        with (folder / "server.log").open("wb") as told:
            self._process = subprocess.Popen(
                [sys.executable, *arguments, "served:app"],
                cwd=folder,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=told,
                start_new_session=True,
            )

    def worker(self) -> int:
        """Return the worker's process."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return int(children.split()[0])

    def peak(self) -> int:
        """Return the most memory the worker had resident since `forget`, in bytes."""
        for line in Path(f"/proc/{self.worker()}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError

    def forget(self) -> int:
        """Forget the former peak; return the memory resident now."""
        Path(f"/proc/{self.worker()}/clear_refs").write_text("5")
        return self.peak()

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)

    def wait(self) -> None:
        for _ in range(300):
            try:
                connection = self.connection()
                connection.request("GET", "/api/v1/openapi.json")
                with connection.getresponse() as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.2)
        raise AssertionError

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(30)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    folder = tmp_path_factory.mktemp("flat")
    with throwaway_office(folder / "office") as office:
        key = office.integration.keys.create(SENDER, KeyWish(name="large")).text
    server = Server(folder)
    try:
        server.wait()
        yield server, key
    finally:
        server.stop()


def pieces(size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = PIECE[: min(left, len(PIECE))]
        left -= len(piece)
        yield piece


def ask(
    server: Server, key: str, method: str, path: str, body: Any, **headers: str
) -> tuple[int, dict[str, str], dict[str, Any]]:
    connection = server.connection()
    told = {"Authorization": f"Bearer {key}"} | {
        name.replace("_", "-"): text for name, text in headers.items()
    }
    try:
        connection.request(method, f"/api/v1{path}", body=body, headers=told)
        with connection.getresponse() as answer:
            raw = answer.read()
            return answer.status, dict(answer.getheaders()), json.loads(raw) if raw else {}
    finally:
        connection.close()


def test_a_document_in_parts_and_its_deposit_leave_memory_flat(server: tuple[Server, str]) -> None:
    """F11.01: an upload is many times larger than the memory it takes."""
    served, key = server
    named = base64.b64encode(b"large.txt").decode()
    status, _, told = ask(
        served, key, "POST", "/uploads", None, Upload_Length=str(SIZE), Upload_Metadata=f"filename {named}"
    )
    assert status == 201, told
    before = served.forget()
    status, headers, told = ask(
        served,
        key,
        "PATCH",
        f"/uploads/{told['id']}",
        pieces(SIZE),
        Upload_Offset="0",
        Content_Length=str(SIZE),
        Content_Type="application/offset+octet-stream",
    )
    assert (status, headers["Upload-Offset"]) == (204, str(SIZE)), told
    assert served.peak() - before < GROWTH_MAX_BYTES


def test_a_form_leaves_memory_flat(server: tuple[Server, str]) -> None:
    """F11.01: and so does a document that comes whole, and its deposit, and its reading back."""
    served, key = server
    letter = json.dumps({"recipient": {"name": "Ada", "email": "ada@example.net"}})
    head = (
        '--b\r\nContent-Disposition: form-data; name="letter"\r\nContent-Type: application/json\r\n\r\n'
        f'{letter}\r\n--b\r\nContent-Disposition: form-data; name="documents"; filename="large.txt"\r\n'
        "Content-Type: text/plain\r\n\r\n"
    ).encode()
    tail = b"\r\n--b--\r\n"

    def body() -> Iterator[bytes]:
        yield head
        yield from pieces(SIZE)
        yield tail

    before = served.forget()
    status, _, told = ask(
        served, key, "POST", "/letters", body(), Content_Length=str(len(head) + SIZE + len(tail)),
        Content_Type="multipart/form-data; boundary=b",
    )  # fmt: skip
    assert status == 201, told
    assert told["documents"][0]["size_bytes"] == SIZE
    assert served.peak() - before < GROWTH_MAX_BYTES


def test_an_endless_body_is_stopped_early(server: tuple[Server, str]) -> None:
    """F11.01: a body without a length ends at the limit, and the server goes on."""
    served, key = server
    before = served.forget()
    connection = served.connection()
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 16 * SIZE:
            sent += len(PIECE)
            yield PIECE

    named = base64.b64encode(b"endless.txt").decode()
    _, _, told = ask(
        served, key, "POST", "/uploads", None, Upload_Length="1000000", Upload_Metadata=f"filename {named}"
    )
    headers = {
        "Authorization": f"Bearer {key}",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    try:
        # A server that answers early closes: what is still being sent then breaks, and that is well.
        connection.request(
            "PATCH", f"/api/v1/uploads/{told['id']}", body=endless(), headers=headers, encode_chunked=True
        )
        with connection.getresponse() as answer:
            status = answer.status
    except (BrokenPipeError, ConnectionResetError):
        status = 0
    finally:
        connection.close()
    assert status in {0, 422}
    assert sent < SIZE
    assert served.peak() - before < GROWTH_MAX_BYTES
    status, _, found = ask(served, key, "GET", f"/uploads/{told['id']}", None)
    assert (status, found["received"]) == (200, 0)
