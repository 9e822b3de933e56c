"""A real browser goes to a real identity provider of another site and back, also without scripts."""

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lre_kit.clock import now
from lre_kit.identifiers.eid_opening import BACK_PATH, GOODBYE_PATH
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.oidc import OidcServer
from lre_kit.testing.private_servers import MissingServiceError
from lre_web.extension import LRE
from lre_web.identity import eid

pytestmark = pytest.mark.needs("node", "npm")

PATIENCE_MS = 30_000
SECRET = "secret of the office"
CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)
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


@dataclass
class Site:
    """An office at ``localhost`` and a provider at ``127.0.0.1``: to browsers two sites."""

    office: PostOffice
    provider: OidcServer

    @property
    def base(self) -> str:
        return self.office.links.base_url

    def letter(self) -> Letter:
        letter = deposit_sample(
            self.office,
            product="qualified",
            recipient=Recipient(name="Ada Lovelace", email="ada@example.org"),
        )
        self.office.run_until_idle()
        return letter

    def read(self, page: Page, letter: Letter) -> None:
        """Follow the link and type the code."""
        page.goto(f"{self.base}/r/{self.office.links.token(letter.id)}")
        page.locator("form[action$='/r/code'] button").click()
        page.wait_for_selector("#code")
        assert isinstance(self.office.courier, MemoryCourier)
        found = CODE.search(self.office.courier.text_of())
        assert found is not None
        page.fill("#code", found.group().strip())
        page.keyboard.press("Enter")
        page.wait_for_selector("#step-2")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    base = f"http://localhost:{server.server_port}"
    client: dict[str, Any] = {
        "client_id": "office",
        "client_secret": SECRET,
        "redirect_uris": [base + BACK_PATH],
        "post_logout_redirect_uris": [base + GOODBYE_PATH],
        "token_endpoint_auth_method": "client_secret_post",
        "id_token_signed_response_alg": "ES256",
    }
    thread = threading.Thread(target=server.serve_forever)
    try:
        with OidcServer([client]) as provider:
            listed = folder / "eid.toml"
            listed.write_text(LISTED.format(issuer=provider.issuer, secret=SECRET), encoding="utf-8")
            settings: dict[str, Any] = {"eid_providers": listed, "base_url": base}
            with throwaway_office(folder / "office", clock=now, **settings) as office:
                app = Flask("host", static_folder=None)
                LRE(app, office=office, url_prefix="", pages=[eid.add_pages])
                server.app = app
                thread.start()
                yield Site(office, provider)
                server.shutdown()
                thread.join()
    except MissingServiceError as missing:
        if os.environ.get("LRE_REQUIRE_SERVICES") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    finally:
        server.server_close()


def opened(browser: Browser, complaints: list[str], *, scripts: bool = True, **options: Any) -> Page:
    """Open a fresh browser of Ada's, who logs in at once with the provider."""
    context = browser.new_context(java_script_enabled=scripts, **({"locale": "en-GB"} | options))
    context.set_default_timeout(PATIENCE_MS)
    context.set_extra_http_headers({"x-person": "ada", "x-acr": "eidas2"})
    page = context.new_page()
    # The provider's own page has no icon, which is not ours to mend.
    page.on(
        "console",
        lambda message: None if "favicon" in message.location["url"] else complaints.append(message.text),
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_recipient_goes_to_a_provider_and_back_accepts_and_logs_out_there(
    browser: Browser, site: Site, scripts: bool
) -> None:
    """F10.10."""
    complaints: list[str] = []
    letter = site.letter()
    page = opened(browser, complaints, scripts=scripts)
    expect.set_options(timeout=PATIENCE_MS)
    site.read(page, letter)
    page.get_by_role("link", name=re.compile("electronic identity", re.IGNORECASE)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your electronic identity")
    page.get_by_role("button", name="Identify with Test").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your identity is confirmed")
    assert page.url == f"{site.base}/eid/done"
    logout = page.get_by_role("link", name="Log out of Test too").get_attribute("href")
    assert logout is not None
    assert logout.startswith(f"{site.provider.issuer}/session/end?")
    page.get_by_role("link", name="Continue").click()
    page.locator("form[action$='/r/accept'] button").click()
    page.wait_for_selector(".cards")
    assert site.office.reading.by_id(letter.id).phase is Phase.RECEIVED
    if scripts:
        page.goto(logout)
        page.evaluate(
            "() => { const form = document.forms[0];"
            "form.insertAdjacentHTML('beforeend', '<input name=logout value=yes>'); form.submit(); }"
        )
        # Back here, and on to where the person was going: the letter that was accepted.
        page.wait_for_url(f"{site.base}/r/letter")
    page.context.close()
    assert complaints == []


def test_every_page_fits_a_narrow_screen(browser: Browser, site: Site) -> None:
    for locale, scheme in (("fr-FR", "light"), ("en-GB", "dark")):
        complaints: list[str] = []
        options: dict[str, Any] = {"locale": locale, "color_scheme": scheme}
        page = opened(browser, complaints, viewport={"width": 320, "height": 640}, **options)
        site.read(page, site.letter())
        for path in ("/eid?next=/r", "/eid/back?state=x"):
            page.goto(site.base + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
            assert page.evaluate("document.documentElement.lang") == locale[:2]
            assert page.locator("h1").count() == page.locator("main").count() == 1
        page.goto(f"{site.base}/eid?next=/r")
        page.locator("form button").click()
        page.wait_for_url(f"{site.base}/eid/done")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.context.close()
        assert [each for each in complaints if "403" not in each] == []
