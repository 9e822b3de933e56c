"""What the desk takes and what it refuses, by content."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lre_kit.errors import DocumentTooLargeError, EmptyDocumentError, NotAPdfError, UnsupportedDocumentError
from lre_kit.letters.inspection import NAME_MAX_CHARS, Inspection, kept_name
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.testing.office import SMALL_PDF


def inspect(name: str, content: bytes, *, max_bytes: int = 10_000) -> Inspection:
    inspection = Inspection(name, max_bytes=max_bytes)
    assert b"".join(inspection.passing([content[:7], content[7:]])) == content
    return inspection


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.pdf", SMALL_PDF, "application/pdf"),
        ("A.PDF", SMALL_PDF, "application/pdf"),
        ("a.png", b"\x89PNG\r\n\x1a\n....", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0....", "image/jpeg"),
        ("a.txt", "Été à Paris".encode(), "text/plain"),
    ],
)
def test_a_document_is_known_by_its_content(name: str, content: bytes, media_type: str) -> None:
    inspection = inspect(name, content)
    assert inspection.conclude() == media_type
    assert inspection.digest_hex == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("a.pdf", b"", EmptyDocumentError),
        ("a.pdf", b"PK\x03\x04 a zip", NotAPdfError),
        ("a.pdf", b"just words", NotAPdfError),
        ("a.pdf", SMALL_PDF[:-8], NotAPdfError),
        ("a.exe", b"MZ\x00\x01", UnsupportedDocumentError),
        ("a.png", SMALL_PDF, UnsupportedDocumentError),
        ("a.html", b"<script>", UnsupportedDocumentError),
        ("a.txt", b"\xff\xfe\x00w", UnsupportedDocumentError),
        ("noending", b"words", UnsupportedDocumentError),
    ],
)
def test_a_document_that_lies_is_refused_with_a_way_out(
    name: str, content: bytes, error: type[Exception]
) -> None:
    """F11.02: a name of one type around the bytes of another."""
    with pytest.raises(error) as caught:
        inspect(name, content).conclude()
    assert caught.value.mend  # type: ignore[attr-defined]


def test_an_endless_document_is_stopped_at_the_limit_not_after() -> None:
    """F11.01: no byte beyond the limit passes."""
    inspection = Inspection("a.txt", max_bytes=1000)
    given_out = 0
    with pytest.raises(DocumentTooLargeError):
        for piece in inspection.passing(b"x" * 100 for _ in iter(int, 1)):
            given_out += len(piece)
    assert given_out == 1000


@given(st.text(max_size=400))
@example("A\x1f:")  # a drive appears once the hidden character is gone
def test_kept_names_are_short_visible_and_without_folders(name: str) -> None:
    """F11.06: folders, drives, hidden characters, any length."""
    kept = kept_name(name)
    assert 0 < len(kept) <= NAME_MAX_CHARS
    assert "/" not in kept
    assert not has_hidden_characters(kept)
    assert kept_name(kept) == kept


def test_a_long_name_keeps_its_ending() -> None:
    assert kept_name("é" * 300 + ".pdf").endswith(".pdf")
