"""The profile's pages in a real browser without scripts: narrow, wide and dark."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lre_kit.identifiers.means import State
from lre_kit.testing.accessibility import barriers
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_web.testing_profile import EMAIL, PASSWORD, ProfileSite

PATIENCE_MS = 30_000


@dataclass
class Served:
    site: ProfileSite
    serial: str
    paths: list[str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Somebody with means in several states, an order under way and mandates, served over HTTP."""
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    clock = MovedClock()
    base = f"http://localhost:{server.server_port}"
    with throwaway_office(tmp_path_factory.mktemp("office"), clock=clock, base_url=base) as office:
        site = ProfileSite.of(office, clock)
        _, party = site.member()
        site.move_in(party)
        active = site.sheet(party)
        site.sheet(party, state=State.DELIVERED)
        orders = office.people.ordering.orders
        order = orders.order(party.id, "paper_seed", actor={"role": "holder"})
        paths = ["", "/address", "/means", f"/means/{active.id}/lost", "/order", f"/orders/{order.id}"]
        server.app = site.app
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Served(site, active.serial, [f"/profile{path}" for path in (*paths, "/lost", "/mandates")])
        server.shutdown()
        thread.join()
        server.server_close()


def log_in(page: Page, served: Served) -> str:
    base = served.site.office.links.base_url
    page.goto(f"{base}/account/login")
    page.locator("#email").fill(EMAIL)
    page.locator("#password").fill(PASSWORD)
    page.locator("main button:not([data-key])").click()
    return base


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_and_can_be_read_on_any_screen(
    browser: Browser, served: Served, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    base = log_in(page, served)
    for path in served.paths:
        for language in ("fr", "en"):
            page.goto(f"{base}{path}?lang={language}")
            expect(page.locator("h1")).to_have_count(1)
            assert barriers(page) == [], path
    assert complaints == []
    context.close()


def test_a_sheet_is_blocked_and_brought_back_without_scripts(browser: Browser, served: Served) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(f"{served.site.office.links.base_url}/profile/lost")
    page.get_by_label("Serial number").fill(served.serial.lower())
    page.get_by_role("button", name="Block").click()
    expect(page.get_by_role("status")).to_contain_text("Noted.")
    base = log_in(page, served)
    page.goto(f"{base}/profile")
    page.get_by_role("main").get_by_role("link", name="Identification means").click()
    page.get_by_role("button", name="Bring back into use").click()
    expect(page.get_by_role("status")).to_have_text("This means is back in use.")
    context.close()
