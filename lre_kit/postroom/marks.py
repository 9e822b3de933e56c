"""Marks that inserting machines read on each sheet, drawn as PDF operators in the left margin.

A DataMatrix (ISO/IEC 16022) says ``<posting>/<sheet>/<sheets>``; OMR bars say start, last sheet, sequence and
parity (`lre_kit.law.paper.omr_marks`). Lengths are millimetres from the top left corner of the page.
"""

from lre_kit.law.paper import PAGE_HEIGHT, Mark, omr_marks

LEFT = 4.0
"""Left edge of the marks."""

TOP = 150.0
"""Top edge of the marks: on no fold, and clear of the address."""

MODULE = 0.4
"""Side of a dot of the DataMatrix."""

QUIET = 1.2
"""White round it: more than one dot, as ISO/IEC 16022 asks."""

BAR_WIDTH, BAR_HEIGHT, BAR_PITCH = 6.0, 0.5, 4.0
"""An OMR bar, and the distance from one to the next."""

_POINTS = 72 / 25.4


def drawings(mark: Mark, *, name: str, sheets: int, sequence: int = 0) -> list[str]:
    """Return the PDF operators that mark each sheet.

    Args:
        mark: Which kind.
        name: Short name of the posting, in capitals and digits.
        sheets: How many sheets there are.
        sequence: Number of the first sheet in the batch, for OMR.
    """
    if mark is Mark.DATAMATRIX:
        return [_datamatrix(f"{name}/{sheet}/{sheets}") for sheet in range(1, sheets + 1)]
    if mark is Mark.OMR:
        return [_omr(sheet, sheets, sequence + sheet - 1) for sheet in range(1, sheets + 1)]
    return []


def _datamatrix(text: str) -> str:
    from ppf.datamatrix import DataMatrix

    matrix = DataMatrix(text).matrix
    side = len(matrix) * MODULE
    parts = ["1 g", _box(LEFT - QUIET, TOP - QUIET, side + 2 * QUIET, side + 2 * QUIET), "f", "0 g"]
    for row, dots in enumerate(matrix):
        for column, dark in enumerate(dots):
            if dark:
                parts.append(_box(LEFT + column * MODULE, TOP + row * MODULE, MODULE, MODULE))
    return "\n".join([*parts, "f"])


def _omr(sheet: int, sheets: int, sequence: int) -> str:
    bars = omr_marks(sheet, sheets, sequence)
    parts = ["1 g", _box(LEFT - 1, TOP - 2, BAR_WIDTH + 2, BAR_PITCH * len(bars)), "f", "0 g"]
    for place, is_drawn in enumerate(bars):
        if is_drawn:
            parts.append(_box(LEFT, TOP + place * BAR_PITCH, BAR_WIDTH, BAR_HEIGHT))
    return "\n".join([*parts, "f"])


def _box(left: float, top: float, width: float, height: float) -> str:
    corner = (left * _POINTS, (PAGE_HEIGHT - top - height) * _POINTS)
    return f"{corner[0]:.3f} {corner[1]:.3f} {width * _POINTS:.3f} {height * _POINTS:.3f} re"
