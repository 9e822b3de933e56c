"""Lines of a table: what they say, how they look, and which columns fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

GAP = 2
"""Cells between two columns."""


class Tone(Enum):
    """How a line looks; its words say the same, so nothing hangs on colour."""

    PLAIN = "plain"
    OVER = "over"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the word above it, its width, and how soon it gives way (0: never)."""

    name: str
    cells: int
    gives_way: int = 0
    is_flexible: bool = False
    """Takes what is left; one column of a table does."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. Its id stays the same while it is on the screen; its cursor begins the page after it."""

    id: str
    cursor: Any
    cells: Mapping[str, str]
    tone: Tone = Tone.PLAIN


def columns_for(columns: Sequence[Column], cells: int) -> list[tuple[str, int]]:
    """Return the columns that fit into a width, with their own; what is needed least gives way first."""
    kept = list(columns)
    while len(kept) > 1 and _needed(kept) > cells and any(column.gives_way for column in kept):
        kept.remove(max(kept, key=lambda column: column.gives_way))
    left = cells - _needed(kept)
    fitted = [(c.name, c.cells + (max(left, 0) if c.is_flexible else 0)) for c in kept]
    if left < 0:
        name, width = fitted[-1]
        fitted[-1] = (name, max(width + left, 1))
    elif not any(column.is_flexible for column in kept):
        name, width = fitted[-1]
        fitted[-1] = (name, width + left)
    return fitted


def _needed(columns: Sequence[Column]) -> int:
    return sum(column.cells for column in columns) + GAP * (len(columns) - 1)
