"""A recipient identifies at a provider of electronic identities, and decides on the letter afterwards."""

import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lre_kit.identifiers.means import Kind, State
from lre_kit.law.assurance import Level
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.forging_provider import CLIENT_SECRET, ForgingProvider
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_web.account import pages as account
from lre_web.account import stepping
from lre_web.account.opening import open_account_site
from lre_web.account.session import EXTENSION
from lre_web.extension import LRE
from lre_web.identity import eid
from lre_web.testing import send_form

ADA = Recipient(name="Ada Lovelace", email="ada@example.org")
CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)
REFRESH = re.compile(r'<meta http-equiv="refresh" content="0; url=([^"]+)">')
FOR = re.compile(r'name="for" value="([^"]+)"')
LINK = re.compile(r"https?://[^/\s]+(/account/\S+)")
PASSWORD = "quatre poules bleues"

LISTED = """
[[provider]]
slug = "test"
name = {{ fr = "Essai", en = "Test" }}
issuer = "{issuer}"
client_id = "office"
client_secret = "{secret}"
levels = {{ eidas1 = "low", eidas2 = "substantial" }}
algorithms = ["ES256"]
userinfo = "plain"
"""


class Site:
    """An application with accounts and electronic identities, and a letter that needs one."""

    def __init__(self, office: PostOffice, idp: ForgingProvider) -> None:
        self.office, self.idp = office, idp
        self.app = Flask("host", static_folder=None)
        self.app.extensions[EXTENSION] = open_account_site(office)
        pages = [account.add_pages, stepping.add_pages, eid.add_pages]
        LRE(self.app, office=office, url_prefix="", pages=pages)

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

    def set_out(self, client: FlaskClient, *, onward: str = "/r", slug: str = "test") -> str:
        """Choose the provider and return the address that the browser is sent to."""
        page = f"/eid?{urlencode({'next': onward})}"
        found = FOR.search(client.get(page).text)
        assert found is not None
        answer = send_form(client, f"/eid/{slug}", page, **{"for": found[1]})
        refresh = REFRESH.search(answer.text)
        assert refresh is not None, answer.text
        return html.unescape(refresh[1])

    def come_back(self, client: FlaskClient, found: Mapping[str, str]) -> TestResponse:
        # As a browser does that a provider sends back: across sites, at the top.
        return client.get("/eid/back", query_string=dict(found), headers={"Sec-Fetch-Site": "cross-site"})

    def identify(self, client: FlaskClient) -> TestResponse:
        return self.come_back(client, self.idp.visit(self.set_out(client)))

    def phase(self, letter: Letter) -> Phase:
        return self.office.reading.by_id(letter.id).phase


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = MovedClock()
    with ForgingProvider(clock=clock) as idp:
        listed = tmp_path / "eid.toml"
        listed.write_text(LISTED.format(issuer=idp.issuer, secret=CLIENT_SECRET), encoding="utf-8")
        with throwaway_office(tmp_path / "office", clock=clock, eid_providers=listed) as office:
            yield Site(office, idp)


def test_a_recipient_identifies_at_a_provider_and_accepts(site: Site) -> None:
    letter = site.letter()
    client = site.reader(letter)
    notice = client.get("/r").text
    assert "/eid?next=" in notice
    assert "/r/accept" not in notice
    back = site.identify(client)
    assert (back.status_code, back.location) == (303, "/eid/done")
    done = client.get("/eid/done").text
    assert "Your identity is confirmed" in done
    assert 'href="/r"' in done
    assert site.phase(letter) is Phase.NOTIFIED
    assert "/r/accept" in client.get("/r").text
    assert send_form(client, "/r/accept", "/r").status_code == 303
    assert site.phase(letter) is Phase.RECEIVED


def test_what_the_provider_is_asked_names_no_letter_and_no_person(site: Site) -> None:
    letter = site.letter()
    asked = parse_qs(urlsplit(site.set_out(site.reader(letter))).query)
    assert asked["redirect_uri"] == [f"{site.office.links.base_url}/eid/back"]
    assert asked["acr_values"] == ["eidas2"]
    said = " ".join(value for values in asked.values() for value in values)
    for word in (letter.id, letter.number, "Ada", "ada@"):
        assert word not in said


def test_the_pages_speak_french(site: Site) -> None:
    client = site.reader(site.letter(), "fr")
    assert "S&#39;identifier avec Essai" in client.get("/eid?next=/r").text
    assert "Vous vous êtes identifié avec moins de garanties" in _refused(site, client, acr="eidas1")
    assert "ne peut pas être acceptée" in _refused(site, client, acr="eidas2", nonce="another")
    assert "n&#39;est pas attendue ici" in site.come_back(client, {"state": "x"}).text
    other = site.reader(site.letter(Recipient(name="Grace Hopper", email="grace@example.org")), "fr")
    site.identify(other)
    assert "Quelqu&#39;un doit encore regarder" in other.get("/eid/done").text


def _refused(site: Site, client: FlaskClient, *, acr: str, **changes: str) -> str:
    site.idp.acr, site.idp.changes = acr, dict(changes)
    answer = site.identify(client)
    site.idp.acr, site.idp.changes = "eidas2", {}
    assert answer.status_code >= 400
    return answer.text


def test_a_refused_answer_is_said_with_the_other_ways_and_adds_nothing(site: Site) -> None:
    letter = site.letter()
    client = site.reader(letter)
    page = _refused(site, client, acr="eidas1")
    assert "less assurance than is needed" in page
    assert "/eid?next=/r" in page
    assert "Other ways:" in page
    assert "/r/accept" not in client.get("/r").text
    assert send_form(client, "/r/accept", "/r").status_code == 403


def test_who_cancels_may_begin_again(site: Site) -> None:
    client = site.reader(site.letter())
    state = parse_qs(urlsplit(site.set_out(client)).query)["state"][0]
    answer = site.come_back(client, {"error": "access_denied", "state": state, "iss": site.idp.issuer})
    assert answer.status_code == 403
    assert "was not completed" in answer.text
    assert site.identify(client).status_code == 303


def test_an_answer_counts_only_in_the_browser_that_set_out(site: Site) -> None:
    letter = site.letter()
    mine, theirs = site.reader(letter), site.reader(letter)
    found = site.idp.visit(site.set_out(mine))
    for stranger in (theirs, site.client()):
        assert site.come_back(stranger, found).status_code == 403
    assert "confirmed" not in theirs.get("/eid/done", follow_redirects=True).text


def test_an_answer_counts_only_for_the_letter_it_was_asked_for(site: Site) -> None:
    first, second = site.letter(), site.letter(Recipient(name="Ada Lovelace", email="other@example.org"))
    client = site.reader(first)
    found = site.idp.visit(site.set_out(client))
    client.get(f"/r/{site.office.links.token(second.id)}")
    assert site.come_back(client, found).status_code == 403


def test_an_answer_serves_once_and_the_page_after_it_may_be_read_again(site: Site) -> None:
    client = site.reader(site.letter())
    found = site.idp.visit(site.set_out(client))
    assert site.come_back(client, found).status_code == 303
    assert "not awaited here" in site.come_back(client, found).text
    assert "confirmed" in client.get("/eid/done").text
    assert "confirmed" in client.get("/eid/done").text


def test_a_parameter_that_stands_twice_is_none(site: Site) -> None:
    client = site.reader(site.letter())
    found = site.idp.visit(site.set_out(client))
    twice = urlencode([*found.items(), ("state", found["state"])])
    assert client.get(f"/eid/back?{twice}").status_code == 403


def test_another_name_waits_for_an_operator_and_counts_for_nothing(site: Site) -> None:
    letter = site.letter(Recipient(name="Grace Hopper", email="grace@example.org"))
    client = site.reader(letter)
    assert site.identify(client).status_code == 303
    assert "Somebody has to take a look" in client.get("/eid/done").text
    party = site.office.people.parties.reader_of("grace@example.org")
    assert party is not None
    (made,) = site.office.people.register.of(party.id)
    assert (made.kind, made.state) == (Kind.EID, State.ISSUED)
    assert send_form(client, "/r/accept", "/r").status_code == 403


def test_the_act_and_the_level_are_the_offices_and_cannot_be_written(site: Site) -> None:
    client = site.reader(site.letter())
    signer = site.office.links.signer("eid")
    forged = site.office.links.signer("form").dumps(["session", "low", "/r"])
    for told in ("", "x", str(forged), str(signer.dumps(["deposit", Level.LOW.value, "/r"]))):
        answer = send_form(client, "/eid/test", "/eid", **{"for": told})
        assert answer.status_code == 403
        assert "too old" in answer.text


def test_nothing_begins_by_following_a_link_or_without_the_forms_token(site: Site) -> None:
    client = site.reader(site.letter())
    assert client.get("/eid/test").status_code == 405
    assert client.post("/eid/test", data={"for": "x"}).status_code == 403


def test_nobody_identifies_who_is_not_known_to_be_asked(site: Site) -> None:
    answer = site.client().get("/eid")
    assert answer.status_code == 403
    assert "We do not know for whom" in answer.text


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_one_goes_on_within_this_site_only(site: Site, onward: str) -> None:
    client = site.reader(site.letter())
    site.come_back(client, site.idp.visit(site.set_out(client, onward=onward)))
    page = client.get("/eid/done").text
    assert "evil" not in page
    assert 'href="/r"' in page
    assert client.get("/eid/bye?state=//evil.example").location == "/r"


def test_a_person_may_log_out_at_the_provider_and_comes_back(site: Site) -> None:
    client = site.reader(site.letter())
    site.identify(client)
    found = re.search(r'href="([^"]+/end[^"]+)"', client.get("/eid/done").text)
    assert found is not None
    asked = parse_qs(urlsplit(html.unescape(found[1])).query)
    assert asked["post_logout_redirect_uri"] == [f"{site.office.links.base_url}/eid/bye"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert client.get("/eid/bye", query_string={"state": asked["state"][0]}).location == "/r"
    # The provider's token is gone from the browser.
    assert client.get("/eid/done").status_code == 303


def test_who_is_logged_in_adds_the_identity_to_their_session(site: Site) -> None:
    client = site.client()
    form = {"name": ADA.name, "email": ADA.email, "password": PASSWORD}
    send_form(client, "/account/register", "/account/register", **form)
    link = LINK.search(site.mail())
    assert link is not None
    send_form(client, link[1], link[1], password=PASSWORD)
    back = site.come_back(client, site.idp.visit(site.set_out(client, onward="/account")))
    assert back.status_code == 303
    assert 'href="/account"' in client.get("/eid/done").text
    party = site.office.people.parties.reader_of(ADA.email)
    assert party is not None
    (made,) = [each for each in site.office.people.register.of(party.id) if each.kind is Kind.EID]
    assert made.state is State.ACTIVE
    # The letter that comes later is accepted with what the session holds.
    letter = site.letter()
    client.get(f"/r/{site.office.links.token(letter.id)}")
    send_form(client, "/r/code", "/r")
    code = CODE.search(site.mail())
    assert code is not None
    send_form(client, "/r/identify", "/r", code=code.group().strip())
    assert send_form(client, "/r/accept", "/r").status_code == 303
    assert site.phase(letter) is Phase.RECEIVED


def test_a_provider_that_does_not_answer_is_said_to_be_away(site: Site) -> None:
    client = site.reader(site.letter())
    found = FOR.search(client.get("/eid").text)
    assert found is not None
    site.idp.metadata = {"issuer": "https://another.example"}
    answer = send_form(client, "/eid/test", "/eid", **{"for": found[1]})
    assert answer.status_code == 503
    assert "does not answer as it should" in answer.text


def test_the_offices_public_keys_are_published(site: Site) -> None:
    answer = site.client().get("/eid/keys")
    assert (answer.status_code, answer.json) == (200, {"keys": []})


def test_where_no_provider_is_listed_no_page_offers_one(tmp_path: Path) -> None:
    with ForgingProvider() as idp, throwaway_office(tmp_path / "office", clock=MovedClock()) as office:
        site = Site(office, idp)
        client = site.reader(site.letter())
        assert "/eid" not in client.get("/r").text
        assert client.get("/eid").status_code == 404
        assert client.get("/eid/keys").status_code == 404
