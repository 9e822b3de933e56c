"""A real browser with a virtual authenticator makes a key and uses it, through the page's own script."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request, send_from_directory
from playwright.sync_api import Browser, CDPSession, Page, expect
from werkzeug.serving import make_server

from lre_kit.errors import LreError
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.register import IdentifierRegister
from lre_kit.identifiers.security_keys import SecurityKeys
from lre_kit.identifiers.throttle import Throttle
from lre_kit.law.assurance import Factor
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
from lre_kit.testing.clock import MovedClock

STATIC = Path(__file__).parents[2] / "web" / "lre_web" / "static"
SESSION, ACT = "session-1", "session"
PATIENCE_MS = 30_000

PAGE = """<!doctype html><html lang="en"><title>Key</title>
<script src="/static/account_key.js" defer></script>
<form id="key-form" method="post" action="/{act}">
<input type="hidden" name="form_token" value="t">
<input type="hidden" name="challenge"><input type="hidden" name="answer">
<p class="key-problem" role="alert" hidden>It did not work.</p>
<button type="button" data-key="{act}" data-options="/{act}/options" hidden>Go</button>
</form></html>"""


@dataclass(frozen=True)
class Ada:
    id: str
    name: str = "Ada Lovelace"


class Site:
    """Two pages: one registers a key, one uses it."""

    def __init__(self, database: Database, port: int) -> None:
        clock = MovedClock()
        self.ada = Ada(new_id())
        self.origin = f"http://localhost:{port}"
        self.register = IdentifierRegister(database, clock=clock, vault=Vault(bytes(32), "kek"))
        self.keys = SecurityKeys(
            database,
            clock=clock,
            register=self.register,
            challenges=Challenges(database, clock=clock),
            throttle=Throttle(database, clock=clock, pepper=b"p" * 32),
            rp_id="localhost",
            rp_name="Example Post",
            origin=self.origin,
        )
        self.factors: list[Factor] = []
        self.app = Flask("keys")
        self.app.add_url_rule("/<act>", view_func=self.page, methods=["GET"])
        self.app.add_url_rule("/<act>", "answer", self.answer, methods=["POST"])
        self.app.add_url_rule("/<act>/options", "options", self.options, methods=["POST"])
        self.app.add_url_rule("/static/<name>", "file", lambda name: send_from_directory(STATIC, name))

    def page(self, act: str) -> Response:
        answer = Response(PAGE.format(act=act), content_type="text/html; charset=utf-8")
        answer.headers["Content-Security-Policy"] = "default-src 'self'; form-action 'self'"
        return answer

    def options(self, act: str) -> dict[str, Any]:
        if act == "create":
            asked = self.keys.begin_registration(self.ada, binding=SESSION)
        else:
            asked = self.keys.begin(self.ada.id, purpose=ACT, binding=SESSION)
        return {"challenge": asked.challenge_id, "options": dict(asked.options)}

    def answer(self, act: str) -> str:
        sent = (request.form["challenge"], request.form["answer"])
        try:
            if act == "create":
                self.keys.complete_registration(*sent, label="My key", binding=SESSION)
            else:
                self.factors.append(self.keys.complete(*sent, purpose=ACT, binding=SESSION))
        except LreError as error:
            return f"refused: {getattr(error, 'reason', error.slug)}"
        return "passed"


@pytest.fixture
def site(sqlite_url: str) -> Iterator[Site]:
    database = Database(sqlite_url)
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    site = Site(database, server.server_port)
    server.app = site.app
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()
    database.close()


Opened = tuple[Page, CDPSession, str]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Opens a page in a fresh profile with a virtual authenticator."""
    contexts = []

    def open_page(**options: object) -> Opened:
        context = browser.new_context()
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        devices = context.new_cdp_session(page)
        devices.send("WebAuthn.enable")
        device = {
            "protocol": "ctap2",
            "transport": "usb",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = devices.send("WebAuthn.addVirtualAuthenticator", {"options": device | options})
        return page, devices, made["authenticatorId"]

    yield open_page
    for context in contexts:
        context.close()


def answered(page: Page, site: Site, act: str) -> str:
    page.goto(f"{site.origin}/{act}")
    with page.expect_navigation():
        page.get_by_role("button", name="Go").click()
    return page.inner_text("body")


@pytest.mark.parametrize("transport", ["usb", "internal"])
def test_a_key_is_made_and_used(site: Site, opened: Callable[..., Opened], transport: str) -> None:
    page, _, _ = opened(transport=transport)
    assert answered(page, site, "create") == "passed"
    for _ in range(2):
        assert answered(page, site, "get") == "passed"
    (made,) = site.register.of(site.ada.id)
    assert [factor.identifier_id for factor in site.factors] == [made.id] * 2
    assert made.facts["transports"] == [transport]


def test_a_copied_key_is_found_out(site: Site, opened: Callable[..., Opened]) -> None:
    """F9.11: by a browser."""
    page, devices, device = opened()
    assert answered(page, site, "create") == "passed"
    found = devices.send("WebAuthn.getCredentials", {"authenticatorId": device})
    (copy,) = found["credentials"]
    assert answered(page, site, "get") == "passed"
    other, others, second = opened()
    copy["signCount"] = 0
    others.send("WebAuthn.addCredential", {"authenticatorId": second, "credential": copy})
    assert answered(other, site, "get") == "refused: cloned-key"


def test_a_key_that_does_not_know_its_owner_is_not_asked_or_is_refused(
    site: Site, opened: Callable[..., Opened]
) -> None:
    page, _, _ = opened(hasUserVerification=False, isUserVerified=False)
    page.goto(f"{site.origin}/create")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
    assert site.register.of(site.ada.id) == []


def test_the_same_key_is_not_made_twice(site: Site, opened: Callable[..., Opened]) -> None:
    page, _, _ = opened()
    assert answered(page, site, "create") == "passed"
    page.goto(f"{site.origin}/create")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_role("alert")).to_be_visible(timeout=PATIENCE_MS)
    assert len(site.register.of(site.ada.id)) == 1
