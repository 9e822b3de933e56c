"""French pages say what is wrong with what was typed, not only that something is."""

import re
from pathlib import Path

import pytest

import lre_kit
from lre_kit.errors import InputError
from lre_kit.testing.office import SENDER
from lre_web.frame.error_words import error_words
from lre_web.frame.input_words import SENTENCES
from lre_web.testing import ThrowawaySite, send_form

SOURCES = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted(Path(lre_kit.__file__).parent.rglob("*.py"))
)


@pytest.mark.parametrize("english", SENTENCES, ids=range(len(SENTENCES)))
def test_each_sentence_is_one_that_the_kit_says(english: str) -> None:
    """A sentence that changes in the kernel loses its French here, and not in silence."""
    said = re.sub(r"\\\{\w+\\\}", r"\\{[^}]+\\}+", re.escape(english))
    assert re.search(rf'"{said}"', SOURCES), english


@pytest.mark.parametrize("english", SENTENCES, ids=range(len(SENTENCES)))
def test_each_sentence_is_said_in_french_with_its_facts(english: str) -> None:
    problem = re.sub(r"\{\w+\}", "1234", english)
    french, mend = error_words(InputError(problem, mend="Mend it."), "fr")
    assert french != problem
    assert ("1234" in french) == ("{" in english)
    assert mend != "Mend it."
    assert error_words(InputError(problem, mend="Mend it."), "en") == (problem, "Mend it.")


def test_a_page_says_it(site: ThrowawaySite) -> None:
    answer = send_form(site.client(), "/lre/views", "/lre/deposit?lang=fr", name="", query="q=a")
    assert answer.status_code == 422
    assert "La vue n&#39;a pas de nom." in answer.text
    assert site.office.shelf.views(SENDER.ref) == ()
