"""What only a browser shows: nothing of an address leaves, nothing jumps, providers' pages put nobody off."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import make_server

from lre_kit.letters.values import Upload
from lre_kit.testing.accessibility import barriers
from lre_kit.testing.office import SENDER, SMALL_PDF
from lre_kit.testing.proofing_server import NAME, proofing_server
from lre_web.testing import ThrowawaySite
from lre_web.testing_identity import ProofingSite

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "reduced_motion": "reduce"}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"}

SHIFTS = """() => new Promise((tell) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) { if (!entry.hadRecentInput) { sum += entry.value; } }
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => tell(sum), 600);
})"""

OPEN = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"

SHIFT_MAX = 0.01
"""A tenth of what counts as good (web.dev/cls): rounding of fonts, and nothing that an eye sees."""


@pytest.fixture
def canary() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Serve a stranger's page; yield its address and the headers of whoever came."""
    came: list[dict[str, str]] = []

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            came.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>canary</title>")

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}/", came
        server.shutdown()
        thread.join()


def test_no_address_of_ours_reaches_a_strangers_page(
    browser: Browser, served: ThrowawaySite, canary: tuple[str, list[dict[str, str]]]
) -> None:
    """F10.07: the link's token leaves the address bar at once, and no referrer tells where somebody was."""
    address, came = canary
    letter = served.letter()
    link = served.noticed_link(letter)
    token = link.rstrip("/").rpartition("/")[2]
    context = browser.new_context(**PHONE)
    page = context.new_page()
    for start in (link, f"{served.origin}/lre/letters/{letter.number}", f"{served.origin}/lre/help?q=secret"):
        page.goto(start)
        assert token not in page.url
        page.evaluate("(there) => { location.assign(there); }", address)
        page.wait_for_url(address)
    context.close()
    visits = [headers for headers in came if "text/html" in headers.get("accept", "")]
    assert len(visits) == 3
    assert [headers.get("referer") for headers in visits] == [None] * 3


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_nothing_on_a_page_jumps_while_it_opens(
    browser: Browser, served: ThrowawaySite, device: dict[str, Any]
) -> None:
    letter = served.letter()
    draft = served.office.preparing.drafts.keep(SENDER.ref, {"name": "Zoé", "subject": "Congé"})
    served.office.preparing.draft_documents.add(
        SENDER.ref, draft.id, Upload(name="a.pdf", stream=[SMALL_PDF])
    )
    context = browser.new_context(**device)
    page = context.new_page()
    paths = ("", "drafts", f"deposit?draft={draft.id}", f"letters/{letter.number}", "preferences", "consents")
    shifts = {}
    for address in (served.noticed_link(letter), *(f"{served.origin}/lre/{path}" for path in paths)):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        shifts[page.url] = page.evaluate(SHIFTS)
    context.close()
    assert {url: shift for url, shift in shifts.items() if shift > SHIFT_MAX} == {}


def test_a_letters_page_prints_as_a_document(browser: Browser, served: ThrowawaySite) -> None:
    """On paper: what happened and when, black on white from a dark screen too; no menu, no buttons."""
    letter = served.letter(subject="À imprimer")
    context = browser.new_context(color_scheme="dark", **DESK)
    page = context.new_page()
    page.goto(f"{served.origin}/lre/letters/{letter.number}")
    page.emulate_media(media="print")
    expect(page.get_by_text(letter.number).first).to_be_visible()
    expect(page.locator(".timeline").first).to_be_visible()
    for hidden in ("nav.side, .side", "main button"):
        assert not any(each.is_visible() for each in page.locator(hidden).all()), hidden
    style = "getComputedStyle(document.querySelector('.lre'))"
    colours = page.evaluate(f"[{style}.color, {style}.backgroundColor]")
    context.close()
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


def test_an_open_letters_page_tells_what_happened_without_being_asked(
    browser: Browser, served: ThrowawaySite
) -> None:
    """The page is alive: a refusal appears, is told to who listens, and moves nothing that is typed in."""
    letter = served.letter()
    context = browser.new_context(locale="en-GB", **DESK)
    page = context.new_page()
    page.goto(f"{served.origin}/lre/letters/{letter.number}")
    page.fill("textarea[name=body], input[name=body]", "half a note")
    reader = served.identified(letter)
    token = reader.get("/lre/r").text.split('name="form_token" value="')[1].split('"')[0]
    reader.post("/lre/r/refuse", data={"form_token": token, "confirmation": "REFUSER"})
    expect(page.locator(".timeline").first).to_contain_text("refus", timeout=40_000, ignore_case=True)
    expect(page.locator("#moved-on")).not_to_be_empty()
    assert page.input_value("textarea[name=body], input[name=body]") == "half a note"
    context.close()


def _stand_still(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=re.sub(r'<meta http-equiv="refresh"[^>]*>', "", answer.text()))


@pytest.fixture
def proofing(tmp_path: Path) -> Iterator[tuple[ProofingSite, str, Any]]:
    """Serve identification pages over HTTP, with a provider."""
    with proofing_server() as provider:
        site = ProofingSite.open(tmp_path / "office", **provider.settings)
        provider.clock = site.clock
        server = make_server("127.0.0.1", 0, site.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        with site.office:
            thread.start()
            yield site, f"http://127.0.0.1:{server.server_port}", provider
            server.shutdown()
            thread.join()
        server.server_close()


@pytest.mark.parametrize("device", [PHONE, DESK], ids=["phone", "desk"])
def test_pages_about_a_provider_put_nobody_off(
    browser: Browser, proofing: tuple[ProofingSite, str, Any], device: dict[str, Any]
) -> None:
    """F10.11: the way out to a certified provider, the provider that is down, and the wait for its word."""
    site, origin, provider = proofing
    site.begin()
    case = site.case()
    context = browser.new_context(locale="en-GB", **device)
    page = context.new_page()
    found: list[str] = []

    def judge(page: Page) -> None:
        found.extend(f"{page.url}: {each}" for each in barriers(page))

    front = f"{origin}/lre/identity/{case.id}/front"
    page.goto(front)
    judge(page)
    provider.answer = (500, b"")
    page.evaluate(OPEN)
    page.locator("form[action$='/provider'] button").click()
    expect(page.get_by_role("main")).to_contain_text(f"{NAME} does not answer at present")
    judge(page)
    provider.answer = None
    page.goto(front)
    page.evaluate(OPEN)
    # It leads on by itself at once: without that, it stands still to be judged.
    page.route("**/provider", _stand_still)
    page.locator("form[action$='/provider'] button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)
    judge(page)
    page.unroute("**/provider")
    page.goto(f"{origin}/lre/identity/{case.id}")
    judge(page)
    context.close()
    assert found == []
