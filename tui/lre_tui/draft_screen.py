"""Drafting rules of the office's own: typed here, simulated at a date, proposed to a second operator."""

from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static, TextArea

from lre_kit.identifiers.derogation_files import FILE_NAME
from lre_kit.operators import adopting
from lre_kit.operators.moving import instant_typed
from lre_kit.operators.rules import Act
from lre_kit.operators.values import OperatorSession
from lre_tui.act_screen import ActScreen, Confirmed, Question
from lre_tui.acting import Acting
from lre_tui.inert import inert
from lre_tui.panel import Panel, PanelAct, Sight
from lre_tui.panels.regimes import simulated_told

TEMPLATE = """\
# Derogations and suspensions of this office; see docs: "Derogations".
#
# [[derogation]]
# id = "FR-2027-EXAMPLE"
# reference = "Décret n° …"
# valid_from = 2027-01-01
# valid_until = 2027-06-30
# title = { fr = "…", en = "…" }
# notice = { fr = "…", en = "…" }
# approved_by = "…"
# [[derogation.changes]]
# …
"""


def begun_from(present: str, draft: str) -> str:
    """Return what drafting goes on from once the rules were changed: theirs, with the draft as a comment."""
    if not draft.strip() or draft == present:
        return present or TEMPLATE
    told = "".join(f"# {line}".rstrip() + "\n" for line in draft.splitlines())
    return f"{present.rstrip()}\n\n# --- a draft made before these rules were adopted ---\n{told}".lstrip()


AHEAD = timedelta(days=180)
"""How far ahead a simulation looks, unless told otherwise."""


class DraftScreen(Acting, Screen[None]):
    """A text on one side, what it would bring on the other."""

    CSS = """
    #draft-title { height: 1; padding: 0 1; background: $primary; color: $text; text-style: bold; }
    #draft { height: 3fr; border: none; }
    #simulated { height: 2fr; border-top: solid $primary; padding: 0 1; }
    #draft-status { height: 1; padding: 0 1; background: $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, panel: Panel, sight: Sight, session: OperatorSession, *, text: str, base: str) -> None:
        """Draft from `text`, which was made from the rules with the digest `base`."""
        super().__init__()
        self.panel, self.sight, self.session, self.is_read_only = panel, sight, session, False
        self._text, self._base = text, base
        self._proposed: set[str] = set()
        words = sight.words
        self._status = Static("", id="draft-status", markup=False)
        for key, action, word in (
            ("f5", "simulate", "simulate"), ("ctrl+s", "propose", "propose"), ("escape", "leave", "back"),
        ):  # fmt: skip
            binding = Binding(key, action, words[word], priority=True)
            self._bindings.key_to_bindings.setdefault(key, []).append(binding)

    def compose(self) -> ComposeResult:
        """Lay it out."""
        words = self.sight.words
        yield Static(
            f"{words['draft']} · {FILE_NAME} · {inert(self.session.name)}", id="draft-title", markup=False
        )
        yield TextArea(self._text, id="draft", soft_wrap=True, tab_behavior="indent")
        with VerticalScroll(id="simulated"):
            yield Static(words["draft_how"], id="simulated-text", markup=False)
        yield self._status
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Begin typing."""
        self.query_one(TextArea).focus()

    @property
    def text(self) -> str:
        """What is drafted."""
        return self.query_one(TextArea).text

    @property
    def base(self) -> str:
        """The digest of the rules it was made from: those it began with, or what was adopted of it since."""
        present = adopting.digest_of(adopting.present_rules(self.sight.office.settings))
        if present in self._proposed:
            self._base = present
        return self._base

    @property
    def chosen_line(self) -> Any:
        """No line: it is about the rules."""
        return None

    def action_look(self) -> None:
        """Nothing to look at but the draft."""

    def action_simulate(self) -> None:
        """Ask up to when, and show what the draft would bring until then."""
        words = self.sight.words
        question = Question(
            title=words["simulate"], about=FILE_NAME, consequence=words["does_simulate"], asks=("at",),
            asks_reason=False, typed={"at": f"{AHEAD.days}d"},
        )  # fmt: skip

        def simulate(confirmed: Confirmed | None) -> None:
            if confirmed is not None:
                job = partial(self._simulated, self.text, confirmed.facts["at"])
                show = self.query_one("#simulated-text", Static).update
                self.work(job, lambda pieces: show(Content.assemble(*pieces)), title=words["simulate"])

        self.app.push_screen(ActScreen(question, words), simulate)

    def _simulated(self, text: str, at: str) -> list[Any]:
        office = self.sight.office
        return list(simulated_told(self.sight, text, at=instant_typed(at, now=office.clock())))

    def action_propose(self) -> None:
        """Ask for the confirmation, and hand the draft to the kernel."""
        text = self.text
        facts = {"draft": text, "base": self.base}
        self._proposed.add(adopting.digest_of(text.encode()))
        act = PanelAct(key="", act=Act.ADOPT_REGIME, facts=facts, on_screen=True)
        if not self.is_refused(act.act):
            question = self.question(act.act, FILE_NAME)
            self._confirm(question, act=act, subject="derogations", label=FILE_NAME)

    def action_leave(self) -> None:
        """Go back; the draft stays until the console is left."""
        self.app.draft, self.app.draft_base = self.text, self.base
        self.dismiss()
