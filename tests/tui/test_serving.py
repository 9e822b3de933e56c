"""The console in a browser: the entrance before anything else, no other origin, TLS or this machine only."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from lre_kit.clock import now
from lre_kit.errors import ConfigurationError
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.operators import PASSWORD, add_operator, code_of

pytest.importorskip("textual_serve")

from lre_tui.serving import expect_guarded

CHROMIUM = "/usr/bin/chromium"


def needs_chromium(test: Callable[..., None]) -> Callable[..., None]:
    is_missing = not Path(CHROMIUM).exists() and os.environ.get("LRE_REQUIRE_SERVICES") != "1"
    return pytest.mark.timeout(500)(pytest.mark.skipif(is_missing, reason="no Chromium")(test))


@pytest.fixture
def past() -> MovedClock:
    return MovedClock(lambda: now() - timedelta(minutes=10))


@pytest.fixture
def office(tmp_path: Path, past: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=past, operator_entrance="accounts") as opened:
        yield opened


@pytest.fixture
def served(office: PostOffice) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = [sys.executable, "-P", "-c", "from lre_kit.cli.main import main; main()"]
    told = {
        "LRE_HOME": str(office.settings.home), "LRE_PROVIDER_NAME": office.settings.provider_name,
        "LRE_OPERATOR_ENTRANCE": "accounts",
    }  # fmt: skip
    command = [*program, "console", "--serve", "--port", str(port), "--lang", "en"]
    process = subprocess.Popen(command, env={**os.environ, **told}, stdout=subprocess.DEVNULL)
    try:
        ends_s = time.monotonic() + 150
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": f"localhost:{port}"})
                break
            except httpx.TransportError:
                assert time.monotonic() < ends_s
                time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def test_no_console_is_served_that_anybody_could_walk_into_or_listen_to(
    office: PostOffice, tmp_path: Path
) -> None:
    expect_guarded(office, host="127.0.0.1", url="http://localhost:8001")
    expect_guarded(office, host="0.0.0.0", url="https://console.example.org")
    for host, url in (
        ("0.0.0.0", "http://console.example.org"), ("127.0.0.1", "ftp://x"), ("127.0.0.1", "http://x/y"),
    ):  # fmt: skip
        with pytest.raises(ConfigurationError):
            expect_guarded(office, host=host, url=url)
    with (
        throwaway_office(tmp_path / "local") as local,
        pytest.raises(ConfigurationError, match="operators sign in"),
    ):
        expect_guarded(local, host="127.0.0.1", url="http://localhost:8001")


@needs_chromium
def test_in_a_browser_nothing_is_seen_before_the_operator_signs_in(office: PostOffice, served: str) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    assert shutil.which("chromium")
    letter = deposit_sample(office)
    # Another name for this machine, and a page of another origin, get nothing.
    port = served.rpartition(":")[2]
    assert httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": "evil.example"}).status_code == 403
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "x" * 22 + "==", "Host": f"localhost:{port}",
    }  # fmt: skip
    for origin in ({}, {"Origin": "http://evil.example"}):
        answer = httpx.get(f"http://127.0.0.1:{port}/ws", headers={**upgrade, **origin})
        assert answer.status_code == 403
    shown = httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": f"localhost:{port}"})
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert '<html lang="en">' in shown.text
    assert "//fonts." not in shown.text, "nothing of the page comes from elsewhere"

    with playwright.sync_playwright() as play:
        page = Page(play, served)
        page.until(lambda: "Password" in page.text)
        assert letter.number not in page.text
        assert open_sessions(office) == 0


@needs_chromium
def test_in_a_browser_an_operator_signs_in_and_acts_and_is_out_when_the_page_is(
    office: PostOffice, past: MovedClock, served: str
) -> None:
    """From the first key on, without a click: name, password, code, Today, a letter, an act, the way out."""
    playwright = pytest.importorskip("playwright.sync_api")
    made = add_operator(office, past, "anne", "clerk")
    letter = deposit_sample(office)
    office.run_until_idle()
    with playwright.sync_playwright() as play:
        page = Page(play, served)
        page.until(lambda: "Password" in page.text)
        page.until(page.has_focus)
        page.type("anne")
        page.until(lambda: "anne" in page.text)
        page.type("", "Enter")
        page.type("not the password")
        page.until(lambda: "\u2022" * 16 in page.text)
        page.type("", "Enter")
        page.type("000000", "Enter")
        page.until(lambda: "do not belong together" in page.text)
        assert open_sessions(office) == 0
        page.handle.goto("about:blank")
        page.seen.clear()
        page.handle.goto(served)
        page.until(lambda: "Password" in page.text)
        page.until(page.has_focus)
        for typed in ("anne", PASSWORD, code_of(made, now)):
            page.type(typed, "Enter")
        page.until(lambda: "Duties that are due" in page.text)
        assert open_sessions(office) == 1
        assert PASSWORD not in page.text
        page.type("2")
        page.until(lambda: letter.number in page.text)
        page.type("h")
        page.until(lambda: "Reason (no personal data)" in page.text)
        page.type("Lawsuit 24", "Enter")
        page.until(lambda: "Done: put on legal hold" in page.text)
        [entry] = office.operators.journal.of(f"letter:{letter.id}")
        assert (entry.act, entry.operator, entry.reason) == ("letter.hold", "anne", "Lawsuit 24")
        page.handle.close()
        ends_s = time.monotonic() + 60
        while open_sessions(office):
            assert time.monotonic() < ends_s, "the session outlived its page"
            time.sleep(0.1)


class Page:
    """The console in Chromium: what it wrote to its terminal, and keys."""

    def __init__(self, play: Any, url: str) -> None:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        self.handle = browser.new_page(viewport={"width": 1280, "height": 720})
        self.seen: list[str] = []
        self.handle.on("websocket", lambda socket: socket.on("framereceived", self._take))
        self.handle.goto(url)

    def _take(self, frame: str | bytes) -> None:
        self.seen.append(frame.decode("utf-8", "replace") if isinstance(frame, bytes) else frame)

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "".join(self.seen))

    def has_focus(self) -> bool:
        asked = "document.activeElement.classList.contains('xterm-helper-textarea')"
        return bool(self.handle.evaluate(asked))

    def type(self, text: str, *keys: str) -> None:
        self.handle.keyboard.type(text, delay=20)
        # A slow machine moves the cursor some time after the key.
        self.handle.wait_for_timeout(700)
        for key in keys:
            self.handle.keyboard.press(key)
            self.handle.wait_for_timeout(700)

    def until(self, condition: Callable[[], bool]) -> None:
        ends_s = time.monotonic() + 120
        while not condition():
            assert time.monotonic() < ends_s, self.text[-2000:]
            self.handle.wait_for_timeout(100)


def open_sessions(office: PostOffice) -> int:
    with office.database.read() as connection:
        query = text("SELECT count(*) FROM operator_session WHERE ended_at IS NULL")
        return int(connection.execute(query).scalar_one())
