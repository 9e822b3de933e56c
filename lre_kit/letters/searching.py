"""What operators type to find letters: words, and ``state:``, ``product:``, ``date:``, ``number:``, ``is:``.

``is:misdirected`` are those whose reader said that they are not for them, and that wait for an answer.

A whole sending number, a state and a span of days are found by an index, however many letters there are;
so are words and their beginnings: of numbers, names, addresses, subjects and references.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from lre_kit.clock import PARIS
from lre_kit.law.products import Product
from lre_kit.letters.phases import Phase

_KEYS = {
    "state": "state", "état": "state", "etat": "state", "product": "product", "produit": "product",
    "date": "date", "number": "number", "numéro": "number", "numero": "number", "is": "is", "est": "is",
}  # fmt: skip

_NUMBER = re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")
_DAY = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was typed.

    Attributes:
        text: Words, or their beginnings, that a letter has.
        number: A whole sending number.
        phases: Only letters in one of these; nothing: in any.
        products: Only these; nothing: any.
        begins_at: Only those deposited from here on.
        ends_at: Only those deposited before.
        is_misdirected: Only those whose reader said that they are not for them, unanswered.
    """

    text: str = ""
    number: str = ""
    phases: frozenset[Phase] | None = None
    products: frozenset[Product] | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    is_misdirected: bool = False


def wanted_of(typed: str) -> Wanted:
    """Return what somebody typed; what is no filter is looked for as it stands."""
    words: list[str] = []
    found: dict[str, object] = {}
    for token in typed.split():
        key, _, value = token.partition(":")
        read = _READERS[_KEYS[key.casefold()]](value) if value and key.casefold() in _KEYS else None
        if read is None and _NUMBER.fullmatch(token.upper()):
            read = {"number": token.upper()}
        if read is None:
            words.append(token)
        else:
            found |= read
    return Wanted(text=" ".join(words), **found)  # type: ignore[arg-type] # as the readers make them


def _state(value: str) -> dict[str, object] | None:
    typed = value.casefold().replace("_", " ")
    named = {
        phase
        for phase in Phase
        if any(
            name.casefold().replace("_", " ").startswith(typed)
            for name in (phase.value, phase.french, phase.english)
        )
    }
    return {"phases": frozenset(named)} if named else None


def _product(value: str) -> dict[str, object] | None:
    named = {product for product in Product if product.value.startswith(value.casefold())}
    return {"products": frozenset(named)} if named else None


def _date(value: str) -> dict[str, object] | None:
    first, has_end, last = value.partition("..")
    begins, ends = _span(first), _span(last) if has_end else None
    if begins is None or (has_end and ends is None):
        return None
    return {"begins_at": _midnight(begins[0]), "ends_at": _midnight((ends or begins)[1])}


def _span(text: str) -> tuple[date, date] | None:
    """Return the first day of a day, month or year, and the day after its last."""
    typed = _DAY.fullmatch(text)
    if typed is None:
        return None
    year, month, day = (int(part) if part else None for part in typed.groups())
    assert year is not None
    try:
        first = date(year, month or 1, day or 1)
        last = date(year, month or 12, day or calendar.monthrange(year, month or 12)[1])
        return first, last + timedelta(days=1)
    except (ValueError, OverflowError):
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=PARIS)


def _number(value: str) -> dict[str, object] | None:
    return {"number": value.upper()} if _NUMBER.fullmatch(value.upper()) else None


def _is(value: str) -> dict[str, object] | None:
    return {"is_misdirected": True} if value.casefold() in {"misdirected", "égarée", "egaree"} else None


_READERS = {"is": _is, "state": _state, "product": _product, "date": _date, "number": _number}
