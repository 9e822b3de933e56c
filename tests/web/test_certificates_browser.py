"""In a real browser: a recipient signs a text with their certificate and opens a qualified letter."""

import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lre_kit.clock import now
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.testing.accessibility import barriers
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.person_authority import PersonAuthority
from lre_web.extension import LRE
from lre_web.identity import certificates

pytestmark = pytest.mark.needs("openssl")

PATIENCE_MS = 30_000
CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Site:
    """An office over HTTP that accepts the certificates of one authority."""

    office: PostOffice
    authority: PersonAuthority
    folder: Path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    authority = PersonAuthority(folder / "issuers", now())
    authority.write_list(two_factors="true")
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    base = f"http://localhost:{server.server_port}"
    settings: dict[str, Any] = {"certificate_issuers": folder / "issuers", "base_url": base}
    with throwaway_office(folder / "office", clock=now, **settings) as office:
        app = Flask("host", static_folder=None)
        LRE(app, office=office, url_prefix="", pages=[certificates.add_pages])
        server.app = app
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Site(office, authority, folder)
        server.shutdown()
        thread.join()
        server.server_close()


def judged(page: Page, heading: str) -> None:
    """Expect a page, and that it puts nobody off."""
    expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=PATIENCE_MS)
    assert barriers(page) == []


def sign(folder: Path, text: Path, card_of: PersonAuthority) -> Path:
    """Sign a file as the page says."""
    card_of.card().write(folder)
    command = f"openssl cms -sign -binary -in {text} -signer card.pem -inkey card.key -outform DER -out x.p7s"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder / "x.p7s"


@pytest.mark.parametrize(
    "options",
    [
        {"viewport": {"width": 1280, "height": 900}, "java_script_enabled": True},
        {"viewport": {"width": 360, "height": 740}, "java_script_enabled": False},
        {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "java_script_enabled": True},
    ],
    ids=["desk", "phone without scripts", "phone in the dark"],
)
def test_a_certificate_opens_a_qualified_letter(
    browser: Browser, site: Site, tmp_path: Path, options: dict[str, Any]
) -> None:
    ada = Recipient(name="Ada Lovelace", email=f"ada{abs(hash(tmp_path))}@example.org")
    letter = deposit_sample(site.office, product="qualified", recipient=ada)
    site.office.run_until_idle()
    context = browser.new_context(locale="en-GB", reduced_motion="reduce", **options)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{site.office.links.base_url}/r/{site.office.links.token(letter.id)}")
    page.locator("form[action$='/r/code'] button").click()
    page.wait_for_selector("#code")
    assert isinstance(site.office.courier, MemoryCourier)
    found = CODE.search(site.office.courier.text_of())
    assert found is not None
    page.fill("#code", found.group().strip())
    page.keyboard.press("Enter")
    page.wait_for_selector("#step-2")
    assert letter.sender.name not in page.content()
    page.locator("a[href*='/certificate']").first.click()
    headings = [page.get_by_role("heading", level=1).inner_text()]
    judge = options["java_script_enabled"]
    if judge:
        judged(page, headings[0])
    page.locator("form[action$='/certificate/sign'] button").click()
    with page.expect_download() as download:
        page.locator("form[action$='/certificate/text'] button").click()
    text = tmp_path / "identification.txt"
    download.value.save_as(text)
    if judge:
        judged(page, page.get_by_role("heading", level=1).inner_text())
    wrong = tmp_path / "wrong.p7s"
    wrong.write_bytes(b"no signature")
    page.set_input_files("input[name=signature]", wrong)
    page.locator("form[action$='/certificate/signed'] button").click()
    expect(page.locator("body")).to_contain_text("cannot be read")
    if judge:
        judged(page, page.get_by_role("heading", level=1).inner_text())
    # A refused answer uses its text up: one begins again.
    page.goto(f"{site.office.links.base_url}/certificate?next=/r")
    page.locator("form[action$='/certificate/sign'] button").click()
    with page.expect_download() as download:
        page.locator("form[action$='/certificate/text'] button").click()
    download.value.save_as(text)
    page.set_input_files("input[name=signature]", sign(tmp_path, text, site.authority))
    page.locator("form[action$='/certificate/signed'] button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Your identity is confirmed"))
    if judge:
        judged(page, page.get_by_role("heading", level=1).inner_text())
    page.locator("main a[href='/r']").click()
    page.locator("form[action$='/r/accept'] button").click()
    expect(page.locator("body")).to_contain_text(letter.sender.name)
    assert site.office.reading.by_id(letter.id).phase is Phase.RECEIVED
    context.close()
