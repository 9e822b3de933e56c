"""Making foreign words safe to show: what people and mail servers wrote may not drive a terminal."""

import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Stands for each character that is not shown."""

_JOINERS = frozenset("\u200c\u200d")
"""Joiners shape letters in Persian or Hindi names and move nothing on the screen."""

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def inert(text: str) -> str:
    r"""Return a text without control, escape, direction-override or line characters.

    Example:
        >>> inert("Zo\u00e9 \x1b]52;c;AAAA\x07")
        'Zo\xe9 \ufffd]52;c;AAAA\ufffd'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        REPLACEMENT if unicodedata.category(c) in _HIDDEN and c not in _JOINERS else c for c in text
    )
