"""Characters that a reader cannot see, or that turn a line round: refused wherever people type."""

import unicodedata

_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def has_hidden_characters(text: str) -> bool:
    """Tell whether a text holds control, line or direction-override characters."""
    return any(c in _BIDI_CONTROLS or unicodedata.category(c) in _FORBIDDEN_CATEGORIES for c in text)
