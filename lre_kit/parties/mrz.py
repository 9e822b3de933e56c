"""The machine-readable zone of identity titles, read strictly. Pure.

Check digits prove that the zone was read well, never that the title is genuine. They are weak: a
change that keeps a character's value modulo 10 (``0`` for ``A``) passes them, and none protects the
names (the old French card's composite excepted).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lre_kit.errors import InputError
from lre_kit.parties.mrz_layouts import FILLER, LAYOUTS, CheckedField, Layout, MrzFormat, check_digit

__all__ = ["FieldCheck", "Mrz", "MrzError", "MrzFormat", "check_digit", "read_mrz"]

_TYPED_FILLERS = str.maketrans({"«": "<<", "‹": "<", "〈": "<", "＜": "<"})
_ALLOWED = re.compile(r"[A-Z0-9<]+")
# Without A for 4 and T for 7: A weighs 0 modulo 10, so a check digit would not contradict a wrong guess.
_AS_DIGITS = str.maketrans("OQDILZSGB", "000112568")
_AS_LETTERS = str.maketrans("012568", "OIZSGB")
_LENGTHS_MEND_MAX = 12


class MrzError(InputError):
    """The machine-readable zone cannot be read, or a check digit does not fit; `field` says which."""

    slug = "unreadable-mrz"

    def __init__(self, problem: str, *, mend: str, field: str = "") -> None:
        """Keep the field's stable name, such as ``number``; empty where the form itself is wrong."""
        super().__init__(problem, mend=mend)
        self.field = field


@dataclass(frozen=True, slots=True)
class FieldCheck:
    """Whether one field reads well: its check digit fits and its value can be one."""

    field: str
    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mrz:
    """What a machine-readable zone says.

    Attributes:
        code: Document code, such as ``P``, ``ID``.
        issuer: Issuing state or organisation, three letters at most (``D`` for Germany).
        number: Document number without fillers.
        surname, given_names: As printed there: capitals, no accents, spaces between.
        names_cut: The names fill their field: they may have been cut.
        birth: Birth date; nothing where month or day are unknown.
        sex: ``M``, ``F`` or ``X``.
        expiry: Last day of validity; the old French card has none.
        issued: First day of the month of issue; the old French card only.
        optional: Optional data without fillers.
        corrected: Look-alike characters were read as meant, and all check digits then fit.
        lines: The zone as finally read.
    """

    format: MrzFormat
    code: str
    issuer: str
    number: str
    surname: str
    given_names: str
    names_cut: bool
    birth: date | None
    sex: str
    expiry: date | None
    issued: date | None
    nationality: str
    optional: str
    checks: tuple[FieldCheck, ...]
    corrected: bool
    lines: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every field reads well."""
        return all(check.ok for check in self.checks)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the fields that do not read well."""
        return tuple(check.field for check in self.checks if not check.ok)

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return f"Mrz({self.format}, ok={self.ok})"


def read_mrz(lines: str | Sequence[str], *, at: date) -> Mrz:
    """Read a zone as typed or as recognised in a picture.

    Args:
        lines: The zone: one text with line breaks, or its lines.
        at: The day it is read; decides the centuries.

    Raises:
        MrzError: It has not the form of a zone. Failing check digits do not raise: see `Mrz.checks`.
    """
    given = lines.splitlines() if isinstance(lines, str) else lines
    cleaned = tuple(line for line in map(_clean, given) if line)
    kind, fitted = _fit(cleaned)
    layout = LAYOUTS[kind]
    first = _parse(kind, layout, fitted, at, corrected=False)
    if first.ok:
        return first
    mended = _mended(layout, fitted)
    second = _parse(kind, layout, mended, at, corrected=True)
    return second if second.ok and mended != fitted else first


def _clean(line: str) -> str:
    return re.sub(r"\s", "", line.translate(_TYPED_FILLERS)).upper()


def _fit(lines: tuple[str, ...]) -> tuple[MrzFormat, tuple[str, ...]]:
    if any(not _ALLOWED.fullmatch(line) for line in lines):
        msg = "The machine-readable zone holds a character that cannot stand there."
        raise MrzError(msg, mend="Use capital letters without accents, digits and <.")
    if len(lines) == 3:
        kind = MrzFormat.TD1
    elif len(lines) == 2:
        kind = _two_lines(lines)
    else:
        msg = f"The machine-readable zone has two or three lines, not {len(lines)}."
        raise MrzError(msg, mend="Type every line at the bottom of the page or the back of the card.")
    if lines[0][0] == "V":
        msg = "This is the zone of a visa."
        raise MrzError(msg, mend="Use the zone of the identity card or passport itself.")
    layout = LAYOUTS[kind]
    return kind, tuple(_fit_line(layout, number, line) for number, line in enumerate(lines))


def _two_lines(lines: tuple[str, ...]) -> MrzFormat:
    if len(lines[1]) == LAYOUTS[MrzFormat.TD3].width:
        return MrzFormat.TD3
    return MrzFormat.OLD_FRENCH_CARD if lines[0].startswith("IDFRA") else MrzFormat.TD2


def _fit_line(layout: Layout, number: int, line: str) -> str:
    excess = len(line) - layout.width
    if number in layout.padded and 0 < abs(excess) <= _LENGTHS_MEND_MAX and line.endswith(FILLER):
        # Nobody counts fillers; those at the end of a line of text carry nothing.
        bare = line.rstrip(FILLER)
        if len(bare) <= layout.width:
            return bare.ljust(layout.width, FILLER)
    if excess:
        msg = f"Line {number + 1} of the machine-readable zone has {len(line)} characters."
        raise MrzError(msg, mend=f"It has {layout.width}; count the < signs too.", field=f"line{number + 1}")
    return line


def _mended(layout: Layout, lines: tuple[str, ...]) -> tuple[str, ...]:
    rows = [list(line) for line in lines]
    for spans, table in ((layout.digits, _AS_DIGITS), (layout.letters, _AS_LETTERS)):
        for span in spans:
            rows[span.line][span.start : span.end] = span.of(lines).translate(table)
    return tuple("".join(row) for row in rows)


def _parse(kind: MrzFormat, layout: Layout, lines: tuple[str, ...], at: date, *, corrected: bool) -> Mrz:
    text = {name: span.of(lines) for name, span in layout.fields.items()}
    checks = {check.field: _digit_fits(check, lines) for check in layout.checks}
    number, optional = text["number"].rstrip(FILLER), text.get("optional", "")
    if kind in {MrzFormat.TD1, MrzFormat.TD2} and _digit_of(layout, "number", lines) == FILLER:
        number, optional, checks["number"] = _long_number(text["number"], optional)
    if kind is MrzFormat.OLD_FRENCH_CARD:
        surname, given = text["surname"], text["given_names"]
        cut = FILLER not in surname[-1:] or FILLER not in given[-1:]
    else:
        surname, _, given = text["names"].partition(FILLER * 2)
        cut = not text["names"].endswith(FILLER)
    birth = _past_date(text["birth"], at)
    expiry = _near_date(text["expiry"], at) if "expiry" in text else None
    issued = _past_date(text["issued"] + "01", at) if "issued" in text else None
    checks["birth"] &= birth is not None or _is_partial(text["birth"])
    if "expiry" in text:
        checks["expiry"] &= expiry is not None
    if "issued" in text:
        checks["issued"] = issued is not None
    checks["number"] &= bool(number) and FILLER not in number
    checks["sex"] = text["sex"] in {"M", "F", "X", FILLER}
    checks["letters"] = all(not any(map(str.isdigit, span.of(lines))) for span in layout.letters)
    checks["names"] = bool(_spaced(surname))
    return Mrz(
        format=kind,
        code=text["code"].rstrip(FILLER),
        issuer=text["issuer"].rstrip(FILLER),
        number=number,
        surname=_spaced(surname),
        given_names=_spaced(given),
        names_cut=cut,
        birth=birth,
        sex="X" if text["sex"] == FILLER else text["sex"],
        expiry=expiry,
        issued=issued,
        nationality=text.get("nationality", text["issuer"]).rstrip(FILLER),
        optional=_spaced(optional + FILLER + text.get("optional2", "")),
        checks=tuple(FieldCheck(field, fits) for field, fits in checks.items()),
        corrected=corrected,
        lines=lines,
    )


def _digit_of(layout: Layout, field: str, lines: tuple[str, ...]) -> str:
    return next(check.digit for check in layout.checks if check.field == field).of(lines)


def _digit_fits(check: CheckedField, lines: tuple[str, ...]) -> bool:
    over = "".join(span.of(lines) for span in check.over)
    digit = check.digit.of(lines)
    if check.field == "optional" and digit == FILLER:
        # Doc 9303-4: an empty personal number may carry a filler or 0.
        return not over.strip(FILLER)
    return digit.isdigit() and check_digit(over) == int(digit)


def _long_number(start: str, optional: str) -> tuple[str, str, bool]:
    """Read a number that goes on in the optional field (Doc 9303-5 §4.2.2.1, note j)."""
    rest, _, after = optional.partition(FILLER)
    number, digit = start + rest[:-1], rest[-1:]
    return number, after, digit.isdigit() and check_digit(number) == int(digit)


def _spaced(text: str) -> str:
    return " ".join(part for part in text.split(FILLER) if part)


def _is_partial(text: str) -> bool:
    return bool(re.fullmatch(r"(\d\d|<<)(\d\d|<<)<<", text))


def _dated(text: str, century: int) -> date | None:
    if not re.fullmatch(r"[0-9]{6}", text):
        return None
    try:
        return date(century + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None


def _past_date(text: str, at: date) -> date | None:
    """Return the latest date with these two digits of a year that is not after `at`."""
    centuries = (at.year // 100 * 100, at.year // 100 * 100 - 100)
    return next((day for c in centuries if (day := _dated(text, c)) is not None and day <= at), None)


def _near_date(text: str, at: date) -> date | None:
    """Return the date with these two digits of a year that is nearest to `at`."""
    base = at.year // 100 * 100
    days = (_dated(text, century) for century in (base - 100, base, base + 100))
    return min((day for day in days if day is not None), key=lambda day: abs(day - at), default=None)
