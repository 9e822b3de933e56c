"""The console in a browser: the entrance before anything else, no other origin, TLS or this machine only."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from lre_kit.clock import now
from lre_kit.errors import ConfigurationError
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office

pytest.importorskip("textual_serve")

from lre_tui.serving import expect_guarded

CHROMIUM = "/usr/bin/chromium"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    past = MovedClock(lambda: now() - timedelta(minutes=10))
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
    command = [*program, "console", "--serve", "--port", str(port), "--lang", "en", "--screen", "letters"]
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


@pytest.mark.timeout(500)
@pytest.mark.skipif(
    not Path(CHROMIUM).exists() and os.environ.get("LRE_REQUIRE_SERVICES") != "1", reason="no Chromium"
)
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
    page_headers = httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": f"localhost:{port}"}).headers
    assert "frame-ancestors 'none'" in page_headers["content-security-policy"]

    def sessions() -> int:
        from sqlalchemy import text

        with office.database.read() as connection:
            query = text("SELECT count(*) FROM operator_session WHERE ended_at IS NULL")
            return int(connection.execute(query).scalar_one())

    seen: list[str] = []
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda frame: seen.append(_text(frame)))
        )
        page.goto(served)
        _until(page, lambda: "Password" in _plain(seen))
        assert letter.number not in _plain(seen)
        assert sessions() == 0
        browser.close()


def _until(page: object, condition: object) -> None:
    ends_s = time.monotonic() + 120
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends_s
        page.wait_for_timeout(100)  # type: ignore[attr-defined]


def _text(frame: str | bytes) -> str:
    return frame.decode("utf-8", "replace") if isinstance(frame, bytes) else frame


def _plain(seen: list[str]) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", "".join(seen))
