"""Asking an authority over HTTP: no answer holds us up, no detour is followed, TLS is checked."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.clock import now
from lre_kit.errors import ConfigurationError, TimestampUnavailableError
from lre_kit.proofs.stamping.tsa_http import HttpAuthority
from lre_kit.testing.tsa_server import OpensslAuthority

DIGEST = bytes(32)
TIMEOUT_S = 1.0
Behaviour = Callable[[socket.socket], None]


@contextmanager
def listening(behave: Behaviour) -> Iterator[str]:
    """A server that does to its first caller what `behave` says."""

    def serve() -> None:
        try:
            with server.accept()[0] as link:
                behave(link)
        except OSError:
            pass  # the caller hung up, as it should

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/tsa"
        finally:
            thread.join(timeout=10)


def drip(head: bytes, part: bytes) -> Behaviour:
    def behave(link: socket.socket) -> None:
        link.recv(9999)
        link.sendall(head)
        for _ in range(40):
            link.sendall(part)
            time.sleep(0.2)

    return behave


def silent(link: socket.socket) -> None:
    link.recv(9999)
    link.recv(9999)


BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n"


@pytest.mark.parametrize(
    "behave",
    [silent, drip(BODY, b"x"), drip(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n"), drip(b"", b"")],
    ids=["silent", "body drips", "headers drip", "nothing"],
)
def test_an_authority_that_dawdles_is_left(behave: Behaviour) -> None:
    """F4.05."""
    with listening(behave) as url:
        authority = HttpAuthority(url, policy=None, timeout_s=TIMEOUT_S)
        started = time.monotonic()
        with pytest.raises(TimestampUnavailableError):
            authority.stamp(DIGEST)
        assert time.monotonic() - started < TIMEOUT_S + 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\n" + bytes(70_000),
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
    ids=["redirect", "error", "truncated", "huge", "no HTTP"],
)
def test_an_answer_that_is_not_one_says_so(answer: bytes) -> None:
    """F4.05."""

    def behave(link: socket.socket) -> None:
        link.recv(9999)
        link.sendall(answer)

    with listening(behave) as url, pytest.raises(TimestampUnavailableError, match="authority"):
        HttpAuthority(url, policy=None, timeout_s=5).stamp(DIGEST)


@pytest.mark.parametrize(
    "url", ["ftp://tsa:21/", "http://", "tsa.example", "http://tsa:99999/", "https://[::"]
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ConfigurationError, match="LRE_TSA_URL"):
        HttpAuthority(url, policy=None, timeout_s=1)


def test_over_tls_the_authority_must_be_who_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = _server_certificate(tmp_path)
    with OpensslAuthority(tmp_path / "tsa") as plain:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, tmp_path / "tls.key")
        plain._server.socket = context.wrap_socket(plain._server.socket, server_side=True)
        url = plain.url.replace("http:", "https:")
        with pytest.raises(TimestampUnavailableError, match=r"certificate verify failed"):
            HttpAuthority(url, policy=None, timeout_s=5).stamp(DIGEST)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert HttpAuthority(url, policy=None, timeout_s=5).stamp(DIGEST)


def _server_certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tls")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "tls.pem"
