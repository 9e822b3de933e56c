"""Where one can go: a line above the list, or a column beside it on wide screens; both take clicks."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from lre_kit.operators.rules import View

_GAP = "  "


class Places(Static):
    """Names of the screens with their keys, the present one marked."""

    DEFAULT_CSS = """
    Places { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """

    class Wanted(Message):
        """A place was clicked."""

        def __init__(self, view: View) -> None:
            """Want to see `view`."""
            super().__init__()
            self.view = view

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__("", id="places", markup=False)
        self._spots: list[tuple[int, int, int, View]] = []

    def show(
        self, places: Sequence[tuple[View, str, str]], present: View, *, cells: int, is_column: bool
    ) -> None:
        """Show places, each with its key and name; names give way where the line is narrow."""
        named = [(view, f"{key} {name}") for view, key, name in places]
        whole = sum(cell_len(text) + len(_GAP) for _, text in named) + 2
        if not is_column and whole > cells:
            named = [(view, f"{key} {name}" if view is present else key) for view, key, name in places]
        pieces: list[str | tuple[str, str]] = []
        self._spots = []
        row = column = 0
        for view, text in named:
            shown = f"[{text}]" if view is present else f" {text} " if is_column else text
            width = cell_len(shown)
            self._spots.append((row, column, column + width, view))
            pieces.append((shown, "bold $accent" if view is present else ""))
            if is_column:
                pieces.append("\n")
                row += 1
            else:
                pieces.append(_GAP)
                column += width + len(_GAP)
        self.update(Content.assemble(*pieces))

    def on_click(self, event: Click) -> None:
        """Want to go where the mouse was."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for row, begin, end, view in self._spots:
            if offset.y == row and begin <= offset.x < end:
                self.post_message(self.Wanted(view))
