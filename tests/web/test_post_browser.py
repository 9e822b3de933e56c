"""The choice, and the deposit on paper, in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lre_kit.letters.paper import PaperWish
from lre_kit.letters.phases import Phase
from lre_kit.testing.office import SENDER
from lre_kit.testing.post import deposit_on_paper
from lre_kit.testing.printable import printable_pdf
from lre_web.testing import ThrowawaySite

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ThrowawaySite]:
    with ThrowawaySite.served(tmp_path, post_provider="spool") as site:
        yield site


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="fr-FR", viewport={"width": 390, "height": 844})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    ("button", "phase"), [("Le recevoir ici", Phase.NOTIFIED), ("papier", Phase.PAPER_CHOSEN)]
)
def test_a_recipient_chooses_on_a_phone(served: ThrowawaySite, page: Any, button: str, phase: Phase) -> None:
    letter = deposit_on_paper(served.office, product="optimal", paper=PaperWish(choice_days=5))
    served.office.run_until_idle()
    page.goto(served.noticed_link(letter))
    assert served.office.reading.by_id(letter.id).phase is Phase.CHOOSING
    assert SENDER.name not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("radio", name=button).check()
    page.get_by_role("button", name="Confirmer mon choix").click()
    page.wait_for_load_state()
    assert served.office.reading.by_id(letter.id).phase is phase
    assert page.get_by_role("heading", level=1).is_visible()


def test_a_letter_on_paper_is_previewed_and_deposited(
    served: ThrowawaySite, page: Any, tmp_path: Path
) -> None:
    document = tmp_path / "lettre.pdf"
    document.write_bytes(printable_pdf(2))
    page.goto(f"{served.origin}/lre/deposit")
    page.locator("input[name=product][value=hybrid]").check()
    page.fill("#name", "Jean Dupont")
    page.locator("#by-post summary").click()
    page.fill("#postal", "M JEAN DUPONT\n12 RUE DES LILAS\n75002 PARIS")
    page.set_input_files("#documents", str(document))
    with page.context.expect_event("request", lambda asked: "/deposit/preview" in asked.url) as asked:
        page.click("#preview")
    assert asked.value.method == "POST"
    assert served.office.reading.count() == 0
    page.get_by_role("button", name="Déposer").click()
    page.wait_for_url("**/letters/**")
    (letter,) = served.office.reading.letters(SENDER.ref)
    assert letter.product.value == "hybrid"
    served.office.run_until_idle()
    page.reload()
    assert page.get_by_text("12 RUE DES LILAS").is_visible()
