"""Tables of recipients, as CSV or XLSX: read within bounds, and every line judged as a deposit would."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from lre_kit.csv_tables import SheetLine, bad_line
from lre_kit.errors import InputError, LreError
from lre_kit.letters.intake_rows import checked_subject
from lre_kit.letters.terms import checked_terms
from lre_kit.parties.emails import key_of
from lre_kit.parties.recipient_cells import capacity_of
from lre_kit.parties.values import Recipient, checked_address
from lre_kit.workbooks import read_sheet

COLUMNS = {
    "email": ("email", "e-mail", "courriel", "adresse electronique", "adresse électronique"),
    "name": ("name", "nom", "destinataire"),
    "reference": ("reference", "référence"),
    "subject": ("subject", "objet"),
    "language": ("language", "langue"),
    "capacity": ("capacity", "qualité", "qualite"),
    "capacity_basis": ("capacity_basis", "justification"),
}
"""Columns that are read, by the names they may have; others are left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkLine:
    """One line that can be sent."""

    line: int
    recipient: Recipient
    reference: str
    subject: str
    language: str

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return f"BulkLine({self.line})"

    def to_json(self) -> dict[str, Any]:
        """Return plain values for keeping."""
        return {
            "name": self.recipient.name,
            "email": self.recipient.email,
            "capacity": self.recipient.capacity.value,
            "capacity_basis": self.recipient.capacity_basis,
            "reference": self.reference,
            "subject": self.subject,
            "language": self.language,
        }


def read_recipients(
    stream: BinaryIO, *, encoding: str = "utf-8", limit: int, keep_all: bool = False
) -> Iterator[SheetLine]:
    """Yield the lines of a table of recipients; arguments and errors as for `read_sheet`."""
    return read_sheet(
        stream, columns=COLUMNS, needed="email", encoding=encoding, limit=limit, keep_all=keep_all
    )


def judged(
    line: SheetLine, *, subject: str, language: str, product: Any, now: Any, seen: set[str]
) -> BulkLine | LreError:
    """Return a line as it can be sent, or what is wrong with it.

    Args:
        line: As read.
        subject: For lines that name none.
        language: For lines that name none.
        product: What is sent.
        now: The instant of the check.
        seen: Recipients met so far, with their references; the line's is added.
    """
    if line.error is not None:
        return line.error
    fields = line.fields
    formula = next((name for name, cell in fields.items() if cell.startswith(("=", "@"))), None)
    if formula is not None:
        return bad_line(f"holds a formula in the column “{formula}”")
    try:
        recipient = Recipient(
            name=fields.get("name") or fields.get("email", ""),
            email=checked_address(fields.get("email", ""), whose="recipient"),
            capacity=capacity_of(fields.get("capacity", "")),
            capacity_basis=fields.get("capacity_basis", ""),
        ).checked()
        spoken = fields.get("language", "").lower() or language
        if spoken not in {"fr", "en"}:
            return bad_line(f"names a language that is not spoken here: {spoken[:20]}")
        terms = checked_terms(fields.get("reference", ""), None, product=product, now=now)
        said = checked_subject(fields.get("subject", "") or subject)
    except InputError as error:
        return error
    key = f"{key_of(recipient.email)}\n{recipient.name.casefold()}\n{terms.reference.casefold()}"
    if key in seen:
        return bad_line("says the same as an earlier one: this recipient with this reference")
    seen.add(key)
    return BulkLine(
        line=line.number, recipient=recipient, reference=terms.reference, subject=said, language=spoken
    )
