"""The text of templates: Markdown's plain parts are read, names of columns are filled in, nothing is run."""

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lre_kit.errors import InputError, NotFoundError
from lre_kit.mailmerge.keeping import Templates
from lre_kit.mailmerge.setting import Setter
from lre_kit.mailmerge.text import (
    Kind,
    Place,
    Run,
    Style,
    columns_in,
    filled,
    key_of_column,
    read_line,
    read_text,
)
from lre_kit.mailmerge.values import (
    LOGO_MAX_BYTES,
    Letterhead,
    NotMergeableError,
    TemplateChangedError,
    TemplateInputError,
    TemplateText,
)
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.values import Recipient
from lre_kit.store.database import Database
from lre_kit.testing.clock import MovedClock

pypdf = pytest.importorskip("pypdf")

AT = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
HEAD = Letterhead(name="Étude Faÿ", lines=("1 rue Haute", "75001 PARIS"), signature="Hélène Faÿ").checked()
ADA = Recipient(name="Ada Lovelace", email="ada@example.net")


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def letter(text: str, values: dict[str, str], *, subject: str = "", to: Recipient = ADA) -> bytes:
    template = TemplateText(name="Reminder", subject=subject, text=text).checked()
    with Setter(template, HEAD, at=AT) as setter:
        return setter.pdf(to, values, language="en")


def test_paragraphs_lists_headings_and_bold_are_read() -> None:
    blocks = read_text("# Rappel\nMadame **{Nom}**,\nbonjour.\n\n- un\n* deux\n\n- trois\n1. a\n2) b\nfin")
    kinds = [(block.kind, len(block.items)) for block in blocks]
    assert kinds == [
        (Kind.HEADING, 1), (Kind.PARAGRAPH, 1), (Kind.BULLETS, 2), (Kind.BULLETS, 1), (Kind.NUMBERS, 2),
        (Kind.PARAGRAPH, 1),
    ]  # fmt: skip
    assert blocks[1].items[0] == (
        Run(Style.PLAIN, ("Madame ",)),
        Run(Style.BOLD, (Place("nom"),)),
        Run(Style.PLAIN, (",",)),
        Run(Style.BREAK),
        Run(Style.PLAIN, ("bonjour.",)),
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}", "{% if x %}", "{7*7}", "{}", "{ }", "{{name}}", "{x!r:>9999999}", "{0}", "{a{b}c",
        "${x+1}", "{__class__}", "#{1+1}", "<%= 1 %>", "{" + "x" * 80 + "}",
    ],
)  # fmt: skip
def test_what_is_no_name_of_a_column_stands_as_it_was_written(text: str) -> None:
    """F10.09"""
    assert columns_in(text) == () or text in {"{a{b}c", "${x+1}"}
    if not columns_in(text):
        assert filled(read_line(text), {"name": "Ada", "0": "x"}) == text


@given(st.text(max_size=200))
def test_any_text_is_read_and_says_all_it_said(text: str) -> None:
    parts = read_line(text)
    assert filled(parts, {}) == "".join(part for part in parts if isinstance(part, str))
    for block in read_text(text):
        assert block.items


@given(st.text(max_size=60))
def test_no_value_becomes_a_name_a_list_or_bold(value: str) -> None:
    """F10.09: values are filled in after the text was read."""
    assert filled(read_line("a {x} b"), {"x": value}) == f"a {value} b"


def test_columns_are_compared_without_case_and_spacing() -> None:
    assert columns_in("{Code Postal} {code postal} { N° de bail }") == ("code postal", "n° de bail")
    assert key_of_column("  CODE   postal ") == "code postal"


def test_a_letter_is_set_as_tagged_pdf_and_nothing_in_it_is_run() -> None:
    """F10.09, F11.07: markup of the typesetter and of templates is text, in the template and in values."""
    hostile = '#set page(width: 1cm) $x$ *a* _b_ `c` @x <y> \\ {{7*7}} #read("/etc/passwd")'
    where = PostalAddress(lines=("Ada Lovelace", "12 rue des Fleurs", "75001 PARIS"))
    to = Recipient(name="Ada Lovelace", email="ada@example.net", postal=where)
    made = letter(
        f"Dear {{name}}, {hostile}\n\n- {{x}}", {"name": "**Ada**", "x": hostile}, subject="On {date}", to=to
    )
    said = " ".join(text_of(made).split())
    assert said.count("#set page(width: 1cm)") == 2
    assert said.count("{{7*7}}") == 2
    assert "**Ada**" in said
    assert "1 December 2026" in said, "the legal day, not that of UTC"
    for word in ("Étude Faÿ", "12 rue des Fleurs", "Hélène Faÿ", "On 1 December 2026"):
        assert word in said
    reader = pypdf.PdfReader(io.BytesIO(made))
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    metadata = root["/Metadata"].get_data()
    assert b"<pdfaid:part>3<" in metadata
    assert b"<pdfuaid:part>1<" in metadata


def test_the_same_line_gives_the_same_bytes() -> None:
    assert letter("Dear {name}", {"name": "Ada"}) == letter("Dear {name}", {"name": "Ada"})
    assert letter("Dear {name}", {"name": "Ada"}) != letter("Dear {name}", {"name": "Bob"})


def test_what_has_no_font_is_told() -> None:
    with pytest.raises(NotMergeableError):
        letter("Dear {name}", {"name": "\U00013000"})


@settings(max_examples=25, deadline=None)
@given(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=0x24F, categories=("L", "N", "P", "S")), max_size=40
    )
)
def test_any_latin_value_is_set(value: str) -> None:
    assert letter("x {x}", {"x": value}).startswith(b"%PDF")


@pytest.mark.parametrize(
    "text",
    [
        TemplateText(name="", subject="", text="x"),
        TemplateText(name="a", subject="", text="  \n "),
        TemplateText(name="a", subject="x" * 201, text="x"),
        TemplateText(name="a", subject="", text="x" * 20_001),
        TemplateText(name="a", subject="", text="x\u202ey"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(text: TemplateText) -> None:
    with pytest.raises(InputError):
        text.checked()


@pytest.mark.parametrize(
    "head",
    [
        Letterhead(name=""),
        Letterhead(name="a", lines=("x",) * 7),
        Letterhead(name="a", lines=("x" * 81,)),
        Letterhead(name="a", signature="x" * 201),
        Letterhead(name="a", logo=b"GIF89a"),
        Letterhead(name="a", logo=b"\x89PNG\r\n\x1a\n" + b"x" * LOGO_MAX_BYTES),
    ],
)
def test_a_letterhead_that_cannot_be_set_is_refused(head: Letterhead) -> None:
    with pytest.raises(InputError):
        head.checked()


def test_templates_are_kept_changed_and_removed_by_their_owner_alone(database: Database) -> None:
    kept = Templates(database, clock=MovedClock())
    text = TemplateText(name="Reminder", subject="Rent of {month}", text="Dear {name}")
    made = kept.add("me", text)
    assert kept.by_id("me", made.id).text.columns == ("month", "name")
    with pytest.raises(TemplateInputError, match="already"):
        kept.add("me", TemplateText(name="REMINDER", subject="", text="x"))
    kept.add("other", text)
    with pytest.raises(NotFoundError):
        kept.by_id("other", made.id)
    changed = kept.change("me", made.id, TemplateText(name="Second", subject="", text="x"), version=1)
    assert (changed.version, [each.text.name for each in kept.all("me")]) == (2, ["Second"])
    with pytest.raises(TemplateChangedError):
        kept.change("me", made.id, text, version=1)
    kept.remove("me", made.id)
    assert kept.all("me") == []
    assert kept.letterhead("me") is None
    png = b"\x89PNG\r\n\x1a\nxx"
    for lines in (("a",), ("b", "c")):
        kept.set_letterhead("me", Letterhead(name="Me", lines=lines, logo=png))
    head = kept.letterhead("me")
    assert head is not None
    assert (head.lines, head.logo) == (("b", "c"), png)
    assert Letterhead.from_json(head.to_json()) == head
    assert kept.letterhead("other") is None
