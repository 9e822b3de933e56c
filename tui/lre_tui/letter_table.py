"""A table of letters of any length: only the lines on the screen are ever drawn."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
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

from lre_kit.clock import PARIS
from lre_kit.letters.lifecycle import Phase
from lre_kit.letters.values import LetterSummary
from lre_tui.inert import inert
from lre_tui.listing import Listing

GAP = 2
"""Cells between two columns."""

NUMBER_CELLS, STATE_CELLS, INSTANT_CELLS, RECIPIENT_CELLS_MIN = 19, 26, 16, 16
"""Widths; the recipient takes what is left."""

_TROUBLE = frozenset({Phase.NOTIFICATION_FAILED, Phase.RELAY_FAILED, Phase.UNDELIVERABLE})


def columns_for(cells: int) -> list[tuple[str, int]]:
    """Return the columns that fit into a width, with their own: the most needed first to stay."""
    fixed = [("number", NUMBER_CELLS), ("state", STATE_CELLS)]
    left = cells - sum(width + GAP for _, width in fixed)
    if left < RECIPIENT_CELLS_MIN:
        return [("number", NUMBER_CELLS), ("state", max(cells - NUMBER_CELLS - GAP, 1))]
    instants: list[tuple[str, int]] = []
    for name in ("closes", "deposited"):
        if left - INSTANT_CELLS - GAP >= RECIPIENT_CELLS_MIN:
            instants.insert(0, (name, INSTANT_CELLS))
            left -= INSTANT_CELLS + GAP
    return [*fixed, ("recipient", left), *instants]


class LetterTable(ScrollView, can_focus=True):
    """Letters, newest first. The cursor belongs to a letter, not to a line, and stays with it."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "letter-table--head",
        "letter-table--cursor",
        "letter-table--over",
        "letter-table--trouble",
    }
    DEFAULT_CSS = """
    LetterTable {
        overflow-x: hidden; overflow-y: auto; background: $surface;
        scrollbar-gutter: stable; scrollbar-size-vertical: 1;
    }
    LetterTable > .letter-table--head { text-style: bold; background: $panel; color: $foreground; }
    LetterTable > .letter-table--cursor {
        background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
    }
    LetterTable > .letter-table--over { color: $text-muted; }
    LetterTable > .letter-table--trouble { color: $text-error; text-style: bold; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "turn(-1)", show=False),
        Binding("pagedown,space", "turn(1)", show=False),
        Binding("home,g", "newest", show=False),
        Binding("end,G", "oldest", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The cursor came to a letter."""

        letter_id: str

    class EndNear(Message):
        """The last letters seen so far are about to come up: more are wanted."""

    def __init__(self, words: Mapping[str, str], *, language: str, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        """Show nothing yet, with column heads from `words`."""
        super().__init__(id=id)
        self._words = words
        self._language = language
        self._listing = Listing()
        self.chosen_id: str | None = None
        self._place = 0

    # --- what the app asks and tells ----------------------------------------------------------

    @property
    def cursor_place(self) -> int:
        """Place of the chosen letter, from 0."""
        return self._listing.place_of(self.chosen_id) or 0

    @property
    def top_place(self) -> int:
        """Place of the first letter on the screen."""
        return self.scroll_offset.y

    @property
    def lines(self) -> int:
        """Letters that fit on the screen."""
        return max(self.scrollable_content_region.height - 1, 1)

    def show(self, listing: Listing) -> None:
        """Show a listing, the same as before or another.

        The chosen letter stays chosen; unless the newest line is in sight, it also stays where it
        is on the screen, however many letters came in above.
        """
        moved_by = 0
        place = listing.place_of(self.chosen_id)
        if place is None:
            self.chosen_id = None
            self._choose(0, listing)
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
        columns = columns_for(width)
        if y == 0:
            heads = ((self._words[name], cells) for name, cells in columns)
            return self._strip(heads, style=self.get_component_rich_style("letter-table--head"), width=width)
        place = self.top_place + y - 1
        if place >= len(self._listing):
            return Strip.blank(width, self.rich_style)
        letter = self._listing.letters[place]
        cells = ((self._cell(letter, name), cells) for name, cells in columns)
        return self._strip(cells, style=self._style_of(letter), width=width)

    def _strip(self, cells: Iterable[tuple[str, int]], *, style: Style, width: int) -> Strip:
        line = (" " * GAP).join(_fitted(text, size) for text, size in cells)
        return Strip([Segment(set_cell_size(line, width), style)], width)

    def _style_of(self, letter: LetterSummary) -> Style:
        if letter.id == self.chosen_id:
            return self.get_component_rich_style("letter-table--cursor")
        if letter.phase in _TROUBLE:
            return self.get_component_rich_style("letter-table--trouble")
        if letter.phase.is_final:
            return self.get_component_rich_style("letter-table--over")
        return self.rich_style

    def _cell(self, letter: LetterSummary, name: str) -> str:
        match name:
            case "number":
                return letter.number
            case "state":
                return letter.phase.french if self._language == "fr" else letter.phase.english
            case "recipient":
                return inert(letter.recipient_name)
            case "deposited":
                return _instant(letter.deposited_at)
            case _:
                return _instant(letter.window_closes_at)

    # --- moving -------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move the cursor by letters."""
        self._choose(self.cursor_place + by)
        self._keep_visible()

    def action_turn(self, pages: int) -> None:
        """Move the cursor by screens."""
        self.action_move(pages * self.lines)

    def action_newest(self) -> None:
        """Go to the newest letter."""
        self.action_move(-len(self._listing))

    def action_oldest(self) -> None:
        """Go to the oldest letter seen so far."""
        self.action_move(len(self._listing))

    def on_click(self, event: Click) -> None:
        """Choose the letter under the mouse."""
        place = self.top_place + event.y - 1
        if event.y > 0 and place < len(self._listing):
            self._choose(place)

    def on_resize(self, event: Resize) -> None:
        """Keep the chosen letter on the screen."""
        del event
        self._keep_visible()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for more letters when the end comes near."""
        super().watch_scroll_y(old_value, new_value)
        self._look_ahead()

    def _choose(self, place: int, listing: Listing | None = None) -> None:
        letters = (listing or self._listing).letters
        if not letters:
            return
        self._place = min(max(place, 0), len(letters) - 1)
        letter_id = letters[self._place].id
        if letter_id != self.chosen_id:
            self.chosen_id = letter_id
            self.post_message(self.Chosen(letter_id))
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


def _instant(at: datetime | None) -> str:
    return f"{at.astimezone(PARIS):%Y-%m-%d %H:%M}" if at else "–"
