"""Tables from strangers, as CSV or as a workbook (XLSX), told apart by their first bytes."""

import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from lre_kit.csv_tables import (
    Columns,
    SheetLine,
    TableError,
    bad_line,
    expect_column,
    expect_once,
    heads_of,
    named,
    read_table,
)
from lre_kit.errors import MissingExtraError

UNPACKED_MAX_BYTES = 300 * 1024 * 1024
"""Largest workbook once unpacked."""

_XLSX = b"PK\x03\x04"


def read_sheet(
    stream: BinaryIO,
    *,
    columns: Columns,
    needed: str,
    encoding: str = "utf-8",
    limit: int,
    keep_all: bool = False,
) -> Iterator[SheetLine]:
    """Yield the lines of a table.

    Args:
        stream: The file; it can be read from its beginning again.
        columns: What is read.
        needed: The column that must be there.
        encoding: Of a CSV file: ``utf-8`` or ``cp1252``.
        limit: Most lines taken.
        keep_all: Whether all cells are kept besides, whatever their heads are.

    Raises:
        InputError: It is no table, lacks the needed column, or has too many lines.
        MissingExtraError: A workbook cannot be read without its library.
    """
    is_book = stream.read(len(_XLSX)) == _XLSX
    stream.seek(0)
    lines = (
        _of_workbook(stream, columns, needed, keep_all)
        if is_book
        else read_table(stream, columns=columns, needed=needed, encoding=encoding, keep_all=keep_all)
    )
    yield from islice(lines, limit)
    if next(lines, None) is not None:
        msg = f"The table has more than {limit} lines."
        raise TableError(msg, mend="Cut it into several files, and send them one after the other.")


def _of_workbook(stream: BinaryIO, columns: Columns, needed: str, keep_all: bool) -> Iterator[SheetLine]:
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
            raise TableError(msg, mend=f"Its first line names the columns: {', '.join(columns)}.")
        words = heads_of(str(cell.value or "") for cell in heads)
        names = named(words, columns)
        expect_column(names, needed)
        expect_once(names)
        expect_once(words if keep_all else ())
        for number, cells in enumerate(rows, start=2):
            yield from _row(number, names, words if keep_all else [], cells)
    finally:
        book.close()


def _row(number: int, names: list[str], heads: list[str], cells: tuple[Any, ...]) -> Iterator[SheetLine]:
    if all(cell.value is None or not str(cell.value).strip() for cell in cells):
        return
    read = heads or names
    if any(cell.data_type == "f" for cell, name in zip(cells, read, strict=False) if name):
        yield SheetLine(number=number, fields={}, error=bad_line("holds a formula"))
        return
    texts = ["" if cell.value is None else str(cell.value).strip() for cell in cells]
    fields = {name: text for name, text in zip(names, texts, strict=False) if name}
    kept = {head: text for head, text in zip(heads, texts, strict=False) if head}
    yield SheetLine(number=number, fields=fields, cells=kept)
