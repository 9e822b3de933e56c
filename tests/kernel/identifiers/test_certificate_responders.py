"""A certificate's issuer says whether it still stands: good, revoked, unknown, or no answer that counts."""

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import EllipsisType
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.certificate_checks import CertificateRefusedError, Checked, Reason, check_certificate
from lre_kit.identifiers.certificate_issuers import IssuerList
from lre_kit.identifiers.certificate_responders import ANSWER_MAX_BYTES, Responders, question
from lre_kit.identifiers.certificate_status import (
    SKEW,
    UNDATED_MAX,
    Standing,
    UnreliableAnswerError,
    standing_of,
)
from lre_kit.testing.ocsp_responder import OcspResponder
from lre_kit.testing.person_authority import Card, PersonAuthority, person_usage

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def _at_this_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    # An answer carries the instant it was made at, by the clock of this machine: so does each test.
    monkeypatch.setattr(sys.modules[__name__], "NOW", datetime.now(UTC).replace(microsecond=0))


@pytest.fixture
def authority(tmp_path: Path, _at_this_instant: None) -> PersonAuthority:
    return PersonAuthority(tmp_path / "issuers", NOW)


def checked(authority: PersonAuthority, card: Card, *, timeout_s: float = 5.0) -> Checked:
    ask = Responders(timeout_s=timeout_s).ask
    issuers, at = IssuerList.load(authority.folder), datetime.now(UTC)
    return check_certificate(card.certificate, issuers=issuers, at=at, signed=True, ask=ask)


def refused(authority: PersonAuthority, card: Card, **told: Any) -> Reason:
    with pytest.raises(CertificateRefusedError) as caught:
        checked(authority, card, **told)
    return caught.value.reason


# -- a real responder ----------------------------------------------------------------------------------


@pytest.mark.needs("openssl")
def test_a_real_responder_clears_revokes_and_disowns(authority: PersonAuthority, tmp_path: Path) -> None:
    good, revoked, strange = (authority.card() for _ in range(3))
    responder = OcspResponder(authority, tmp_path / "ocsp")
    responder.knows(good.certificate)
    responder.knows(revoked.certificate, revoked=NOW - timedelta(minutes=1))
    with responder:
        # No list at all: the responder's word is enough.
        authority.write_list(crl="", ocsp=f'"{responder.url}"')
        found = checked(authority, good)
        assert found.status is not None
        assert (found.status.standing, found.status.source) == (Standing.GOOD, responder.url)
        assert abs(found.status.at - datetime.now(UTC)) < timedelta(minutes=1)
        assert len(found.status.digest) == 64
        assert found.list_digests == ()
        assert refused(authority, revoked) is Reason.REVOKED
        assert refused(authority, strange) is Reason.NOT_ISSUED
        # The list still says that all is well: the fresher word counts.
        authority.write_list(ocsp=f'"{responder.url}"')
        assert refused(authority, revoked) is Reason.REVOKED
        authority.write_list(ocsp='"off"')
        assert checked(authority, revoked).status is None


@pytest.mark.needs("openssl")
def test_a_responder_whom_the_issuer_did_not_name_for_it_is_not_believed(
    authority: PersonAuthority, tmp_path: Path
) -> None:
    card = authority.card()
    responder = OcspResponder(authority, tmp_path / "ocsp", may_sign=False)
    responder.knows(card.certificate)
    with responder:
        authority.write_list(crl="", ocsp=f'"{responder.url}"')
        assert refused(authority, card) is Reason.REVOCATION_UNKNOWN


# -- no answer that counts -------------------------------------------------------------------------------


class Server:
    """A responder that answers whatever it is told to, and counts."""

    def __init__(self) -> None:
        self.answer: Callable[[bytes], bytes] = lambda asked: b""
        self.status, self.asked = 200, 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                owner.asked += 1
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(owner.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(owner.answer(asked))

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/ocsp"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, args=(0.05,))
    thread.start()
    yield made
    made.http.shutdown()
    thread.join()
    made.http.server_close()


@pytest.mark.parametrize("flaw", ["gone", "error", "redirect", "noise", "huge", "try later"])
def test_without_an_answer_a_current_list_decides_and_without_one_nobody_is_let_in(
    authority: PersonAuthority, server: Server, flaw: str
) -> None:
    """F4.09."""
    card, revoked = authority.card(), authority.card()
    later = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    bodies = {"noise": b"<html>", "huge": bytes(ANSWER_MAX_BYTES + 1)}
    body = later.public_bytes(Encoding.DER) if flaw == "try later" else bodies.get(flaw, b"")
    server.answer = lambda asked: body
    server.status = {"error": 500, "redirect": 302}.get(flaw, 200)
    url = "http://127.0.0.1:9/" if flaw == "gone" else server.url
    authority.write_crl([(revoked.certificate, NOW - timedelta(minutes=1))])
    authority.write_list(ocsp=f'"{url}"')
    found = checked(authority, card)
    assert found.status is not None
    assert (found.status.standing, found.status.digest) == (Standing.UNREACHABLE, "")
    assert len(found.list_digests) == 1
    assert refused(authority, revoked) is Reason.REVOKED
    authority.write_crl(at=NOW - timedelta(days=30))
    assert refused(authority, card) is Reason.REVOCATION_UNKNOWN
    authority.write_list(ocsp=f'"{url}"', revocation='"if-known"')
    assert checked(authority, card).list_digests == ()


def test_a_responder_that_drips_is_left_in_time(authority: PersonAuthority, server: Server) -> None:
    done = threading.Event()

    def drip(asked: bytes) -> bytes:
        done.wait(5)
        return b""

    server.answer = drip
    authority.write_list(crl="", ocsp=f'"{server.url}"')
    assert refused(authority, authority.card(), timeout_s=0.2) is Reason.REVOCATION_UNKNOWN
    done.set()


@pytest.mark.parametrize("place", ["{}", "http://localhost/", "http://169.254.169.254/", "ftp://ca.example/"])
def test_an_address_in_a_certificate_leads_to_public_places_only(
    authority: PersonAuthority, server: Server, place: str
) -> None:
    """F4.09: what stands in a certificate never makes the office call inside."""
    named = x509.UniformResourceIdentifier(place.format(server.url))
    access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, named)
    card = authority.card(extra=x509.AuthorityInformationAccess([access]), extra_critical=False)
    found = checked(authority, card)
    assert server.asked == 0
    if place.startswith("ftp"):
        assert found.status is None
    else:
        assert found.status is not None
        assert found.status.standing is Standing.UNREACHABLE


def test_a_stranger_who_names_a_responder_of_their_own_makes_nobody_ask_it(
    authority: PersonAuthority, server: Server, tmp_path: Path
) -> None:
    stranger = PersonAuthority(tmp_path / "other", NOW)
    authority.write_list(ocsp=f'"{server.url}"')
    assert refused(authority, stranger.card()) is Reason.UNKNOWN_ISSUER
    assert server.asked == 0


def test_an_address_of_a_responder_is_one_of_http(authority: PersonAuthority) -> None:
    authority.write_list(ocsp='"file:///etc/passwd"')
    with pytest.raises(ConfigurationError):
        IssuerList.load(authority.folder)


# -- which answers count -----------------------------------------------------------------------------------


def answer(
    authority: PersonAuthority,
    card: Card,
    asked: ocsp.OCSPRequest,
    *,
    signer: Card | None = None,
    at: datetime | None = None,
    until: datetime | EllipsisType | None = ...,
    nonce: bytes | None = b"",
    digest: hashes.HashAlgorithm | None = None,
    by_key: bool = False,
) -> bytes:
    """Return an answer of a responder; each flaw by its argument."""
    own = signer or Card(authority.certificate, authority._key)
    encoding = ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=card.certificate,
            issuer=authority.certificate,
            algorithm=hashes.SHA1(),
            cert_status=ocsp.OCSPCertStatus.GOOD,
            this_update=at or NOW,
            next_update=NOW + timedelta(minutes=5) if isinstance(until, EllipsisType) else until,
            revocation_time=None,
            revocation_reason=None,
        )
        .responder_id(encoding, own.certificate)
    )
    if signer is not None:
        builder = builder.certificates([signer.certificate])
    if nonce is not None:
        ours = asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        builder = builder.add_extension(x509.OCSPNonce(nonce or ours), critical=False)
    return builder.sign(own.key, digest or hashes.SHA256()).public_bytes(Encoding.DER)


def test_answers_of_the_issuer_or_of_whom_it_named_count(authority: PersonAuthority) -> None:
    card = authority.card()
    asked = question(card.certificate, authority.certificate)
    named = authority.card(purposes=(ExtendedKeyUsageOID.OCSP_SIGNING,))
    told: list[dict[str, Any]] = [
        {},
        {"signer": named},
        {"signer": named, "by_key": True},
        {"nonce": None},
        {"at": NOW - timedelta(days=2)},
        {"at": NOW - UNDATED_MAX, "until": None},
        {"digest": hashes.SHA384()},
    ]
    for each in told:
        raw = answer(authority, card, asked, **each)
        found, _ = standing_of(raw, asked=asked, issuer=authority.certificate, at=NOW)
        assert found is Standing.GOOD


@pytest.mark.parametrize(
    "flaw",
    ["stranger", "no purpose", "over", "revoked signer", "nonce", "old", "undated", "future", "over time",
     "other certificate", "sha1", "damaged"],
)  # fmt: skip
def test_forged_replayed_and_stale_answers_say_nothing(
    authority: PersonAuthority, tmp_path: Path, flaw: str
) -> None:
    card = authority.card()
    asked = question(card.certificate, authority.certificate)
    purposes = (ExtendedKeyUsageOID.OCSP_SIGNING,)
    named = authority.card(purposes=purposes)
    stranger = PersonAuthority(tmp_path / "other", NOW)
    told: dict[str, dict[str, Any]] = {
        "stranger": {"signer": stranger.card(purposes=purposes)},
        "no purpose": {"signer": authority.card(usage=person_usage())},
        "over": {"signer": authority.card(purposes=purposes, ends=NOW - timedelta(days=1))},
        "revoked signer": {"signer": named},
        "nonce": {"nonce": b"n" * 32},
        "old": {"at": NOW - timedelta(days=30)},
        "undated": {"at": NOW - UNDATED_MAX - SKEW - timedelta(minutes=1), "until": None},
        "future": {"at": NOW + SKEW + timedelta(minutes=1), "until": NOW + timedelta(days=1)},
        "over time": {"at": NOW - timedelta(hours=1), "until": NOW - SKEW - timedelta(minutes=1)},
        "sha1": {},
    }
    about = authority.card() if flaw == "other certificate" else card
    raw = answer(authority, about, asked, **told.get(flaw, {}))
    if flaw == "damaged":
        raw = raw[:-3] + bytes([raw[-3] ^ 1]) + raw[-2:]
    if flaw == "sha1":
        # ecdsa-with-SHA256 turned into ecdsa-with-SHA1, which nobody here may use.
        raw = raw.replace(bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040301"))
    authority.write_crl([(named.certificate, NOW - timedelta(days=1))])
    lists = next(iter(IssuerList.load(authority.folder))).lists() if flaw == "revoked signer" else []
    with pytest.raises(UnreliableAnswerError):
        standing_of(raw, asked=asked, issuer=authority.certificate, at=NOW, lists=lists)


def test_noise_never_breaks_the_reader_nor_clears_anybody(authority: PersonAuthority) -> None:
    card = authority.card()
    asked = question(card.certificate, authority.certificate)
    raw = answer(authority, card, asked)
    tbs = ocsp.load_der_ocsp_response(raw).tbs_response_bytes
    start = raw.index(tbs)
    for place in range(0, len(raw), 2):
        damaged = raw[:place] + bytes([raw[place] ^ 0x15]) + raw[place + 1 :]
        if start <= place < start + len(tbs):
            with pytest.raises(UnreliableAnswerError):
                standing_of(damaged, asked=asked, issuer=authority.certificate, at=NOW)
        else:
            try:
                standing_of(damaged, asked=asked, issuer=authority.certificate, at=NOW)
            except UnreliableAnswerError:
                continue


def test_questions_never_repeat(authority: PersonAuthority) -> None:
    card = authority.card()
    asked = {
        hashlib.sha256(question(card.certificate, authority.certificate).public_bytes(Encoding.DER)).digest()
        for _ in range(20)
    }
    assert len(asked) == 20
