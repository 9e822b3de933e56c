"""Confirming an act: what it is about, what it brings about, what it needs, and the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.markup import escape
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be confirmed."""

    title: str
    about: str
    consequence: str
    note: str = ""
    """Whether it takes two."""
    asks: Sequence[str] = ()
    """Facts to be typed."""
    asks_reason: bool = True
    typed: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What was typed before, if the office did not take it: nobody types it twice."""
    wrong: str = ""
    """Why it was not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What was typed to confirm."""

    reason: str
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)


def labelled(field: Input, label: str) -> Input:
    """Return a field with its label on its edge, where it stays while one types."""
    field.styles.border = ("round", "gray")
    field.border_title = escape(label)
    return field


class ActScreen(ModalScreen[Confirmed | None]):
    """Asks; answers what was typed, or nothing."""

    CSS = """
    ActScreen { align: center middle; }
    #act { width: 90%; max-width: 76; height: auto; max-height: 100%; padding: 0 1; overflow-y: auto; }
    #act { border: round $warning; background: $surface; }
    #act Static { height: auto; }
    #act-title { text-style: bold; }
    #act-note { color: $text-warning; }
    #act-hint { color: $text-muted; }
    #act-wrong { color: $text-error; }
    """

    def __init__(self, question: Question, words: Mapping[str, str]) -> None:
        """Ask `question` in the words of the console."""
        super().__init__()
        self._question = question
        self._words = words
        asked = [*question.asks, *(["reason"] if question.asks_reason else [])]
        self._names = [name.removesuffix("?") for name in asked]
        self._may_be_empty = {name.removesuffix("?") for name in asked if name.endswith("?")}
        for key, action in (("escape", "leave"), ("ctrl+s", "confirm"), ("enter", "confirm")):
            self._bindings.key_to_bindings.setdefault(key, []).append(Binding(key, action, show=False))

    def compose(self) -> ComposeResult:
        """Lay it out."""
        question, words = self._question, self._words
        with Vertical(id="act"):
            yield Static(f"{question.title} · {question.about}", id="act-title", markup=False)
            yield Static(question.consequence, markup=False)
            if question.note:
                yield Static(question.note, id="act-note", markup=False)
            for name in self._names:
                kept = question.typed.get(name, "")
                yield labelled(Input(kept, id=f"ask-{name}"), words[f"ask_{name}"])
            yield Static(question.wrong, id="act-wrong", markup=False)
            yield Static(f"{words['confirm']} · {words['cancel']}", id="act-hint", markup=False)

    def on_mount(self) -> None:
        """Begin with the first field."""
        fields = list(self.query(Input))
        if fields:
            fields[0].focus()

    def on_input_submitted(self) -> None:
        """Go on to the next field, or confirm after the last."""
        fields = list(self.query(Input))
        place = next((at for at, each in enumerate(fields) if each.has_focus), len(fields) - 1)
        if place + 1 < len(fields):
            fields[place + 1].focus()
        else:
            self.action_confirm()

    def action_confirm(self) -> None:
        """Answer, once everything is filled in."""
        typed = {name: self.query_one(f"#ask-{name}", Input).value.strip() for name in self._names}
        needed = (name for name, text in typed.items() if not text and name not in self._may_be_empty)
        if missing := next(needed, None):
            what = self._words[f"ask_{missing}"]
            self.query_one("#act-wrong", Static).update(self._words["is_missing"].format(what=what))
            self.query_one(f"#ask-{missing}", Input).focus()
            return
        self.dismiss(Confirmed(reason=typed.pop("reason", ""), facts=typed))

    def action_leave(self) -> None:
        """Do nothing."""
        self.dismiss(None)
