"""The words by which a sender finds a letter again: cut alike when they are kept and when they are asked for.

Case, accents and punctuation do not count. Whoever types the beginning of a word finds it.
"""

import unicodedata

WORD_MAX_CHARS = 40
"""Longest word kept, in characters; longer ones are cut, and so is what is asked."""

WORDS_MAX = 60
"""Most words kept of one letter."""

ASKED_MAX = 6
"""Most words of one question that are looked at."""

BEYOND = "\U0010ffff"
"""Comes after every character of a word: ``word < beginning + BEYOND`` holds for all with that beginning."""


def cut(text: str) -> list[str]:
    """Return the words of a text, in their order, in plain small letters.

    Example:
        >>> cut("Société Faÿ & Cie, 12-A")
        ['societe', 'fay', 'cie', '12', 'a']
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    kept = "".join(each if each.isalnum() else "" if unicodedata.combining(each) else " " for each in plain)
    return [word[:WORD_MAX_CHARS] for word in kept.split()]


def words_of(*, number: str, texts: tuple[str, ...]) -> list[str]:
    """Return the words a letter is found by: its number, whole and in groups, and those of `texts`."""
    found = dict.fromkeys([*cut(number), "".join(cut(number))])
    for text in texts:
        found |= dict.fromkeys(cut(text))
    return list(found)[:WORDS_MAX]


def asked(text: str) -> list[str]:
    """Return the words of a question, each once, the longest first: it narrows the search most."""
    return sorted(dict.fromkeys(cut(text)), key=len, reverse=True)[:ASKED_MAX]
