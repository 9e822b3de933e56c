"""Tables of recipients, as CSV or XLSX: read within bounds, and every line judged as a deposit would."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from lre_kit.csv_tables import SheetLine, TableError, bad_line, expect_column, named, read_table
from lre_kit.errors import InputError, LreError, MissingExtraError
from lre_kit.law.consents import Capacity
from lre_kit.letters.intake_rows import checked_subject
from lre_kit.letters.terms import checked_terms
from lre_kit.parties.emails import key_of
from lre_kit.parties.values import Recipient, checked_address

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

UNPACKED_MAX_BYTES = 300 * 1024 * 1024
"""Largest workbook once unpacked."""

_XLSX = b"PK\x03\x04"


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


def read_recipients(stream: BinaryIO, *, encoding: str = "utf-8", limit: int) -> Iterator[SheetLine]:
    """Yield the lines of a table, CSV or XLSX told apart by their first bytes.

    Args:
        stream: The file; it can be read from its beginning again.
        encoding: Of a CSV file: ``utf-8`` or ``cp1252``.
        limit: Most lines taken.

    Raises:
        InputError: It is no table, lacks the column ``email``, or has too many lines.
        MissingExtraError: A workbook cannot be read without its library.
    """
    is_book = stream.read(len(_XLSX)) == _XLSX
    stream.seek(0)
    lines = (
        _of_workbook(stream)
        if is_book
        else read_table(stream, columns=COLUMNS, needed="email", encoding=encoding)
    )
    yield from islice(lines, limit)
    if next(lines, None) is not None:
        msg = f"The table has more than {limit} lines."
        raise TableError(msg, mend="Cut it into several files, and send them one after the other.")


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
            capacity=_capacity(fields),
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


def _capacity(fields: Mapping[str, str]) -> Capacity:
    text = fields.get("capacity", "").lower() or Capacity.CONSUMER.value
    try:
        return Capacity(text)
    except ValueError:
        problem = f"names a capacity that is none: {text[:30]}"
        raise bad_line(problem) from None


def _of_workbook(stream: BinaryIO) -> Iterator[SheetLine]:
    """Yield the lines of a workbook's first sheet; no formula is evaluated, each is told."""
    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError as error:
        msg = "Workbooks cannot be read here."
        raise MissingExtraError(msg, mend="Install lre-kit[bulk], or save the table as CSV UTF-8.") from error
    try:
        with zipfile.ZipFile(stream) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > UNPACKED_MAX_BYTES:
            msg = "The workbook is far too large once unpacked."
            raise TableError(msg, mend="Save the table alone as CSV UTF-8.")
        stream.seek(0)
        book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError) as error:
        msg = "The file is no workbook that can be read."
        raise TableError(msg, mend="Save the table as CSV UTF-8.") from error
    try:
        rows = book.worksheets[0].iter_rows() if book.worksheets else iter(())
        heads = next(rows, None)
        if heads is None:
            msg = "The workbook's first sheet is empty."
            raise TableError(msg, mend="Its first line names the columns: email, name.")
        names = named((str(cell.value or "") for cell in heads), COLUMNS)
        expect_column(names, "email")
        for number, cells in enumerate(rows, start=2):
            yield from _row(number, names, cells)
    finally:
        book.close()


def _row(number: int, names: list[str], cells: tuple[Any, ...]) -> Iterator[SheetLine]:
    if all(cell.value is None or not str(cell.value).strip() for cell in cells):
        return
    if any(cell.data_type == "f" for cell, name in zip(cells, names, strict=False) if name):
        yield SheetLine(number=number, fields={}, error=bad_line("holds a formula"))
        return
    texts = ("" if cell.value is None else str(cell.value).strip() for cell in cells)
    fields = {name: text for name, text in zip(names, texts, strict=False) if name}
    yield SheetLine(number=number, fields=fields)
