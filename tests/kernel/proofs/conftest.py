"""A letter with all its proofs, and a real browser that opens the verifier page without a network."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lre_kit.proofs.verifying.verifier import verifier_html
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A letter with all its files, the office's trust anchors, and the verifier page; a stranger's letter."""
    folder = tmp_path_factory.mktemp("page")
    with throwaway_office(folder / "office") as office:
        letter = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(letter.id, identify(office, letter))
        office.run_until_idle()
        office.issuer.export(letter.id, folder / "letter")
        office.keys.write_trust(folder / "trust")
    with throwaway_office(folder / "other") as stranger:
        letter = deposit_sample(stranger)
        stranger.run_until_idle()
        stranger.issuer.export(letter.id, folder / "strangers")
    (folder / "verifier.html").write_bytes(verifier_html(folder / "trust", "en"))
    (folder / "trustless.html").write_bytes(verifier_html(None, "en"))
    return folder


@pytest.fixture
def opened(browser: Any, shelf: Path) -> Iterator[Callable[..., "Page"]]:
    """Opens a page from the disk without a network; whatever it complains of fails the test."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def look(request: Any) -> None:
        if not request.url.startswith("file:"):
            complaints.append(request.url)

    def opener(name: str = "verifier.html", **options: Any) -> "Page":
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", look)
        page.goto((shelf / name).as_uri())
        page.wait_for_function("globalThis.lreVerifier !== undefined")
        return page

    yield opener
    for context in contexts:
        context.close()
    assert complaints == []
