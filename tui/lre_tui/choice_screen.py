"""Choosing one of a few things: an act on the whole list, a kept filter."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

NEW = "+"
"""Answer that asks for a new one."""


class ChoiceScreen(ModalScreen[tuple[str, str] | None]):
    """Answers ``("take", id)``, ``("drop", id)``, or nothing."""

    CSS = """
    ChoiceScreen { align: center middle; }
    #choice { width: 90%; max-width: 76; height: auto; max-height: 90%; padding: 0 1; }
    #choice { border: round $primary; background: $surface; }
    #choice-title { text-style: bold; height: auto; }
    #choices { height: auto; max-height: 16; border: none; background: $surface; }
    #choice-hint { color: $text-muted; height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("delete", "drop", show=False),
    ]

    def __init__(
        self,
        title: str,
        options: Sequence[tuple[str, str]],
        words: Mapping[str, str],
        *,
        may_drop: bool = False,
    ) -> None:
        """Offer `options`, each an id and what it is called."""
        super().__init__()
        self._title = title
        self._options = options
        self._words = words
        self._may_drop = may_drop

    def compose(self) -> ComposeResult:
        """Lay it out."""
        words = self._words
        hints = [words["choose_enter"], *([words["drop_hint"]] if self._may_drop else []), words["cancel"]]
        with Vertical(id="choice"):
            yield Static(self._title, id="choice-title", markup=False)
            yield OptionList(
                *(Option(name, id=key) for key, name in self._options), id="choices", markup=False
            )
            yield Static(" · ".join(hints), id="choice-hint", markup=False)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer what was chosen."""
        self.dismiss(("take", event.option.id or ""))

    def action_drop(self) -> None:
        """Answer that what is under the cursor is needed no more."""
        chosen = self.query_one(OptionList).highlighted_option
        if self._may_drop and chosen is not None and chosen.id != NEW:
            self.dismiss(("drop", chosen.id or ""))

    def action_leave(self) -> None:
        """Choose nothing."""
        self.dismiss(None)
