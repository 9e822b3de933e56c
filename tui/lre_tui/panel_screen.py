"""A screen of the console: a list on one side, the chosen line's story on the other, one line of state below.

Threads ask the kernel and nothing else; widgets get values. What people typed is shown as text,
never read as markup, and cannot reach the terminal as a command.
"""

import time
from functools import partial
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static
from textual.worker import get_current_worker

from lre_kit.errors import LreError
from lre_kit.operators import adopting
from lre_kit.operators.errors import NotForYouError, NotSignedInError
from lre_kit.operators.rules import Act, View, may
from lre_kit.operators.values import OperatorSession
from lre_tui.answering import Answering
from lre_tui.inert import inert
from lre_tui.keys_table import EVERYWHERE, help_text, more_keys
from lre_tui.line_table import LineTable
from lre_tui.listing import PAGE, Listing
from lre_tui.observing import Observer, Seen
from lre_tui.panel import NAMES, Panel, Piece, Sight
from lre_tui.places import Places
from lre_tui.report_screen import ReportScreen
from lre_tui.texts import number_text
from lre_tui.warning import warning_text
from lre_tui.working import short

REFRESH_S = 1.0
"""Seconds between two looks at the office."""

LOOK_SHARE = 0.02
"""Part of the time that looking by itself may take."""

ALONE_AFTER_S = 30.0
"""Seconds without a key or a click after which nobody is taken to watch closely."""

REFRESH_ALONE_S = 5.0
"""Seconds between two looks then."""

COLUMN_FROM_CELLS = 140
"""Width from which the places stand in a column of their own."""

EVIDENCE_LATE_S = 5.0
"""Age in seconds from which waiting evidence is mentioned; the log is at most one second behind."""


class PanelScreen(Answering, Screen[None]):
    """One declared screen at work."""

    CSS = """
    #title { height: 1; padding: 0 1; background: $primary; color: $text; text-style: bold; }
    PanelScreen #filter { display: none; }
    PanelScreen #filter.shown { display: block; }
    #lines { width: 3fr; }
    #detail { width: 2fr; border-left: solid $primary; padding: 0 1; scrollbar-size-vertical: 1; }
    #detail:focus { border-left: thick $accent; }
    #status { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    #status.lost { background: $error; color: $text; text-style: bold; }
    #warning { display: none; padding: 0 1; background: $warning; color: $text; }
    #warning.shown { display: block; }
    PanelScreen.vast #places {
        dock: left; width: 22; height: 1fr; padding: 1 1; border-right: solid $primary;
    }
    PanelScreen.narrow Horizontal { layout: vertical; }
    PanelScreen.narrow #lines { width: 1fr; height: 5fr; }
    PanelScreen.narrow #detail { width: 1fr; height: 4fr; border-left: none; border-top: solid $primary; }
    PanelScreen.narrow #detail:focus { border-left: none; border-top: thick $accent; }
    """
    SCOPED_CSS = False
    HORIZONTAL_BREAKPOINTS = [(0, "narrow"), (110, "wide"), (COLUMN_FROM_CELLS, "vast")]  # noqa: RUF012 - the parent declares it so

    def __init__(self, panel: Panel, sight: Sight, session: OperatorSession, *, is_read_only: bool) -> None:
        """Show `panel` to `session`."""
        super().__init__()
        self.panel = panel
        self.sight = sight
        self.session = session
        self.is_read_only = is_read_only
        self._words = sight.words
        self._observer = Observer(sight, panel)
        self._listing = Listing()
        self._filter = ""
        self._wants_more = False
        self._is_looking = False
        self._looked_at_s = self._look_took_s = 0.0
        self._seen: Seen | None = None
        self._shown: dict[Static, tuple[Piece, ...]] = {}
        # Held, not looked up: a look that ends after the screen is gone then harms nobody.
        self._field = Input(placeholder=self._words["filter"], id="filter", compact=True)
        heads = {column.name: self._words[f"col_{column.name}"] for column in panel.columns}
        self.table = LineTable(panel.columns, heads, id="lines")
        self._places = Places()
        self._detail = VerticalScroll(id="detail")
        self._story = Static(self._words["choose"], id="story", markup=False)
        self._warning = Static("", id="warning", markup=False)
        self._status = Static(self._words["looking"], id="status", markup=False)
        self._bind()

    def _bind(self) -> None:
        def bind(key: str, action: str, words: str, *, show: bool, shown: str | None = None) -> None:
            made = Binding(key, action, words, show=show, key_display=shown)
            self._bindings.key_to_bindings.setdefault(key, []).append(made)

        # The keys that are always needed come first: a narrow line cuts the others.
        for key in (key for key in EVERYWHERE if key.in_footer):
            bind(key.key, key.action, self._words[key.word], show=True, shown=key.shown)
        for place, act in enumerate(self.panel.acts):
            allowed = may(self.session.roles, act.act) and not self.is_read_only
            bind(act.key, f"ask({place})", self._words[short(act.act)], show=allowed)
        for place, look in enumerate(self.panel.looks):
            bind(look.key, f"glance({place})", self._words[f"look_{look.name}"], show=True)
        for key in more_keys(self.panel):
            bind(key.key, key.action, self._words[key.word], show=not self.is_read_only)
        for key in (key for key in EVERYWHERE if not key.in_footer):
            bind(key.key, key.action, self._words[key.word], show=False, shown=key.shown)

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(self._title_text(), id="title", markup=False)
        yield self._places
        yield self._field
        with Horizontal():
            yield self.table
            with self._detail:
                yield self._story
        yield self._warning
        yield self._status
        yield Footer(show_command_palette=False, compact=True)

    def _title_text(self) -> str:
        name = self._words[f"view_{self.panel.view.value}"]
        provider = inert(self.sight.office.settings.provider_name)
        parts = [name, provider, inert(self.session.name)]
        if self.is_read_only:
            parts.insert(0, self._words["read_only"])
        return " · ".join(parts)

    def on_mount(self) -> None:
        """Begin looking."""
        self.table.focus()
        self.action_look()
        self.set_interval(REFRESH_S, self._tick)

    def on_resize(self) -> None:
        """Fit the line of places into the width."""
        self._show_places()

    def _show_places(self) -> None:
        width = self.app.size.width
        self._places.show(
            self.app.places, self.panel.view, cells=width - 2, is_column=width >= COLUMN_FROM_CELLS
        )

    def on_places_wanted(self, event: Places.Wanted) -> None:
        """Go where the mouse was."""
        self.app.go(event.view)

    def action_draft(self) -> None:
        """Draft rules of the office's own."""
        from lre_tui.draft_screen import DraftScreen, begun_from

        if self.is_refused(Act.ADOPT_REGIME):
            return
        present = adopting.present_rules(self.sight.office.settings)
        base, text = adopting.digest_of(present), self.app.draft
        if not text or self.app.draft_base != base:
            text = begun_from(present.decode("utf-8", "replace"), text)
        self.app.push_screen(DraftScreen(self.panel, self.sight, self.session, text=text, base=base))

    # --- looking ------------------------------------------------------------------------------

    def _tick(self) -> None:
        # However slow the database is, looking by itself takes a small part of the time.
        rests_s = self._look_took_s / LOOK_SHARE
        if self.app.untouched_s > ALONE_AFTER_S:
            rests_s = max(rests_s, REFRESH_ALONE_S)
        if self.is_current and time.monotonic() - self._looked_at_s >= rests_s:
            self.action_look()

    def on_screen_resume(self) -> None:
        """Look at once when the screen comes back."""
        self._show_places()
        self.action_look()

    def action_look(self) -> None:
        """Look at the office, unless a look is under way."""
        if self._is_looking:
            return
        self._is_looking = True
        self._looked_at_s = time.monotonic()
        look = partial(
            self._look, text=self._filter, asked=self._wanted_pages(), chosen_id=self.table.chosen_id
        )
        self.run_worker(look, thread=True, group="look", exit_on_error=True)

    def _wanted_pages(self) -> list[tuple[Any, int]]:
        """Return the first page, the one on the screen, and the next one if the end is near."""
        wanted: list[tuple[Any, int]] = [(None, PAGE)]
        top, end = self.table.top_place, len(self._listing)
        if top + self.table.lines > PAGE and (cursor := self._listing.cursor_before(top)):
            wanted.append((cursor, self.table.lines))
        if self._wants_more and end and (cursor := self._listing.cursor_before(end)):
            wanted.append((cursor, PAGE))
        return wanted

    def _look(self, *, text: str, asked: list[tuple[Any, int]], chosen_id: str | None) -> None:
        worker, session = get_current_worker(), self.session
        try:
            seen = self._observer.look(session, text=text, asked=asked, chosen_id=chosen_id)
        except (NotSignedInError, NotForYouError) as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._turned_away, error, session)
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._take, seen)

    def _turned_away(self, error: LreError, session: OperatorSession) -> None:
        self._is_looking = False
        self.app.turned_away(error, session)

    def _take(self, seen: Seen | None) -> None:
        """Show what a look found; look again at once if it was overtaken by what the user did."""
        self._is_looking = False
        self._look_took_s = time.monotonic() - self._looked_at_s
        self._looked_at_s = time.monotonic()
        self._status.set_class(seen is None, "lost")
        if seen is None:
            self.put_status(self._words["lost"])
            return
        if seen.text != self._filter:
            self.action_look()
            return
        before = len(self._listing)
        changes = [self._listing.put(p.lines, before=p.before, limit=p.limit) for p in seen.pages]
        self._seen = seen
        if any(changes) or not self.table.is_showing(self._listing):
            self.table.show(self._listing)
        self._show_story(seen)
        self.show_status()
        self._show_warning(seen)
        if self._wants_more and (len(self._listing) > before or self._listing.is_complete):
            self._wants_more = False
        chosen_id = seen.chosen[0] if seen.chosen else None
        if chosen_id != self.table.chosen_id or self._wants_more:
            self.action_look()

    # --- showing ------------------------------------------------------------------------------

    def _show_story(self, seen: Seen) -> None:
        if seen.chosen is not None and seen.chosen[0] == self.table.chosen_id:
            self._put(self._story, seen.chosen[1])
        elif self.table.chosen_id is None:
            self._put(self._story, (self._words["choose"],))

    def _put(self, place: Static, pieces: tuple[Piece, ...]) -> None:
        """Show something somewhere; what stands there already is not drawn again."""
        if self._shown.get(place) != pieces:
            self._shown[place] = pieces
            place.update(Content.assemble(*pieces))

    def put_status(self, text: str) -> None:
        """Write the line of state."""
        self._put(self._status, (text,))

    def show_status(self) -> None:
        """Say where the cursor is, and how the jobs are."""
        seen, words, language = self._seen, self._words, self.sight.language
        if seen is None:
            return
        if self.busy:
            self.put_status(self.busy)
            return
        parts = [self._count_text(seen), words["duties"].format(due=number_text(seen.due, language))]
        if seen.dead:
            parts.append(words["dead"].format(dead=number_text(seen.dead, language)))
        is_late = seen.waiting_s >= EVIDENCE_LATE_S
        seconds = number_text(int(seen.waiting_s), language)
        parts.append(words["evidence_waits" if is_late else "evidence_fresh"].format(seconds=seconds))
        self.put_status("  ·  ".join(parts))

    def _show_warning(self, seen: Seen) -> None:
        text = warning_text(seen, self._words, self.sight.language)
        self._put(self._warning, (text,))
        self._warning.set_class(bool(text), "shown")

    def _count_text(self, seen: Seen) -> str:
        if not len(self._listing):
            return self._words["none_found" if self._filter else self.panel.empty]
        is_exact = seen.is_exact or self._listing.is_complete
        total = len(self._listing) if self._listing.is_complete else max(seen.total, len(self._listing))
        return self._words["count" if is_exact else "about"].format(
            place=number_text(self.table.cursor_place + 1, self.sight.language),
            total=number_text(total, self.sight.language),
        )

    # --- the list -----------------------------------------------------------------------------

    def on_line_table_chosen(self) -> None:
        """Show the line the cursor came to."""
        self._detail.scroll_home(animate=False)
        self.show_status()
        self.action_look()

    def on_line_table_opened(self, event: LineTable.Opened) -> None:
        """Go where Enter leads from a line."""
        if self.panel.view is View.REVIEWS:
            self.app.open_review()
        elif self.panel.opens is not None:
            view, text = self.panel.opens(event.line_id)
            if text == NAMES:
                self.app.action_compare_names()
            else:
                self.app.go(view, text)
        else:
            self._detail.focus()

    def on_line_table_end_near(self) -> None:
        """Fetch more lines."""
        if not self._wants_more:
            self._wants_more = True
            self.action_look()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        text = event.value.strip()
        if text != self._filter:
            self._filter, self._listing = text, Listing()
            self.put_status(self._words["looking"])
            self.action_look()

    def on_input_submitted(self) -> None:
        """Go back to the list with the filter on."""
        self.table.focus()

    def action_find(self) -> None:
        """Open the filter."""
        self._field.add_class("shown")
        self._field.focus()

    def action_show_all(self) -> None:
        """Close the filter and show everything."""
        self._field.value = ""
        self._field.remove_class("shown")
        self.table.focus()

    def action_copy(self) -> None:
        """Copy the first cell of the chosen line: a number, a serial, a name."""
        line = self.chosen_line
        if line is not None:
            text = line.cells[self.panel.columns[0].name]
            self.app.copy_to_clipboard(text)
            self.notify(self._words["copied"].format(text=text), markup=False)

    def action_explain(self) -> None:
        """Say what the keys do."""
        text = help_text(self.panel, self.sight)
        self.app.push_screen(ReportScreen(self._words["help"], [text], hint=self._words["close_report"]))

    @property
    def story_text(self) -> str:
        """What is told of the chosen line."""
        return str(self._story.render()) if self.table.chosen_id is not None else ""

    @property
    def chosen_line(self) -> Any:
        """The line under the cursor."""
        place = self._listing.place_of(self.table.chosen_id)
        return self._listing.lines[place] if place is not None else None
