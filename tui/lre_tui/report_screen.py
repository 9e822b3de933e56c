"""A text apart, to be read and closed: help, a verification, the office's health, an audit."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lre_tui.panel import Piece


class ReportScreen(ModalScreen[None]):
    """Shows pieces of text over the screen below."""

    CSS = """
    ReportScreen { align: center middle; }
    #report { width: 90%; max-width: 110; height: 90%; padding: 0 1; }
    #report { border: round $primary; background: $surface; }
    #report-title { text-style: bold; height: 1; }
    #report-hint { height: 1; color: $text-muted; }
    """

    def __init__(self, title: str, pieces: Sequence[Piece], *, hint: str) -> None:
        """Show `pieces` under `title`."""
        super().__init__()
        self._title = title
        self._pieces = pieces
        self._hint = hint
        for key in ("escape", "q", "enter"):
            self._bindings.key_to_bindings.setdefault(key, []).append(
                Binding(key, "dismiss", hint, show=False)
            )

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(id="report"):
            yield Static(self._title, id="report-title", markup=False)
            with VerticalScroll():
                yield Static(Content.assemble(*self._pieces), id="report-text")
            yield Static(self._hint, id="report-hint", markup=False)
