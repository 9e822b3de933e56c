"""The second step of the account pages: code applications and recovery codes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient

from lre_kit.identifiers.means import State
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.law.assurance import Means
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import throwaway_office
from lre_web.account.session import EXTENSION, FRESH, AccountSite
from lre_web.standalone import create_app
from lre_web.testing import send_form

EMAIL, PASSWORD = "helene.fay@example.org", "quatre poules bleues"
LINK = re.compile(r"https?://[^/\s]+(/account/\S+)")


@dataclass
class Site:
    app: Flask
    office: PostOffice
    clock: MovedClock
    register: IdentifierRegister
    secret: str = ""

    @property
    def kept(self) -> AccountSite:
        kept = self.app.extensions[EXTENSION]
        assert isinstance(kept, AccountSite)
        return kept

    def client(self) -> FlaskClient:
        client = self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        return client

    def member(self) -> FlaskClient:
        client, path = self.client(), "/account/register"
        send_form(client, path, path, name="Hélène Faÿ", email=EMAIL, password=PASSWORD)
        link = self.link()
        send_form(client, link, link, password=PASSWORD)
        return client

    def link(self) -> str:
        courier = self.office.courier
        assert isinstance(courier, MemoryCourier)
        found = LINK.search(courier.text_of())
        assert found is not None
        return found.group(1)

    def log_in(self, client: FlaskClient, **fields: Any) -> str:
        path = "/account/login"
        answer = send_form(client, path, path, email=EMAIL, password=PASSWORD, **fields)
        return answer.headers.get("Location", "")

    def code(self) -> str:
        """Return the code that the application shows now."""
        return pyotp.TOTP(self.secret).at(self.clock())

    def add_application(self, client: FlaskClient) -> None:
        offered = send_form(client, "/account/authenticator", "/account").text
        found = re.search(r'class="mono">([A-Z2-7 ]+)<', offered)
        assert found is not None
        self.secret = found.group(1).replace(" ", "")
        assert "data:image/svg+xml" in offered
        wrong = client.post("/account/authenticator", data=fields(offered) | {"code": "000000"})
        assert wrong.status_code == 403
        assert found.group(1) not in wrong.text
        right = client.post("/account/authenticator", data=fields(wrong.text) | {"code": self.code()})
        assert right.headers["Location"] == "/account?done=added"
        # A step is accepted once: the next code is another one.
        self.clock.advance(timedelta(seconds=60))


def fields(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's first form in its main part."""
    form = page.partition("<main")[2].partition("<form")[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock, base_url="http://localhost") as office:
        register = IdentifierRegister(office.database, clock=clock, vault=office.vault)
        yield Site(create_app(office), office, clock, register)


def token_of(client: FlaskClient) -> str:
    found = client.get_cookie("lre_session")
    return found.value if found else ""


def in_there(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def test_an_application_is_added_with_its_first_code_and_asked_at_every_log_in(site: Site) -> None:
    client, other = site.member(), site.client()
    site.log_in(other)
    before = token_of(client)
    site.add_application(client)
    assert token_of(client) != before
    assert in_there(client)
    assert not in_there(other)
    assert "Code application" in client.get("/account").text

    again = site.client()
    assert site.log_in(again, next="/deposit") == "/account/second?next=/deposit"
    password_only = token_of(again)
    for path in ("/", "/deposit", "/account", "/account/password"):
        assert again.get(path).headers["Location"].startswith("/account/second?next=")
    second = "/account/second?next=/deposit"
    assert send_form(again, second, second, way="code", code="000000").status_code == 403
    done = send_form(again, second, second, way="code", code=site.code(), next="/deposit")
    assert done.headers["Location"] == "/deposit"
    assert token_of(again) != password_only
    assert site.kept.accounts.sessions.touch(password_only) is None
    assert again.get("/deposit").status_code == 200
    session = site.kept.accounts.sessions.touch(token_of(again))
    assert session is not None
    assert [factor.means for factor in session.factors] == [Means.PASSWORD, Means.AUTHENTICATOR]


def test_a_reset_password_does_not_go_around_the_second_step(site: Site) -> None:
    site.add_application(site.member())
    client = site.client()
    send_form(client, "/account/forgot", "/account/forgot", email=EMAIL)
    link = site.link()
    answer = send_form(client, link, link, password="cinq canards violets")
    assert answer.headers["Location"].startswith("/account/second")
    assert not in_there(client)
    for path in ("/account/codes", "/account/authenticator", "/account/key/options"):
        page = send_form(client, path, "/account/second")
        assert page.status_code in {303, 403}, path
        assert "otpauth" not in page.text


def test_a_recovery_code_opens_the_account_once(site: Site) -> None:
    client = site.member()
    codes = re.findall(r"<li>([0-9A-Z-]{14})</li>", send_form(client, "/account/codes", "/account").text)
    site.add_application(client)
    for place, (code, status) in enumerate([(codes[0], 303), (codes[0], 403), (codes[1], 303)]):
        browser = site.client()
        site.log_in(browser)
        page = "/account/second"
        assert send_form(browser, page, page, way="recovery", recovery=code).status_code == status, place
        assert in_there(browser) is (status == 303)


def test_only_the_owner_takes_a_second_factor_away(site: Site) -> None:
    client = site.member()
    site.add_application(client)
    account = site.kept.accounts.by_email(EMAIL)
    assert account is not None
    [means] = site.register.of(account.party_id)
    stranger = site.client()
    path = "/account/register"
    send_form(stranger, path, path, name="X", email="x@example.org", password=PASSWORD)
    link = site.link()
    send_form(stranger, link, link, password=PASSWORD)
    assert send_form(stranger, f"/account/means/{means.id}/remove", "/account").status_code == 404
    assert site.register.by_id(means.id).state is State.ACTIVE
    assert send_form(client, f"/account/means/{means.id}/remove", "/account").status_code == 303
    assert site.register.by_id(means.id).state is State.REVOKED
    assert site.log_in(site.client()) == "/"


def test_an_application_that_never_showed_a_code_does_not_count(site: Site) -> None:
    client = site.member()
    for _ in range(2):
        send_form(client, "/account/authenticator", "/account")
    account = site.kept.accounts.by_email(EMAIL)
    assert account is not None
    states = [each.state for each in site.register.of(account.party_id)]
    assert states == [State.REVOKED, State.ISSUED]
    page = client.get("/account").text
    assert "Only the password protects this account" in page
    assert "issued" not in page
    assert site.log_in(site.client()) == "/"


def test_a_code_works_once_and_wrong_ones_are_slowed_down(site: Site) -> None:
    site.add_application(site.member())
    code, page = site.code(), "/account/second"
    answers = []
    for typed in (code, code, *["000000"] * 6):
        browser = site.client()
        site.log_in(browser)
        answers.append(send_form(browser, page, page, way="code", code=typed).status_code)
    assert answers[:3] == [303, 403, 403]
    assert answers[-1] == 429


def test_only_who_confirms_the_password_lately_adds_a_second_factor(site: Site) -> None:
    client = site.member()
    site.clock.advance(FRESH + timedelta(seconds=1))
    for path in ("/account/authenticator", "/account/key", "/account/key/options"):
        answer = send_form(client, path, "/account")
        assert answer.headers["Location"] == "/account/again?next=/account", path
    assert client.get("/account/key").headers["Location"] == "/account/again?next=/account/key"


def test_an_offers_secret_stands_in_no_repr(site: Site) -> None:
    client = site.member()
    account = site.kept.accounts.by_email(EMAIL)
    session = site.kept.accounts.sessions.touch(token_of(client))
    assert account is not None
    assert session is not None
    offer = site.kept.steps.offer_code(account, session)
    assert offer.key not in repr(offer)
    assert offer.picture not in repr(offer)
