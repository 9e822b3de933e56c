"""Bars of text: a few lines high, the largest one full, none hidden."""

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def bars(counts: Sequence[int], *, height: int, width: int = 2) -> list[str]:
    """Return lines of a bar chart, the topmost first.

    Args:
        counts: One bar each, from the left.
        height: Lines.
        width: Cells of a bar, with the blank after it.
    """
    most = max(counts, default=0) or 1
    eighths = [-(-count * height * 8 // most) for count in counts]
    lines = []
    for row in range(height - 1, -1, -1):
        cells = (_EIGHTHS[min(max(each - row * 8, 0), 8)] for each in eighths)
        lines.append("".join(cell * (width - 1) + " " for cell in cells).rstrip())
    return lines
