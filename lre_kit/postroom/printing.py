"""From documents to one print-ready file, opened in a bounded process; what cannot be printed is refused.

The file is made the same way each time: preview, print and reprint are the same bytes.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from lre_kit.errors import MissingExtraError
from lre_kit.law.paper import Envelope, Mark, PrintOptions, envelope_for, sheets_needed
from lre_kit.letters.values import Letter
from lre_kit.postroom.address_page import Cover, address_page, text_pages
from lre_kit.postroom.errors import NotPrintableError, PrintBusyError, TooManySheetsError
from lre_kit.postroom.marks import drawings

if TYPE_CHECKING:
    from collections.abc import Iterator

WALL_S = 90.0
"""Seconds for one letter, opening and laying out."""

AT_ONCE = 2
"""Letters prepared at the same time by this process."""

TEXT_MAX_BYTES = 512 * 1024
"""Longest text document that is printed: some 250 pages."""

_SLOTS = BoundedSemaphore(AT_ONCE)
_WAIT_S = 30.0
_NEEDED = ("pikepdf", "pypdfium2", "PIL", "ppf.datamatrix")
_REASONS = {
    "encrypted": ("is encrypted", "Export it without a password or restrictions."),
    "unreadable": ("cannot be read to the end", "Export it to PDF again."),
    "javascript": ("holds scripts or actions", "Print it to a new PDF, and send that one."),
    "xfa": ("is a dynamic form (XFA)", "Print it to a new PDF, and send that one."),
    "fonts": ("uses fonts that are not embedded", "Export it with all fonts embedded (PDF/A does)."),
    "page-size": ("is not A4", "Export it in A4 (210 × 297 mm)."),
    "too-large": ("is too large to be printed", "Make its pictures smaller, or cut it in parts."),
    "too-slow": ("takes too long to be laid out", "Print it to a new PDF, and send that one."),
    "text": ("is too long to be printed", "Cut it in parts."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A document that is to be printed: name, media type, bytes."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintPlan:
    """What a letter takes: pages as deposited, sheets with the address page, envelope."""

    pages: int
    sheets: int
    envelope: Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintFile:
    """A print-ready file."""

    pdf: bytes
    digest_hex: str
    plan: PrintPlan


def can_print() -> bool:
    """Tell whether what printing needs is installed."""
    return all(find_spec(name.split(".")[0]) is not None for name in _NEEDED)


def expect_can_print() -> None:
    """Refuse to print where something is not installed.

    Raises:
        MissingExtraError: It names the extra.
    """
    if not can_print():
        msg = "Printing letters needs packages that are not installed."
        raise MissingExtraError(msg, mend="Run: pip install 'lre-kit[post]'.")


def plan_print(documents: Sequence[Page], options: PrintOptions) -> PrintPlan:
    """Return what printing takes.

    Raises:
        NotPrintableError: A document cannot be printed; the message says which and why.
        TooManySheetsError: No envelope takes it.
        MissingExtraError: The extra is not installed.
        PrintBusyError: Too many letters are being prepared.
    """
    expect_can_print()
    ready = _as_pages(documents)
    answer, _ = _ask({"do": "check", "types": [d.media_type for d in ready]}, [d.content for d in ready])
    if "refused" in answer:
        raise _refused(documents, ready, str(answer["refused"]))
    counts = [int(count) for count in answer["pages"]]
    sheets = sheets_needed(counts, options)
    envelope = envelope_for(sheets)
    if envelope is None:
        msg = f"The letter takes {sheets} sheets, its address page included."
        mend = "Print on both sides, or send it in several letters."
        raise TooManySheetsError(msg, mend=mend)
    return PrintPlan(pages=sum(counts), sheets=sheets, envelope=envelope)


def print_file(
    documents: Sequence[Page],
    *,
    plan: PrintPlan,
    options: PrintOptions,
    letter: Letter,
    address: Sequence[str],
    return_address: Sequence[str],
    provider: str,
    item_number: str,
    mark: Mark,
    name: str,
) -> PrintFile:
    """Return the print-ready file of a letter: address page, documents, blank backs, marks.

    Args:
        documents: In their order.
        plan: As `plan_print` answered for them.
        options: How it is printed.
        letter: What the address page speaks of.
        address: Lines for the window.
        return_address: Lines for returns.
        provider: The office's name.
        item_number: The carrier's number, if it is known.
        mark: What machines read on each sheet.
        name: Short name of the posting, for the mark.

    Raises:
        NotPrintableError: A document changed its mind since it was checked.
    """
    cover = address_page(
        Cover(
            letter=letter,
            address=tuple(address),
            return_address=tuple(return_address),
            provider=provider,
            item_number=item_number,
            envelope=plan.envelope,
            pages=plan.pages,
            sheets=plan.sheets,
        )
    )
    ready = _as_pages(documents)
    request = {
        "do": "assemble",
        "types": [document.media_type for document in ready],
        "duplex": options.duplex,
        "marks": drawings(mark, name=name, sheets=plan.sheets),
    }
    answer, pdf = _ask(request, [cover, *(document.content for document in ready)])
    if "refused" in answer:
        raise _refused(documents, ready, str(answer["refused"]))
    return PrintFile(pdf=pdf, digest_hex=hashlib.sha256(pdf).hexdigest(), plan=plan)


def compare_print(ours: bytes, theirs: bytes, *, media_type: str, page: int = 1) -> str:
    """Tell how what was printed stands to what was handed over: ``identical``, ``same_pages``, ``different``.

    Args:
        ours: The print-ready file.
        theirs: What came back.
        media_type: Its type: a PDF of all pages, or a picture of one.
        page: Which page a picture is of, from 1.

    Raises:
        NotPrintableError: It cannot be opened.
    """
    if hashlib.sha256(ours).digest() == hashlib.sha256(theirs).digest():
        return "identical"
    expect_can_print()
    answer, _ = _ask({"do": "compare", "type": media_type, "page": page}, [ours, theirs])
    if "refused" in answer:
        raise NotPrintableError("The file that came back cannot be opened.", mend="Ask for it again.")
    return str(answer["comparison"])


def _as_pages(documents: Sequence[Page]) -> list[Page]:
    made = []
    for document in documents:
        if document.media_type != "text/plain":
            made.append(document)
            continue
        if len(document.content) > TEXT_MAX_BYTES:
            raise _words(document.name, "text", 0)
        pdf = text_pages(document.content.decode("utf-8-sig", "replace"))
        made.append(Page(name=document.name, media_type="application/pdf", content=pdf))
    return made


def _refused(documents: Sequence[Page], ready: Sequence[Page], slug: str) -> NotPrintableError:
    """Say which document is at fault: they are asked one by one, now that one is."""
    reason, _, page = slug.partition(":")
    for document, one in zip(documents, ready, strict=True):
        answer, _ = _ask({"do": "check", "types": [one.media_type]}, [one.content])
        if "refused" in answer:
            reason, _, page = str(answer["refused"]).partition(":")
            return _words(document.name, reason, int(page or 0))
    return _words(documents[0].name, reason, int(page or 0))


def _words(name: str, reason: str, page: int) -> NotPrintableError:
    what, mend = _REASONS.get(reason, _REASONS["unreadable"])
    where = f" (page {page})" if page else ""
    return NotPrintableError(f"“{name}” {what}{where}, so it cannot be printed.", mend=mend, reason=reason)


def _ask(request: dict[str, Any], files: Sequence[bytes]) -> tuple[dict[str, Any], bytes]:
    request = {**request, "sizes": [len(content) for content in files]}
    command = [sys.executable, "-I", "-m", "lre_kit.postroom.pdf_worker"]
    with _slot():
        try:
            done = subprocess.run(
                command,
                input=json.dumps(request).encode() + b"\n" + b"".join(files),
                capture_output=True,
                check=False,
                timeout=WALL_S,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired:
            return {"refused": "too-slow"}, b""
    header, _, rest = done.stdout.partition(b"\n")
    if done.returncode != 0:
        return {"refused": "too-slow" if done.returncode < 0 else "unreadable"}, b""
    try:
        answer: dict[str, Any] = json.loads(header)
    except ValueError:
        return {"refused": "unreadable"}, b""
    return answer, rest


@contextmanager
def _slot() -> "Iterator[None]":
    if not _SLOTS.acquire(timeout=_WAIT_S):
        msg = "Too many letters are being prepared for printing at once."
        raise PrintBusyError(msg, mend="Try again in a minute.")
    try:
        yield
    finally:
        _SLOTS.release()
