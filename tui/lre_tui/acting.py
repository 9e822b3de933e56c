"""Acting from a screen: asking to confirm, handing the act to the kernel in a thread, saying what came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from lre_kit.operators.desk import Acted
from lre_kit.operators.rules import RULES, UNDOES, Act, may
from lre_tui.act_screen import ActScreen, Confirmed, Question
from lre_tui.inert import inert
from lre_tui.panel import PanelAct, Piece
from lre_tui.report_screen import ReportScreen
from lre_tui.texts import number_text
from lre_tui.working import Working, does


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """An act that was done and can be taken back by another."""

    act: Act
    subject: str
    label: str
    facts: dict[str, Any] = field(default_factory=dict)


class Acting(Working):
    """What a screen of the console does when an act or a look is asked for."""

    def action_ask(self, place: int) -> None:
        """Ask for the confirmation of an act."""
        act = self.panel.acts[place]
        words, line = self.sight.words, self.chosen_line
        if self.is_refused(act.act):
            return
        if act.reads_files and self.app.is_web:
            self.say(words["not_in_browser"])
        elif line is None and not act.on_screen:
            self.say(words["no_line"])
        else:
            subject = act.subject if act.on_screen else act.subject_of(line.id)
            place_word = words[f"view_{self.panel.view.value}"]
            label = place_word if act.on_screen else line.cells[self.panel.columns[0].name]
            question = replace(self.question(act.act, label, asks=act.asks), typed=act.typed)
            self._confirm(question, act=act, subject=subject, label=label)

    def question(self, act: Act, label: str, *, asks: Sequence[str] = (), note: str = "") -> Question:
        """Return what is asked before an act."""
        rule, words = RULES[act], self.sight.words
        two = words["takes_one" if self.session.is_local else "takes_two"] if rule.takes_two else ""
        return Question(
            title=self.sight.called(rule).capitalize(),
            about=label,
            consequence=words[does(act)],
            note="\n".join(part for part in (note, two) if part),
            asks=asks,
            asks_reason=rule.asks_reason,
        )

    def _confirm(self, question: Question, *, act: PanelAct, subject: str, label: str) -> None:
        def confirmed(typed: Confirmed | None) -> None:
            if typed is not None:
                again = replace(question, typed={**typed.facts, "reason": typed.reason})
                self._act(typed, again, act=act, subject=subject, label=label)

        self.app.push_screen(ActScreen(question, self.sight.words), confirmed)

    def _act(
        self, confirmed: Confirmed, question: Question, *, act: PanelAct, subject: str, label: str
    ) -> None:
        facts: dict[str, Any] = {**act.facts, **confirmed.facts}
        if act.act is Act.AUDIT_LOG:
            facts["audit"] = partial(act.facts["audit"], progress=self.progress)
        # A posting is named by its own number, not by the batch the cursor is on.
        about = str(facts.pop("item")) if "item" in facts else subject
        desk, session = self.sight.office.operators.desk, self.session

        def job() -> Acted:
            return desk.act(session, act.act, about, reason=confirmed.reason, facts=dict(act.prepare(facts)))

        def refused(text: str) -> None:
            self._confirm(replace(question, wrong=text), act=act, subject=subject, label=label)

        then = partial(self._acted, act=act.act, label=label, subject=about)
        self.work(job, then, act=act.act, again=refused)

    def _acted(self, acted: Acted, *, act: Act, label: str, subject: str) -> None:
        word = "acted" if acted.proposal is None else "proposed"
        self.say(self.sight.words[word].format(act=self.sight.called(RULES[act]), label=label))
        if acted.proposal is None and act in UNDOES:
            moved = act in {Act.POSTPONE_DUTY, Act.BRING_FORWARD_DUTY}
            facts = {"until": acted.answer.isoformat()} if moved else {}
            self.app.undoable = Undoable(act=UNDOES[act], subject=subject, label=label, facts=facts)
        if pieces := self._told(act, acted.answer) if acted.proposal is None else []:
            self.report(self.sight.called(RULES[act]).capitalize(), pieces)
        self.action_look()

    def _told(self, act: Act, answer: Any) -> list[Piece]:
        """Return what an act answered, where that is worth reading."""
        words, language = self.sight.words, self.sight.language
        if act is Act.AUDIT_LOG:
            pieces: list[Piece] = [f"{inert(answer.summary)}\n\n"]
            return pieces + [
                f"{f.table} {inert(str(f.row_id))} {f.field}: {inert(f.problem)}\n" for f in answer.findings
            ]
        if act is Act.IMPORT_TRACKING:
            wrong = [line for line in answer if line.result in _NOT_TAKEN]
            told = words["import_told"].format(
                lines=number_text(len(answer), language), wrong=number_text(len(wrong), language)
            )
            return [f"{told}\n\n", *(f"{line.line}: {line.result} {inert(line.detail)}\n" for line in wrong)]
        if act is Act.ROTATE_KEY:
            return [f"{words['key_rotated' if answer else 'key_finished']}\n"]
        if act is Act.REPLAY_WEBHOOK:
            return [f"{words['replayed'].format(count=number_text(answer, language))}\n"]
        return []

    def action_undo(self) -> None:
        """Ask for the act that takes back the last one done here."""
        undo, words = self.app.undoable, self.sight.words
        if undo is None:
            self.say(words["nothing_to_undo"])
        elif not self.is_refused(undo.act):
            question = self.question(undo.act, undo.label, note=words["undoes"])
            act = PanelAct(key="z", act=undo.act, facts=undo.facts)
            self._confirm(question, act=act, subject=undo.subject, label=undo.label)

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

            def done(answer: Any) -> None:
                called = self.sight.called(RULES[proposal.act])
                self.say(words[word].format(act=called, label=label))
                is_told = step == "agree" and not proposal.subject.startswith("bulk:")
                if pieces := self._told(proposal.act, answer.answer) if is_told else []:
                    self.report(called.capitalize(), pieces)
                self.action_look()

            self.work(job, done, act=proposal.act)

        self.app.push_screen(ActScreen(question, words), settle)

    # --- looks --------------------------------------------------------------------------------------

    def action_glance(self, place: int) -> None:
        """Take a look that lasts, and show what it found."""
        look, line = self.panel.looks[place], self.chosen_line
        title = self.sight.words[f"look_{look.name}"]
        if line is None and not look.on_screen:
            self.say(self.sight.words["no_line"])
            return
        label = line.cells[self.panel.columns[0].name] if look.name == "verify" else ""
        self.work(
            partial(look.run, self.sight, line.id if line is not None else None),
            lambda pieces: self.report(f"{title} {label}".strip(), pieces),
            title=title,
        )

    def report(self, title: str, pieces: Sequence[Piece]) -> None:
        """Show a text apart."""
        self.app.push_screen(ReportScreen(title, pieces, hint=self.sight.words["close_report"]))

    def is_refused(self, act: Act) -> bool:
        """Say why an act is not offered, if it is not."""
        words = self.sight.words
        if self.is_read_only:
            self.say(words["is_read_only"])
        elif not may(self.session.roles, act):
            self.say(words["not_yours"])
        else:
            return False
        return True


_NOT_TAKEN = frozenset({"bad_line", "unknown_number", "unknown_code", "contradicts"})
