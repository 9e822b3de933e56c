"""The review screen: identity cases that wait, the one in hand with its pictures, and the verdict.

Every act goes through the kernel's review desk in a thread; what it refuses is shown in its own words.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection

from lre_kit.clock import local_text
from lre_kit.errors import LreError
from lre_kit.office import PostOffice
from lre_kit.operators.errors import NotSignedInError
from lre_kit.operators.rules import Act
from lre_kit.operators.values import OperatorSession
from lre_kit.parties.names import NameMatch
from lre_kit.parties.proofing_review import ReviewView
from lre_kit.parties.proofing_review_values import QueueEntry
from lre_kit.parties.proofing_rules import ADDRESSEE
from lre_kit.parties.proofing_values import CaseState, CaseView, Part, Verdict
from lre_kit.parties.review_words import CHECKS, FLAGS, challenge_word, review_word
from lre_tui.half_blocks import half_blocks
from lre_tui.inert import inert
from lre_tui.means import MeansScreen
from lre_tui.review_texts import TEXTS

QUEUE = 50
"""Cases shown at once; the oldest first, so the next ones follow by themselves."""

PICTURES = (Part.DOCUMENT_FRONT, Part.DOCUMENT_BACK, Part.FACE_PHOTO)
"""Parts drawn in the terminal; a film is looked at in the browser."""

_PICTURE_LINES = 18


class ReviewScreen(Screen[None]):
    """The queue on one side, the case in hand on the other."""

    CSS = """
    #queue { width: 1fr; min-width: 30; border: none; }
    #case { width: 2fr; border-left: solid $primary; padding: 0 1; }
    #facts { height: auto; }
    #pictures { height: auto; }
    .picture { height: auto; width: auto; margin-bottom: 1; }
    #checks { height: auto; border: none; margin-top: 1; }
    #reason { display: none; }
    #reason.shown { display: block; }
    #review-title { height: 1; padding: 0 1; background: $primary; color: $text; text-style: bold; }
    #review-status { height: 1; padding: 0 1; background: $panel; }
    """

    def __init__(self, office: PostOffice, *, session: OperatorSession, language: str) -> None:
        """Review in `session`, in `language`."""
        super().__init__()
        self._office = office
        self.session = session
        self._operator = session.name
        self._language = language
        self._words = TEXTS[language]
        self._view: ReviewView | None = None
        self._asking: Verdict | None = None
        for key, action, word in (
            ("a", "approve", "approve"),
            ("x", "ask_reason('refuse')", "refuse"),
            ("g", "ask_reason('ask_again')", "again"),
            ("l", "release", "release"),
            ("n", "means", "means"),
            ("escape", "leave", "back"),
        ):
            self._bindings.key_to_bindings.setdefault(key, []).append(Binding(key, action, self._words[word]))

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(f"{self._words['title']} · {inert(self._operator)}", id="review-title", markup=False)
        with Horizontal():
            yield OptionList(id="queue", markup=False)
            with VerticalScroll(id="case"):
                yield Static(self._words["choose"], id="facts", markup=False)
                yield Vertical(id="pictures")
                yield SelectionList[str](id="checks")
        yield Input(placeholder=self._words["reason"], id="reason")
        yield Static("", id="review-status", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Fetch the queue."""
        self.query_one("#queue", OptionList).focus()
        self._refresh()

    # --- acts -------------------------------------------------------------------------------------

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take the chosen case."""
        if event.option_list.id == "queue" and event.option.id is not None:
            self._do(partial(self._claim, event.option.id), self._show)

    def action_approve(self) -> None:
        """Approve the case in hand, if everything is ticked."""
        if self._view is None:
            self._say(self._words["nothing_taken"])
            return
        ticked = set(self.query_one("#checks", SelectionList).selected)
        if ticked - {ADDRESSEE} != set(self._view.checklist):
            self._say(self._words["unticked"])
        elif ADDRESSEE in ticked:
            self._ask_why(Verdict.APPROVE, self._words["addressee_reason"])
        else:
            self._decide(Verdict.APPROVE, checks=dict.fromkeys(ticked, True))

    def action_ask_reason(self, verdict: str) -> None:
        """Ask why, then refuse or ask again."""
        if self._view is None:
            self._say(self._words["nothing_taken"])
            return
        self._ask_why(Verdict(verdict), self._words["reason"])

    def _ask_why(self, verdict: Verdict, words: str) -> None:
        self._asking = verdict
        field = self.query_one("#reason", Input)
        field.placeholder = words
        field.add_class("shown")
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Refuse or ask again with the typed reason."""
        reason = event.value.strip()
        if not reason:
            self._say(self._words["no_reason"])
            return
        verdict, self._asking = self._asking, None
        ticked = self.query_one("#checks", SelectionList).selected
        self._close_reason()
        if verdict is Verdict.APPROVE:
            self._decide(verdict, reason=reason, checks=dict.fromkeys(ticked, True))
        elif verdict is not None:
            self._decide(verdict, reason=reason)

    def action_release(self) -> None:
        """Give the case in hand back to the queue."""
        if self._view is not None:
            release = partial(self._act, Act.RELEASE_CASE, self._view.case.id)
            self._do(release, self._settled)

    def action_means(self) -> None:
        """Open the means whose names are to be compared."""
        self.app.push_screen(MeansScreen(self._office, session=self.session, language=self._language))

    def action_leave(self) -> None:
        """Close the reason, or the screen."""
        if self._asking is not None:
            self._asking = None
            self._close_reason()
        else:
            self.dismiss()

    # --- asking the kernel ------------------------------------------------------------------------

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

        self.run_worker(run, thread=True, group="review", exit_on_error=True)

    def _refused(self, error: LreError) -> None:
        self._say(inert(f"{error.problem} {error.mend}"))
        self._refresh(keep_status=True)

    def _refresh(self, *, keep_status: bool = False) -> None:
        queue = partial(self._office.people.reviews.queue, limit=QUEUE + 1)
        self._do(queue, partial(self._show_queue, keep_status=keep_status))

    def _claim(self, case_id: str) -> tuple[ReviewView, dict[Part, bytes], Any]:
        reviews = self._office.people.reviews
        view = self._act(Act.CLAIM_CASE, case_id)
        had = {part.part for part in view.case.parts}
        pictures = {
            part: reviews.picture(case_id, part, self._operator)[1] for part in PICTURES if part in had
        }
        return view, pictures, self._office.people.addressee_of(view.case)

    def _decide(self, verdict: Verdict, **facts: Any) -> None:
        assert self._view is not None
        reason = str(facts.pop("reason", ""))
        act = partial(
            self._act,
            Act.DECIDE_CASE,
            self._view.case.id,
            reason=reason,
            facts={"verdict": verdict, **facts},
        )
        self._do(act, partial(self._settled, verdict=verdict))

    def _act(self, act: Act, case_id: str, **more: Any) -> Any:
        """Act through the operators' desk, which judges rights and writes the act down."""
        return self._office.operators.desk.act(self.session, act, case_id, **more).answer

    # --- showing ----------------------------------------------------------------------------------

    def _show_queue(self, entries: list[QueueEntry], *, keep_status: bool) -> None:
        listed = self.query_one("#queue", OptionList)
        listed.clear_options()
        listed.add_options([Option(self._line(entry), id=entry.case_id) for entry in entries[:QUEUE]])
        if not keep_status:
            word = "queue_more" if len(entries) > QUEUE else "queue"
            count = min(len(entries), QUEUE)
            self._say(self._words[word].format(count=count) if count else self._words["empty"])

    def _line(self, entry: QueueEntry) -> str:
        words = self._words
        return words["line"].format(
            kind=words.get(f"kind_{entry.purpose_kind}", entry.purpose_kind),
            when=local_text(entry.submitted_at),
            late=words["late"] if entry.overdue else "",
            held=words["held"].format(operator=inert(entry.claimed_by)) if entry.claimed_by else "",
        )

    def _show(self, taken: tuple[ReviewView, dict[Part, bytes], Any]) -> None:
        self._view, pictures, addressee = taken
        self.query_one("#facts", Static).update(Content.assemble(*self._facts(self._view, addressee)))
        place = self.query_one("#pictures", Vertical)
        place.remove_children()
        columns = max(20, self.query_one("#case").size.width - 4)
        for picture in pictures.values():
            drawn = half_blocks(picture, columns=columns, lines=_PICTURE_LINES)
            place.mount(Static(drawn, classes="picture"))
        checks = self.query_one("#checks", SelectionList)
        checks.clear_options()
        checks.add_options(
            [Selection(review_word(CHECKS, key, self._language), key) for key in self._view.checklist]
        )
        if addressee is not None and addressee[1] is NameMatch.DIFFERENT:
            checks.add_option(Selection(self._words["state_addressee"], ADDRESSEE))
        self._say(self._words["checks"])
        checks.focus()
        checks.highlighted = 0
        self._refresh(keep_status=True)

    def _facts(self, view: ReviewView, addressee: Any) -> list[str | tuple[str, str]]:
        words, said, title = self._words, view.case.declared, view.title
        pieces: list[str | tuple[str, str]] = []
        if said is not None:
            name = " ".join(part for part in (said.given_names, said.family_name, said.usage_name) if part)
            born = f", {words['born']} {said.birth_date.isoformat()}" if said.birth_date else ""
            pieces += [(f"{words['declared']}: ", "$text-muted"), f"{inert(name)}{born}\n"]
        read = f"{title.get('given_names', '')} {title.get('surname', '')}".strip()
        born = f", {words['born']} {title['birth']}" if "birth" in title else ""
        pieces += [(f"{words['shown']}: ", "$text-muted"), f"{inert(read)}{born}\n"]
        if addressee is not None:
            name, match = addressee
            verdict = words[f"match_{match.value}"]
            pieces += [
                (f"{words['addressee']}: ", "$text-muted"),
                f"{inert(name)} – ",
                (f"{verdict}\n", "bold"),
            ]
        if view.case.challenge and any(part.part is Part.FACE_VIDEO for part in view.case.parts):
            url = f"{self._office.links.sender_url}/review"
            said_to_do = ", ".join(challenge_word(code, self._language) for code in view.case.challenge)
            pieces += [(f"{words['challenge']}: ", "$text-muted"), f"{said_to_do}\n"]
            pieces += [f"{words['film'].format(url=url)}\n"]
        pieces.append((f"{words['flags']}:\n", "$text-muted"))
        told = [f"  • {review_word(FLAGS, flag.slug, self._language)}\n" for flag in view.flags]
        pieces += [(line, "$text-warning") for line in told] or [f"  {words['no_flags']}\n"]
        return pieces

    def _settled(self, answer: Any, verdict: Verdict | None = None) -> None:
        """Put the case away and say what came of it."""
        self._view = None
        self.query_one("#facts", Static).update(self._words["choose"])
        self.query_one("#pictures", Vertical).remove_children()
        self.query_one("#checks", SelectionList).clear_options()
        self.query_one("#queue", OptionList).focus()
        waits = isinstance(answer, CaseView) and answer.state in {CaseState.SUBMITTED, CaseState.CLAIMED}
        if verdict is not None:
            self._say(self._words["waits_second" if waits else f"done_{verdict.value}"])
        self._refresh(keep_status=verdict is not None)

    def _close_reason(self) -> None:
        field = self.query_one("#reason", Input)
        field.value = ""
        field.remove_class("shown")
        self.query_one("#queue", OptionList).focus()

    def _say(self, text: str) -> None:
        self.query_one("#review-status", Static).update(text)
