"""The lawful spellings of a name: its words in capitals, without accents, particles and titles.

Letters that machine-readable zones write otherwise (ICAO 9303 part 3, section 6) give several spellings.
"""

import unicodedata
from itertools import islice, product

Words = tuple[str, ...]
"""The words of a name in their order."""

PARTICLES = frozenset(
    (
        "de du des d l la le les van von der den ter ten zu zur da do dos das di del della y e el al bin ibn"
    ).split()
)
"""Words that titles leave out, join or move."""

TITLES = frozenset(
    ("m mr mme mrs ms miss dr me maitre madame monsieur mademoiselle prof ep epouse nee veuve vve").split()
)
"""Words that are no part of a name: forms of address, and what links a name of birth to one in use."""

_EXPANDED = {
    "Ä": ("AE", "A"), "Æ": ("AE",), "Å": ("AA", "A"), "Ö": ("OE", "O"), "Ø": ("OE", "O"), "Œ": ("OE",),
    "Ü": ("UE", "UXX", "U"), "ẞ": ("SS",), "Þ": ("TH",), "Ð": ("D",), "Ñ": ("N", "NXX"), "Ĳ": ("IJ",),
    "Ł": ("L",), "Đ": ("D",), "Ħ": ("H",), "Ŋ": ("N",),
}  # fmt: skip

_SPELLINGS_MAX = 8
"""Ways to spell the letters of one name looked at: real names have one or a few."""


def spellings(*parts: str) -> list[tuple[Words, ...]]:
    """Return the words of a name's parts in each spelling its letters may take.

    Each spelling is there with its particles and without. A letter is spelled one way throughout, as in one
    and the same zone. Titles are left out, unless nothing else is there.
    """
    capitals = [unicodedata.normalize("NFC", part).upper() for part in parts]
    letters = [char for char in dict.fromkeys("".join(capitals)) if char in _EXPANDED]
    choices = [_EXPANDED[char] for char in letters]
    ways = [tuple(choice[-1] for choice in choices), *islice(product(*choices), _SPELLINGS_MAX - 1)]
    found = []
    for way in dict.fromkeys(ways):
        spelled = dict(zip(letters, way, strict=True))
        words = [_words("".join(spelled.get(char) or folded(char) for char in part)) for part in capitals]
        found += [tuple(map(_core, words)), tuple(words)]
    return list(dict.fromkeys(found))


def _words(text: str) -> Words:
    words = tuple(text.split())
    return tuple(word for word in words if word.lower() not in TITLES) or words


def _core(words: Words) -> Words:
    return tuple(word for word in words if word.lower() not in PARTICLES) or words


def folded(char: str) -> str:
    """Return a capital without its accents; whatever parts words becomes a space."""
    if char.isspace() or unicodedata.category(char)[0] in "PS":
        return " "
    return "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))


def plain(text: str) -> str:
    """Return a text without case, accents and spacing; all its words stay."""
    return " ".join("".join(map(folded, unicodedata.normalize("NFC", text).upper())).split())


def scripts(text: str) -> frozenset[str]:
    """Return the scripts a text is written in, such as ``LATIN`` and ``CYRILLIC``."""
    letters = (unicodedata.name(char, "") for char in text if char.isalpha())
    return frozenset(name.split(" ")[0].split("-")[0] for name in letters if name)


_LEGAL_FORMS = frozenset(
    (
        "sa sas sasu sarl eurl sci scp scm snc selarl selas gie scop association asso ag gmbh ltd llc inc bv "
        "srl spa"
    ).split()
)


def same_organisation(one: str, other: str) -> bool:
    """Tell whether two spellings name one organisation: capitals, accents, signs and legal forms aside."""
    first, second = (_organisation_words(text) for text in (one, other))
    return bool(first) and first == second


def _organisation_words(text: str) -> list[str]:
    # Points are taken out, not turned into spaces, so that S.A.R.L. is one word.
    words = [word.lower() for word in plain(text.replace(".", "")).split()]
    return [word for word in words if word not in _LEGAL_FORMS] or words
