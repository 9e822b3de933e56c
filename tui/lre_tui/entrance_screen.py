"""The entrance: name, password and code; also shown over everything when the console locks."""

from functools import partial

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from lre_kit.errors import LreError
from lre_kit.operators.entrance import Entrance
from lre_kit.operators.errors import NewPasswordDueError
from lre_kit.operators.values import OperatorSession
from lre_tui.act_screen import labelled
from lre_tui.inert import inert
from lre_tui.panel import Sight


class EntranceScreen(Screen[OperatorSession]):
    """Lets an operator in; what the kernel refuses is shown in its own words."""

    CSS = """
    EntranceScreen { align: center middle; }
    #entrance { width: 64; max-width: 100%; height: auto; border: round $primary; padding: 0 1; }
    #entrance Static { height: auto; }
    #entrance-title { text-style: bold; }
    #entrance-wrong { color: $text-error; }
    .new { display: none; }
    .new.shown { display: block; }
    """

    def __init__(self, entrance: Entrance, sight: Sight, *, name: str = "", is_locked: bool = False) -> None:
        """Guard with `entrance`; `name` is filled in already."""
        super().__init__()
        self._entrance = entrance
        self._words = sight.words
        self._called = name
        self._is_locked = is_locked
        self._provider = inert(sight.office.settings.provider_name)
        self._bindings.key_to_bindings.setdefault("ctrl+q", []).append(
            Binding("ctrl+q", "app.quit", self._words["quit"])
        )

    def compose(self) -> ComposeResult:
        """Lay it out."""
        words = self._words
        with Vertical(id="entrance"):
            title = words["locked" if self._is_locked else "sign_in"]
            yield Static(f"{title} · {self._provider}", id="entrance-title", markup=False)
            if self._is_locked:
                yield Static(words["locked_how"], markup=False)
            yield labelled(Input(value=self._called, id="name"), words["name"])
            yield labelled(Input(password=True, id="password"), words["password"])
            yield labelled(Input(id="code", max_length=20), words["code"])
            yield labelled(Input(password=True, id="new", classes="new"), words["new_password"])
            yield labelled(Input(password=True, id="again", classes="new"), words["new_password_again"])
            yield Static("", id="entrance-wrong", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin where something is missing."""
        for field in self.query("#password" if self._called else "#name").results(Input):
            field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go on to the next field that is shown, or try to come in after the last."""
        shown = [each for each in self.query(Input) if each.display]
        place = shown.index(event.input)
        if place + 1 < len(shown) and not shown[place + 1].value:
            shown[place + 1].focus()
        else:
            self._enter()

    def _enter(self) -> None:
        typed = {each.id: each.value for each in self.query(Input)}
        is_new = self.query_one("#new", Input).has_class("shown")
        if is_new and typed["new"] != typed["again"]:
            self._refused(self._words["passwords_differ"], "#again")
            return
        self._say(self._words["checking"])
        enter = partial(
            self._entrance.sign_in,
            typed["name"],
            typed["password"],
            typed["code"],
            new_password=typed["new"] if is_new else None,
        )

        def run() -> None:
            try:
                session = enter()
            except NewPasswordDueError as due:
                self.app.call_from_thread(self._ask_new, due)
            except LreError as error:
                self.app.call_from_thread(self._refused, inert(f"{error.problem} {error.mend}"), "#code")
            else:
                self.app.call_from_thread(self.dismiss, session)

        self.run_worker(run, thread=True, group="entrance", exclusive=True)

    def _ask_new(self, due: NewPasswordDueError) -> None:
        for each in self.query(".new"):
            each.add_class("shown")
        self._say(f"{due.problem} {due.mend}")
        self.query_one("#new", Input).focus()

    def _refused(self, problem: str, field: str) -> None:
        self._say(problem)
        wrong = self.query_one(field, Input)
        wrong.value = ""
        wrong.focus()

    def _say(self, text: str) -> None:
        self.query_one("#entrance-wrong", Static).update(text)
