"""Identification in a real browser with a camera that plays a file; and with none, or none allowed."""

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from werkzeug.serving import make_server

from lre_kit.parties.proofing_values import CaseState, Part
from lre_kit.testing.accessibility import barriers
from lre_kit.testing.identity import card_lines, title_picture
from lre_web.testing_identity import JEANNE, ProofingSite

PATIENCE_MS = 30_000
PICTURES = os.environ.get("LRE_TEST_PICTURES")
"""Folder that gets a picture of every page looked at; nothing by default."""

FAKE = "--use-fake-device-for-media-stream"
LEAVE = "--use-fake-ui-for-media-stream"

Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProofingSite]:
    """A site over HTTP under a name that browsers give a camera to."""
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    base = f"http://localhost:{server.server_port}/lre"
    site = ProofingSite.open(tmp_path_factory.mktemp("office") / "office", base_url=base)
    server.app = site.app
    thread = threading.Thread(target=server.serve_forever)
    with site.office:
        thread.start()
        yield site
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site(served: ProofingSite) -> ProofingSite:
    """The site with a new person, and no operator."""
    served.person, served.operator = served.office.people.parties.add(JEANNE), None
    return served


def moving_picture(folder: Path, *frames: bytes) -> Path:
    """Write what the camera plays: JPEG pictures one after the other."""
    path = folder / "camera.mjpeg"
    with path.open("wb") as out:
        for frame in frames:
            image = Image.open(BytesIO(frame)).convert("RGB").resize((1280, 720))
            image.save(out, "JPEG", quality=95, subsampling=2)
    return path


def launched(browser: Browser, *args: str) -> Browser:
    """Start another of the same browser, with a camera of its own."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    return browser.browser_type.launch(executable_path=path, args=["--no-sandbox", FAKE, *args])


@pytest.fixture(scope="module")
def camera(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera shows a card with readable lines."""
    card = title_picture(card_lines(), size=(1280, 720))
    film = moving_picture(tmp_path_factory.mktemp("camera"), card, card)
    started = launched(browser, LEAVE, f"--use-file-for-fake-video-capture={film}")
    yield started
    started.close()


@pytest.fixture(scope="module")
def forbidden(browser: Browser) -> Iterator[Browser]:
    """A browser with a camera that it does not let pages use."""
    started = launched(browser)
    yield started
    started.close()


@pytest.fixture
def opened(site: ProofingSite) -> Iterator[Opener]:
    """Opens pages in fresh profiles; whatever they complain of fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(text: str) -> None:
        # What the server refuses, and what the tests cut, is logged by the browser.
        if "status of" not in text and "ERR_FAILED" not in text:
            complaints.append(text)

    def opener(browser: Browser, path: str, *, scripts: bool = True, init: str = "", **options: Any) -> Page:
        chosen: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce"} | options
        context = browser.new_context(java_script_enabled=scripts, **chosen)
        context.set_default_timeout(PATIENCE_MS)
        if init:
            context.add_init_script(init)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("console", lambda m: complain(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site.office.links.base_url.removesuffix("/lre") + site.path(path))
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield opener
    for context in contexts:
        context.close()
    assert complaints == []


def look(page: Page, name: str) -> None:
    """Check a page as it stands: it fits, can be read, and everything on it has a name."""
    page.wait_for_load_state()
    width = page.viewport_size["width"] if page.viewport_size else 0
    if PICTURES:
        scheme = "dark" if page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
        page.screenshot(path=f"{PICTURES}/{name}-{width}-{scheme}.png", full_page=True)
    assert barriers(page) == [], page.url
    assert page.locator("h1").count() == page.locator("main").count() == 1


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def begin(page: Page, title: str = "Identity card") -> None:
    """Agree and say who; leads to the front of the document."""
    page.get_by_label("I have read this and I agree").check()
    press(page, "Begin")
    page.get_by_label(title, exact=True).check()
    press(page, "Continue")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("front|photo"))


def shoot(page: Page, heading: str) -> None:
    """Take a picture with the camera and send it."""
    press(page, "Open the camera")
    expect(page.get_by_role("button", name="Take the photo")).to_be_focused()
    expect(page.locator(".identity-hint")).to_have_text("Good: take the photo.")
    press(page, "Take the photo")
    expect(page.get_by_role("button", name="Send this one")).to_be_focused()
    press(page, "Send this one")
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)


@pytest.mark.reads_pictures
def test_a_person_shows_card_and_face_by_camera_and_an_operator_approves(
    opened: Opener, camera: Browser, site: ProofingSite
) -> None:
    page = opened(camera, "/identity")
    begin(page)
    shoot(page, "The back of your document")
    shoot(page, "Your face, in a short film")
    press(page, "Open the camera")
    press(page, "Begin the film")
    said = page.locator(".identity-do")
    seen = []
    for _ in range(3):
        seen.append(said.inner_text())
        page.wait_for_timeout(300)
        expect(page.get_by_role("button", name="Done, next")).to_be_focused()
        page.keyboard.press("Enter")
    seen.append(said.inner_text())
    press(page, "Done, finish")
    spoken = site.case().challenge[0].removeprefix("say:").replace("-", "\N{NO-BREAK SPACE}")
    assert seen[0] == f"Say aloud: {spoken}"
    assert len(set(seen)) == 4
    expect(page.get_by_role("button", name="Send this one")).to_be_focused()
    expect(page.locator(".identity-stage video")).not_to_have_js_property("videoWidth", 0)
    press(page, "Send this one")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check, then send")
    assert {part.part for part in site.case().parts} == {
        Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK, Part.FACE_VIDEO
    }  # fmt: skip
    assert site.case().mrz_lines == card_lines()
    press(page, "Send to the operator")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your file waits for an operator")

    site.operator = "olivia"
    desk = opened(camera, "/review", viewport={"width": 1280, "height": 900})
    look(desk, "queue")
    desk.get_by_role("button", name="Take").last.click()
    expect(desk.get_by_role("heading", name="Automatic flags")).to_be_visible()
    expect(desk.locator("figure video")).not_to_have_js_property("videoWidth", 0)
    assert desk.evaluate("[...document.querySelectorAll('figure img')].every((i) => i.naturalWidth > 600)")
    look(desk, "review")
    for box in desk.get_by_role("group", name="Points to check").get_by_role("checkbox").all():
        box.check()
    press(desk, "Approve")
    expect(desk.get_by_role("status")).to_have_text("Approved.")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your identity is verified")


def test_a_cut_upload_loses_nothing_and_a_reload_goes_on(
    opened: Opener, camera: Browser, site: ProofingSite
) -> None:
    """F16.02."""
    page = opened(camera, "/identity")
    begin(page)
    press(page, "Open the camera")
    press(page, "Take the photo")

    def cut(route: Route) -> None:
        route.abort() if route.request.method == "POST" else route.continue_()

    page.route("**/front", cut)
    press(page, "Send this one")
    expect(page.get_by_role("alert")).to_contain_text("Nothing is lost")
    expect(page.get_by_role("alert")).to_be_focused()
    page.unroute("**/front")
    press(page, "Send this one")
    expect(page.get_by_role("heading", level=1)).to_have_text("The back of your document")
    page.reload()
    page.go_back()
    expect(page.get_by_text("Received.")).to_be_visible()
    page.get_by_role("link", name="Continue", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The back of your document")
    assert len(site.case().parts) == 1


def test_a_picture_and_a_film_are_taken_again_by_keyboard(
    opened: Opener, camera: Browser, site: ProofingSite
) -> None:
    page = opened(camera, "/identity")
    begin(page, "Passport")
    page.get_by_role("button", name="Open the camera").focus()
    page.keyboard.press("Enter")
    for key, name in (("Space", "Take the photo"), ("Tab", "Send this one"), ("Enter", "Take again")):
        expect(page.get_by_role("button", name=name)).to_be_focused()
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Take the photo")).to_be_focused()
    press(page, "Close the camera")
    expect(page.get_by_role("button", name="Open the camera")).to_be_focused()
    page.goto(page.url.replace("/front", "/face"))
    press(page, "Open the camera")
    press(page, "Begin the film")
    page.clock.install()
    page.clock.fast_forward(16_000)
    expect(page.get_by_role("button", name="Take again")).to_be_visible()
    press(page, "Take again")
    expect(page.get_by_role("button", name="Begin the film")).to_be_focused()
    assert site.case().parts == ()


STUBS = {
    "NotReadableError": "navigator.mediaDevices.getUserMedia = async () => {"
    " throw new DOMException('', 'NotReadableError'); };",
    "in-app": "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });",
    "insecure": "Object.defineProperty(window, 'isSecureContext', { value: false });",
}


@pytest.mark.parametrize(
    ("stub", "told"),
    [
        ("NotReadableError", "held by another application"),
        ("in-app", "opened inside an application"),
        ("insecure", "only over a secure connection"),
    ],
)
def test_each_way_a_camera_fails_is_told_and_leads_to_the_upload(
    opened: Opener, camera: Browser, site: ProofingSite, stub: str, told: str
) -> None:
    """F16.01."""
    page = opened(camera, "/identity", init=STUBS[stub])
    begin(page)
    button = page.get_by_role("button", name="Open the camera")
    if stub == "NotReadableError":
        button.click()
        expect(page.locator("#picture")).to_be_focused()
        expect(button).to_be_visible()
    else:
        expect(button).to_have_count(0)
    expect(page.locator(".identity-hint")).to_contain_text(told)
    expect(page.get_by_role("button", name="Send the photo")).to_be_visible()


def test_without_leave_or_without_a_camera_files_are_sent_instead(
    opened: Opener, forbidden: Browser, browser: Browser, site: ProofingSite
) -> None:
    """F16.01."""
    page = opened(forbidden, "/identity")
    begin(page)
    press(page, "Open the camera")
    expect(page.locator(".identity-hint")).to_contain_text("may not use the camera")
    expect(page.locator("#picture")).to_be_focused()
    picture: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": title_picture(size=(700, 620))}
    page.set_input_files("#picture", picture)
    press(page, "Send the photo")
    expect(page.get_by_role("heading", level=1)).to_have_text("The back of your document")
    other = opened(browser, f"/identity/{site.case().id}/back")
    press(other, "Open the camera")
    expect(other.locator(".identity-hint")).to_contain_text("No camera was found")


def test_without_scripts_the_page_offers_the_upload_alone(
    opened: Opener, browser: Browser, site: ProofingSite
) -> None:
    page = opened(browser, "/identity", scripts=False)
    begin(page)
    expect(page.get_by_role("button", name="Open the camera")).to_have_count(0)
    picture: Any = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": title_picture(size=(700, 620))}
    page.set_input_files("#picture", picture)
    press(page, "Send the photo")
    expect(page.get_by_role("heading", level=1)).to_have_text("The back of your document")


def test_a_dark_camera_is_told(opened: Opener, browser: Browser, tmp_path: Path, site: ProofingSite) -> None:
    film = moving_picture(tmp_path, title_picture(size=(1280, 720), shade=12), title_picture(shade=12))
    started = launched(browser, LEAVE, f"--use-file-for-fake-video-capture={film}")
    page = opened(started, "/identity")
    begin(page)
    press(page, "Open the camera")
    expect(page.locator(".identity-hint")).to_have_text("Too dark: find more light.")
    page.context.close()
    started.close()


def test_the_waiting_computer_follows_the_telephone(
    opened: Opener, browser: Browser, site: ProofingSite
) -> None:
    """F16.01: the telephone takes over."""
    page = opened(browser, "/identity")
    begin(page)
    press(page, "Continue on your telephone")
    expect(page.get_by_alt_text("Code for the telephone to scan")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("This page follows")
    site.upload("front", title_picture(size=(700, 620)))
    expect(page.get_by_role("status")).to_have_text("Received. Front")
    site.office.people.identity.withdraw(site.case().id, party_id=site.case().party_id)
    page.wait_for_url(re.compile(rf"/identity/{site.case().id}$"))


@pytest.mark.parametrize(
    ("locale", "width", "scheme"),
    [("fr-FR", 320, "light"), ("en-GB", 360, "dark"), ("en-GB", 1280, "light"), ("fr-FR", 1280, "dark")],
)
def test_every_page_fits_every_screen_and_can_be_read(
    opened: Opener, camera: Browser, site: ProofingSite, locale: str, width: int, scheme: str
) -> None:
    site.language = "en"
    options = {"locale": locale, "color_scheme": scheme, "viewport": {"width": width, "height": 780}}
    page = opened(camera, "/identity", **options)
    name = f"{locale[:2]}-"
    look(page, f"{name}1-consent")
    page.check("#agree")
    page.click("main form button")
    page.wait_for_selector("#title-passport")
    page.check("#title-driving_licence")
    page.click("main form button")
    page.wait_for_selector(".summary")
    look(page, f"{name}2-who")
    page.check("#title-identity_card")
    page.click("main form button")
    page.wait_for_selector(".identity-camera")
    look(page, f"{name}3-front")
    page.click(".identity-buttons button")
    expect(page.locator(".identity-hint")).not_to_be_empty()
    page.wait_for_timeout(1200)
    look(page, f"{name}3-front-camera")
    site.fill(seed=width)
    case = f"{site.office.links.base_url}/identity/{site.case().id}"
    page.goto(f"{case}/face")
    look(page, f"{name}5-face")
    page.click(".identity-buttons button")
    page.wait_for_selector(".identity-stage video")
    page.wait_for_timeout(1200)
    page.click(".identity-buttons button")
    page.wait_for_selector(".identity-do:not([hidden])")
    look(page, f"{name}5-face-filming")
    page.goto(f"{case}/zone")
    look(page, f"{name}6-zone")
    page.goto(f"{case}/check")
    look(page, f"{name}7-check")
    page.goto(f"{case}/front")
    page.click("form[action$='/phone'] button")
    page.wait_for_selector(".identity-code")
    look(page, f"{name}phone")
    site.send(f"/identity/{site.case().id}/check")
    page.goto(case)
    look(page, f"{name}8-waiting")
    site.operator = "olivia"
    page.goto(f"{site.office.links.base_url}/review")
    look(page, f"{name}queue")
    review = site.claim(site.case())
    page.goto(site.office.links.base_url + review)
    look(page, f"{name}review")
    site.send(review, f"{review}/decide", verdict="ask_again", why="glare", again=["document_back"])
    page.goto(case)
    look(page, f"{name}again")
    assert site.case().state is CaseState.ASKED_AGAIN
    site.clock.advance(timedelta(seconds=1))
