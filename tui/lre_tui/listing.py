"""The lines the console has seen so far: a run of one of the office's lists, in its order, without a hole.

It grows at the far end as one scrolls and at the near end as lines arrive. Pages are put in
where they belong by the identity of their last line, so one that comes in late or changes
ends up right, and what is not on the screen costs nothing to keep fresh.
"""

from collections.abc import Sequence
from typing import Any

from lre_tui.lines import Line

PAGE = 100
"""Lines read at once."""


class Listing:
    """A run of lines, from the first on."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.lines: list[Line] = []
        self.is_complete = False
        """Whether the last line has been seen."""
        self._places: dict[str, int] = {}
        self._ends: dict[Any, int] = {}

    def __len__(self) -> int:
        """Return how many lines were seen."""
        return len(self.lines)

    def place_of(self, line_id: str | None) -> int | None:
        """Return a line's place in the run, if it is in it."""
        return None if line_id is None else self._places.get(line_id)

    def cursor_before(self, place: int) -> Any:
        """Return the cursor of the page that begins at `place`; nothing means the first line."""
        if not place or place > len(self.lines):
            return None
        return self.lines[place - 1].cursor

    def put(self, page: Sequence[Line], *, before: Any, limit: int) -> bool:
        """Put in a page that was read with ``before`` and ``limit``; answer whether anything changed.

        A page that no longer touches the run is left out, unless it is the first one: then so many
        lines arrived that the run begins anew with it.
        """
        begin = 0 if before is None else self._after(before)
        if begin is None:
            return False
        # Nothing is made anew where nothing is new: that is what most looks find.
        is_last = len(page) < limit
        if self.lines[begin : begin + len(page)] == list(page) and (
            not is_last or (self.is_complete and begin + len(page) == len(self.lines))
        ):
            return False
        known = [place for line in page if (place := self._places.get(line.id)) is not None]
        if is_last:
            self.is_complete, rest = True, []
        elif known:
            # Whatever lies between two lines of a page is in the page: the rest joins on.
            rest = self.lines[max(known) + 1 :]
        else:
            self.is_complete, rest = False, []
        self.lines = [*self.lines[:begin], *page, *rest]
        self._places = {line.id: place for place, line in enumerate(self.lines)}
        self._ends = {line.cursor: place for place, line in enumerate(self.lines)}
        return True

    def _after(self, cursor: Any) -> int | None:
        place = self._ends.get(cursor)
        return None if place is None else place + 1
