"""Which letters of a list are looked for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_

from lre_kit.law.products import Product
from lre_kit.letters.own_rows import is_misdirected
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import LetterRow
from lre_kit.letters.searching import Wanted
from lre_kit.store.inserts import table_of

_LETTER = table_of(LetterRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """Which letters are looked for; empty fields leave all in.

    Attributes:
        phase: Where they stand.
        product: Of which kind they are.
        reference: The sender's own reference, whole.
        text: Part of the number, the recipient's name or address, the subject or the reference.
        since: Deposited at this instant or later.
        until: Deposited before this instant.
    """

    phase: Phase | None = None
    product: Product | None = None
    reference: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what rows have to meet."""
        found: list[ColumnElement[bool]] = []
        if self.phase is not None:
            found.append(_LETTER.c.phase == self.phase.value)
        if self.product is not None:
            found.append(_LETTER.c.product == self.product.value)
        if self.reference:
            found.append(_LETTER.c.reference == self.reference)
        if text := self.text.strip():
            names = ("number", "recipient_name", "recipient_email", "subject", "reference")
            found.append(or_(*(_LETTER.c[name].icontains(text, autoescape=True) for name in names)))
        if self.since is not None:
            found.append(_LETTER.c.deposited_at >= self.since)
        if self.until is not None:
            found.append(_LETTER.c.deposited_at < self.until)
        return found


def conditions_of(wanted: Wanted, phase: Phase | None) -> list[ColumnElement[bool]]:
    """Return what operators typed besides words, and a phase, as conditions."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.number:
        conditions.append(_LETTER.c.number == wanted.number)
    if wanted.phases is not None:
        conditions.append(_LETTER.c.phase.in_(sorted(one.value for one in wanted.phases)))
    if wanted.products is not None:
        conditions.append(_LETTER.c.product.in_(sorted(one.value for one in wanted.products)))
    if wanted.begins_at is not None:
        conditions.append(_LETTER.c.deposited_at >= wanted.begins_at)
    if wanted.ends_at is not None:
        conditions.append(_LETTER.c.deposited_at < wanted.ends_at)
    if wanted.is_misdirected:
        conditions.append(is_misdirected())
    if phase is not None:
        conditions.append(_LETTER.c.phase == phase.value)
    return conditions
