"""Asking a server that may be slow, talkative, forgetful or elsewhere."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from lre_kit.errors import ConfigurationError
from lre_kit.proofs.publication.http_peer import HttpPeer, PeerUnavailableError


@contextmanager
def server(*scripts: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve one connection after the other, each by its script."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for script in scripts:
                with suppress(OSError):
                    link, _ = listening.accept()
                    with link:
                        script(link)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/log"


def says(*answers: bytes) -> Callable[[socket.socket], None]:
    """Answer so many requests on one connection, then hang up."""

    def script(link: socket.socket) -> None:
        for answer in answers:
            link.recv(65536)
            link.sendall(answer)

    return script


def ok(body: bytes, *more: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *more))
    return f"{head}\r\n".encode() + body


def test_one_connection_serves_several_requests() -> None:
    with server(says(ok(b"one"), ok(b"two"))) as url, HttpPeer(url, timeout_s=5) as peer:
        assert [peer.ask("GET", name, limit=10).body for name in ("a", "b")] == [b"one", b"two"]


def test_a_kept_connection_that_was_closed_is_opened_anew() -> None:
    with server(says(ok(b"one")), says(ok(b"two"))) as url, HttpPeer(url, timeout_s=5) as peer:
        assert [peer.ask("GET", name, limit=10).body for name in ("a", "b")] == [b"one", b"two"]


def test_a_first_connection_that_fails_is_not_tried_again() -> None:
    with server(says(), says(ok(b"one"))) as url, HttpPeer(url, timeout_s=5) as peer:
        with pytest.raises(PeerUnavailableError):
            peer.ask("GET", "a", limit=10)
        assert peer.ask("GET", "a", limit=10).body == b"one"


@pytest.mark.timeout(60)
def test_an_answer_that_drips_is_cut_off() -> None:
    stop = threading.Event()

    def drip(link: socket.socket) -> None:
        link.recv(65536)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while not stop.wait(0.05):
            link.sendall(b"x")

    with server(drip) as url, HttpPeer(url, timeout_s=0.5) as peer:
        with pytest.raises(PeerUnavailableError):
            peer.ask("GET", "a", limit=1_000_000)
        stop.set()


@pytest.mark.timeout(60)
def test_a_tls_handshake_that_drips_is_cut_off() -> None:
    stop = threading.Event()

    def drip(link: socket.socket) -> None:
        link.recv(65536)
        link.sendall(b"\x16\x03\x03\x40\x00")
        while not stop.wait(0.05):
            link.sendall(b"\x02")

    with server(drip) as url, HttpPeer(url.replace("http:", "https:"), timeout_s=0.5) as peer:
        with pytest.raises(PeerUnavailableError):
            peer.ask("GET", "a", limit=10)
        stop.set()


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", b"\xff" * 100],
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    with (
        server(says(answer)) as url,
        HttpPeer(url, timeout_s=5) as peer,
        pytest.raises(PeerUnavailableError, match="does not answer"),
    ):
        peer.ask("GET", "a", limit=1000)


def test_of_a_long_answer_no_more_is_read_than_shows_that_it_is_long() -> None:
    with server(says(ok(b"x" * 5000)), says(ok(b"y"))) as url, HttpPeer(url, timeout_s=5) as peer:
        assert peer.ask("GET", "a", limit=10).body == b"x" * 11
        assert peer.ask("GET", "a", limit=10).body == b"y", "what was left unread is not the next answer"


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    with server(says(moved)) as url, HttpPeer(url, timeout_s=5) as peer:
        assert peer.ask("GET", "a", limit=10).status == 302


@pytest.mark.parametrize(
    "url",
    ["", "log.example", "ftp://log.example", "http://", "http://a:b/", "http://log.example/?q", "file:///x",
     "https://user@log.example/", "http://log.example:99999/"],
)  # fmt: skip
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        HttpPeer(url, timeout_s=1)
