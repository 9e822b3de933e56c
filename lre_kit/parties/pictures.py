"""Taking pictures and films from strangers: decoded in a bounded process, kept without metadata.

A picture is decoded, turned upright, made smaller and encoded anew, so that nothing of the uploaded
file survives but what can be seen. Films are kept as they are, and shown only to operators.
"""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, BinaryIO

from lre_kit.errors import InputError, MissingExtraError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

PICTURE_MAX_BYTES = 15 * 1024 * 1024
"""Largest picture taken."""

VIDEO_MAX_BYTES = 25 * 1024 * 1024
"""Largest film taken."""

VIDEO_MIN_BYTES = 1024
"""Smallest film that can show anything."""

WALL_S = 30.0
"""Seconds for one picture, waiting included."""

AT_ONCE = 3
"""Pictures decoded at the same time by this process; each may take `picture_worker.MEMORY_BYTES`."""

PICTURE_TYPE = "image/jpeg"
"""Media type of pictures as kept."""

_SLOTS = BoundedSemaphore(AT_ONCE)
_WAIT_S = 20.0
_EBML = b"\x1a\x45\xdf\xa3"
_VIDEO_BRANDS = frozenset(
    {
        b"isom",
        b"iso2",
        b"iso4",
        b"iso5",
        b"iso6",
        b"mp41",
        b"mp42",
        b"avc1",
        b"M4V ",
        b"qt  ",
        b"3gp4",
        b"3gp5",
    }
)


class PictureError(InputError):
    """A picture or film cannot be taken; `reason` says why: ``wrong-type``, ``damaged``…, in one slug."""

    slug = "unusable-picture"

    def __init__(self, problem: str, *, mend: str, reason: str) -> None:
        """Keep the reason's stable name."""
        super().__init__(problem, mend=mend)
        self.reason = reason


class PictureBusyError(UnavailableError):
    """Too many pictures are being decoded at once."""

    slug = "pictures-busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture or film as it will be kept."""

    media_type: str
    data: bytes
    hints: tuple[str, ...]

    def __repr__(self) -> str:
        """Say nothing of what it shows."""
        return f"Picture({self.media_type}, {len(self.data)} bytes)"


_REFUSALS = {
    "wrong-type": (
        "This file is not a picture that can be taken.",
        "Send a JPEG, PNG, WebP or HEIC picture.",
    ),
    "wrong-video": ("This file is not a film that can be taken.", "Record it as WebM or MP4."),
    "too-large": ("This file is too large.", "Make it smaller, or take the picture again."),
    "too-small": ("This picture is too small to show anything.", "Take it again, closer."),
    "damaged": ("This file is damaged or incomplete.", "Take the picture again."),
    "too-slow": ("This picture takes too long to open.", "Take the picture again."),
    "empty": ("This file is empty.", "Take the picture again."),
}


def refused(reason: str) -> PictureError:
    """Return the error for a reason's slug."""
    problem, mend = _REFUSALS.get(reason, _REFUSALS["damaged"])
    return PictureError(problem, mend=mend, reason=reason)


def read_upload(source: bytes | BinaryIO, *, limit: int) -> bytes:
    """Return an upload whole, never reading more than one byte above `limit`.

    Raises:
        PictureError: It is empty or larger.
    """
    data = source if isinstance(source, bytes) else _read_stream(source, limit + 1)
    if len(data) > limit:
        raise refused("too-large")
    if not data:
        raise refused("empty")
    return data


def take_picture(source: bytes | BinaryIO) -> Picture:
    """Decode a picture in a bounded process and return it as it will be kept.

    Raises:
        PictureError: It cannot be taken.
        PictureBusyError: Too many are being decoded.
        MissingExtraError: Pillow is not installed.
    """
    if find_spec("PIL") is None:
        msg = "Pictures of titles cannot be decoded."
        raise MissingExtraError(msg, mend="Install lre-kit[identity].")
    data = read_upload(source, limit=PICTURE_MAX_BYTES)
    answer, kept = ask_worker({"do": "take"}, data)
    if reason := answer.get("refused"):
        raise refused(str(reason))
    if not kept.startswith(b"\xff\xd8\xff"):
        raise refused("damaged")
    return Picture(media_type=PICTURE_TYPE, data=kept, hints=tuple(answer.get("hints", ())))


def take_video(source: bytes | BinaryIO) -> Picture:
    """Take a film whose first bytes tell a container that browsers record.

    Raises:
        PictureError: It is another type, or too large.
    """
    data = read_upload(source, limit=VIDEO_MAX_BYTES)
    if len(data) < VIDEO_MIN_BYTES:
        raise refused("damaged")
    if data.startswith(_EBML) and b"webm" in data[:64]:
        return Picture(media_type="video/webm", data=data, hints=())
    if data[4:8] == b"ftyp" and data[8:12] in _VIDEO_BRANDS:
        return Picture(media_type="video/mp4", data=data, hints=())
    raise refused("wrong-video")


def ask_worker(
    request: dict[str, Any], data: bytes, *, wall_s: float = WALL_S
) -> tuple[dict[str, Any], bytes]:
    """Let the bounded process do something with a picture; return its answer.

    What kills the process (its limits, its clock) is told as a refusal: ``too-slow`` or ``damaged``.

    Raises:
        PictureBusyError: Too many are being decoded.
    """
    command = [sys.executable, "-I", "-m", "lre_kit.parties.picture_worker"]
    with _slot():
        try:
            done = subprocess.run(
                command,
                input=json.dumps(request).encode() + b"\n" + data,
                capture_output=True,
                check=False,
                timeout=wall_s,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired:
            return {"refused": "too-slow"}, b""
    header, _, rest = done.stdout.partition(b"\n")
    if done.returncode != 0:
        return {"refused": "too-slow" if done.returncode < 0 else "damaged"}, b""
    try:
        answer = json.loads(header)
    except ValueError:
        return {"refused": "damaged"}, b""
    return answer, rest


@contextmanager
def _slot() -> "Iterator[None]":
    if not _SLOTS.acquire(timeout=_WAIT_S):
        msg = "Too many pictures are being opened at once."
        raise PictureBusyError(msg, mend="Try again in a minute.")
    try:
        yield
    finally:
        _SLOTS.release()


def _read_stream(stream: BinaryIO, limit: int) -> bytes:
    pieces: list[bytes] = []
    left = limit
    while left > 0 and (piece := stream.read(min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
