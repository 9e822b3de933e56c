"""The pages' words as files that translators work with (gettext), out and in again.

Words live typed in ``lre_web.texts`` and ``lre_web.words``, in French and English, so that a page never
lacks one. The command ``flask lre words export`` writes them as ``lre.pot``, ``fr.po`` and ``en.po``: the
message is the English sentence, its context the shelf and the name, such as ``compose:draft_save``. Files
that come back take the place of the words they translate; what they leave empty, mark as fuzzy or do not
hold stays as it is::

    export LRE_TRANSLATIONS=/etc/lre/words      # holds fr.po, or fr/LC_MESSAGES/lre.mo
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po, write_po

import lre_web.words
from lre_kit.clock import now
from lre_kit.errors import ConfigurationError
from lre_web.places import placeholders
from lre_web.texts import LANGUAGES

DOMAIN = "lre"
"""Name of the files."""

BRACES = "python-brace-format"
"""Flag of sentences with places in them, by which translators' tools check theirs."""

Shelves = Mapping[str, Mapping[str, tuple[str, str]]]
"""Words by shelf and name, each in French and English."""

Words = Mapping[str, Mapping[str, str]]
"""Words by language and ``shelf:name``."""


@cache
def shelves() -> Shelves:
    """Return all words of the pages; those of every page stand on the shelf without a name."""
    found: dict[str, Mapping[str, tuple[str, str]]] = {}
    places = {"": "lre_web.texts"}
    places |= {
        each.name: f"lre_web.words.{each.name}" for each in pkgutil.iter_modules(lre_web.words.__path__)
    }
    for shelf, place in places.items():
        words = getattr(importlib.import_module(place), "_TEXTS", None)
        if words:
            found[shelf] = words
    return found


def shelf_and_key(name: str) -> tuple[str, str]:
    """Return the shelf and the key of words, as in ``compose:draft_save``; without one, every page's."""
    shelf, colon, key = name.partition(":")
    return (shelf, key) if colon else ("", name)


def export(folder: Path) -> list[Path]:
    """Write the template and a file for each language into a folder; return what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, language in (("lre.pot", None), *((f"{each}.po", each) for each in LANGUAGES)):
        path = folder / name
        with path.open("wb") as file:
            write_po(file, catalogue_of(language), width=0, include_previous=False)
        written.append(path)
    return written


def catalogue_of(language: str | None) -> Catalog:
    """Return the words of the pages in a language as a catalogue; without one, as a template."""
    made = Catalog(
        locale=language,
        domain=DOMAIN,
        project="LRE Kit",
        copyright_holder="the authors of LRE Kit",
        creation_date=now(),
        revision_date=now(),
        fuzzy=False,
    )
    for shelf, words in shelves().items():
        for key, both in words.items():
            said = both[LANGUAGES.index(language)] if language else ""
            flags = {BRACES} if placeholders(both[1]) else set()
            made.add(both[1] or both[0], said, context=f"{shelf}:{key}", flags=flags)
    return made


def read_translations(folder: Path | None) -> Words:
    """Return what the files of a folder say otherwise than the pages, by language and name.

    Raises:
        ConfigurationError: There is no such folder, or a file cannot be read, or says what no page can.
    """
    if folder is None:
        return {}
    files = list(_files(folder))
    if not files:
        msg = f"There are no translations in {folder}."
        raise ConfigurationError(msg, mend="Put fr.po, en.po or <language>/LC_MESSAGES/lre.mo there.")
    read: dict[str, dict[str, str]] = {}
    for language, path in files:
        if wrong := faults_of(path, language):
            msg = f"{path.name} cannot be used: {'; '.join(wrong[:5])}."
            raise ConfigurationError(msg, mend="Run: flask lre words check, and mend the file.")
        read.setdefault(language, {}).update(_otherwise(_opened(path, language), language))
    return read


def faults_of(path: Path, language: str) -> list[str]:
    """Return what is wrong with a translators' file: unknown names, and places that differ."""
    known, wrong = shelves(), []
    for name, said in _said(_opened(path, language)):
        shelf, key = shelf_and_key(name)
        ours = known.get(shelf, {}).get(key)
        if ours is None:
            wrong.append(f"there is no text “{name}”")
        elif said and placeholders(said) != placeholders(ours[1]):
            wrong.append(f"“{name}” must hold {sorted(placeholders(ours[1])) or 'no placeholder'}")
    return wrong


def left_of(path: Path, language: str) -> list[str]:
    """Return the names of words that a translators' file does not say."""
    told = {name for name, said in _said(_opened(path, language)) if said}
    return [
        f"{shelf}:{key}"
        for shelf, words in shelves().items()
        for key, both in words.items()
        if all(both) and f"{shelf}:{key}" not in told
    ]


def merged(*words: Words) -> Words:
    """Return words by language and name; of two for one name, the later ones."""
    whole: dict[str, dict[str, str]] = {}
    for each in words:
        for language, said in each.items():
            whole.setdefault(language, {}).update(said)
    return whole


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for language in LANGUAGES:
        inner = folder / language / "LC_MESSAGES"
        for path in (folder / f"{language}.po", inner / f"{DOMAIN}.po", inner / f"{DOMAIN}.mo"):
            if path.is_file():
                yield language, path


def _opened(path: Path, language: str) -> Catalog:
    try:
        with path.open("rb") as file:
            if path.suffix == ".mo":
                return read_mo(file)
            return read_po(file, locale=language, domain=DOMAIN, abort_invalid=True)
    except Exception as error:
        msg = f"{path.name} is no file of translations."
        raise ConfigurationError(msg, mend="Export it anew: flask lre words export.") from error


def _said(catalogue: Catalog) -> Iterator[tuple[str, str]]:
    """Yield the name and words of each message that counts: fuzzy ones are drafts."""
    for message in catalogue:
        if message.id and not message.fuzzy and isinstance(message.string, str) and message.context:
            yield message.context, message.string


def _otherwise(catalogue: Catalog, language: str) -> dict[str, str]:
    place, known = LANGUAGES.index(language), shelves()
    found = {}
    for name, said in _said(catalogue):
        shelf, key = shelf_and_key(name)
        if said and said != known[shelf][key][place]:
            found[name] = said
    return found
