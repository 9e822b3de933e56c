"""Paper as data: envelopes and their windows, sheets, marks; and the days the post counts.

Lengths are millimetres. A page that is folded into an envelope can move inside it: an address may be
printed only where every window shows it, wherever the page has slid (`safe_area`). Sizes of envelopes are
those of ISO 269 (DL, C5); the place of a window is what NF Z10-011 and the trade use (20 mm from the right
edge and from the bottom) and is data here: measure your own envelopes before the first batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

PAGE_WIDTH, PAGE_HEIGHT = 210.0, 297.0
"""A4 (ISO 216)."""

PAGE_TOLERANCE = 3.0
"""How far a page may be from A4 and still be printed as it is."""

LOST_AFTER = timedelta(days=40)
"""A registered item without news for this long counts as lost (CPCE R. 2-3)."""

LINE_PITCH = 4.0
"""Distance between two lines of an address."""

LINE_PITCH_MIN = 3.3
"""Smallest one that machines still read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """A rectangle on the page, from its top left corner."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """An envelope, its window as seen from the front, and how the page lies in it."""

    name: str
    width: float
    height: float
    window: Area
    folded_height: float
    """Height of the folded page."""
    sheets_max: int
    """Sheets it takes."""

    @property
    def safe_area(self) -> Area:
        """The part of the page that the window shows wherever the page has slid."""
        slack_x, slack_y = self.width - PAGE_WIDTH, self.height - self.folded_height
        right, bottom = self.window.left + self.window.width, self.window.top + self.window.height
        return Area(
            left=self.window.left,
            top=self.window.top,
            width=right - slack_x - self.window.left,
            height=bottom - slack_y - self.window.top,
        )


DL = Envelope(
    name="dl",
    width=220.0,
    height=110.0,
    window=Area(left=100.0, top=55.0, width=100.0, height=35.0),
    folded_height=PAGE_HEIGHT / 3,
    sheets_max=5,
)
"""Three folds, for a few sheets."""

C5 = Envelope(
    name="c5",
    width=229.0,
    height=162.0,
    window=Area(left=109.0, top=57.0, width=100.0, height=45.0),
    folded_height=PAGE_HEIGHT / 2,
    sheets_max=20,
)
"""One fold, for more."""

ENVELOPES: tuple[Envelope, ...] = (DL, C5)
"""Smallest first."""


class Mark(StrEnum):
    """What machines read on each sheet to keep a letter together."""

    DATAMATRIX = "datamatrix"
    OMR = "omr"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintOptions:
    """How a letter is printed."""

    colour: bool = False
    duplex: bool = True
    """Both sides of each sheet."""


def envelope_for(sheets: int) -> Envelope | None:
    """Return the smallest envelope that takes so many sheets; nothing if none does."""
    return next((one for one in ENVELOPES if sheets <= one.sheets_max), None)


def sheets_needed(pages: Sequence[int], options: PrintOptions) -> int:
    """Return how many sheets a letter takes: the address page alone, each document from a fresh sheet.

    Args:
        pages: Pages of each document.
        options: How it is printed.
    """
    sides = 2 if options.duplex else 1
    return 1 + sum(-(-count // sides) for count in pages)


def line_pitch(lines: int, area: Area) -> float:
    """Return the distance between lines that lets an address fit its area; never below `LINE_PITCH_MIN`."""
    return max(LINE_PITCH_MIN, min(LINE_PITCH, area.height / max(lines, 1)))


def omr_marks(sheet: int, sheets: int, sequence: int) -> tuple[bool, ...]:
    """Return the bars of a sheet, from the top: start, last sheet, three bits of sequence, parity.

    Args:
        sheet: Which sheet of the letter, from 1.
        sheets: How many it has.
        sequence: A number that grows by one with each sheet printed; its three lowest bits are marked.
    """
    bits = [sheet == sheets, *(bool(sequence >> place & 1) for place in range(3))]
    return (True, *bits, sum(bits) % 2 == 1)
