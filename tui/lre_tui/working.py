"""Asking the kernel from a screen: in a thread, with what is under way on the line of state."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from textual.widgets import Static

from lre_kit.errors import InputError, LreError, StoreUnavailableError
from lre_kit.operators.errors import NotSignedInError
from lre_kit.operators.rules import RULES, Act
from lre_kit.operators.values import OperatorSession
from lre_tui.inert import inert
from lre_tui.panel import Panel, Sight
from lre_tui.texts import number_text

if TYPE_CHECKING:
    from textual.screen import Screen

    from lre_tui.app import ConsoleApp

    _Base = Screen[None]
else:
    _Base = object

PROGRESS_EVERY_S = 0.2
"""Seconds between two words on how far something has come."""


class Working(_Base):
    """A screen that lets the kernel work."""

    panel: Panel
    sight: Sight
    session: OperatorSession
    is_read_only: bool
    busy = ""
    """What is under way; stands on the line of state."""
    _status: Static
    _told_at_s = 0.0

    if TYPE_CHECKING:

        @property
        def app(self) -> "ConsoleApp":  # type: ignore[override] # its App is generic
            """The console."""
            return cast("ConsoleApp", super().app)

        def action_look(self) -> None:
            """Look at the office."""

        @property
        def chosen_line(self) -> Any:
            """The line under the cursor."""

    def work(
        self,
        job: Callable[[], Any],
        then: Callable[[Any], None],
        *,
        act: Act | None = None,
        title: str = "",
        again: Callable[[str], None] | None = None,
    ) -> None:
        """Run a job in a thread, and show what it answers, or why it was refused.

        Args:
            job: Asks the kernel, and nothing else.
            then: Takes its answer, in the screen's own thread.
            act: What is done, for the line of state.
            title: The same, where it is no act.
            again: Asks anew, with the reason, where typing something else or waiting may help.
        """
        named = self.sight.called(RULES[act]) if act is not None else title
        self._show_busy(self.sight.words["working"].format(act=named))
        session = self.session

        def run() -> None:
            try:
                answer = job()
            except NotSignedInError as error:
                self.app.call_from_thread(self.app.turned_away, error, session)
                self.app.call_from_thread(self._show_busy, "")
            except LreError as error:
                self.app.call_from_thread(self._refused, error, again)
            else:
                self.app.call_from_thread(self._show_busy, "")
                self.app.call_from_thread(then, answer)

        self.run_worker(run, thread=True, group="act", exit_on_error=True)

    def progress(self, done: int, total: int) -> None:
        """Say from a job's thread how far it has come."""
        now_s = time.monotonic()
        if now_s - self._told_at_s < PROGRESS_EVERY_S and done < total:
            return
        self._told_at_s = now_s
        language = self.sight.language
        text = self.sight.words["progress"].format(
            done=number_text(done, language), total=number_text(total, language)
        )
        self.app.call_from_thread(self._show_busy, text)

    def put_status(self, text: str) -> None:
        """Write the line of state."""
        self._status.update(text)

    def _show_busy(self, text: str) -> None:
        self.busy = text
        if text:
            self.put_status(text)

    def _refused(self, error: LreError, again: Callable[[str], None] | None) -> None:
        self._show_busy("")
        text = inert(f"{error.problem} {error.mend}")
        self.say(text, is_wrong=True)
        # What was typed is kept where typing on, or the database's return, may help.
        if again is not None and isinstance(error, InputError | StoreUnavailableError):
            again(text)
        self.action_look()

    def say(self, text: str, *, is_wrong: bool = False) -> None:
        """Tell the operator something, apart from the line of state that the next look overwrites."""
        self.notify(text, severity="error" if is_wrong else "information", timeout=8, markup=False)


def does(act: Act) -> str:
    """Return the key of the words that say what an act brings about."""
    return f"does_{act.value.replace('.', '_').replace('-', '_')}"


def short(act: Act) -> str:
    """Return the key of an act's name as short as the line of keys needs it."""
    return f"short_{act.value.replace('.', '_').replace('-', '_')}"
