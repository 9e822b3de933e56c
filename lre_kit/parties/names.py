"""Comparing names: what somebody says to be called with what a title or a certificate shows.

Names are written in many lawful ways: with and without accents, in another order, with the name of
birth or the one in use, in another alphabet's letters (ICAO 9303 part 3). A machine says how close two
are; it never refuses a person for it: whatever is not plainly the same goes to a human eye.

Given names are held against given names and family names against family names. A name that is one line
is read in every way it can be parted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from itertools import pairwise, product

from lre_kit.parties.spellings import Words, plain, scripts, spellings

LEGAL_FORMS = frozenset(
    (
        "sa sas sasu sarl eurl sci scp snc selarl association asso gmbh ag ltd plc inc llc bv nv spa"
        " srl sl se"
    ).split()
)
"""Words that show an organisation, in a name without given names."""

CUT_TOTALS = frozenset({30, 31, 39})
"""Characters of a whole name that fills its field of a machine-readable zone (ICAO 9303 parts 4 to 6)."""

CUT_GIVEN, CUT_FAMILY = 14, 25
"""Characters of given and family names that fill theirs on a French identity card made before 2021."""

_STEM = 4
"""Letters that make the beginning of a name worth a look."""

_WORDS_MAX = 10
"""Words of a name that is looked at word by word; longer ones are only compared as a whole."""


class NameMatch(StrEnum):
    """How two names compare."""

    SAME = "same"
    """The same but for case, accents and spacing."""
    CLOSE = "close"
    """One person's names in two lawful ways."""
    UNSURE = "unsure"
    """A machine cannot tell: another alphabet, initials, an organisation."""
    DIFFERENT = "different"
    """Not plainly the same; a human looks at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A name in its parts; any may be empty, not all."""

    given: str = ""
    family: str = ""
    usage: str = ""

    @classmethod
    def of_text(cls, text: str) -> "PersonName":
        """Return a name that is only known as one line: the order of its parts is unknown."""
        return cls(family=text)

    @property
    def parts(self) -> tuple[str, str, str]:
        """Given names, name of birth and name in use."""
        return (self.given, self.family, self.usage)

    def __repr__(self) -> str:
        """Say nothing of it."""
        return "PersonName(…)"


class _Likeness(IntEnum):
    """How alike two parts of names are."""

    OTHER = 0
    UNTOLD = 1
    ALIKE = 2


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read a name; `is_line` if its parts are not told apart."""

    given: Words
    family: Words
    is_line: bool = False

    @property
    def is_cut(self) -> bool:
        """Whether the name fills its field of a machine-readable zone, so that some may be missing."""
        given, family = _length(self.given), _length(self.family)
        # French cards put two fillers between given names.
        fills = CUT_GIVEN in {given, given + len(self.given) - 1} or family == CUT_FAMILY
        return not self.is_line and (fills or family + 2 + given in CUT_TOTALS)


def compare_names(declared: PersonName, shown: PersonName) -> NameMatch:
    """Return how close two names are; the order of the two does not matter."""
    left, right = (tuple(map(plain, name.parts)) for name in (declared, shown))
    if left == right and any(left):
        return NameMatch.SAME
    if _is_organisation(declared) or _is_organisation(shown):
        same = " ".join(left).split() == " ".join(right).split()
        return NameMatch.SAME if same else NameMatch.UNSURE
    if scripts("".join(declared.parts)) != scripts("".join(shown.parts)):
        return NameMatch.UNSURE
    return (NameMatch.DIFFERENT, NameMatch.UNSURE, NameMatch.CLOSE)[_likeness(declared, shown)]


def _likeness(left: PersonName, right: PersonName) -> _Likeness:
    lines = [_line(left), _line(right)]
    if lines[0] is not None and lines[1] is not None:
        return _best(_of_lines(a, b) for (a,), (b,) in product(spellings(lines[0]), spellings(lines[1])))
    pairs = product(dict.fromkeys(_readings(left)), dict.fromkeys(_readings(right)))
    return _best(_of_readings(a, b) for a, b in pairs)


def _line(name: PersonName) -> str | None:
    """Return a name that is one line, or nothing if it is known in its parts."""
    families = {name.family, name.usage} - {""}
    if name.given:
        return None if families else name.given
    return families.pop() if len(families) == 1 else None


def _readings(name: PersonName) -> Iterable[_Reading]:
    line = _line(name)
    if line is None:
        families = [text for text in (name.family, name.usage) if text]
        if len(families) > 1:
            families.append(" ".join(families))
        for family in families:
            yield from (_Reading(given, named) for given, named in spellings(name.given, family))
        return
    for (words,) in spellings(line):
        yield _Reading((), words, is_line=True)
        if len(words) <= _WORDS_MAX:
            for place in range(1, len(words)):
                yield _Reading(words[:place], words[place:], is_line=True)
                yield _Reading(words[place:], words[:place], is_line=True)


def _of_readings(left: _Reading, right: _Reading) -> _Likeness:
    short, long = sorted((left, right), key=lambda one: _length(one.given + one.family))
    found = _of_words(left.family, right.family, is_cut=short.is_cut)
    if found is _Likeness.UNTOLD and not (left.given and right.given):
        found = _Likeness.OTHER
    if found is not _Likeness.OTHER:
        found = min(found, _of_given(left.given, right.given, is_cut=short.is_cut))
    if found is not _Likeness.OTHER:
        return found
    if left.is_line or right.is_line:
        # Somebody left a part out, and nobody knows which.
        return _Likeness.UNTOLD if _within(short.given + short.family, long.given + long.family) else found
    # Forms are often filled in the other way round.
    crossed = (left.given, left.family), (right.family, right.given)
    is_crossed = all(sorted(a) == sorted(b) for a, b in zip(*crossed, strict=True))
    return _Likeness.ALIKE if is_crossed else found


def _of_given(left: Words, right: Words, *, is_cut: bool) -> _Likeness:
    """Compare given names: some may be left out, for most people use one of theirs."""
    if not left or not right:
        return _Likeness.ALIKE if left == right else _Likeness.UNTOLD
    if _within(left, right) or _within(right, left):
        return _Likeness.ALIKE
    return _of_words(left, right, is_cut=is_cut)


def _of_words(left: Words, right: Words, *, is_cut: bool) -> _Likeness:
    """Compare words: all of them, in any order; of a part, or of beginnings, a machine cannot tell."""
    if sorted(left) == sorted(right) or "".join(left) == "".join(right):
        return _Likeness.ALIKE
    short, long = sorted((left, right), key=lambda words: (len(words), _length(words)))
    if not short or len(long) > _WORDS_MAX:
        return _Likeness.OTHER
    if is_cut and " ".join(long).startswith(" ".join(short)):
        return _Likeness.ALIKE
    rest = list(long)
    for word in short:
        met = next((one for one in rest if one == word), None) or next(
            (one for one in rest if _begins(word, one)), None
        )
        if met is None:
            return _Likeness.OTHER
        rest.remove(met)
    return _Likeness.UNTOLD


def _of_lines(left: Words, right: Words) -> _Likeness:
    """Compare two lines: the same words, or the same first and last with others between."""
    if sorted(left) == sorted(right) or "".join(left) == "".join(right):
        return _Likeness.ALIKE
    short, long = sorted((left, right), key=len)
    if len(short) > 1 and (short[0], short[-1]) == (long[0], long[-1]) and _within(short, long):
        return _Likeness.ALIKE
    return _of_words(left, right, is_cut=False)


def _within(some: Words, words: Words) -> bool:
    """Tell whether all of some words are among others; two written as one count as both."""
    known = {*words, *(first + second for first, second in pairwise(words))}
    place = 0
    while place < len(some):
        if some[place] in known:
            place += 1
        elif "".join(some[place : place + 2]) in words:
            place += 2
        else:
            return False
    return True


def _begins(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    return long.startswith(short) and (len(short) == 1 or len(short) >= _STEM)


def _length(words: Words) -> int:
    return len(" ".join(words))


def _best(found: Iterable[_Likeness]) -> _Likeness:
    best = _Likeness.OTHER
    for one in found:
        best = max(best, one)
        if best is _Likeness.ALIKE:
            break
    return best


def _is_organisation(name: PersonName) -> bool:
    words = f"{plain(name.family)} {plain(name.usage)}".lower().split()
    return not name.given and not LEGAL_FORMS.isdisjoint(words)
