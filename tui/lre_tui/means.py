"""The means screen: certificates and electronic identities in another name, compared and decided.

Every act goes through the kernel's means desk in a thread; what it refuses is shown in its own words.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, Static
from textual.widgets.option_list import Option

from lre_kit.clock import local_text
from lre_kit.errors import LreError
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.operating import Comparison
from lre_kit.identifiers.operator_lists import means_to_compare
from lre_kit.office import PostOffice
from lre_kit.operators.desk import Acted
from lre_kit.operators.errors import NotSignedInError
from lre_kit.operators.rules import Act
from lre_kit.operators.values import OperatorSession
from lre_tui.inert import inert
from lre_tui.review_texts import TEXTS

_ACTS = {"activate": Act.ACCEPT_MEANS, "revoke": Act.REVOKE_MEANS}

LISTED = 100
"""Means shown at once; the oldest first, so the next ones follow by themselves."""


class MeansScreen(Screen[None]):
    """The list on one side, both names of the chosen means on the other."""

    CSS = """
    #means { width: 1fr; min-width: 30; border: none; }
    #names { width: 2fr; border-left: solid $primary; padding: 0 1; }
    #facts { height: auto; }
    #reason { display: none; }
    #reason.shown { display: block; }
    #means-title { height: 1; padding: 0 1; background: $primary; color: $text; text-style: bold; }
    #means-status { height: 1; padding: 0 1; background: $panel; }
    """

    def __init__(self, office: PostOffice, *, session: OperatorSession, language: str) -> None:
        """Compare in `session`, in `language`."""
        super().__init__()
        self._office = office
        self.session = session
        self._words = TEXTS[language]
        self._shown: Comparison | None = None
        self._asking: str | None = None
        for key, action, word in (
            ("a", "ask_reason('activate')", "means_accept"),
            ("x", "ask_reason('revoke')", "refuse"),
            ("escape", "leave", "back"),
        ):
            self._bindings.key_to_bindings.setdefault(key, []).append(Binding(key, action, self._words[word]))

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        title = f"{self._words['means_title']} · {inert(self.session.name)}"
        yield Static(title, id="means-title", markup=False)
        with Horizontal():
            yield OptionList(id="means", markup=False)
            with VerticalScroll(id="names"):
                yield Static(self._words["means_choose"], id="facts", markup=False)
        yield Input(placeholder=self._words["means_reason"], id="reason")
        yield Static("", id="means-status", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Fetch the list."""
        self.query_one("#means", OptionList).focus()
        self._refresh()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Show both names of the chosen means."""
        if event.option.id is not None:
            self._do(partial(self._office.people.means_desk.compare, event.option.id), self._show)

    def action_ask_reason(self, act: str) -> None:
        """Ask why, then carry the act out."""
        if self._shown is None:
            self._say(self._words["means_first"])
            return
        self._asking = act
        field = self.query_one("#reason", Input)
        field.add_class("shown")
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Accept or refuse with the typed reason."""
        reason = event.value.strip()
        if not reason:
            self._say(self._words["no_reason"])
            return
        act, self._asking = self._asking, None
        self._close_reason()
        if act is not None and self._shown is not None:
            carry_out = self._office.operators.desk.act
            job = partial(carry_out, self.session, _ACTS[act], self._shown.means.id, reason=reason)
            self._do(job, partial(self._settled, act=act))

    def action_leave(self) -> None:
        """Close the reason, or the screen."""
        if self._asking is not None:
            self._asking = None
            self._close_reason()
        else:
            self.dismiss()

    def _do(self, act: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run an act in a thread, and show what it answers, or why it was refused."""
        session = self.session

        def run() -> None:
            try:
                answer = act()
            except NotSignedInError as error:
                self.app.call_from_thread(self.app.turned_away, error, session)  # type: ignore[attr-defined]
                return
            except LreError as error:
                self.app.call_from_thread(self._refused, error)
                return
            self.app.call_from_thread(then, answer)

        self.run_worker(run, thread=True, group="means", exit_on_error=True)

    def _refused(self, error: LreError) -> None:
        self._say(inert(f"{error.problem} {error.mend}"))
        self._refresh(keep_status=True)

    def _refresh(self, *, keep_status: bool = False) -> None:
        look = partial(means_to_compare, self._office.database, limit=LISTED)
        self._do(look, partial(self._show_list, keep_status=keep_status))

    def _show_list(self, waiting: list[Identifier], *, keep_status: bool) -> None:
        listed = self.query_one("#means", OptionList)
        listed.clear_options()
        listed.add_options([Option(self._line(each), id=each.id) for each in waiting])
        if not keep_status:
            words = self._words["means_waiting"].format(count=len(waiting))
            self._say(words if waiting else self._words["means_empty"])

    def _line(self, means: Identifier) -> str:
        return self._words["means_line"].format(
            kind=self._words[f"kind_{means.kind.value}"],
            label=inert(means.label),
            when=local_text(means.created_at),
        )

    def _show(self, shown: Comparison) -> None:
        self._shown = shown
        words = self._words
        pieces: list[str | tuple[str, str]] = [(f"{shown.means.serial}\n\n", "bold")]
        for title, names in ((words["means_told"], shown.told), (words["means_known"], shown.known)):
            pieces.append((f"{title}:\n", "$text-muted"))
            pieces += [f"  {inert(value)}\n" for value in names.values()]
        self.query_one("#facts", Static).update(Content.assemble(*pieces))
        self._say("")

    def _settled(self, acted: Acted, *, act: str) -> None:
        self._shown = None
        self.query_one("#facts", Static).update(self._words["means_choose"])
        self._say(self._words["means_proposed" if acted.proposal else f"means_done_{act}"])
        self._refresh(keep_status=True)

    def _close_reason(self) -> None:
        field = self.query_one("#reason", Input)
        field.value = ""
        field.remove_class("shown")
        self.query_one("#means", OptionList).focus()

    def _say(self, text: str) -> None:
        self.query_one("#means-status", Static).update(text)
