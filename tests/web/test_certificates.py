"""A recipient identifies by a certificate, signed with OpenSSL or shown to a proxy, and receives a letter."""

import html
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import TestResponse

from lre_kit.identifiers.means import Kind, State
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.person_authority import Card, PersonAuthority
from lre_web.account import pages as account
from lre_web.account import stepping
from lre_web.account.opening import open_account_site
from lre_web.account.session import EXTENSION
from lre_web.extension import LRE
from lre_web.identity import certificates
from lre_web.profile import pages as profile
from lre_web.testing import send_form

pytestmark = pytest.mark.needs("openssl")

ADA = Recipient(name="Ada Lovelace", email="ada@example.org")
GRACE = Recipient(name="Grace Hopper", email="grace@example.org")
CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)
CARRIED = re.compile(r'name="carried" value="([^"]+)"')
LINK = re.compile(r"https?://[^/\s]+(/account/\S+)")
SECRET = "between-proxy-and-office-only-0123456789"
PROXY = "10.0.0.7"


class Site:
    """An application that accepts certificates of one authority, behind a proxy."""

    def __init__(
        self, office: PostOffice, authority: PersonAuthority, clock: MovedClock, folder: Path
    ) -> None:
        self.office, self.authority, self.clock, self.folder = office, authority, clock, folder
        self.app = Flask("host", static_folder=None)
        self.app.extensions[EXTENSION] = open_account_site(office)
        own = (account, stepping, profile, certificates)
        LRE(self.app, office=office, url_prefix="", pages=[each.add_pages for each in own])

    def letter(self, recipient: Recipient = ADA) -> Letter:
        letter = deposit_sample(self.office, product="qualified", recipient=recipient)
        self.office.run_until_idle()
        return letter

    def client(self, language: str = "en") -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        return client

    def mail(self) -> str:
        assert isinstance(self.office.courier, MemoryCourier)
        return self.office.courier.text_of()

    def reader(self, letter: Letter, language: str = "en") -> FlaskClient:
        """A browser in which the recipient typed the code."""
        client = self.client(language)
        client.get(f"/r/{self.office.links.token(letter.id)}")
        send_form(client, "/r/code", "/r")
        found = CODE.search(self.mail())
        assert found is not None
        send_form(client, "/r/identify", "/r", code=found.group().strip())
        return client

    def ask(self, client: FlaskClient, onward: str = "/r") -> str:
        """Ask for a text; return what the page carries on."""
        answer = send_form(client, "/certificate/sign", "/certificate", next=onward)
        found = CARRIED.search(answer.text)
        assert found is not None, answer.text
        return html.unescape(found[1])

    def text(self, client: FlaskClient, carried: str) -> bytes:
        answer = send_form(client, "/certificate/text", "/certificate", carried=carried)
        assert "attachment" in answer.headers["Content-Disposition"]
        return answer.data

    def sign(self, card: Card, text: bytes, *, form: str = "DER") -> bytes:
        """Sign a file as the page says, with OpenSSL."""
        card.write(self.folder)
        (self.folder / "identification.txt").write_bytes(text)
        command = "openssl cms -sign -binary -in identification.txt -signer card.pem -inkey card.key"
        subprocess.run(
            [*command.split(), "-outform", form, "-out", "signature.p7s"],
            cwd=self.folder,
            check=True,
            capture_output=True,
        )
        return (self.folder / "signature.p7s").read_bytes()

    def send(self, client: FlaskClient, carried: str, signature: bytes, **more: object) -> TestResponse:
        files = {"signature": (BytesIO(signature), "signature.p7s")} | more
        return send_form(client, "/certificate/signed", "/certificate", carried=carried, **files)

    def identify(self, client: FlaskClient, card: Card) -> TestResponse:
        carried = self.ask(client)
        return self.send(client, carried, self.sign(card, self.text(client, carried)))

    def phase(self, letter: Letter) -> Phase:
        return self.office.reading.by_id(letter.id).phase

    def behind_proxy(self, client: FlaskClient, card: Card, *, secret: str = SECRET, at: str = PROXY) -> None:
        """Let a browser's requests come through the proxy, which saw a certificate."""
        client.environ_base |= {
            "REMOTE_ADDR": at,
            "HTTP_X_SSL_CLIENT_CERT": quote(card.pem, safe=""),
            "HTTP_X_LRE_PROXY_SECRET": secret,
        }


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = MovedClock()
    authority = PersonAuthority(tmp_path / "issuers", clock())
    authority.write_list(two_factors="true")
    with throwaway_office(
        tmp_path / "office",
        clock=clock,
        certificate_issuers=tmp_path / "issuers",
        certificate_proxy_addresses=f"{PROXY}, 10.1.0.0/16",
        certificate_proxy_secret=SECRET,
    ) as office:
        yield Site(office, authority, clock, tmp_path)


def refused(site: Site, client: FlaskClient, card: Card, *, status: int = 403) -> str:
    answer = site.identify(client, card)
    assert answer.status_code == status
    assert "/r/accept" not in client.get("/r").text
    assert send_form(client, "/r/accept", "/r").status_code == 403
    return answer.text


def test_a_recipient_signs_with_openssl_and_receives_the_letter(site: Site) -> None:
    letter = site.letter()
    client = site.reader(letter)
    notice = client.get("/r").text
    assert "/certificate?next=/r" in notice
    assert "/r/accept" not in notice
    answer = site.identify(client, site.authority.card())
    assert answer.status_code == 303
    done = client.get(answer.location).text
    assert "Your identity is confirmed" in done
    assert 'href="/r"' in done
    assert site.phase(letter) is Phase.NOTIFIED
    assert send_form(client, "/r/accept", "/r").status_code == 303
    assert site.phase(letter) is Phase.RECEIVED
    party = site.office.people.parties.reader_of(ADA.email)
    assert party is not None
    [held] = site.office.people.register.of(party.id)
    assert (held.kind, held.state, held.label) == (Kind.CERTIFICATE, State.ACTIVE, "Example CA")


def test_the_holder_is_told_of_a_new_certificate(site: Site) -> None:
    site.identify(site.reader(site.letter()), site.authority.card())
    site.office.run_until_idle()
    assert "est enregistré à votre nom" in site.mail()


def test_a_known_certificate_identifies_again_and_only_once_each_time(site: Site) -> None:
    card = site.authority.card()
    for _ in range(2):
        letter = site.letter()
        client = site.reader(letter)
        carried = site.ask(client)
        signature = site.sign(card, site.text(client, carried), form="PEM")
        assert site.send(client, carried, signature).status_code == 303
        again = site.send(client, carried, signature)
        assert again.status_code == 403
        assert "already used" in again.text
        assert send_form(client, "/r/accept", "/r").status_code == 303
    party = site.office.people.parties.reader_of(ADA.email)
    assert party is not None
    assert len(site.office.people.register.of(party.id)) == 1


def test_a_bare_signature_comes_with_its_certificate(site: Site) -> None:
    card, client = site.authority.card(), site.reader(site.letter())
    carried = site.ask(client)
    certificate, _ = card.write(site.folder)
    (site.folder / "identification.txt").write_bytes(site.text(client, carried))
    command = "openssl dgst -sha256 -sign card.key -out text.sig identification.txt"
    subprocess.run(command.split(), cwd=site.folder, check=True, capture_output=True)
    signature = (site.folder / "text.sig").read_bytes()
    sent = site.send(client, carried, signature, certificate=(BytesIO(certificate.read_bytes()), "card.pem"))
    assert sent.status_code == 303


def test_an_expired_certificate_is_refused(site: Site) -> None:
    card = site.authority.card(ends=site.clock() - timedelta(days=1))
    assert "has expired" in refused(site, site.reader(site.letter()), card)


def test_a_revoked_certificate_is_refused(site: Site) -> None:
    card = site.authority.card()
    site.authority.write_crl([(card.certificate, site.clock() - timedelta(days=1))])
    assert "was revoked" in refused(site, site.reader(site.letter()), card)


def test_a_certificate_of_another_authority_is_refused(site: Site) -> None:
    stranger = PersonAuthority(site.folder / "strangers", site.clock())
    assert "issuer is not accepted" in refused(site, site.reader(site.letter()), stranger.card())


def test_another_persons_certificate_is_refused(site: Site) -> None:
    card = site.authority.card()
    site.identify(site.reader(site.letter()), card)
    assert "is not known here" in refused(site, site.reader(site.letter(GRACE)), card)


def test_a_certificate_in_another_name_waits_for_an_operator(site: Site) -> None:
    client = site.reader(site.letter(GRACE))
    card = site.authority.card()
    for _ in range(2):
        answer = site.identify(client, card)
        assert "Somebody has to take a look" in client.get(answer.location).text
        assert send_form(client, "/r/accept", "/r").status_code == 403
    party = site.office.people.parties.reader_of(GRACE.email)
    assert party is not None
    [held] = site.office.people.register.of(party.id)
    assert held.state is State.ISSUED


def test_a_signature_counts_in_the_browser_and_for_the_letter_it_was_asked_for(site: Site) -> None:
    letter, other = site.letter(), site.letter(GRACE)
    mine, theirs = site.reader(letter), site.reader(letter)
    card = site.authority.card()
    carried = site.ask(mine)
    signature = site.sign(card, site.text(mine, carried))
    assert site.send(theirs, carried, signature).status_code == 403
    mine.get(f"/r/{site.office.links.token(other.id)}")
    assert site.send(mine, carried, signature).status_code == 403


def test_a_signature_over_another_text_is_refused(site: Site) -> None:
    client = site.reader(site.letter())
    carried = site.ask(client)
    signature = site.sign(site.authority.card(), b"something else\n")
    answer = site.send(client, carried, signature)
    assert answer.status_code == 403
    assert "does not fit the text" in answer.text


@pytest.mark.parametrize("sent", [b"", b"x", b"0" * 200_000])
def test_what_is_no_signature_is_refused(site: Site, sent: bytes) -> None:
    client = site.reader(site.letter())
    answer = site.send(client, site.ask(client), sent)
    assert answer.status_code == 403
    assert "cannot be read" in answer.text


def test_the_text_names_the_office_and_the_act_and_no_person(site: Site) -> None:
    letter = site.letter()
    client = site.reader(letter)
    text = site.text(client, site.ask(client)).decode()
    assert site.office.settings.provider_name in text
    for word in ("Ada", "Lovelace", "ada@", letter.number, letter.sender.name):
        assert word not in text


def test_what_the_page_carries_cannot_be_written(site: Site) -> None:
    client = site.reader(site.letter())
    forged = str(site.office.links.signer("form").dumps(["x", "text", "session", "/r"]))
    for carried in ("", "x", forged):
        for page in ("/certificate/text", "/certificate/signed"):
            answer = send_form(client, page, "/certificate", carried=carried)
            assert answer.status_code == 403
            assert "too old" in answer.text


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_one_goes_on_within_this_site_only(site: Site, onward: str) -> None:
    client = site.reader(site.letter())
    carried = site.ask(client, onward)
    answer = site.send(client, carried, site.sign(site.authority.card(), site.text(client, carried)))
    assert "evil.example" not in client.get(answer.location).text


def test_nobody_is_asked_who_is_not_known(site: Site) -> None:
    answer = site.client().get("/certificate")
    assert answer.status_code == 403
    assert "We do not know for whom" in answer.text


def test_the_pages_speak_french(site: Site) -> None:
    client = site.reader(site.letter(), "fr")
    assert "En signant un texte" in client.get("/certificate?next=/r").text
    expired = site.authority.card(ends=site.clock() - timedelta(days=1))
    assert "Ce certificat a expiré" in site.identify(client, expired).text
    answer = site.identify(client, site.authority.card())
    assert "Votre identité est confirmée" in client.get(answer.location).text


# --- shown to a proxy ---------------------------------------------------------------------------------


def test_a_certificate_that_the_proxy_saw_opens_the_letter(site: Site) -> None:
    letter = site.letter()
    client = site.reader(letter)
    assert "Your browser showed no certificate" in client.get("/certificate").text
    site.behind_proxy(client, site.authority.card())
    page = client.get("/certificate?next=/r").text
    assert "Ada Lovelace" in page
    answer = send_form(client, "/certificate/shown", "/certificate?next=/r", next="/r")
    assert answer.status_code == 303
    assert "Your identity is confirmed" in client.get(answer.location).text
    assert send_form(client, "/r/accept", "/r").status_code == 303
    assert site.phase(letter) is Phase.RECEIVED


@pytest.mark.parametrize(
    ("at", "secret"), [("192.0.2.9", SECRET), (PROXY, "guessed" * 6), (PROXY, ""), ("", SECRET)]
)
def test_the_header_is_believed_from_nobody_else(site: Site, at: str, secret: str) -> None:
    client = site.reader(site.letter())
    site.behind_proxy(client, site.authority.card(), at=at, secret=secret)
    page = client.get("/certificate").text
    assert "Ada" not in page
    assert "Your browser showed no certificate" in page
    answer = send_form(client, "/certificate/shown", "/certificate")
    assert answer.status_code == 403
    assert send_form(client, "/r/accept", "/r").status_code == 403


def test_an_address_that_a_header_claims_is_not_the_proxys(site: Site) -> None:
    client = site.reader(site.letter())
    site.app.wsgi_app = ProxyFix(site.app.wsgi_app)  # type: ignore[method-assign]
    site.behind_proxy(client, site.authority.card(), at="192.0.2.9")
    client.environ_base["HTTP_X_FORWARDED_FOR"] = PROXY
    assert "Ada" not in client.get("/certificate").text
    client.environ_base |= {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": "192.0.2.9"}
    assert "Ada Lovelace" in client.get("/certificate").text


def test_a_header_that_stands_twice_is_refused(site: Site) -> None:
    client = site.reader(site.letter())
    site.behind_proxy(client, site.authority.card())
    client.environ_base["HTTP_X_SSL_CLIENT_CERT"] = "one, two"
    assert client.get("/certificate").status_code == 400


def test_another_persons_certificate_in_the_handshake_is_refused(site: Site) -> None:
    card = site.authority.card()
    site.identify(site.reader(site.letter()), card)
    client = site.reader(site.letter(GRACE))
    site.behind_proxy(client, card)
    answer = send_form(client, "/certificate/shown", "/certificate")
    assert answer.status_code == 403
    assert "is not known here" in answer.text


# --- in the profile -----------------------------------------------------------------------------------


def test_somebody_who_is_logged_in_adds_a_certificate_from_the_profile(site: Site) -> None:
    kept = site.app.extensions[EXTENSION]
    kept.accounts.register(ADA.email, "quatre poules bleues", ADA.name, "en")
    link = LINK.search(site.mail())
    assert link is not None
    client = site.client()
    send_form(client, link[1], link[1], password="quatre poules bleues")
    assert "/certificate?next=/profile/means" in client.get("/profile/means").text
    carried = site.ask(client, "/profile/means")
    answer = site.send(client, carried, site.sign(site.authority.card(), site.text(client, carried)))
    assert "list of your identification means" in client.get(answer.location).text
    assert "Example CA" in client.get("/profile/means").text


def test_an_office_without_issuers_offers_no_certificate(tmp_path: Path) -> None:
    clock = MovedClock()
    with throwaway_office(tmp_path / "plain", clock=clock) as office:
        site = Site(office, PersonAuthority(tmp_path / "issuers", clock()), clock, tmp_path)
        client = site.reader(site.letter())
        assert "/certificate" not in client.get("/r").text
        assert client.get("/certificate").status_code == 404
