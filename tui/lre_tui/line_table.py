"""A table of any length: only the lines on the screen are ever drawn."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from lre_tui.lines import GAP, Column, Line, Tone, columns_for
from lre_tui.listing import Listing

MARGIN = 1
"""Cells before the first column."""


class LineTable(ScrollView, can_focus=True):
    """Lines of a list. The cursor belongs to a thing, not to a place, and stays with it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line-table--head",
        "line-table--cursor",
        "line-table--over",
        "line-table--trouble",
    }
    DEFAULT_CSS = """
    LineTable {
        overflow-x: hidden; overflow-y: auto; background: $surface;
        scrollbar-gutter: stable; scrollbar-size-vertical: 1;
    }
    LineTable > .line-table--head { text-style: bold; background: $panel; color: $foreground; }
    LineTable > .line-table--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    LineTable > .line-table--over { color: $text-muted; }
    LineTable > .line-table--trouble { color: $text-error; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "turn(-1)", show=False),
        Binding("pagedown,space", "turn(1)", show=False),
        Binding("home,g", "newest", show=False),
        Binding("end,G", "oldest", show=False),
        Binding("enter", "open", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The cursor came to a line."""

        line_id: str

    @dataclass
    class Opened(Message):
        """Enter was pressed on a line."""

        line_id: str

    class EndNear(Message):
        """The last lines seen so far are about to come up: more are wanted."""

    def __init__(self, columns: Sequence[Column], words: Mapping[str, str], *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """Show nothing yet, with column heads from `words`."""
        super().__init__(id=id)
        self._columns = columns
        self._words = words
        self._listing = Listing()
        self.chosen_id: str | None = None
        self._place = 0

    # --- what the app asks and tells ----------------------------------------------------------

    @property
    def cursor_place(self) -> int:
        """Place of the chosen line, from 0."""
        return self._listing.place_of(self.chosen_id) or 0

    @property
    def top_place(self) -> int:
        """Place of the first line on the screen."""
        return self.scroll_offset.y

    @property
    def lines(self) -> int:
        """Lines that fit on the screen."""
        return max(self.scrollable_content_region.height - 1, 1)

    def is_showing(self, listing: Listing) -> bool:
        """Answer whether this is the listing that was shown last."""
        return listing is self._listing

    def show(self, listing: Listing) -> None:
        """Show a listing, the same as before or another.

        The chosen line stays chosen; unless the first one is in sight, it also stays where it
        is on the screen, however many came in above.
        """
        moved_by = 0
        place = listing.place_of(self.chosen_id)
        if place is None:
            # What is gone leaves the cursor where it was, on what came up in its place.
            self.chosen_id = None
            self._choose(self._place if listing is self._listing else 0, listing)
        elif listing is self._listing:
            moved_by = place - self._place
        self._listing = listing
        self._place = listing.place_of(self.chosen_id) or 0
        self.virtual_size = Size(1, len(listing) + 1)
        if moved_by and self.top_place > 0:
            self.scroll_to(y=self.top_place + moved_by, animate=False)
        self._keep_visible()
        self.refresh()

    # --- drawing ------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width = self.scrollable_content_region.width
        columns = columns_for(self._columns, width - MARGIN)
        if y == 0:
            heads = ((self._words[name], cells) for name, cells in columns)
            return self._strip(heads, style=self.get_component_rich_style("line-table--head"), width=width)
        place = self.top_place + y - 1
        if place >= len(self._listing):
            return Strip.blank(width, self.rich_style)
        line = self._listing.lines[place]
        cells = ((line.cells.get(name, ""), cells) for name, cells in columns)
        return self._strip(cells, style=self._style_of(line), width=width)

    def _strip(self, cells: Iterable[tuple[str, int]], *, style: Style, width: int) -> Strip:
        line = " " * MARGIN + (" " * GAP).join(_fitted(text, size) for text, size in cells)
        return Strip([Segment(set_cell_size(line, width), style)], width)

    def _style_of(self, line: Line) -> Style:
        if line.id == self.chosen_id:
            return self.get_component_rich_style("line-table--cursor")
        if line.tone is Tone.PLAIN:
            return self.rich_style
        return self.get_component_rich_style(f"line-table--{line.tone.value}")

    # --- moving -------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move the cursor by lines."""
        self._choose(self.cursor_place + by)
        self._keep_visible()

    def action_turn(self, pages: int) -> None:
        """Move the cursor by screens."""
        self.action_move(pages * self.lines)

    def action_newest(self) -> None:
        """Go to the first line."""
        self.action_move(-len(self._listing))

    def action_oldest(self) -> None:
        """Go to the last line seen so far."""
        self.action_move(len(self._listing))

    def action_open(self) -> None:
        """Open the chosen line."""
        if self.chosen_id is not None:
            self.post_message(self.Opened(self.chosen_id))

    def on_click(self, event: Click) -> None:
        """Choose the line under the mouse."""
        place = self.top_place + event.y - 1
        if event.y > 0 and place < len(self._listing):
            self._choose(place)

    def on_resize(self, event: Resize) -> None:
        """Keep the chosen line on the screen."""
        del event
        self._keep_visible()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for more letters when the end comes near."""
        super().watch_scroll_y(old_value, new_value)
        self._look_ahead()

    def _choose(self, place: int, listing: Listing | None = None) -> None:
        lines = (listing or self._listing).lines
        if not lines:
            return
        self._place = min(max(place, 0), len(lines) - 1)
        line_id = lines[self._place].id
        if line_id != self.chosen_id:
            self.chosen_id = line_id
            self.post_message(self.Chosen(line_id))
            self.refresh()
        self._look_ahead()

    def _look_ahead(self) -> None:
        seen_to = max(self.top_place, self.cursor_place) + 2 * self.lines
        if seen_to >= len(self._listing) and not self._listing.is_complete:
            self.post_message(self.EndNear())

    def _keep_visible(self) -> None:
        place, top = self.cursor_place, self.top_place
        if place < top:
            self.scroll_to(y=place, animate=False)
        elif place >= top + self.lines:
            self.scroll_to(y=place - self.lines + 1, animate=False)


def _fitted(text: str, cells: int) -> str:
    """Return a text cut or filled to a width; one that runs from the right keeps to its own column."""
    fitted = set_cell_size(text, cells)
    if cell_len(text) > cells > 1:
        fitted = set_cell_size(text, cells - 1) + "…"
    if any(unicodedata.bidirectional(c) in {"R", "AL"} for c in fitted):
        fitted += "\N{LEFT-TO-RIGHT MARK}"
    return fitted
