"""Setting pages as PDF whatever the script: fonts are looked for once a process, and nothing is lost.

Fonts come with the typesetter, from the system, and from folders that an office names (`add_font_folder`).
Each script takes the first font that draws it; a subset of it is embedded. A character that no font draws
would be an empty box, which says nothing, or stop the page; it is spelled instead, as in ``[U+738B]``, and
the page says what that means.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from lre_kit.law.periods import Words

SPELLED = Words(
    fr="[U+…] remplace un caractère qu'aucune police d'ici ne dessine ; le nombre est son code Unicode.",
    en="[U+…] stands for a character that no font here can draw; the number is its Unicode code point.",
)
"""What a page says on which a character was spelled."""

TRIES_MAX = 60
"""Characters without a font that are found one by one; beyond, all rare ones of the page are spelled."""

Page = Mapping[str, Any]
"""What a template shows: texts, in lists and mappings."""

_UNDRAWN = re.compile(r'`"(.*?)"`')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")

_folders: dict[str, None] = {}
_undrawn: set[str] = set()


def add_font_folder(folder: Path) -> None:
    """Let all pages of this process take fonts from a folder, too."""
    if str(folder) not in _folders:
        _folders[str(folder)] = None
        _undrawn.clear()


def fonts() -> Any:
    """Return the fonts of this process, as the typesetter takes them for ``font_paths``."""
    return _fonts(tuple(_folders))


def drawn(
    page: Page, make: Callable[[Page], bytes], *, saying: Callable[[dict[str, Any]], None] = lambda _: None
) -> bytes:
    """Return a page as PDF, with whatever no font draws spelled.

    Args:
        page: What it shows.
        make: Sets it, to a standard that forbids characters without a font (any PDF/A).
        saying: Adds `SPELLED` to a page on which something was spelled.

    Raises:
        typst.TypstError: It cannot be set for another reason.
    """
    import typst

    missing = _undrawn & _characters(page)
    for tries in range(TRIES_MAX + 2):
        shown = dict(_spelled(page, missing))
        if missing:
            saying(shown)
        try:
            return make(shown)
        except typst.TypstError as error:
            found = _named_in(str(error)) - missing
            if not found or tries > TRIES_MAX:
                raise
            if tries == TRIES_MAX:
                found |= {each for each in _characters(page) if is_rare(each)}
            missing |= found
            _undrawn.update(found)
    raise AssertionError


def is_rare(character: str) -> bool:
    """Tell whether a font may be missing for a character: it is no Latin, Greek or Cyrillic one."""
    code = ord(character)
    return not (code < 0x250 or 0x370 <= code < 0x530 or 0x1E00 <= code < 0x2100 or character == "€")


def _named_in(error: str) -> set[str]:
    """Return the characters that an error of the typesetter says it cannot draw."""
    quoted = _UNDRAWN.search(error)
    if quoted is None:
        return set()
    text = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), quoted[1])
    foreign = {each for each in text if not each.isascii()}
    # Marks and joiners are blamed only where nothing else can be: fonts draw them with other letters.
    return {each for each in foreign if unicodedata.category(each) not in {"Mn", "Cf"}} or foreign


def _characters(value: Any) -> set[str]:
    if isinstance(value, str):
        return set() if value.isascii() else {each for each in value if not each.isascii()}
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return set().union(*map(_characters, inner))


def _spelled(value: Any, missing: set[str]) -> Any:
    if isinstance(value, str):
        if value.isascii() or missing.isdisjoint(value):
            return value
        return "".join(f"[U+{ord(each):04X}]" if each in missing else each for each in value)
    if isinstance(value, Mapping):
        return {name: _spelled(each, missing) for name, each in value.items()}
    return [_spelled(each, missing) for each in value] if isinstance(value, list) else value


@cache
def _fonts(folders: tuple[str, ...]) -> Any:
    import typst

    return typst.Fonts(font_paths=list(folders))
