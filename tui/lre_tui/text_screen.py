"""Writing a text of several lines: an answer, from a template or from nothing."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea


class TextScreen(ModalScreen[str | None]):
    """Answers the text, or nothing."""

    CSS = """
    TextScreen { align: center middle; }
    #text-box { width: 90%; max-width: 100; height: 90%; padding: 0 1; }
    #text-box { border: round $warning; background: $surface; }
    #text-title { text-style: bold; height: auto; }
    #text-wrong { color: $text-error; height: auto; }
    #text-hint { color: $text-muted; height: 1; }
    #text { height: 1fr; border: none; }
    """

    def __init__(self, title: str, text: str, words: Mapping[str, str], *, wrong: str = "") -> None:
        """Begin with `text`; `wrong` says why it was not taken before."""
        super().__init__()
        self._title, self._text, self._words, self._wrong = title, text, words, wrong
        for key, action in (("escape", "leave"), ("ctrl+s", "confirm")):
            binding = Binding(key, action, show=False, priority=True)
            self._bindings.key_to_bindings.setdefault(key, []).append(binding)

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(id="text-box"):
            yield Static(self._title, id="text-title", markup=False)
            yield TextArea(self._text, id="text", soft_wrap=True)
            yield Static(self._wrong, id="text-wrong", markup=False)
            yield Static(
                f"{self._words['send_hint']} · {self._words['cancel']}", id="text-hint", markup=False
            )

    def on_mount(self) -> None:
        """Begin typing."""
        self.query_one(TextArea).focus()

    def action_confirm(self) -> None:
        """Answer the text, if there is one."""
        text = self.query_one(TextArea).text
        if text.strip():
            self.dismiss(text)

    def action_leave(self) -> None:
        """Answer nothing."""
        self.dismiss(None)
