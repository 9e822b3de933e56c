"""Client certificates over real TLS and a real proxy: known by the private channel, anonymous outside it."""

import http.client
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, request
from waitress.server import create_server

from lre_kit.errors import LreError
from lre_kit.identifiers.certificate_checks import CertificateRefusedError
from lre_kit.identifiers.certificate_issuers import IssuerList
from lre_kit.identifiers.certificate_proxy import ProxySettings, read_proxy_headers
from lre_kit.identifiers.certificates import Certificates
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.throttle import Throttle
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.person_authority import PersonAuthority

SECRET = "between-proxy-and-office-only-0123456789"
PROXY = "127.0.0.2"
CERTIFICATE = "X-SSL-Client-Cert"
ADA = new_id()

pytestmark = pytest.mark.needs("curl", "openssl")


class Office:
    """An application that says who is there, and the proxy before it."""

    def __init__(self, database: Database, folder: Path) -> None:
        clock = MovedClock()
        self.folder = folder
        self.authority = PersonAuthority(folder / "issuers", clock())
        self.certificates = Certificates(
            database,
            clock=clock,
            register=IdentifierRegister(database, clock=clock, vault=Vault(bytes(32), "kek")),
            challenges=Challenges(database, clock=clock),
            throttle=Throttle(database, clock=clock, pepper=b"p" * 32),
            issuers=IssuerList.load(folder / "issuers"),
            office_name="Example Post",
            origin="https://post.example",
        )
        self.settings = ProxySettings(addresses=(PROXY,), secret=SECRET)
        self.app = Flask("office")
        self.app.add_url_rule("/me", view_func=self.me)
        self.inside_port = self.outside_port = 0

    def me(self) -> tuple[str, int]:
        try:
            shown = read_proxy_headers(
                request.headers.items(), remote=request.remote_addr or "", settings=self.settings
            )
            if shown is None:
                return "anonymous", 200
            return self.certificates.recognise(shown, purpose="session").party_id, 200
        except CertificateRefusedError as error:
            return str(error.reason), error.status
        except LreError as error:
            return error.slug, error.status

    def ask(self, *options: str, tls: bool) -> str:
        url = (
            f"https://localhost:{self.outside_port}/me" if tls else f"http://127.0.0.1:{self.inside_port}/me"
        )
        trust = ("--cacert", "server.pem") if tls else ()
        done = subprocess.run(
            ["curl", "-sS", "--max-time", "30", *trust, *options, url],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout


def proxy_for(office: Office) -> type[BaseHTTPRequestHandler]:
    """A reverse proxy as the manual wants it: it sets both headers itself and drops those of clients."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            own = {CERTIFICATE.lower(), "x-lre-proxy-secret", "connection"}
            headers = {name: value for name, value in self.headers.items() if name.lower() not in own}
            connection: Any = self.connection
            shown = connection.getpeercert(binary_form=True)
            if shown:
                headers[CERTIFICATE] = quote(ssl.DER_cert_to_PEM_cert(shown), safe="")
            headers["X-LRE-Proxy-Secret"] = SECRET
            behind = http.client.HTTPConnection(
                "127.0.0.1", office.inside_port, timeout=30, source_address=(PROXY, 0)
            )
            behind.request("GET", self.path, headers=headers)
            answer = behind.getresponse()
            body = answer.read()
            behind.close()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            pass

    return Handler


@pytest.fixture
def office(sqlite_url: str, tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as stack:
        database = Database(sqlite_url)
        stack.callback(database.close)
        office = Office(database, tmp_path)
        subprocess.run(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
            " -addext subjectAltName=DNS:localhost -keyout server.key -out server.pem".split(),
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        inside: Any = create_server(office.app, host="127.0.0.1", port=0, threads=2)
        office.inside_port = inside.effective_port
        served = threading.Thread(target=inside.run)
        served.start()
        stack.callback(served.join, 30)
        stack.callback(inside.close)

        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
        tls.load_verify_locations(tmp_path / "issuers" / "chain.pem")
        tls.verify_mode = ssl.CERT_OPTIONAL
        outside = ThreadingHTTPServer(("127.0.0.1", 0), proxy_for(office))
        outside.daemon_threads = True
        outside.socket = tls.wrap_socket(outside.socket, server_side=True)
        office.outside_port = outside.server_port
        running = threading.Thread(target=outside.serve_forever)
        running.start()
        stack.callback(running.join, 30)
        stack.callback(outside.server_close)
        stack.callback(outside.shutdown)
        yield office


def test_who_shows_an_enrolled_certificate_is_known_and_nobody_else(office: Office) -> None:
    """F9.10: over sockets, past the proxy and through it."""
    card, other = office.authority.card(), office.authority.card("Bob", "Byron")
    office.certificates.enrol_shown(ADA, card.pem, label="x", fits=lambda _: True)
    card.write(office.folder, "ada")
    other.write(office.folder, "bob")
    ada, bob = (("--cert", f"{name}.pem", "--key", f"{name}.key") for name in ("ada", "bob"))
    assert office.ask(*ada, tls=True) == ADA
    assert office.ask(*bob, tls=True) == "not-enrolled"
    assert office.ask(tls=True) == "anonymous"

    forged = ("-H", f"{CERTIFICATE}: {quote(card.pem, safe='')}")
    lower = ("-H", f"x_ssl_client_cert: {quote(card.pem, safe='')}")
    secret = ("-H", f"X-LRE-Proxy-Secret: {SECRET}")
    # Through the proxy a client's own headers are dropped; past the proxy nothing is believed,
    # not even with the secret, for the connection comes from elsewhere.
    for headers in (forged, (*forged, *secret), (*lower, *secret)):
        assert office.ask(*headers, tls=True) == "anonymous"
        assert office.ask(*headers, tls=False) == "anonymous"
    # From the proxy's own address, but without its secret.
    assert office.ask("--interface", PROXY, *forged, tls=False) == "anonymous"
    assert office.ask("--interface", PROXY, *forged, "-H", "X-LRE-Proxy-Secret: x", tls=False) == "anonymous"
    # A proxy that adds its header to the client's instead of replacing it.
    twice = ("--interface", PROXY, *secret, *forged, *forged)
    assert office.ask(*twice, tls=False) == "client-certificate-header"
    assert office.ask("--interface", PROXY, *secret, *forged, tls=False) == ADA
