"""The process in which senders' PDFs are opened: bounded, and with nothing to lose.

Run as ``python -I -m lre_kit.postroom.pdf_worker``: one JSON line and the files on standard input, one
JSON line and perhaps a file on standard output. It writes no file, and bounds its own time and memory before
it looks at the first byte.
"""

import json
import resource
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lre_kit.law.paper import PAGE_HEIGHT, PAGE_TOLERANCE, PAGE_WIDTH

if TYPE_CHECKING:
    import pikepdf

CPU_S = 60
"""Seconds of processor time."""

MEMORY_BYTES = 1536 * 1024**2
"""Address space."""

PIXELS_MAX = 64_000_000
"""Pixels of a picture that is printed."""

OBJECTS_MAX = 200_000
"""Objects of a PDF."""

DEPTH_MAX = 12
"""How deep forms inside forms are looked into."""

POINTS = 72 / 25.4
"""PDF units in a millimetre."""

MARGIN = 10.0
"""White round a picture, in millimetres."""

COMPARE_SCALE = 0.5
"""Scale at which pages are compared: 36 dots an inch."""

COMPARE_MEAN = 6.0
"""Mean difference of grey (0 to 255) up to which two pages show the same."""

COMPARE_BLOCK = 60.0
"""Largest mean difference inside one block of 16 by 16 dots."""


class _RefusedError(Exception):
    """The file cannot be printed; the argument is the slug of why, perhaps with ``:page``."""


def main() -> int:
    """Serve one request."""
    for limit, value in (
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    header, _, data = sys.stdin.buffer.read().partition(b"\n")
    request = json.loads(header)
    files, start = [], 0
    for size in request["sizes"]:
        files.append(data[start : start + size])
        start += size
    try:
        answer, made = _SERVICES[request["do"]](request, files)
    except _RefusedError as refused:
        answer, made = {"refused": str(refused)}, b""
    except MemoryError:
        answer, made = {"refused": "too-large"}, b""
    except Exception:  # noqa: BLE001 - parsers raise whatever they like on hostile bytes
        answer, made = {"refused": "unreadable"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + made)
    sys.stdout.buffer.flush()
    return 0


def _check(request: dict[str, Any], files: list[bytes]) -> tuple[dict[str, Any], bytes]:
    pages = []
    for media_type, content in zip(request["types"], files, strict=True):
        if media_type == "application/pdf":
            with _opened(content) as pdf:
                pages.append(_judged(pdf))
        else:
            _picture(content)
            pages.append(1)
    return {"pages": pages}, b""


def _opened(content: bytes) -> "pikepdf.Pdf":
    import pikepdf

    try:
        pdf = pikepdf.open(BytesIO(content), attempt_recovery=False)
    except pikepdf.PasswordError:
        raise _RefusedError("encrypted") from None
    except pikepdf.PdfError:
        raise _RefusedError("unreadable") from None
    if pdf.is_encrypted:
        raise _RefusedError("encrypted")
    return pdf


def _judged(pdf: "pikepdf.Pdf") -> int:
    """Return how many pages a PDF has, once all of it can be printed."""
    if len(pdf.objects) > OBJECTS_MAX:
        raise _RefusedError("too-large")
    count = len(pdf.pages)
    if not count:
        raise _RefusedError("unreadable")
    if _has_script(pdf):
        raise _RefusedError("javascript")
    form = pdf.Root.get("/AcroForm")
    if form is not None and form.get("/XFA") is not None:
        raise _RefusedError("xfa")
    seen: set[tuple[int, int]] = set()
    for number, page in enumerate(pdf.pages, 1):
        if not _is_a4(page):
            raise _RefusedError(f"page-size:{number}")
        if not _fonts_are_in(page.get("/Resources"), seen, 0):
            raise _RefusedError(f"fonts:{number}")
        page.contents_coalesce()
        if page.get("/Contents") is not None:
            page.Contents.read_bytes()
    return count


def _has_script(pdf: "pikepdf.Pdf") -> bool:
    import pikepdf

    for found in pdf.objects:
        holder = found.stream_dict if isinstance(found, pikepdf.Stream) else found
        if isinstance(holder, pikepdf.Dictionary) and _scripted(holder, 0):
            return True
    return False


def _scripted(holder: Any, depth: int) -> bool:
    import pikepdf

    if "/JS" in holder or "/JavaScript" in holder or holder.get("/S") in {"/JavaScript", "/Launch"}:
        return True
    if depth >= DEPTH_MAX:
        return False
    for value in holder.values():
        inner = value if isinstance(value, pikepdf.Array) else [value]
        for each in inner:
            if isinstance(each, pikepdf.Dictionary) and not each.is_indirect and _scripted(each, depth + 1):
                return True
    return False


def _is_a4(page: "pikepdf.Page") -> bool:
    left, bottom, right, top = (float(each) / POINTS for each in page.cropbox)
    unit = float(page.get("/UserUnit", 1))
    sides = sorted((abs(right - left) * unit, abs(top - bottom) * unit))
    fits = (abs(sides[0] - PAGE_WIDTH), abs(sides[1] - PAGE_HEIGHT))
    return max(fits) <= PAGE_TOLERANCE


def _fonts_are_in(resources: Any, seen: set[tuple[int, int]], depth: int) -> bool:
    import pikepdf

    if not isinstance(resources, pikepdf.Dictionary) or depth > DEPTH_MAX:
        return True
    for font in (resources.get("/Font") or {}).values():
        if not _font_is_in(font):
            return False
    for name in ("/XObject", "/Pattern"):
        for inner in (resources.get(name) or {}).values():
            if inner.objgen != (0, 0):
                if inner.objgen in seen:
                    continue
                seen.add(inner.objgen)
            if not _fonts_are_in(inner.get("/Resources"), seen, depth + 1):
                return False
    return True


def _font_is_in(font: Any) -> bool:
    kind = font.get("/Subtype")
    if kind == "/Type3":
        return True
    if kind == "/Type0":
        return all(_font_is_in(each) for each in font.get("/DescendantFonts", []))
    described = font.get("/FontDescriptor")
    return described is not None and any(n in described for n in ("/FontFile", "/FontFile2", "/FontFile3"))


def _picture(content: bytes) -> Any:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # judged here, before anything is decoded
    try:
        image = Image.open(BytesIO(content), formats=["JPEG", "PNG"])
        if image.width * image.height > PIXELS_MAX:
            raise _RefusedError("too-large")
        image.load()
    except (OSError, ValueError, SyntaxError):
        raise _RefusedError("unreadable") from None
    return image


def _picture_pdf(content: bytes) -> bytes:
    """Return a picture as one page as large as the picture, upright and on white."""
    from PIL import Image, ImageOps

    image: Image.Image = ImageOps.exif_transpose(_picture(content))
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        white.alpha_composite(layered)
        image = white
    made = BytesIO()
    image.convert("RGB").save(made, "PDF", resolution=150.0)
    return made.getvalue()


def _assemble(request: dict[str, Any], files: list[bytes]) -> tuple[dict[str, Any], bytes]:
    """Put the address page and the documents together, each document from a fresh sheet, and mark sheets."""
    import pikepdf

    cover, *documents = files
    out = pikepdf.new()
    sides = 2 if request["duplex"] else 1
    with pikepdf.open(BytesIO(cover)) as first:
        for page in first.pages:
            _lay(out, page, margin=0.0)
    _fill(out, sides)
    counts = []
    for media_type, content in zip(request["types"], documents, strict=True):
        is_pdf = media_type == "application/pdf"
        with _opened(content if is_pdf else _picture_pdf(content)) as pdf:
            pdf.generate_appearance_streams()
            pdf.flatten_annotations(mode="print")
            for page in pdf.pages:
                _lay(out, page, margin=0.0 if is_pdf else MARGIN)
            counts.append(len(pdf.pages))
        _fill(out, sides)
    sheets = len(out.pages) // sides
    for sheet, drawing in enumerate(request["marks"][:sheets]):
        page = out.pages[sheet * sides]
        page.contents_add(out.make_stream(b"Q\nq\n" + drawing.encode() + b"\nQ"), prepend=False)
        page.contents_add(out.make_stream(b"q"), prepend=True)
    made = BytesIO()
    out.save(made, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return {"pages": len(out.pages), "sheets": sheets, "counts": counts}, made.getvalue()


def _lay(out: "pikepdf.Pdf", page: "pikepdf.Page", *, margin: float) -> None:
    """Lay a page upright on a fresh A4 one, at its own size if it is A4, made to fit if it is a picture."""
    import pikepdf

    turned = (int(page.get("/Rotate", 0)) // 90) % 2 == 1
    width, height = (page.cropbox[2] - page.cropbox[0], page.cropbox[3] - page.cropbox[1])
    wide = (height > width) if turned else (width > height)
    if wide:
        page.rotate(90, relative=True)
    fresh = out.add_blank_page(page_size=(PAGE_WIDTH * POINTS, PAGE_HEIGHT * POINTS))
    room = pikepdf.Rectangle(
        margin * POINTS, margin * POINTS, (PAGE_WIDTH - margin) * POINTS, (PAGE_HEIGHT - margin) * POINTS
    )
    # `add_overlay` would name the form at random, and the same letter could not be made twice alike.
    form = out.copy_foreign(page.as_form_xobject())
    name = fresh.add_resource(form, pikepdf.Name.XObject, pikepdf.Name("/Laid"))
    placed = fresh.calc_form_xobject_placement(form, name, room, allow_shrink=True, allow_expand=True)
    fresh.contents_add(out.make_stream(placed), prepend=False)


def _fill(out: "pikepdf.Pdf", sides: int) -> None:
    while len(out.pages) % sides:
        out.add_blank_page(page_size=(PAGE_WIDTH * POINTS, PAGE_HEIGHT * POINTS))


def _compare(request: dict[str, Any], files: list[bytes]) -> tuple[dict[str, Any], bytes]:
    """Tell whether two files show the same pages; a picture is held against the page it is of."""
    import pypdfium2

    ours = pypdfium2.PdfDocument(files[0])
    media_type = request["type"]
    theirs = pypdfium2.PdfDocument(files[1] if media_type == "application/pdf" else _picture_pdf(files[1]))
    first = 0 if media_type == "application/pdf" else int(request.get("page", 1)) - 1
    if media_type == "application/pdf" and len(ours) != len(theirs):
        return {"comparison": "different", "pages": []}, b""
    different = [
        first + place + 1
        for place in range(len(theirs))
        if first + place >= len(ours) or not _alike(ours[first + place], theirs[place])
    ]
    return {"comparison": "different" if different else "same_pages", "pages": different}, b""


def _alike(one: Any, other: Any) -> bool:
    from PIL import Image, ImageChops, ImageFilter, ImageStat

    size = (round(PAGE_WIDTH * POINTS * COMPARE_SCALE), round(PAGE_HEIGHT * POINTS * COMPARE_SCALE))
    grey = []
    for page in (one, other):
        image = page.render(scale=COMPARE_SCALE * 2).to_pil().convert("L")
        grey.append(image.resize(size, Image.Resampling.BOX).filter(ImageFilter.BoxBlur(2)))
    difference = ImageChops.difference(*grey)
    if ImageStat.Stat(difference).mean[0] > COMPARE_MEAN:
        return False
    blocks = difference.resize((size[0] // 16, size[1] // 16), Image.Resampling.BOX)
    lowest_and_highest: Any = blocks.getextrema()
    return bool(lowest_and_highest[1] <= COMPARE_BLOCK)


_SERVICES = {"check": _check, "assemble": _assemble, "compare": _compare}

if __name__ == "__main__":
    sys.exit(main())
