"""Tables of recipients: CSV and XLSX within bounds, every fault told by its line (F11)."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.bulk.tables import BulkLine, Judge, read_recipients
from lre_kit.bulk.values import BulkWish
from lre_kit.csv_tables import SheetLine, csv_line, neutral
from lre_kit.errors import InputError, LreError
from lre_kit.law.products import Product

openpyxl = pytest.importorskip("openpyxl")

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def book(rows: list[list[Any]]) -> bytes:
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def as_csv(rows: list[list[Any]]) -> bytes:
    return "".join(";".join(str(cell or "") for cell in row) + "\r\n" for row in rows).encode()


def read(raw: bytes, *, limit: int = 100, encoding: str = "utf-8") -> list[SheetLine]:
    return list(read_recipients(io.BytesIO(raw), limit=limit, encoding=encoding))


def judge(lines: list[SheetLine]) -> list[BulkLine | LreError]:
    found = Judge(BulkWish(), subject="Objet", now=NOW)
    return [found.judged(line) for line in lines]


@pytest.mark.parametrize("form", [book, as_csv])
def test_a_table_is_read_whatever_its_form(form: Callable[[list[list[Any]]], bytes]) -> None:
    """F11.10: CSV or workbook, with `;`, BOM and quotes."""
    raw = form(
        [
            ["Nom", "Courriel", "Référence", "Objet", "Langue", "Autre"],
            ["Hélène Faÿ", "helene@example.net", "24/0193", "", "en", "x"],
            [None, None, None, None, None, None],
            ["Paul Petit", "paul@example.net", 12, "Résiliation", None, None],
        ]
    )
    first, second = judge(read(raw))
    assert isinstance(first, BulkLine)
    assert isinstance(second, BulkLine)
    assert (first.line, first.recipient.name, first.reference, first.subject, first.language) == (
        2, "Hélène Faÿ", "24/0193", "Objet", "en",
    )  # fmt: skip
    assert (second.line, second.reference, second.subject, second.language) == (4, "12", "Résiliation", "fr")
    assert "Faÿ" not in repr(first)
    assert "Faÿ" not in repr(read(raw)[0])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("x,not-an-address", "invalid-address"),
        ("Ada,", "invalid-address"),
        ("=cmd|' /C calc'!A0,a@example.net", "unusable-table"),
        ("Ada,@SUM(1)", "unusable-table"),
        ("Ada,a@example.net,,,klingon", "unusable-table"),
        ("Ada,a@example.net," + "r" * 101, "input"),
        ("Ada,a@example.net,,,,robot", "unusable-table"),
        ("Ada,a@example.net,1,2,fr,consumer,x,y", "unusable-table"),
        ("A\u202eda,a@example.net", ""),
    ],
)
def test_what_is_wrong_with_a_line_is_told_and_the_next_is_read(line: str, told: str) -> None:
    """F11.10."""
    heads = "name,email,reference,subject,language,capacity,capacity_basis"
    raw = f"{heads}\n{line}\nGrace,grace@example.net\n".encode()
    wrong, right = judge(read(raw))
    assert isinstance(wrong, LreError)
    assert not told or told in wrong.slug or isinstance(wrong, InputError)
    assert isinstance(right, BulkLine)


def test_addresses_that_fail_the_postal_norm_are_told_by_line_and_never_mended() -> None:
    raw = as_csv(
        [
            ["name", "address", "postcode", "city"],
            ["Ada Lovelace", "12 rue des Fleurs", "75001", "Paris"],
            ["Bob", "3 rue Haute", "7500", "Paris"],
            ["Eve", "", "", ""],
            ["Zoé", "x" * 60, "75001", "Paris"],
        ]
    )
    found = Judge(BulkWish(product=Product.HYBRID), subject="Objet", now=NOW)
    lines = read_recipients(io.BytesIO(raw), limit=9, product=Product.HYBRID)
    first, *wrong = [found.judged(line) for line in lines]
    assert isinstance(first, BulkLine)
    assert first.recipient.postal is not None
    assert first.recipient.postal.lines[0] == "Ada Lovelace"
    assert [isinstance(each, LreError) for each in wrong] == [True, True, True]


def test_a_recipient_who_stands_twice_is_told_unless_the_references_differ() -> None:
    raw = b"email,name,reference\na@example.net,Ada,1\nA@EXAMPLE.NET,ada,1\na@example.net,Ada,2\n"
    first, second, third = judge(read(raw))
    assert isinstance(first, BulkLine)
    assert isinstance(second, LreError)
    assert isinstance(third, BulkLine)


def test_a_formula_in_a_workbook_is_told_and_never_evaluated() -> None:
    lines = read(book([["email", "name"], ['=CONCAT("a","@example.net")', "Ada"], ["b@example.net", "Bob"]]))
    assert lines[0].error is not None
    assert "formula" in lines[0].error.problem
    assert lines[1].fields == {"email": "b@example.net", "name": "Bob"}


@pytest.mark.parametrize(
    "raw",
    [b"", b"name\nAda\n", b"\x00\x01", b"PK\x03\x04 nothing", book([["name"], ["Ada"]]), b"x" * 70_000],
)
def test_what_is_no_table_is_refused(raw: bytes) -> None:
    """F11.10."""
    with pytest.raises(InputError):
        read(raw)


def test_a_workbook_that_unpacks_far_too_large_is_refused_before_it_is_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"xl/{number}.xml", b"0" * (70 * 1024 * 1024))
    assert len(out.getvalue()) < 1024 * 1024
    with pytest.raises(InputError, match="too large"):
        read(out.getvalue())


def test_a_million_lines_are_refused_after_the_limit() -> None:
    """F11.10."""

    class Endless(io.RawIOBase):
        read_lines = 0

        def readline(self, size: int | None = -1) -> bytes:
            del size
            self.read_lines += 1
            return b"email\n" if self.read_lines == 1 else b"a@example.net\n"

        def read(self, size: int = -1) -> bytes:
            return b"emai"[:size]

        def seek(self, offset: int, whence: int = 0) -> int:
            del offset, whence
            return 0

    stream = Endless()
    with pytest.raises(InputError, match="more than 500 lines"):
        list(read_recipients(stream, limit=500))  # type: ignore[arg-type]
    assert stream.read_lines < 600


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("email,name\na@example.net,Ada\n".encode("utf-16"), "UTF-16"),
        (b"email,name,courriel\na@example.net,Ada,b@example.net\n", "twice"),
        (b"email,name,NAME\na@example.net,Ada,Bob\n", "twice"),
    ],
)
def test_a_table_whose_columns_or_letters_are_not_certain_is_refused(raw: bytes, problem: str) -> None:
    """F11.10."""
    with pytest.raises(InputError, match=problem):
        read(raw)


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_marks_delimiters_and_quotes_of_every_spreadsheet_are_read(mark: str, between: str) -> None:
    """F11.10."""
    cells = (
        ["email", "name"],
        ["a@example.net", f'"Ada ""L"" {between}\r\nCountess"'],
        ["b@example.net", "Bob"],
    )
    raw = mark + "\r\n".join(between.join(each) for each in cells)
    first, second = read(raw.encode())
    assert first.fields["name"] == f'Ada "L" {between}\r\nCountess'
    assert (second.number, second.fields["email"]) == (4, "b@example.net")


def test_an_encoding_is_never_guessed() -> None:
    """F11.10."""
    raw = "email,name\na@example.net,Hélène\n".encode("cp1252")
    [line] = read(raw)
    assert line.error is not None
    [line] = read(raw, encoding="cp1252")
    assert line.fields["name"] == "Hélène"


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(InputError):
        judge(read(raw))


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_no_cell_that_is_written_is_a_formula(cells: list[str]) -> None:
    """F11.10."""
    for cell in cells:
        assert not neutral(cell).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert csv_line(cells).endswith("\r\n")
