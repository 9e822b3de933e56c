"""PDF files made to harm whoever opens them: each has its verdict, from a process with limits (F11.03)."""

import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from lre_kit.law.paper import PrintOptions
from lre_kit.postroom import printing
from lre_kit.postroom.errors import NotPrintableError
from lre_kit.postroom.printing import Page, plan_print
from lre_kit.testing.printable import printable_pdf

pikepdf = pytest.importorskip("pikepdf")


def verdict(content: bytes) -> str:
    """Return ``taken``, or the reason why not."""
    try:
        plan_print([Page(name="a.pdf", media_type="application/pdf", content=content)], PrintOptions())
    except NotPrintableError as refused:
        return refused.reason
    return "taken"


def changed(change: Callable[[Any], None]) -> bytes:
    made = BytesIO()
    with pikepdf.open(BytesIO(printable_pdf())) as pdf:
        change(pdf)
        pdf.save(made)
    return made.getvalue()


def bare(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, the first its catalogue."""
    made, places = bytearray(b"%PDF-1.7\n"), []
    for number, each in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<</Size %d /Root 1 0 R %s>>\n" % (len(objects) + 1, trailer)
    return bytes(made + b"startxref\n%d\n%%%%EOF\n" % start)


CATALOGUE = b"<</Type /Catalog /Pages 2 0 R>>"
PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R>>"
PAGES = b"<</Type /Pages /Kids [3 0 R] /Count 1>>"


def stream(content: bytes, filters: bytes) -> bytes:
    return b"<</Length %d /Filter %s>>\nstream\n%s\nendstream" % (len(content), filters, content)


def flate_bomb(layers: int) -> bytes:
    """Return a page of three gigabytes of zeros: one block of deflate, after which the next begins afresh."""
    packer, piece, count = zlib.compressobj(9), bytes(16 * 1024**2), 200
    block = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = (len(piece) * count % 65521 << 16) | 1
    packed = block[:2] + block[2:] * count + b"\x03\x00" + checksum.to_bytes(4, "big")
    for _ in range(layers - 1):
        packed = zlib.compress(packed, 9)
    filters = b"[" + b" /FlateDecode" * layers + b"]"
    return bare(CATALOGUE, PAGES, PAGE, stream(packed, filters))


def in_names(pdf: Any) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    names = pikepdf.Array([pikepdf.String("x"), action])
    pdf.Root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=names))


def on_page(pdf: Any) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    pdf.pages[0].obj.AA = pikepdf.Dictionary(O=action)


def attached(pdf: Any) -> None:
    pdf.attachments["macro.xlsm"] = b"PK\x03\x04 whatever"


def form_in_itself(pdf: Any) -> None:
    form = pdf.make_stream(b"/X Do")
    form.Type, form.Subtype, form.BBox = (
        pikepdf.Name.XObject,
        pikepdf.Name.Form,
        pikepdf.Array([0, 0, 9, 9]),
    )
    form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
    pdf.pages[0].Resources.XObject = pikepdf.Dictionary(X=form)


def in_a_circle() -> bytes:
    """Return a tree of pages that is its own child."""
    return bare(CATALOGUE, b"<</Type /Pages /Kids [2 0 R] /Count 1>>", PAGE, stream(b"", b"[]"))


def xref_to_itself() -> bytes:
    good = bare(CATALOGUE, PAGES, PAGE, stream(b"", b"[]"))
    start = int(good.rpartition(b"startxref\n")[2].split()[0])
    return bare(CATALOGUE, PAGES, PAGE, stream(b"", b"[]"), trailer=b"/Prev %d" % start)


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % (3 + place) for place in range(count))
    pages = b"<</Type /Pages /Kids [%s] /Count %d>>" % (kids, count)
    page = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842]>>"
    return bare(CATALOGUE, pages, *[page] * count)


VERDICTS: dict[str, tuple[Callable[[], bytes], set[str]]] = {
    "a letter": (printable_pdf, {"taken"}),
    "a script among the names": (lambda: changed(in_names), {"javascript"}),
    "a script on a page": (lambda: changed(on_page), {"javascript"}),
    "a file inside, which is not printed": (lambda: changed(attached), {"taken", "attachment"}),
    "a form that holds itself": (lambda: changed(form_in_itself), {"taken", "unreadable", "fonts"}),
    "three gigabytes in three megabytes": (lambda: flate_bomb(1), {"too-large", "unreadable", "too-slow"}),
    "a bomb in a bomb": (lambda: flate_bomb(2), {"too-large", "unreadable", "too-slow"}),
    "pages in a circle": (in_a_circle, {"unreadable"}),
    "a table that leads to itself": (xref_to_itself, {"unreadable"}),
    "far too many objects": (lambda: many_pages(200_001), {"too-large"}),
    "nothing but its name": (lambda: b"%PDF-1.7\n%%EOF\n", {"unreadable"}),
    "cut in the middle": (lambda: printable_pdf()[:3000] + b"%%EOF\n", {"unreadable"}),
}


@pytest.mark.parametrize("what", VERDICTS)
def test_each_hostile_file_has_its_verdict(what: str) -> None:
    """F11.03: the table; whatever the file is, it is judged, and the next letter is printed."""
    make, allowed = VERDICTS[what]
    assert verdict(make()) in allowed
    assert verdict(printable_pdf()) == "taken"


def test_a_parser_that_is_killed_takes_nothing_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """F11.03: the death of the parser refuses the file."""
    monkeypatch.setattr(printing, "sys", _Dying())
    assert verdict(printable_pdf()) in {"too-slow", "unreadable"}


class _Dying:
    """A Python that kills itself."""

    executable = "/bin/false"
