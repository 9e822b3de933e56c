"""The account pages in a real browser: without scripts, with a security key, narrow, wide and dark."""

import re
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pyotp
import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from lre_kit.office import PostOffice
from lre_kit.testing.accessibility import barriers
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import throwaway_office
from lre_web.standalone import create_app

PASSWORD, OTHER = "quatre poules bleues", "cinq canards violets"
PATIENCE_MS = 30_000
LINK = re.compile(r"https?://\S+/account/\S+")

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    """An office whose standalone application is served under a name, as browsers ask of security keys."""
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    base = f"http://localhost:{server.server_port}"
    with throwaway_office(tmp_path_factory.mktemp("office"), base_url=base) as opened:
        server.app = create_app(opened)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield opened
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def opened(browser: Browser, office: PostOffice) -> Iterator[Opener]:
    """Opens pages of the office in fresh profiles; whatever they complain of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(text: str) -> None:
        # What the server refuses is logged by the browser; the tests provoke it.
        if "status of" not in text:
            complaints.append(text)

    def opener(path: str, *, scripts: bool = True, **options: Any) -> Page:
        context = browser.new_context(java_script_enabled=scripts, **({"locale": "en-GB"} | options))
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("console", lambda said: complain(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(office.links.base_url + path)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield opener
    for context in contexts:
        context.close()
    assert complaints == []


def link(office: PostOffice) -> str:
    courier = office.courier
    assert isinstance(courier, MemoryCourier)
    found = LINK.search(courier.text_of())
    assert found is not None
    return found.group()


def become_member(page: Page, office: PostOffice, email: str) -> None:
    page.goto(office.links.base_url + "/account/register")
    page.locator("#name").fill("Hélène Faÿ")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("main button:not([data-key])").click()
    page.wait_for_url("**/account/sent")
    page.goto(link(office))
    page.locator("#password").fill(PASSWORD)
    page.locator("main button:not([data-key])").click()
    page.wait_for_url("**/account?done=confirmed")


def log_in(page: Page, email: str, password: str) -> None:
    page.locator("#email").fill(email)
    page.locator("#password").fill(password)
    page.locator("main button:not([data-key])").click()


def test_everything_but_security_keys_works_without_scripts(opened: Opener, office: PostOffice) -> None:
    page = opened("/", scripts=False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    become_member(page, office, "no.scripts@example.org")
    expect(page.get_by_role("status")).to_have_text("Your address is confirmed and your account is open.")
    page.get_by_role("button", name="Make ten codes").click()
    expect(page.locator(".account-codes li")).to_have_count(10)
    page.get_by_role("link", name="I have written them down").click()
    expect(page.get_by_text("You have 10 of 10 left.")).to_be_visible()
    page.get_by_role("link", name="Change the password").click()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password").fill(OTHER)
    page.get_by_role("button", name="Save the password").click()
    expect(page.get_by_role("status")).to_have_text("Your password is changed.")
    page.get_by_role("link", name="Add a security key").click()
    expect(page.get_by_text("A security key needs JavaScript")).to_be_visible()
    page.get_by_role("link", name="Back to your account").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status")).to_have_text("You are logged out.")
    log_in(page, "no.scripts@example.org", PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    log_in(page, "no.scripts@example.org", OTHER)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your letters")


def test_a_security_key_is_added_asked_for_and_replaced_by_a_recovery_code(
    opened: Opener, office: PostOffice
) -> None:
    email = "key@example.org"
    page = opened("/account/register")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    key = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
            }
        },
    )["authenticatorId"]
    become_member(page, office, email)
    page.get_by_role("button", name="Make ten codes").click()
    codes = page.locator(".account-codes li").all_text_contents()
    page.goto(office.links.base_url + "/account/key")
    page.get_by_label("Name of the key").fill("My telephone")
    page.get_by_role("button", name="Add a security key").click()
    expect(page.get_by_role("status")).to_have_text("The second factor is added.")
    expect(page.locator("#h-second ~ ul strong")).to_have_text(["My telephone"])

    page.get_by_role("button", name="Log out").click()
    log_in(page, email, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    page.goto(office.links.base_url + "/deposit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Second step")
    page.get_by_role("button", name="Use my security key").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deposit a letter")

    page.goto(office.links.base_url + "/account")
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your letters")
    page.goto(office.links.base_url + "/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    page.get_by_role("button", name="Log out").click()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": key, "isUserVerified": False})
    log_in(page, email, PASSWORD)
    page.get_by_role("button", name="Use my security key").click()
    expect(page.get_by_role("alert")).to_have_text("The key could not be read. Try again.")
    page.get_by_text("Lost your second factor?").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Use this code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your letters")
    page.goto(office.links.base_url + "/account")
    expect(page.get_by_text("You have 9 of 10 left.")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("status")).to_have_text("The second factor is taken away.")
    page.get_by_role("button", name="Log out").click()
    log_in(page, email, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your letters")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_code_application_reads_the_picture_and_its_codes_are_taken(
    opened: Opener, office: PostOffice, scheme: str
) -> None:
    email = f"codes.{scheme}@example.org"
    page = opened("/account/register", scripts=False, color_scheme=scheme)
    become_member(page, office, email)
    page.get_by_role("button", name="Add a code application").click()
    picture = Image.open(BytesIO(page.locator(".account-qr").screenshot(scale="css")))
    [read] = zxingcpp.read_barcodes(picture.resize((picture.width * 2, picture.height * 2)))
    application = pyotp.parse_uri(read.text)
    assert isinstance(application, pyotp.TOTP)
    assert application.issuer == office.settings.provider_name
    page.get_by_label("Code from your application").fill("000000")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is wrong")
    page.get_by_label("Code from your application").fill(application.now())
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("status")).to_have_text("The second factor is added.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1200])
def test_the_pages_fit_are_named_and_are_readable(
    opened: Opener, office: PostOffice, scheme: str, width: int
) -> None:
    page = opened("/account/login", color_scheme=scheme, viewport={"width": width, "height": 800})
    become_member(page, office, f"{scheme}{width}@example.org")
    seen = ["/account?done=password", "/account/password", "/account/key", "/account/close"]
    before = [
        "/account/login?out=1",
        "/account/register",
        "/account/forgot",
        "/account/reset/x",
        "/account/sent",
    ]
    for path in (*seen, *before):
        if path == before[0]:
            page.context.clear_cookies()
        for language in ("fr", "en"):
            page.goto(f"{office.links.base_url}{path}{'&' if '?' in path else '?'}lang={language}")
            assert barriers(page) == [], path
