"""The console: who works at it, its screens, the way between them, and the lock.

Whoever signs in keeps the screens; an operator with another name gets fresh ones.
"""

import time
from collections.abc import Iterable
from functools import partial
from getpass import getuser
from typing import Any, ClassVar

from textual import events
from textual.app import App, SystemCommand
from textual.command import CommandPalette
from textual.screen import Screen

from lre_kit.errors import LreError
from lre_kit.office import PostOffice
from lre_kit.operators.entrance import Entrance
from lre_kit.operators.errors import NotSignedInError
from lre_kit.operators.rules import View, may_see
from lre_kit.operators.values import OperatorSession
from lre_tui.acting import Undoable
from lre_tui.entrance_screen import EntranceScreen
from lre_tui.inert import inert
from lre_tui.keys_table import EVERYWHERE, keys_of
from lre_tui.panel import Sight
from lre_tui.panel_screen import PanelScreen
from lre_tui.panels import PANELS, panel_of
from lre_tui.texts import TEXTS, language_of
from lre_tui.themes import THEMES, theme_of

_IN_PALETTE = frozenset({"filters", "bulk", "undo", "copy", "copy_all", "export"})

IDLE_EVERY_S = 1.0
"""Seconds between two looks at how long nobody pressed a key."""


class ConsoleApp(App[None]):
    """The operators' console."""

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = True
    COMMAND_PALETTE_BINDING: ClassVar[str] = "ctrl+p"

    def __init__(
        self,
        office: PostOffice,
        *,
        language: str | None = None,
        operator: str | None = None,
        start: str = "today",
        entrance: Entrance | None = None,
        is_read_only: bool = False,
        theme: str | None = None,
    ) -> None:
        """Show `office`.

        Args:
            office: What is read, and acted upon.
            language: ``fr`` or ``en``; by default the terminal's.
            operator: Name that works here, or that is filled in at the entrance.
            start: View to begin with.
            entrance: Where operators sign in, if the office itself can only be read.
            is_read_only: Offer no act.
            theme: ``dark``, ``light`` or ``contrast``; by default as the terminal's background is.
        """
        super().__init__()
        for made in THEMES.values():
            self.register_theme(made)
        self.theme = THEMES[theme or theme_of()].name
        self.undoable: Undoable | None = None
        """The last act done here that can be taken back."""
        self.draft = ""
        """Rules that are drafted, until the console is left."""
        self.draft_base = ""
        """The digest of the rules that the draft was made from."""
        self._office = office
        self._entrance = entrance or office.operators.entrance
        self._operator = operator
        self._start = View(start)
        self._is_read_only = is_read_only
        self.language = language or language_of()
        self.sight = Sight(office=office, language=self.language, words=TEXTS[self.language])
        self.session: OperatorSession | None = None
        self._is_locked = False
        self._touched_s = time.monotonic()
        self._made: dict[View, PanelScreen] = {}
        self.title = f"{self.sight.words['title']} · {inert(office.settings.provider_name)}"
        for panel in PANELS:
            self.bind(
                panel.key,
                f"go('{panel.view.value}')",
                description=self.sight.words[f"view_{panel.view.value}"],
                show=False,
            )
        self.bind("v", "review", description=self.sight.words["reviews"], show=False)

    def on_mount(self) -> None:
        """Let the operator in."""
        if self._entrance.is_local:
            self._entered(self._entrance.local(self._operator or getuser()))
        else:
            self._show_entrance()
            self.set_interval(IDLE_EVERY_S, self._look_at_idle)

    # --- coming in, and the lock ----------------------------------------------------------------

    def _show_entrance(self) -> None:
        name = self.session.name if self.session is not None else self._operator or ""
        screen = EntranceScreen(self._entrance, self.sight, name=name, is_locked=self._is_locked)
        self.push_screen(screen, self._entered)

    def _entered(self, session: OperatorSession | None) -> None:
        if session is None:
            return
        former, self.session = self.session, session
        self._touched_s = time.monotonic()
        was_locked, self._is_locked = self._is_locked, False
        if was_locked and former is not None and (former.name, former.roles) == (session.name, session.roles):
            for made in self._made.values():
                made.session = session
            for screen in self.screen_stack:
                if hasattr(screen, "session"):
                    screen.session = session
            return
        # Once the entrance has gone: what another operator left on the screens goes too, unseen.
        for screen in self.screen_stack[1:-1]:
            screen.visible = False
        self.call_later(self._start_afresh)

    def _start_afresh(self) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()
        for view, made in self._made.items():
            self.uninstall_screen(view.value)
            made.remove()
        self._made.clear()
        self.undoable, self.draft, self.draft_base = None, "", ""
        self._open(self._first_view())

    def _first_view(self) -> View:
        assert self.session is not None
        return self._start if may_see(self.session.roles, self._start) else View.TODAY

    def action_lock(self) -> None:
        """End the session and ask for the operator again; what is on the screens stays."""
        if self.session is None or self.session.is_local or self._is_locked:
            return
        self._is_locked = True
        # What was said last names letters: nobody who passes by reads it.
        self.clear_notifications()
        self.run_worker(partial(self._end_session, self.session), thread=True)
        self._show_entrance()

    def _end_session(self, session: OperatorSession) -> None:
        try:
            self._entrance.end(session)
        except LreError as error:
            # The store is away: the session runs out by itself; the screen is locked all the same.
            self.log(error.slug)

    def turned_away(self, error: LreError, session: OperatorSession) -> None:
        """Lock when a session is over; go where one may be when rights were withdrawn."""
        if session is not self.session:
            return  # a look that began before somebody else came in
        if isinstance(error, NotSignedInError):
            self.action_lock()
        elif not self._is_locked:
            self.notify(f"{error.problem} {error.mend}", severity="warning", markup=False)
            self.go(View.TODAY)

    @property
    def untouched_s(self) -> float:
        """Seconds since the last key or click."""
        return time.monotonic() - self._touched_s

    def _look_at_idle(self) -> None:
        if self.session is not None and self.untouched_s >= self._office.settings.operator_idle_min * 60:
            self.action_lock()

    async def on_event(self, event: events.Event) -> None:
        """Note that somebody is there."""
        if isinstance(event, events.Key | events.MouseDown | events.MouseScrollDown | events.MouseScrollUp):
            self._touched_s = time.monotonic()
        await super().on_event(event)

    def _fatal_error(self) -> None:
        """Show where it broke without the values: passwords and names are none of a trace's business."""
        from rich.segment import Segments
        from rich.traceback import Traceback

        trace = Traceback(show_locals=False, width=None)
        self._exit_renderables.append(Segments(self.console.render(trace, self.console.options)))
        self._close_messages_no_wait()

    async def action_quit(self) -> None:
        """Leave, and end the session."""
        if self.session is not None and not self._is_locked:
            self._end_session(self.session)
        self.exit()

    def on_unmount(self) -> None:
        """End the session also where the terminal or the browser went away."""
        if self.session is not None and not self._is_locked:
            self._end_session(self.session)

    # --- going from screen to screen ------------------------------------------------------------

    def action_go(self, view: str) -> None:
        """Go to a screen by its key."""
        self.go(View(view))

    def go(self, view: View, text: str = "") -> None:
        """Go to a screen, if the operator may look at it, and filter it where a text is given."""
        if self.session is None or self._is_locked or not isinstance(self.screen, PanelScreen):
            return
        if not may_see(self.session.roles, view):
            self.notify(self.sight.words["not_yours"], severity="warning", markup=False)
            return
        self._open(view)
        if text:
            self.call_after_refresh(self._made[view].filter_by, text)

    def _open(self, view: View) -> None:
        assert self.session is not None
        if view not in self._made:
            made = PanelScreen(panel_of(view), self.sight, self.session, is_read_only=self._is_read_only)
            self._made[view] = made
            self.install_screen(made, view.value)
        target = self._made[view]
        if self.screen is not target:
            if isinstance(self.screen, PanelScreen):
                self.switch_screen(view.value)
            else:
                self.push_screen(view.value)

    def action_review(self) -> None:
        """Open the identity reviews."""
        self.open_review()

    def action_compare_names(self) -> None:
        """Open the means whose names are to be compared."""
        self.open_review(names=True)

    def open_review(self, *, names: bool = False) -> None:
        """Open the screen on which identity cases are taken and decided, or names of means are compared."""
        if self.session is None or self._is_locked or not isinstance(self.screen, PanelScreen):
            return
        if not may_see(self.session.roles, View.REVIEWS):
            self.notify(self.sight.words["not_yours"], severity="warning", markup=False)
        elif self._is_read_only:
            self.notify(self.sight.words["is_read_only"], severity="warning", markup=False)
        else:
            from lre_tui.means import MeansScreen
            from lre_tui.reviews import ReviewScreen

            made = MeansScreen if names else ReviewScreen
            self.push_screen(made(self._office, session=self.session, language=self.language))

    @property
    def places(self) -> list[tuple[View, str, str]]:
        """Where the operator may go: the view, its key, its name."""
        assert self.session is not None
        words = self.sight.words
        return [
            (panel.view, panel.key, words[f"view_{panel.view.value}"])
            for panel in PANELS
            if may_see(self.session.roles, panel.view)
        ]

    def action_next_theme(self) -> None:
        """Take the next theme."""
        names = [theme.name for theme in THEMES.values()]
        place = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(place + 1) % len(names)]
        self.notify(self.sight.words[f"theme_{self.theme.removeprefix('lre-')}"], timeout=2, markup=False)

    # --- the palette ------------------------------------------------------------------------------

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return what the palette offers: places to go, acts of the screen, themes, the way out."""
        words = self.sight.words
        if self.session is None or self._is_locked:
            return
        for panel in PANELS:
            if may_see(self.session.roles, panel.view):
                name = words[f"view_{panel.view.value}"]
                called = words["go_to"].format(name=name)
                yield SystemCommand(called, f"({panel.key})", partial(self.go, panel.view))
        if isinstance(screen, PanelScreen):
            keys = dict(keys_of(screen.panel, self.sight))
            for key, what in keys.items():
                press = partial(self.simulate_key, key)
                yield SystemCommand(what.capitalize(), f"({key})", press)
            yield SystemCommand(words["help"], "(?)", screen.action_explain)
            for more in (more for more in EVERYWHERE if more.word in _IN_PALETTE):
                press = partial(self.simulate_key, more.key)
                yield SystemCommand(words[more.word].capitalize(), f"({more.shown})", press)
        yield SystemCommand(words["lock"], "(Ctrl+L)", self.action_lock)
        yield SystemCommand(words["quit"], "(q)", self.action_quit)
        for name, theme in THEMES.items():
            yield SystemCommand(words[f"theme_{name}"], "(T)", partial(setattr, self, "theme", theme.name))

    def action_command_palette(self) -> None:
        """Open the palette, once somebody is in."""
        if self.session is not None and not self._is_locked and not CommandPalette.is_open(self):  # type: ignore[arg-type] # its App is invariant
            placeholder = self.sight.words["palette_search"]
            self.push_screen(CommandPalette(id="--command-palette", placeholder=placeholder))


def run(
    office: PostOffice,
    *,
    language: str | None = None,
    operator: str | None = None,
    start: str = "today",
    entrance: Entrance | None = None,
    is_read_only: bool = False,
    theme: str | None = None,
) -> None:
    """Open the console on an office until it is closed; see `ConsoleApp`."""
    ConsoleApp(
        office,
        language=language,
        operator=operator,
        start=start,
        entrance=entrance,
        is_read_only=is_read_only,
        theme=theme,
    ).run()


def plain(
    office: PostOffice,
    view: str,
    session: OperatorSession,
    *,
    language: str | None = None,
    **asked: Any,
) -> str:
    """Return a screen as text or JSON; see `plain_text`."""
    from lre_tui.plain import plain_text

    spoken = language or language_of()
    sight = Sight(office=office, language=spoken, words=TEXTS[spoken])
    return plain_text(sight, View(view), session, **asked)


def serve(office: PostOffice, **told: Any) -> None:
    """Serve the console to browsers; see `lre_tui.serving.serve`."""
    from lre_tui import serving

    serving.serve(office, **told)


run.plain = plain  # type: ignore[attr-defined] # the same door leads to all three
run.serve = serve  # type: ignore[attr-defined]
