"""Every word of the pages is in a catalogue, in French and English; nothing is hard-coded in a template."""

import importlib
import pkgutil
import re
import string
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path

import pytest

import lre_web.words
from lre_web.testing import ThrowawaySite

TEMPLATES = sorted((Path(lre_web.__file__).parent / "templates" / "lre").glob("*.html"))
SAME_EVERYWHERE = {
    "PDF", "API", "SHA-256", "Français", "English", "openapi.json", "SIREN", "Webhooks", "UTF-8",
    "Windows-1252", "lre_", "LRE-Identification", "7K3M-9QXA-2PVD",
}  # fmt: skip
"""What is written alike in every language: names of languages, formats, headers and samples."""

ONE_SIDED = {"in_english"}
"""Words that only one language needs."""

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_NOT_READ = re.compile(
    r"\{% block (?:in_other_language|breadth) %\}.*?\{% endblock %\}|<pre.*?</pre>", re.DOTALL
)
_SPOKEN = ("title", "aria-label", "placeholder", "alt", "value")


def catalogues() -> Iterator[tuple[str, Mapping[str, tuple[str, str]]]]:
    """Yield every mapping of words to their French and English, by where it stands."""
    words = pkgutil.iter_modules(lre_web.words.__path__)
    for place in ("texts", *(f"words.{module.name}" for module in words)):
        for name, found in vars(importlib.import_module(f"lre_web.{place}")).items():
            if (
                isinstance(found, Mapping)
                and found
                and all(
                    isinstance(both, tuple) and [type(text) for text in both] == [str, str]
                    for both in found.values()
                )
            ):
                yield f"{place}.{name}", found


CATALOGUES = dict(catalogues())


class _Heard(HTMLParser):
    """What somebody reads or hears of a template's own."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kinds = dict(attrs)
        for name, value in attrs:
            spoken = name in _SPOKEN and (name != "value" or kinds.get("type") in {"submit", "button"})
            if spoken and value:
                self.words.append(value)


@pytest.mark.parametrize("name", CATALOGUES)
def test_a_catalogue_says_everything_twice_with_the_same_places(name: str) -> None:
    found = CATALOGUES[name]
    for key, (french, english) in found.items():
        assert key in ONE_SIDED or (french.strip() and english.strip()), f"{key} is missing in one language"
        places = [
            {field for _, field, _, _ in string.Formatter().parse(text) if field}
            for text in (french, english)
        ]
        assert places[0] == places[1], f"{key} has other places in English than in French"
        assert not hasattr(dict, key), f"{key}: a template would take the mapping's own method for it"


@pytest.mark.parametrize("place", TEMPLATES, ids=lambda place: place.stem)
def test_a_template_holds_no_words_of_its_own(place: Path) -> None:
    source = place.read_text(encoding="utf-8")
    heard = _Heard()
    heard.feed(_JINJA.sub(" ", _NOT_READ.sub(" ", source)))
    for words in heard.words:
        left = words
        for same in SAME_EVERYWHERE:
            left = left.replace(same, " ")
        assert not re.search(r"[^\W\d_]{2,}", left), f"{place.name}: {words.strip()!r} belongs in a catalogue"
    for shown in re.findall(r"\{\{.*?\}\}", source, re.DOTALL):
        for literal in re.findall(r'"([^"]*)"|\'([^\']*)\'', shown):
            sentence = "".join(literal)
            assert not re.search(r"[^\W\d_]{3,} [^\W\d_]{2,}", sentence), f"{place.name}: {sentence!r}"


@pytest.mark.parametrize("place", TEMPLATES, ids=lambda place: place.stem)
def test_every_word_that_a_template_names_is_there(place: Path) -> None:
    known = {key for found in CATALOGUES.values() for key in found}
    source = place.read_text(encoding="utf-8")
    for key in re.findall(r"\bt\.([a-z_0-9]+)", "".join(_JINJA.findall(source))):
        assert key in known, f"{place.name} names {key!r}, which no catalogue has"


@pytest.mark.parametrize("place", TEMPLATES, ids=lambda place: place.stem)
def test_instants_are_shown_in_words_with_their_zone(place: Path) -> None:
    known = {key for found in CATALOGUES.values() for key in found}
    for shown in re.findall(r"\{\{(.*?)\}\}", place.read_text(encoding="utf-8"), re.DOTALL):
        bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", shown)
        instants = set(re.findall(r"\.([a-z_]+_at)\b", bare)) - known
        if instants and "total_seconds" not in bare:
            assert re.search(r"lre_(legal|short)_time|local_time|isoformat|iso|\bif\b|day\(", bare), shown


def test_a_page_says_its_language_and_leads_to_the_other(site: ThrowawaySite) -> None:
    letter = site.letter()
    reader = site.identified(letter)
    pages = (
        "/lre/",
        "/lre/deposit",
        "/lre/drafts",
        f"/lre/letters/{letter.number}",
        "/lre/verify",
        "/lre/accessibility",
    )
    for path in (*pages, "/lre/r", "/lre/r/not-for-me", "/lre/r/past"):
        for language, other in (("fr", "en"), ("en", "fr")):
            page = reader.get(f"{path}?lang={language}").text
            assert f'<html lang="{language}">' in page, path
            assert f'hreflang="{other}" lang="{other}"' in page, path
