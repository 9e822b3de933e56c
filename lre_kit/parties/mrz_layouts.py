"""Where things stand in a machine-readable zone, and its check digits (ICAO Doc 9303 parts 3 to 6). Pure.

The old French card (two lines of 36, issued until 2021) has a layout of its own.
"""

from dataclasses import dataclass
from enum import StrEnum

FILLER = "<"
"""What fills empty positions; its value is 0."""

_WEIGHTS = (7, 3, 1)
_VALUES = {c: i for i, c in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {FILLER: 0}


def check_digit(text: str) -> int:
    """Return the check digit of a text (ICAO Doc 9303-3 §4.9): weights 7, 3, 1, modulo 10.

    Raises:
        ValueError: A character is none of ``A-Z 0-9 <``.
    """
    try:
        return sum(_VALUES[c] * _WEIGHTS[i % 3] for i, c in enumerate(text)) % 10
    except KeyError as error:
        msg = "a character that no machine-readable zone holds"
        raise ValueError(msg) from error


class MrzFormat(StrEnum):
    """A layout of the machine-readable zone."""

    TD1 = "TD1"
    """Cards: three lines of 30."""
    TD2 = "TD2"
    """Larger cards: two lines of 36."""
    TD3 = "TD3"
    """Passports: two lines of 44."""
    OLD_FRENCH_CARD = "old_french_card"
    """The laminated French identity card: two lines of 36, no expiry date."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of positions in a line; counted from 0, the end excluded."""

    line: int
    start: int
    end: int

    def of(self, lines: tuple[str, ...]) -> str:
        """Return the characters there."""
        return lines[self.line][self.start : self.end]


@dataclass(frozen=True, slots=True)
class CheckedField:
    """A check digit: over what, and where it stands."""

    field: str
    over: tuple[Span, ...]
    digit: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One format.

    Attributes:
        fields: Positions by field name.
        checks: The check digits, the composite last.
        digits: Fields of digits only (fillers allowed in dates), check digits included.
        letters: Fields of letters and fillers only.
        padded: Lines whose tail may be fillers, so that a miscounted tail can be mended.
    """

    width: int
    height: int
    fields: dict[str, Span]
    checks: tuple[CheckedField, ...]
    digits: tuple[Span, ...]
    letters: tuple[Span, ...]
    padded: tuple[int, ...]


def _span(line: int, first: int, last: int) -> Span:
    """Return a span from positions as the standard counts them: lines and positions from 1, inclusive."""
    return Span(line - 1, first - 1, last)


def _layout(
    size: tuple[int, int],
    fields: dict[str, Span],
    checks: tuple[CheckedField, ...],
    *,
    digits: tuple[str, ...],
    letters: tuple[str, ...],
    padded: tuple[int, ...],
) -> Layout:
    # The number's own digit may be a filler (long numbers), so may the optional field's: see `mrz`.
    return Layout(
        width=size[0],
        height=size[1],
        fields=fields,
        checks=checks,
        digits=tuple(fields[name] for name in digits) + tuple(check.digit for check in checks),
        letters=tuple(fields[name] for name in letters),
        padded=padded,
    )


_TD1 = {
    "code": _span(1, 1, 2),
    "issuer": _span(1, 3, 5),
    "number": _span(1, 6, 14),
    "optional": _span(1, 16, 30),
    "birth": _span(2, 1, 6),
    "sex": _span(2, 8, 8),
    "expiry": _span(2, 9, 14),
    "nationality": _span(2, 16, 18),
    "optional2": _span(2, 19, 29),
    "names": _span(3, 1, 30),
}
_TD2 = {
    "code": _span(1, 1, 2),
    "issuer": _span(1, 3, 5),
    "names": _span(1, 6, 36),
    "number": _span(2, 1, 9),
    "nationality": _span(2, 11, 13),
    "birth": _span(2, 14, 19),
    "sex": _span(2, 21, 21),
    "expiry": _span(2, 22, 27),
    "optional": _span(2, 29, 35),
}
_TD3 = _TD2 | {"names": _span(1, 6, 44), "optional": _span(2, 29, 42)}
_OLD = {
    "code": _span(1, 1, 2),
    "issuer": _span(1, 3, 5),
    "surname": _span(1, 6, 30),
    "office": _span(1, 31, 36),
    "issued": _span(2, 1, 4),
    "number": _span(2, 1, 12),
    "given_names": _span(2, 14, 27),
    "birth": _span(2, 28, 33),
    "sex": _span(2, 35, 35),
}

LAYOUTS = {
    MrzFormat.TD1: _layout(
        (30, 3),
        _TD1,
        (
            CheckedField("number", (_TD1["number"],), _span(1, 15, 15)),
            CheckedField("birth", (_TD1["birth"],), _span(2, 7, 7)),
            CheckedField("expiry", (_TD1["expiry"],), _span(2, 15, 15)),
            CheckedField(
                "composite",
                (_span(1, 6, 30), _span(2, 1, 7), _span(2, 9, 15), _span(2, 19, 29)),
                _span(2, 30, 30),
            ),
        ),
        digits=("birth", "expiry"),
        letters=("issuer", "nationality", "names"),
        padded=(0, 2),
    ),
    MrzFormat.TD2: _layout(
        (36, 2),
        _TD2,
        (
            CheckedField("number", (_TD2["number"],), _span(2, 10, 10)),
            CheckedField("birth", (_TD2["birth"],), _span(2, 20, 20)),
            CheckedField("expiry", (_TD2["expiry"],), _span(2, 28, 28)),
            CheckedField(
                "composite", (_span(2, 1, 10), _span(2, 14, 20), _span(2, 22, 35)), _span(2, 36, 36)
            ),
        ),
        digits=("birth", "expiry"),
        letters=("issuer", "nationality", "names"),
        padded=(0,),
    ),
    MrzFormat.TD3: _layout(
        (44, 2),
        _TD3,
        (
            CheckedField("number", (_TD3["number"],), _span(2, 10, 10)),
            CheckedField("birth", (_TD3["birth"],), _span(2, 20, 20)),
            CheckedField("expiry", (_TD3["expiry"],), _span(2, 28, 28)),
            CheckedField("optional", (_TD3["optional"],), _span(2, 43, 43)),
            CheckedField(
                "composite", (_span(2, 1, 10), _span(2, 14, 20), _span(2, 22, 43)), _span(2, 44, 44)
            ),
        ),
        digits=("birth", "expiry"),
        letters=("issuer", "nationality", "names"),
        padded=(0,),
    ),
    MrzFormat.OLD_FRENCH_CARD: _layout(
        (36, 2),
        _OLD,
        (
            CheckedField("number", (_OLD["number"],), _span(2, 13, 13)),
            CheckedField("birth", (_OLD["birth"],), _span(2, 34, 34)),
            CheckedField("composite", (_span(1, 1, 36), _span(2, 1, 35)), _span(2, 36, 36)),
        ),
        digits=("issued", "birth"),
        letters=("issuer", "surname", "given_names"),
        padded=(0,),
    ),
}
"""Every layout by format."""
