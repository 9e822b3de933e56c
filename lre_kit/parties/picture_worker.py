"""The process in which pictures from strangers are decoded: bounded, and with nothing to lose.

Run as ``python -I -m lre_kit.parties.picture_worker``: one JSON line and a picture on standard input,
one JSON line and perhaps a picture on standard output. It holds no secret, writes to no file,
and limits its own time and memory before it looks at the first byte. No byte is written to disk.
"""

import json
import os
import resource
import subprocess
import sys
import warnings
from datetime import date
from io import BytesIO
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

CPU_S = 10
"""Seconds of processor time; the same again for each program it calls."""

MEMORY_BYTES = 1024**3
"""Address space."""

PIXELS_MAX = 64_000_000
"""Pixels of a picture before it is made smaller."""

SIDE_MAX = 2400
"""Pixels of the longer side as kept."""

SIDE_MIN = 64
"""Pixels of the shorter side below which nothing can be seen."""

SMALL_SIDE = 600
"""Shorter side below which print on a title can hardly be read."""

DARK_MEAN = 55.0
"""Mean brightness (0 to 255) below which a picture is called too dark."""

BLUR_VARIANCE = 40.0
"""Variance of the Laplacian below which a picture is called blurred."""

QUALITY = 88
"""JPEG quality as kept."""

_MEASURED_SIDE = 1000
_MAGIC = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}
_WHITELIST = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"


class _RefusedError(Exception):
    """The picture cannot be taken; the argument is the slug of why."""


def main() -> int:
    """Serve one request."""
    _limit()
    warnings.simplefilter("error")
    header, _, data = sys.stdin.buffer.read().partition(b"\n")
    request = json.loads(header)
    try:
        answer, picture = _SERVICES[request["do"]](request, data)
    except _RefusedError as refused:
        answer, picture = {"refused": str(refused)}, b""
    except (MemoryError, Warning):
        answer, picture = {"refused": "too-large"}, b""
    except Exception:  # noqa: BLE001 - decoders raise whatever they like on hostile bytes
        answer, picture = {"refused": "damaged"}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + picture)
    sys.stdout.buffer.flush()
    return 0


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def format_of(data: bytes) -> str:
    """Return the format that the first bytes tell, or an empty text."""
    for magic, name in _MAGIC.items():
        if data.startswith(magic):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return "HEIF" if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS else ""


def _take(_request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    from PIL import Image, ImageOps

    name = format_of(data)
    if not name:
        raise _RefusedError("wrong-type")
    if name == "HEIF":
        try:
            import pi_heif  # type: ignore[import-untyped]
        except ImportError:
            raise _RefusedError("wrong-type") from None
        pi_heif.register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # judged here, before anything is decoded
    image: Image.Image = Image.open(BytesIO(data), formats=[name])
    if image.width * image.height > PIXELS_MAX:
        raise _RefusedError("too-large")
    if min(image.size) < SIDE_MIN:
        raise _RefusedError("too-small")
    small = min(image.size) < SMALL_SIDE
    if name == "JPEG":
        image.draft("RGB", (SIDE_MAX, SIDE_MAX))
    image.load()
    image = _opaque(ImageOps.exif_transpose(image))
    image.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    bare = Image.frombytes("RGB", image.size, image.tobytes())
    kept = BytesIO()
    bare.save(kept, "JPEG", quality=QUALITY, optimize=True)
    return {"width": bare.width, "height": bare.height, "hints": _hints(bare, small=small)}, kept.getvalue()


def _opaque(image: "Image.Image") -> "Image.Image":
    from PIL import Image

    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layered = image.convert("RGBA")
        paper = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        paper.alpha_composite(layered)
        return paper.convert("RGB")
    return image.convert("RGB")


def _hints(image: "Image.Image", *, small: bool) -> list[str]:
    from PIL import Image, ImageFilter, ImageStat

    grey = image.convert("L")
    grey.thumbnail((_MEASURED_SIDE, _MEASURED_SIDE), Image.Resampling.BILINEAR)
    edges = grey.filter(ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128))
    inner = edges.crop((1, 1, edges.width - 1, edges.height - 1))
    found = {
        "too_small": small,
        "too_dark": ImageStat.Stat(grey).mean[0] < DARK_MEAN,
        "blurred": ImageStat.Stat(inner).var[0] < BLUR_VARIANCE,
    }
    return [hint for hint, holds in found.items() if holds]


def _read(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Look for a machine-readable zone where it may stand, the likeliest place first."""
    from PIL import Image

    from lre_kit.parties.mrz_search import best_lines

    at = date.fromisoformat(request["at"])
    picture = Image.open(BytesIO(data), formats=["JPEG"]).convert("L")
    for turn in (0, 180):
        upright = picture.rotate(turn)
        for top in (0.55, 0.0):
            part = upright.crop((0, int(upright.height * top), upright.width, upright.height))
            for threshold in (True, False):
                text = _tesseract(request["tesseract"], _prepared(part, threshold=threshold))
                lines = best_lines(text, at=at)
                if lines is not None:
                    return {"lines": list(lines)}, b""
    return {"lines": None}, b""


def _prepared(part: "Image.Image", *, threshold: bool) -> bytes:
    from PIL import Image, ImageOps

    scale = 1800 / part.width
    sized = part.resize((1800, max(1, int(part.height * scale))), Image.Resampling.LANCZOS)
    even = ImageOps.autocontrast(sized, cutoff=1)
    if threshold:
        cut = _otsu(even.histogram())
        even = even.point([0 if level <= cut else 255 for level in range(256)])
    framed = ImageOps.expand(even, border=20, fill=255)
    out = BytesIO()
    framed.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _otsu(histogram: list[int]) -> int:
    """Return the level that parts dark from bright best (Otsu, 1979)."""
    total, whole = sum(histogram), sum(level * count for level, count in enumerate(histogram))
    best, best_level, below, sum_below = -1.0, 127, 0, 0
    for level, count in enumerate(histogram):
        below += count
        sum_below += level * count
        above = total - below
        if below and above:
            between = below * above * (sum_below / below - (whole - sum_below) / above) ** 2
            if between > best:
                best, best_level = between, level
    return best_level


def _tesseract(program: str, picture: bytes) -> str:
    done = subprocess.run(
        [
            program,
            "stdin",
            "stdout",
            "-l",
            "eng",
            "--psm",
            "6",
            "-c",
            f"tessedit_char_whitelist={_WHITELIST}",
        ],
        input=picture,
        capture_output=True,
        check=False,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        timeout=CPU_S,
    )
    return done.stdout.decode(errors="replace")


_SERVICES = {"take": _take, "read": _read}

if __name__ == "__main__":
    sys.exit(main())
