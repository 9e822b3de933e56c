"""Consents in and out as CSV: streamed, told line by line, no formula ever written."""

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from lre_kit.clock import iso
from lre_kit.consents.desk import Asked
from lre_kit.consents.values import ConsentInfo, ConsentInputError, ConsentRequest
from lre_kit.errors import LreError
from lre_kit.law.consents import ConsentRegime

BATCH = 200
"""Lines asked in one transaction."""

LINE_MAX_BYTES = 64 * 1024
"""Longest line read, in bytes."""

COLUMNS = {
    "email": ("email", "e-mail", "courriel", "adresse electronique"),
    "name": ("name", "nom"),
    "language": ("language", "langue"),
    "phone": ("phone", "telephone", "téléphone"),
    "given_on": ("given_on", "donné le", "donne le"),
    "scan": ("scan", "numérisation"),
}
"""Columns that are read, by the names they may have; others are left alone."""

EXPORTED = (
    "reference", "email", "name", "regime", "state", "asked_at", "decided_at", "expires_at", "method",
    "wording",
)  # fmt: skip
"""Columns of an export."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One line as it was read."""

    number: int
    """Line of the file, from 1."""
    fields: dict[str, str]
    error: LreError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineAnswer:
    """What became of one line."""

    number: int
    reference: str = ""
    error: LreError | None = None

    @property
    def outcome(self) -> str:
        """``asked`` (or ``taken in``), or the slug of why not."""
        return self.error.slug if self.error else "done"


def read_lines(stream: BinaryIO, *, encoding: str = "utf-8") -> Iterator[SheetLine]:
    """Yield a sheet's lines; what is wrong with one is said beside it, and the next is read.

    Args:
        stream: The file; read once, never held whole.
        encoding: How it is written: never guessed, because a wrong guess changes names silently.

    Raises:
        ConsentInputError: The first line names no column ``email``, or the file is no text.
    """
    first = next(_lines(stream, encoding), None)
    if first is None:
        msg = "The file is empty."
        raise ConsentInputError(msg, mend="Its first line names the columns: email, name.")
    delimiter = max(";,\t", key=first.count)
    names = [_column(cell) for cell in next(csv.reader([first], delimiter=delimiter), [])]
    if "email" not in names:
        msg = "The first line of the file names no column “email”."
        raise ConsentInputError(msg, mend="Begin the file with a line such as: email,name")
    reader = csv.reader(_lines(stream, encoding), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield SheetLine(number=reader.line_num + 1, fields={}, error=_bad(f"cannot be read: {error}"))
            continue
        number = reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        fields = {name: cell.strip() for name, cell in zip(names, cells, strict=False) if name}
        if any("\udc80" <= character <= "\udcff" for cell in cells for character in cell):
            yield SheetLine(number=number, fields={}, error=_bad(f"is not written in {encoding}"))
        elif len(cells) > len(names):
            yield SheetLine(number=number, fields={}, error=_bad("has more cells than there are columns"))
        else:
            yield SheetLine(number=number, fields=fields)


def ask_lines(
    lines: Iterable[SheetLine],
    ask: Callable[[Sequence[ConsentRequest]], Sequence[Asked]],
    *,
    regime: ConsentRegime,
    language: str,
) -> Iterator[LineAnswer]:
    """Ask the recipients of a sheet, batch by batch, and yield what became of each line, in order.

    Args:
        lines: As read.
        ask: Asks a batch in one transaction.
        regime: Under which they are asked.
        language: For lines that name none.
    """
    seen: set[int] = set()
    source = iter(lines)
    while batch := list(islice(source, BATCH)):
        answers: dict[int, LineAnswer] = {}
        wanted: list[tuple[int, ConsentRequest]] = []
        for line in batch:
            error = line.error
            request = ConsentRequest(
                name=line.fields.get("name") or line.fields.get("email", ""),
                email=line.fields.get("email", ""),
                regime=regime,
                language=line.fields.get("language") or language,
                phone=line.fields.get("phone") or None,
            )
            if error is None and _is_double(request.key, seen):
                error = _bad("names a recipient of an earlier line")
            if error is not None:
                answers[line.number] = LineAnswer(number=line.number, error=error)
            else:
                wanted.append((line.number, request))
        asked = ask([request for _, request in wanted])
        for (number, _), one in zip(wanted, asked, strict=True):
            reference = one.consent.id if one.consent else ""
            answers[number] = LineAnswer(number=number, reference=reference, error=one.error)
        yield from (answers[line.number] for line in batch)


def export_lines(consents: Iterable[ConsentInfo]) -> Iterator[str]:
    """Yield an export line by line, its heads first; cells that would be formulas are made text."""
    yield _line(EXPORTED)
    for info in consents:
        instants = [iso(at) if at else "" for at in (info.asked_at, info.decided_at, info.expires_at)]
        cells = (
            info.id, info.recipient_email, info.recipient_name, info.regime.value, info.state.value,
            *instants, info.method, info.wording,
        )  # fmt: skip
        yield _line(cells)


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (CWE-1236)."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _line(cells: Iterable[str]) -> str:
    out: list[str] = []

    class _Sink:
        def write(self, text: str) -> None:
            out.append(text)

    csv.writer(_Sink()).writerow([neutral(cell) for cell in cells])
    return "".join(out)


def _is_double(key: str, seen: set[int]) -> bool:
    """Answer whether a mailbox came before; of each, eight bytes are remembered."""
    digest = int.from_bytes(hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest())
    if digest in seen:
        return True
    seen.add(digest)
    return False


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield lines as text; what is not in this encoding is kept as lone surrogates, to be told."""
    while raw := stream.readline(LINE_MAX_BYTES):
        if len(raw) == LINE_MAX_BYTES and not raw.endswith(b"\n"):
            msg = "The file has a line that is far too long."
            raise ConsentInputError(msg, mend="Save it as CSV, one recipient a line.")
        if b"\x00" in raw:
            msg = "The file is no plain text: it may be UTF-16, or a spreadsheet."
            raise ConsentInputError(msg, mend="Save it as CSV UTF-8.")
        yield raw.decode(encoding, "surrogateescape").removeprefix("\ufeff")


def _column(cell: str) -> str:
    name = cell.strip().casefold()
    return next((column for column, names in COLUMNS.items() if name in names), "")


def _bad(problem: str) -> ConsentInputError:
    return ConsentInputError(f"This line {problem}.", mend="Correct the line, or leave it out.")
