"""The reader's own time beside legal time, in browsers of other zones."""

import pytest
from playwright.sync_api import Browser, expect

from lre_kit.testing.accessibility import barriers
from lre_web.testing import ThrowawaySite


@pytest.mark.parametrize(
    ("zone", "locale", "words"),
    [
        ("America/Guadeloupe", "fr-FR", "Chez vous (America/Guadeloupe) :"),
        ("Pacific/Noumea", "en-GB", "Where you are (Pacific/Noumea):"),
        ("Europe/Paris", "fr-FR", ""),
        ("Europe/Madrid", "en-GB", ""),
    ],
)
def test_the_end_of_the_window_is_told_in_the_readers_own_time(
    browser: Browser, served: ThrowawaySite, zone: str, locale: str, words: str
) -> None:
    letter = served.letter()
    context = browser.new_context(timezone_id=zone, locale=locale)
    page = context.new_page()
    page.goto(served.noticed_link(letter))
    told = page.locator("[data-instant]")
    if words:
        expect(told).to_contain_text(words)
        assert barriers(page) == []
    else:
        expect(told).to_be_hidden()
    expect(page.get_by_role("main")).to_contain_text("Paris")
    context.close()
