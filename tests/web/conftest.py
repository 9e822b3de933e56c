"""The site that the tests of the pages share, in memory and in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
)

from lre_web.mailbox import CatchingServer, add_mailbox
from lre_web.testing import ThrowawaySite

PATIENCE_MS = 30_000
"""How long a browser may take for one step on a busy machine, in milliseconds."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ThrowawaySite]:
    made = ThrowawaySite.open(tmp_path / "office")
    with made.office:
        yield made


@pytest.fixture(scope="module")
def mailbox() -> Iterator[CatchingServer]:
    with CatchingServer() as server:
        yield server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, mailbox: CatchingServer) -> Iterator[ThrowawaySite]:
    """A site over HTTP, with the demonstration mailbox; letters of at most 3 MB."""
    folder = tmp_path_factory.mktemp("site") / "office"
    with ThrowawaySite.served(folder, letter_max_bytes=3_000_000) as site:
        add_mailbox(site.app, mailbox)
        yield site


@pytest.fixture
def opened(browser: Browser, served: ThrowawaySite) -> Iterator[Callable[..., Page]]:
    """Opens pages in fresh browser profiles; what they complain of fails the test.

    `expected` are the HTTP statuses of answers that the test provokes: browsers log those.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage, expected: tuple[str, ...]) -> None:
        # A document shown by itself cannot name an icon, so the browser asks the host for one.
        is_icon = message.location["url"].endswith("/favicon.ico")
        if not is_icon and not any(sign in message.text for sign in expected):
            complaints.append(message.text)

    def look_outside(asked: Request) -> None:
        if not asked.url.startswith((served.origin, "data:", "blob:", "chrome-extension:", "chrome:")):
            complaints.append(asked.url)

    def opener(path: str, *, expected: tuple[str, ...] = (), scripts: bool = True, **options: Any) -> Page:
        chosen: dict[str, Any] = {"locale": "en-GB", "reduced_motion": "reduce"} | options
        context = browser.new_context(java_script_enabled=scripts, **chosen)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("console", lambda message: complain(message, expected))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", look_outside)
        page.goto(path if path.startswith("http") else served.origin + path)
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield opener
    for context in contexts:
        context.close()
    assert complaints == []
