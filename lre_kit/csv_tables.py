"""CSV tables from strangers: streamed, bounded, told line by line; and no formula ever written."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from lre_kit.errors import InputError, LreError

LINE_MAX_BYTES = 64 * 1024
"""Longest line read, in bytes."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Columns = Mapping[str, Sequence[str]]
"""The columns that are read, each by the names it may have, in small letters."""


class TableError(InputError):
    """A table, or a line of one, cannot be used."""

    slug = "unusable-table"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One line as it was read."""

    number: int
    """Line of the file, from 1."""
    fields: dict[str, str]
    """Its cells by the columns that are read."""
    error: LreError | None = None
    cells: Mapping[str, str] = field(default_factory=dict)
    """All its cells by their heads in small letters, where a reader asked for all."""

    def __repr__(self) -> str:
        """Say nothing of what it holds."""
        return f"SheetLine({self.number})"


def read_table(
    stream: BinaryIO,
    *,
    columns: Columns,
    needed: str,
    encoding: str = "utf-8",
    error: type[InputError] = TableError,
    keep_all: bool = False,
) -> Iterator[SheetLine]:
    """Yield a table's lines; what is wrong with one is said beside it, and the next is read.

    Args:
        stream: The file; read once, never held whole.
        columns: What is read; other columns are left alone.
        needed: The column that must be there.
        encoding: How it is written: never guessed, because a wrong guess changes names silently.
        error: What is raised and kept.
        keep_all: Whether all cells are kept besides, whatever their heads are.

    Raises:
        InputError: The first line does not name the needed column, or the file is no text.
    """
    lines = _lines(stream, encoding, error)
    first = next(lines, None)
    if first is None:
        msg = "The file is empty."
        raise error(msg, mend=f"Its first line names the columns: {', '.join(columns)}.")
    delimiter = max(";,\t", key=first.count)
    try:
        heads = heads_of(next(csv.reader([first], delimiter=delimiter), []))
    except csv.Error as wrong:
        msg = "The first line of the file cannot be read."
        raise error(msg, mend="Save it as CSV UTF-8.") from wrong
    names = named(heads, columns)
    expect_column(names, needed, error)
    # Two heads may be two names of one column, such as “email” and “courriel”.
    expect_once(names, error)
    expect_once(heads if keep_all else (), error)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            number = reader.line_num + 1
            yield SheetLine(number=number, fields={}, error=bad_line(f"cannot be read: {wrong}", error))
            continue
        number = reader.line_num + 1
        if not any(cell.strip() for cell in cells):
            continue
        texts = [cell.strip() for cell in cells]
        fields = {name: text for name, text in zip(names, texts, strict=False) if name}
        if any("\udc80" <= character <= "\udcff" for cell in cells for character in cell):
            yield SheetLine(number=number, fields={}, error=bad_line(f"is not written in {encoding}", error))
        elif len(cells) > len(names):
            wrong_count = bad_line("has more cells than there are columns", error)
            yield SheetLine(number=number, fields={}, error=wrong_count)
        else:
            kept = {head: text for head, text in zip(heads, texts, strict=False) if head} if keep_all else {}
            yield SheetLine(number=number, fields=fields, cells=kept)


def heads_of(cells: Iterable[str]) -> list[str]:
    """Return the heads of a table as they are compared."""
    return [" ".join(cell.split()).casefold() for cell in cells]


def named(heads: Sequence[str], columns: Columns) -> list[str]:
    """Return which column each head names; an empty text for one that is not read."""
    return [next((column for column, known in columns.items() if head in known), "") for head in heads]


def expect_column(names: Sequence[str], needed: str, error: type[InputError] = TableError) -> None:
    """Refuse a table that lacks a column.

    Raises:
        InputError: It does.
    """
    if needed not in names:
        msg = f"The first line of the file names no column “{needed}”."
        raise error(msg, mend=f"Begin the file with a line such as: {needed},name")


def expect_once(names: Sequence[str], error: type[InputError] = TableError) -> None:
    """Refuse a table that names a column twice: which of the two counts would be a guess.

    Raises:
        InputError: It does.
    """
    twice = next((name for place, name in enumerate(names) if name and name in names[:place]), None)
    if twice is not None:
        msg = f"The first line of the file names the column “{twice[:40]}” twice."
        raise error(msg, mend="Leave one of the two, or give the other another name.")


def bad_line(problem: str, error: type[InputError] = TableError) -> InputError:
    """Return what is wrong with one line."""
    return error(f"This line {problem}.", mend="Correct the line, or leave it out.")


def formula_in(line: SheetLine, error: type[InputError] = TableError) -> InputError | None:
    """Return what is wrong with a line of which a cell is a formula; nothing if none is."""
    held = next((name for name, cell in line.fields.items() if cell.startswith(("=", "@"))), None)
    return bad_line(f"holds a formula in the column “{held}”", error) if held is not None else None


def neutral(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (CWE-1236)."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def restored(cell: str) -> str:
    """Return a cell as it was before `neutral` kept it from being a formula."""
    return cell[1:] if cell.startswith("'") and neutral(cell[1:]) == cell else cell


def csv_line(cells: Iterable[str]) -> str:
    """Return one line of CSV; cells that would be formulas are made text."""
    out: list[str] = []

    class _Sink:
        def write(self, text: str) -> None:
            out.append(text)

    csv.writer(_Sink()).writerow([neutral(cell) for cell in cells])
    return "".join(out)


def _lines(stream: BinaryIO, encoding: str, error: type[InputError]) -> Iterator[str]:
    """Yield lines as text; what is not in this encoding is kept as lone surrogates, to be told."""
    while raw := stream.readline(LINE_MAX_BYTES):
        if len(raw) == LINE_MAX_BYTES and not raw.endswith(b"\n"):
            msg = "The file has a line that is far too long."
            raise error(msg, mend="Save it as CSV, one recipient a line.")
        if b"\x00" in raw:
            msg = "The file is no plain text: it may be UTF-16, or a spreadsheet."
            raise error(msg, mend="Save it as CSV UTF-8.")
        yield raw.decode(encoding, "surrogateescape").removeprefix("\ufeff")
