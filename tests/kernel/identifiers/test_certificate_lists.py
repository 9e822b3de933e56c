"""Revocation lists are fetched from where the operator says, and replaced by good and newer ones only."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from lre_kit.errors import ConfigurationError
from lre_kit.identifiers import certificate_lists
from lre_kit.identifiers.certificate_checks import CertificateRefusedError, check_certificate
from lre_kit.identifiers.certificate_issuers import IssuerList
from lre_kit.identifiers.certificate_lists import Outcome, RevocationListUnavailableError, renew_lists
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.person_authority import PersonAuthority

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Server:
    """An issuer's server: what it answers may be changed."""

    def __init__(self) -> None:
        self.body, self.status = b"", 200
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(owner.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(owner.body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/example.crl?a=1"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever)
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


@pytest.fixture
def authority(tmp_path: Path, server: Server) -> PersonAuthority:
    made = PersonAuthority(tmp_path / "issuers", NOW)
    made.write_list(crl_from=f'{{ "example.crl" = "{server.url}" }}')
    return made


def kept(authority: PersonAuthority) -> Path:
    return authority.folder / "example.crl"


def renewed(authority: PersonAuthority, at: datetime = NOW) -> Outcome:
    (only,) = renew_lists(IssuerList.load(authority.folder), at=at)
    assert (only.issuer_id, only.file) == ("example-ca", "example.crl")
    assert [path.name for path in authority.folder.iterdir() if path.name.startswith(".")] == []
    return only.outcome


def test_a_newer_list_replaces_the_file_and_counts_at_once(
    authority: PersonAuthority, server: Server
) -> None:
    card = authority.card()
    old = kept(authority).read_bytes()
    authority.write_crl([(card.certificate, NOW)], at=NOW - timedelta(minutes=5))
    server.body = kept(authority).read_bytes()
    kept(authority).write_bytes(old)
    issuers = IssuerList.load(authority.folder)
    check_certificate(card.certificate, issuers=issuers, at=NOW, signed=True)
    assert renewed(authority) is Outcome.RENEWED
    with pytest.raises(CertificateRefusedError, match="revoked"):
        check_certificate(card.certificate, issuers=issuers, at=NOW, signed=True)
    assert renewed(authority) is Outcome.UNCHANGED


def test_the_first_list_may_be_fetched(authority: PersonAuthority, server: Server) -> None:
    server.body = kept(authority).read_bytes()
    kept(authority).unlink()
    card = authority.card()
    issuers = IssuerList.load(authority.folder)
    with pytest.raises(CertificateRefusedError, match="cannot be known"):
        check_certificate(card.certificate, issuers=issuers, at=NOW, signed=True)
    assert renewed(authority) is Outcome.RENEWED
    check_certificate(card.certificate, issuers=issuers, at=NOW, signed=True)


@pytest.mark.parametrize("flaw", ["older", "another's", "over", "of the future", "noise", "empty"])
def test_a_list_that_is_not_good_leaves_the_former(
    authority: PersonAuthority, server: Server, flaw: str
) -> None:
    old, at = kept(authority).read_bytes(), NOW
    if flaw == "older":
        authority.write_crl(at=NOW - timedelta(days=1))
    elif flaw == "another's":
        authority.write_crl(at=NOW, key=ec.generate_private_key(ec.SECP256R1()))
    elif flaw == "over":
        at = NOW + timedelta(days=30)
    elif flaw == "of the future":
        authority.write_crl(at=NOW + timedelta(hours=1))
    server.body = {"noise": b"<html>", "empty": b""}.get(flaw, kept(authority).read_bytes())
    kept(authority).write_bytes(old)
    assert renewed(authority, at) is Outcome.REFUSED
    assert kept(authority).read_bytes() == old


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_server_that_has_no_list_leaves_the_former(
    authority: PersonAuthority, server: Server, status: int
) -> None:
    old = kept(authority).read_bytes()
    server.status = status
    assert renewed(authority) is Outcome.UNAVAILABLE
    assert kept(authority).read_bytes() == old


def test_an_endless_list_is_not_read_to_its_end(
    authority: PersonAuthority, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificate_lists, "LIST_MAX_BYTES", 100_000)
    server.body = bytes(200_000)
    with pytest.raises(RevocationListUnavailableError, match="too large"):
        certificate_lists.download(server.url)
    assert renewed(authority) is Outcome.UNAVAILABLE


def test_a_server_that_is_gone_is_unavailable(authority: PersonAuthority) -> None:
    authority.write_list(crl_from='{ "example.crl" = "http://127.0.0.1:9/" }')
    assert renewed(authority) is Outcome.UNAVAILABLE


@pytest.mark.parametrize(
    "told", ['{ "other.crl" = "http://ca.example/" }', '{ "example.crl" = "file:///etc/passwd" }']
)
def test_addresses_that_cannot_be_right_are_refused(authority: PersonAuthority, told: str) -> None:
    authority.write_list(crl_from=told)
    with pytest.raises(ConfigurationError):
        IssuerList.load(authority.folder)


def test_an_office_fetches_the_lists_by_its_agenda_each_hour(
    authority: PersonAuthority, server: Server, tmp_path: Path
) -> None:
    clock = MovedClock()
    authority.at = clock()
    authority.write_crl(at=clock() - timedelta(hours=1))
    old = kept(authority).read_bytes()
    server.body, server.status = b"", 500
    with throwaway_office(tmp_path / "office", clock=clock, certificate_issuers=authority.folder) as office:
        office.run_until_idle()
        assert kept(authority).read_bytes() == old
        authority.write_crl(at=clock())
        newer = kept(authority).read_bytes()
        kept(authority).write_bytes(old)
        server.body, server.status = newer, 200
        clock.advance(timedelta(minutes=59))
        office.run_until_idle()
        assert kept(authority).read_bytes() == old
        clock.advance(timedelta(minutes=2))
        office.run_until_idle()
        assert kept(authority).read_bytes() == newer
