"""Pictures in any terminal: two pixels in each cell, the upper one as ink, the lower one as ground."""

from io import BytesIO

from rich.text import Text

UPPER_HALF = "▀"
"""The character whose ink fills the upper half of a cell."""

PIXELS_MAX = 40_000_000
"""Largest picture drawn, in pixels; those of cases are far below."""


def half_blocks(picture: bytes, *, columns: int, lines: int) -> Text:
    """Return a picture as coloured text of at most so many columns and lines, its proportions kept.

    Args:
        picture: JPEG or PNG bytes, as the office keeps them.
        columns: Cells in a line.
        lines: Lines.

    Raises:
        ValueError: It is none, or far too large.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(picture), formats=("JPEG", "PNG")) as opened:
            if opened.width * opened.height > PIXELS_MAX:
                msg = "the picture is far too large"
                raise ValueError(msg)
            small = opened.convert("RGB")
            small.thumbnail((columns, lines * 2))
    except OSError as error:
        msg = "the picture cannot be read"
        raise ValueError(msg) from error
    pixels = small.load()
    assert pixels is not None
    drawn = Text(no_wrap=True)
    for y in range(0, small.height - 1, 2):
        for x in range(small.width):
            drawn.append(UPPER_HALF, f"{_hex(pixels[x, y])} on {_hex(pixels[x, y + 1])}")
        drawn.append("\n")
    return drawn


def _hex(pixel: object) -> str:
    assert isinstance(pixel, tuple)
    red, green, blue = pixel
    return f"#{red:02x}{green:02x}{blue:02x}"
