"""What a host may change of the look and the words, checked when it is mounted."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from lre_kit.errors import ConfigurationError
from lre_web.places import placeholders

THEME = ("ink", "soft", "line", "ground", "paper", "accent", "accent-ink", "danger", "good", "warn", "focus")
"""Colours of the pages by custom property; each may be given again with ``dark-`` before it."""

CONTRAST_MIN = 4.5
"""Least contrast of text on its ground (WCAG 2.2 §1.4.3, AA)."""

_READ = (
    ("ink", "paper"),
    ("ink", "ground"),
    ("soft", "paper"),
    ("accent", "paper"),
    ("accent-ink", "accent"),
)
_LIGHT = {"paper": "#ffffff", "ground": "#f5f7f9", "ink": "#15212c", "soft": "#4a5967", "accent": "#14507d", "accent-ink": "#ffffff"}  # fmt: skip  # noqa: E501
_DARK = {"paper": "#18222b", "ground": "#10171d", "ink": "#e8edf2", "soft": "#a9b6c3", "accent": "#7db8e8", "accent-ink": "#0c1a26"}  # fmt: skip  # noqa: E501
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def theme_sheet(theme: Mapping[str, str]) -> str:
    """Return the style sheet of a host's colours; empty if there are none.

    Raises:
        ConfigurationError: A name or a colour is none, or text could not be read; names them all.
    """
    if wrong := list(_wrong_colours(theme)):
        msg = f"The theme cannot be used: {'; '.join(wrong)}."
        raise ConfigurationError(msg, mend=f"Give colours as #rrggbb for: {', '.join(THEME)}, or dark-….")
    if not theme:
        return ""
    light = {name: colour for name, colour in theme.items() if not name.startswith("dark-")}
    dark = {name.removeprefix("dark-"): colour for name, colour in theme.items() if name.startswith("dark-")}
    sheet = f"body.lre {{ {_declared(light)} }}\n" if light else ""
    if dark:
        sheet += f"@media (prefers-color-scheme: dark) {{ body.lre {{ {_declared(dark)} }} }}\n"
    elif light:
        # The host's light colours would not be readable on our dark ground.
        sheet = f"@media (prefers-color-scheme: light) {{ {sheet.strip()} }}\n"
    return sheet


def _wrong_colours(theme: Mapping[str, str]) -> Iterator[str]:
    is_readable = True
    for name, colour in theme.items():
        if name.removeprefix("dark-") not in THEME:
            is_readable = False
            yield f"“{name}” is no colour of the pages"
        elif not _COLOUR.fullmatch(colour):
            is_readable = False
            yield f"“{name}” is no colour of the form #rrggbb"
    if not is_readable:
        return
    for before, kept in (("", _LIGHT), ("dark-", _DARK)):
        used = {name: theme.get(before + name, colour) for name, colour in kept.items()}
        for ink, ground in _READ:
            found = contrast(used[ink], used[ground])
            if found < CONTRAST_MIN:
                yield f"{before}{ink} on {before}{ground} has a contrast of {found:.1f}, not {CONTRAST_MIN}"


def _declared(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours of the form ``#rrggbb`` (WCAG 2.2), from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def checked_texts(texts: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Return a host's words by language and shelf; each takes the place of one of ours.

    Args:
        texts: By language and name; the name of words that are not of every page has its shelf before it,
            as in ``compose:draft_save`` (`lre_web.translations.shelves`).

    Raises:
        ConfigurationError: A language or a name is not known, or a placeholder differs; names them all.
    """
    from lre_web.texts import LANGUAGES
    from lre_web.translations import shelf_and_key, shelves

    wrong: list[str] = []
    found: dict[str, dict[str, dict[str, str]]] = {}
    known = shelves()
    for language, words in texts.items():
        if language not in LANGUAGES:
            wrong.append(f"there is no language “{language}”")
            continue
        for name, text in words.items():
            shelf, key = shelf_and_key(name)
            ours = known.get(shelf, {}).get(key)
            if ours is None:
                wrong.append(f"there is no text “{name}”")
            elif (must := placeholders(ours[0])) != placeholders(text):
                wrong.append(f"“{name}” ({language}) must hold {must or 'no placeholder'}")
            else:
                found.setdefault(language, {}).setdefault(shelf, {})[key] = text
    if wrong:
        msg = f"The words of the host cannot be used: {'; '.join(wrong)}."
        raise ConfigurationError(msg, mend="See lre_web.texts for names and placeholders.")
    return MappingProxyType(found)
