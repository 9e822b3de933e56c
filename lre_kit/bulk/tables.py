"""Tables of recipients, as CSV or XLSX: read within bounds, and every line judged as a deposit would."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from lre_kit.bulk.files import key_of_file
from lre_kit.bulk.values import BulkWish
from lre_kit.clock import from_iso, iso
from lre_kit.csv_tables import SheetLine, TableError, bad_line, formula_in
from lre_kit.errors import InputError, LreError
from lre_kit.law.consents import Capacity
from lre_kit.law.products import Product
from lre_kit.letters.intake_rows import checked_subject
from lre_kit.letters.paper import ON_PAPER, address_of
from lre_kit.letters.terms import checked_terms, read_instant
from lre_kit.mailmerge.text import filled, key_of_column, read_line
from lre_kit.parties.emails import key_of
from lre_kit.parties.recipient_cells import ADDRESS_COLUMNS, address_of_cells, capacity_of
from lre_kit.parties.values import Recipient, checked_address
from lre_kit.postroom.errors import NoPostalAddressError
from lre_kit.workbooks import read_sheet

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e-mail", "courriel", "adresse electronique", "adresse électronique"),
    "name": ("name", "nom", "destinataire"),
    "reference": ("reference", "référence"),
    "subject": ("subject", "objet"),
    "language": ("language", "langue"),
    "capacity": ("capacity", "qualité", "qualite"),
    "capacity_basis": ("capacity_basis", "justification"),
    "notify_at": ("notify_at", "départ de l'avis", "depart de l'avis"),
    "pre_notice": ("pre_notice", "pré-notification", "prénotification", "prenotification"),
    "document": ("document", "fichier", "file", "pdf"),
    **ADDRESS_COLUMNS,
}
"""Columns that are read, by the names they may have; others are left alone, or are for a template."""

ALWAYS = frozenset({"date"})
"""What a template may name besides columns: the day that stands on the letter."""

VALUE_MAX_CHARS = 2_000
"""Longest value of a template's column, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkLine:
    """One line that can be sent."""

    line: int
    recipient: Recipient
    reference: str
    subject: str
    language: str
    values: Mapping[str, str] = field(default_factory=dict)
    """What a template takes from it, by column."""
    document: str = ""
    """The file that is this line's alone."""
    notify_at: datetime | None = None
    """When its notice leaves; nothing: at once."""
    pre_notice: str = ""
    """When its recipient is told before, as it was asked for."""

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return f"BulkLine({self.line})"

    def to_json(self) -> dict[str, Any]:
        """Return plain values for keeping."""
        postal = self.recipient.postal
        return {
            "name": self.recipient.name,
            "email": self.recipient.email,
            "capacity": self.recipient.capacity.value,
            "capacity_basis": self.recipient.capacity_basis,
            "postal": postal.to_json() if postal is not None else None,
            "reference": self.reference,
            "subject": self.subject,
            "language": self.language,
            "values": dict(self.values),
            "document": self.document,
            "notify_at": iso(self.notify_at) if self.notify_at else None,
            "pre_notice": self.pre_notice,
        }


def recipient_of(kept: Mapping[str, Any]) -> Recipient:
    """Return the recipient of what `BulkLine.to_json` kept."""
    postal = kept.get("postal")
    return Recipient(
        name=kept["name"],
        email=kept["email"],
        postal=address_of(postal) if postal else None,
        capacity=Capacity(kept["capacity"]),
        capacity_basis=kept["capacity_basis"],
    )


def kept_line(line: int, kept: Mapping[str, Any]) -> BulkLine:
    """Return the line of what `BulkLine.to_json` kept."""
    # Lines that were kept before these could be asked for have neither a time nor a pre-notice.
    planned = kept.get("notify_at")
    return BulkLine(
        line=line,
        recipient=recipient_of(kept),
        reference=kept["reference"],
        subject=kept["subject"],
        language=kept["language"],
        values=kept["values"],
        document=kept.get("document", ""),
        notify_at=from_iso(planned) if planned else None,
        pre_notice=kept.get("pre_notice", ""),
    )


def read_recipients(
    stream: BinaryIO, *, encoding: str = "utf-8", limit: int, product: Product | None = None
) -> Iterator[SheetLine]:
    """Yield the lines of a table of recipients, with all their cells; errors as for `read_sheet`.

    What goes by post alone needs no column of e-mail addresses, and one of names instead.
    """
    needed = "name" if product is Product.HYBRID else "email"
    return read_sheet(stream, columns=COLUMNS, needed=needed, encoding=encoding, limit=limit, keep_all=True)


class Judge:
    """Judges the lines of one table, one after the other."""

    def __init__(
        self, wish: BulkWish, *, subject: str, now: datetime, documents: Collection[str] = ()
    ) -> None:
        """Prepare for a table.

        Args:
            wish: What all letters have in common.
            subject: For lines that name none, checked.
            now: The instant of the check.
            documents: Names of the files that lines may name (`lre_kit.bulk.files.key_of_file`).
        """
        self._wish = wish
        self._subject = subject
        self._now = now
        self._documents = documents
        self._columns: Sequence[str] = wish.merge.template.columns if wish.merge is not None else ()
        self._merged_subject = read_line(wish.merge.template.subject) if wish.merge is not None else ()
        self._seen: set[str] = set()

    def judged(self, line: SheetLine) -> BulkLine | LreError:
        """Return a line as it can be sent, or what is wrong with it.

        Raises:
            TableError: The table lacks a column that the template names.
        """
        if line.error is not None:
            return line.error
        if (formula := formula_in(line)) is not None:
            return formula
        try:
            found = self._line(line)
        except TableError as error:
            if isinstance(error, MissingColumnsError):
                raise
            return error
        except InputError as error:
            return error
        to = found.recipient
        where = key_of(to.email) if to.email or to.postal is None else "\n".join(to.postal.lines)
        key = f"{where}\n{to.name.casefold()}\n{found.reference.casefold()}"
        if key in self._seen:
            return bad_line("says the same as an earlier one: this recipient with this reference")
        self._seen.add(key)
        return found

    def _line(self, line: SheetLine) -> BulkLine:
        fields, product = line.fields, self._wish.product
        recipient = self._recipient(fields)
        spoken = fields.get("language", "").lower() or self._wish.language
        if spoken not in {"fr", "en"}:
            problem = f"names a language that is not spoken here: {spoken[:20]}"
            raise bad_line(problem)
        terms = checked_terms(
            fields.get("reference", ""),
            read_instant(fields.get("notify_at", "")),
            product=product,
            now=self._now,
            pre_notice=fields.get("pre_notice", ""),
            email=recipient.email,
        )
        values = self._values(line, recipient)
        merged = filled(self._merged_subject, {"date": "", **values})
        return BulkLine(
            line=line.number,
            recipient=recipient,
            reference=terms.reference,
            subject=checked_subject(fields.get("subject", "") or merged or self._subject),
            language=spoken,
            values=values,
            document=self._document(fields),
            notify_at=terms.notify_at,
            pre_notice=terms.pre_notice,
        )

    def _recipient(self, fields: Mapping[str, str]) -> Recipient:
        product = self._wish.product
        name = fields.get("name") or fields.get("email", "")
        postal = address_of_cells(fields, name=name) if product in ON_PAPER else None
        if product in ON_PAPER and postal is None:
            msg = "This line has no postal address."
            raise NoPostalAddressError(msg, mend="Fill in the columns address, postcode and city.")
        email = fields.get("email", "")
        if product is not Product.HYBRID or email:
            email = checked_address(email, whose="recipient")
        return Recipient(
            name=name,
            email=email,
            postal=postal,
            capacity=capacity_of(fields.get("capacity", "")),
            capacity_basis=fields.get("capacity_basis", ""),
        ).checked()

    def _values(self, line: SheetLine, recipient: Recipient) -> dict[str, str]:
        """Return what the template takes from a line."""
        if not self._columns:
            return {}
        told = {"name": recipient.name, "email": recipient.email, **line.fields}
        cells = {key_of_column(head): cell for head, cell in line.cells.items()}
        known = told | cells
        missing = [name for name in self._columns if name not in known and name not in ALWAYS]
        absent = [name for name in missing if name not in COLUMNS]
        if absent and line.cells:
            raise MissingColumnsError(absent)
        values = {name: known.get(name, "") for name in self._columns if name not in ALWAYS or name in known}
        empty = next((name for name, value in values.items() if not value.strip()), None)
        if empty is not None:
            problem = f"has nothing in the column “{empty[:60]}”, which the template names"
            raise bad_line(problem)
        long = next((name for name, value in values.items() if len(value) > VALUE_MAX_CHARS), None)
        if long is not None:
            problem = f"has more than {VALUE_MAX_CHARS} characters in the column “{long[:60]}”"
            raise bad_line(problem)
        return values

    def _document(self, fields: Mapping[str, str]) -> str:
        named = fields.get("document", "")
        if not self._documents:
            if named:
                problem = "names a document of its own, and no such files came with the table"
                raise bad_line(problem)
            return ""
        if not named:
            raise bad_line("names no document in the column “document”")
        key = key_of_file(named)
        if key not in self._documents:
            problem = f"names a document that did not come with the table: {named[:80]}"
            raise bad_line(problem)
        return key


class MissingColumnsError(TableError):
    """A template names columns that the table does not have."""

    slug = "missing-columns"

    def __init__(self, columns: Sequence[str]) -> None:
        """Name them."""
        named = ", ".join(f"{{{name[:60]}}}" for name in columns[:10])
        super().__init__(
            f"The template names what the table does not have: {named}.",
            mend="Add the columns to the table's first line, or correct the template.",
        )
        self.columns = tuple(columns)
