"""Reading the machine-readable zone from the picture of a title, with the system's tesseract.

Typing it is always the alternative: where tesseract is not installed, nothing is found. The picture
goes to tesseract through pipes, inside the same bounded process that decodes it; no file is written.
"""

import shutil
from datetime import date

from lre_kit.parties.pictures import ask_worker

PROGRAM = "tesseract"
"""The program, looked up on the path."""


def can_read() -> bool:
    """Tell whether zones can be read from pictures on this machine."""
    return shutil.which(PROGRAM) is not None


def read_lines(picture: bytes, *, at: date) -> tuple[str, ...] | None:
    """Return the lines of the zone in a picture, if they read well: every check digit fits.

    Args:
        picture: JPEG as `lre_kit.parties.pictures.take_picture` gives it.
        at: The day of reading.

    Raises:
        PictureBusyError: Too many pictures are being opened.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    answer, _ = ask_worker({"do": "read", "at": at.isoformat(), "tesseract": program}, picture)
    lines = answer.get("lines")
    return tuple(str(line) for line in lines) if lines else None
