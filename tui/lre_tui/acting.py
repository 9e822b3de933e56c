"""Acting from a screen: asking to confirm, handing the act to the kernel in a thread, saying what came."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.widgets import Static

from lre_kit.errors import LreError
from lre_kit.operators.desk import Acted
from lre_kit.operators.errors import NotSignedInError
from lre_kit.operators.rules import RULES, Act, may
from lre_kit.operators.values import OperatorSession
from lre_tui.act_screen import ActScreen, Confirmed, Question
from lre_tui.inert import inert
from lre_tui.panel import Panel, PanelAct, Piece, Sight
from lre_tui.report_screen import ReportScreen

if TYPE_CHECKING:
    from textual.screen import Screen

    _Base = Screen[None]
else:
    _Base = object


class Acting(_Base):
    """What a screen of the console does when an act or a look is asked for."""

    panel: Panel
    sight: Sight
    session: OperatorSession
    is_read_only: bool
    _status: Static

    def action_ask(self, place: int) -> None:
        """Ask for the confirmation of an act."""
        act = self.panel.acts[place]
        words = self.sight.words
        line = self.chosen_line
        if self.is_read_only:
            self.say(words["is_read_only"])
        elif not may(self.session.roles, act.act):
            self.say(words["not_yours"])
        elif line is None and not act.on_screen:
            self.say(words["no_line"])
        else:
            subject = "log" if act.on_screen else line.id
            label = words["view_log"] if act.on_screen else line.cells[self.panel.columns[0].name]
            rule = RULES[act.act]
            question = Question(
                title=self.sight.called(rule).capitalize(),
                about=label,
                consequence=words[does(act.act)],
                note=self._note(act.act),
                asks=act.asks,
                asks_reason=rule.asks_reason,
            )
            self.app.push_screen(
                ActScreen(question, words), partial(self._act, act=act, subject=subject, label=label)
            )

    def _note(self, act: Act) -> str:
        if not RULES[act].takes_two:
            return ""
        return self.sight.words["takes_one" if self.session.is_local else "takes_two"]

    def _act(self, confirmed: Confirmed | None, *, act: PanelAct, subject: str, label: str) -> None:
        if confirmed is None:
            return
        facts: dict[str, Any] = {**confirmed.facts, **act.facts}
        # A posting is named by its own number, not by the batch the cursor is on.
        about = str(facts.pop("item")) if "item" in facts else subject
        desk = self.sight.office.operators.desk
        job = partial(desk.act, self.session, act.act, about, reason=confirmed.reason, facts=facts)
        self._work(job, partial(self._acted, act=act.act, label=label), act=act.act)

    def _acted(self, acted: Acted, *, act: Act, label: str) -> None:
        word = "acted" if acted.proposal is None else "proposed"
        self.say(self.sight.words[word].format(act=self.sight.called(RULES[act]), label=label))
        if act is Act.AUDIT_LOG:
            report = acted.answer
            pieces: list[Piece] = [f"{inert(report.summary)}\n\n"]
            pieces += [
                f"{f.table} {inert(str(f.row_id))} {f.field}: {inert(f.problem)}\n" for f in report.findings
            ]
            self._report(self.sight.called(RULES[act]).capitalize(), pieces)
        self.action_look()

    # --- what takes two ---------------------------------------------------------------------------

    def action_agree(self) -> None:
        """Ask for the confirmation of an agreement."""
        self._ask_two("agree")

    def action_decline(self) -> None:
        """Ask why a proposal is declined."""
        self._ask_two("decline")

    def _ask_two(self, step: str) -> None:
        words, line = self.sight.words, self.chosen_line
        if self.is_read_only or line is None:
            self.say(words["is_read_only" if self.is_read_only else "no_line"])
            return
        proposal = self.sight.office.operators.two_people.by_id(line.id)
        about = f"{line.cells['act']} · {line.cells['about']}"
        consequence = words[does(proposal.act)] if step == "agree" else words["does_decline"]
        question = Question(title=words[step], about=about, consequence=consequence)
        desk = self.sight.office.operators.desk

        def settle(confirmed: Confirmed | None) -> None:
            if confirmed is None:
                return
            call: Callable[..., Any] = desk.agree if step == "agree" else desk.decline
            job = partial(call, self.session, line.id, reason=confirmed.reason)
            label = line.cells["about"]
            word = "acted" if step == "agree" else "declined"

            def done(_answer: Any) -> None:
                called = self.sight.called(RULES[proposal.act])
                self.say(words[word].format(act=called, label=label))
                self.action_look()

            self._work(job, done, act=proposal.act)

        self.app.push_screen(ActScreen(question, words), settle)

    # --- looks --------------------------------------------------------------------------------------

    def action_glance(self, place: int) -> None:
        """Take a look that lasts, and show what it found."""
        look, line = self.panel.looks[place], self.chosen_line
        title = self.sight.words[f"look_{look.name}"]
        if line is None:
            self.say(self.sight.words["no_line"])
            return
        label = line.cells[self.panel.columns[0].name] if look.name == "verify" else ""
        self._work(
            partial(look.run, self.sight, line.id),
            lambda pieces: self._report(f"{title} {label}".strip(), pieces),
            title=title,
        )

    def _report(self, title: str, pieces: Sequence[Piece]) -> None:
        self.app.push_screen(ReportScreen(title, pieces, hint=self.sight.words["close_report"]))

    # --- asking the kernel ----------------------------------------------------------------------------

    def _work(
        self, job: Callable[[], Any], then: Callable[[Any], None], *, act: Act | None = None, title: str = ""
    ) -> None:
        """Run a job in a thread, and show what it answers, or why it was refused."""
        named = self.sight.called(RULES[act]) if act is not None else title
        self._status.update(self.sight.words["working"].format(act=named))

        session = self.session

        def run() -> None:
            try:
                answer = job()
            except NotSignedInError as error:
                self.app.call_from_thread(self.app.turned_away, error, session)  # type: ignore[attr-defined]
            except LreError as error:
                self.app.call_from_thread(self._refused, error)
            else:
                self.app.call_from_thread(then, answer)

        self.run_worker(run, thread=True, group="act", exit_on_error=True)

    def _refused(self, error: LreError) -> None:
        self.say(inert(f"{error.problem} {error.mend}"), is_wrong=True)
        self.action_look()

    def say(self, text: str, *, is_wrong: bool = False) -> None:
        """Tell the operator something, apart from the line of state that the next look overwrites."""
        self.notify(text, severity="error" if is_wrong else "information", timeout=8, markup=False)

    if TYPE_CHECKING:

        def action_look(self) -> None:
            """Look at the office."""

        @property
        def chosen_line(self) -> Any:
            """The line under the cursor."""


def does(act: Act) -> str:
    """Return the key of the words that say what an act brings about."""
    return f"does_{act.value.replace('.', '_').replace('-', '_')}"


def short(act: Act) -> str:
    """Return the key of an act's name as short as the line of keys needs it."""
    return f"short_{act.value.replace('.', '_').replace('-', '_')}"
