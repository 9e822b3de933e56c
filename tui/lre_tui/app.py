"""The console's first screen: letters with their live state, and the timeline of the chosen one.

Threads ask the kernel and nothing else; widgets get values. What people typed is shown as text,
never read as markup, and cannot reach the terminal as a command.
"""

from functools import partial
from getpass import getuser
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Footer, Input, Static
from textual.worker import get_current_worker

from lre_kit.letters.reading import Cursor
from lre_kit.letters.values import Letter, TimelineEntry
from lre_kit.office import PostOffice
from lre_tui.inert import inert
from lre_tui.letter_table import LetterTable
from lre_tui.listing import PAGE, Listing
from lre_tui.observing import Observer, Seen
from lre_tui.reviews import ReviewScreen
from lre_tui.story import story_of
from lre_tui.texts import TEXTS, language_of, number_text
from lre_tui.warning import warning_text

REFRESH_S = 1.0
"""Seconds between two looks at the office."""

EVIDENCE_LATE_S = 5.0
"""Age in seconds from which waiting evidence is mentioned; the log is at most one second behind."""


class ConsoleApp(App[None]):
    """Letters on one side, the chosen letter's timeline on the other, one line about the jobs below."""

    CSS = """
    #title { height: 1; padding: 0 1; background: $primary; color: $text; text-style: bold; }
    #filter { display: none; }
    #filter.shown { display: block; }
    #letters { width: 3fr; }
    #detail { width: 2fr; border-left: solid $primary; padding: 0 1; scrollbar-size-vertical: 1; }
    #detail:focus { border-left: thick $accent; }
    #status { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    #status.lost { background: $error; color: $text; text-style: bold; }
    #warning { display: none; padding: 0 1; background: $warning; color: $text; }
    #warning.shown { display: block; }
    .narrow Horizontal { layout: vertical; }
    .narrow #letters { width: 1fr; height: 5fr; }
    .narrow #detail { width: 1fr; height: 4fr; border-left: none; border-top: solid $primary; }
    .narrow #detail:focus { border-left: none; border-top: thick $accent; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "narrow"), (120, "wide")]  # noqa: RUF012 - the parent declares it so
    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False

    def __init__(
        self, office: PostOffice, *, language: str | None = None, operator: str | None = None
    ) -> None:
        """Show `office` in `language` (``fr`` or ``en``; by default the terminal's) to `operator`."""
        super().__init__()
        self._office = office
        self._operator = operator or getuser()
        self.language = language or language_of()
        self._words = TEXTS[self.language]
        self._observer = Observer(office)
        self._listing = Listing()
        self._filter = ""
        self._wants_more = False
        self._is_looking = False
        self._seen: Seen | None = None
        # Held, not looked up: a look that ends after the screen is gone then harms nobody.
        self._field = Input(placeholder=self._words["filter"], id="filter", compact=True)
        self._table = LetterTable(self._words, language=self.language, id="letters")
        self._detail = VerticalScroll(id="detail")
        self._story = Static(self._words["choose"], id="story", markup=False)
        self._warning = Static("", id="warning", markup=False)
        self._status = Static(self._words["looking"], id="status", markup=False)
        provider = inert(office.settings.provider_name)
        self.title = f"{self._words['title']} · {provider}"
        for binding in (
            Binding("slash", "find", self._words["find"], key_display="/"),
            Binding("escape", "show_all", self._words["show_all"]),
            Binding("r", "look", self._words["refresh"]),
            Binding("v", "review", self._words["reviews"]),
            Binding("question_mark", "explain", self._words["help"], key_display="?"),
            Binding("q", "quit", self._words["quit"]),
        ):
            self.bind(
                binding.key, binding.action, description=binding.description, key_display=binding.key_display
            )

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Static(self.title, id="title", markup=False)
        yield self._field
        with Horizontal():
            yield self._table
            with self._detail:
                yield self._story
        yield self._warning
        yield self._status
        yield Footer()

    def on_mount(self) -> None:
        """Begin looking."""
        self._table.focus()
        self.action_look()
        self.set_interval(REFRESH_S, self.action_look)

    # --- looking ------------------------------------------------------------------------------

    def action_look(self) -> None:
        """Look at the office, unless a look is under way."""
        if self._is_looking:
            return
        self._is_looking = True
        look = partial(
            self._look, text=self._filter, asked=self._wanted_pages(), chosen_id=self._table.chosen_id
        )
        self.run_worker(look, thread=True, group="look", exit_on_error=True)

    def _wanted_pages(self) -> list[tuple[Cursor | None, int]]:
        """Return the newest page, the one on the screen, and the next one if the end is near."""
        wanted: list[tuple[Cursor | None, int]] = [(None, PAGE)]
        top, end = self._table.top_place, len(self._listing)
        if top + self._table.lines > PAGE and (cursor := self._listing.cursor_before(top)):
            wanted.append((cursor, self._table.lines))
        if self._wants_more and end and (cursor := self._listing.cursor_before(end)):
            wanted.append((cursor, PAGE))
        return wanted

    def _look(self, *, text: str, asked: list[tuple[Cursor | None, int]], chosen_id: str | None) -> None:
        seen = self._observer.look(text=text, asked=asked, chosen_id=chosen_id)
        if not get_current_worker().is_cancelled:
            self.call_from_thread(self._take, seen)

    def _take(self, seen: Seen | None) -> None:
        """Show what a look found; look again at once if it was overtaken by what the user did."""
        self._is_looking = False
        self._status.set_class(seen is None, "lost")
        if seen is None:
            self._status.update(self._words["lost"])
            return
        if seen.text != self._filter:
            self.action_look()
            return
        before = len(self._listing)
        for page in seen.pages:
            self._listing.put(page.letters, before=page.before, limit=page.limit)
        self._seen = seen
        self._table.show(self._listing)
        self._show_story(seen.chosen)
        self._show_status()
        self._show_warning(seen)
        if self._wants_more and (len(self._listing) > before or self._listing.is_complete):
            self._wants_more = False
        chosen_id = seen.chosen[0].id if seen.chosen else None
        if chosen_id != self._table.chosen_id or self._wants_more:
            self.action_look()

    # --- showing ------------------------------------------------------------------------------

    def _show_story(self, chosen: tuple[Letter, tuple[TimelineEntry, ...]] | None) -> None:
        if chosen is None or chosen[0].id != self._table.chosen_id:
            if self._table.chosen_id is None:
                self._story.update(self._words["choose"])
            return
        self._story.update(Content.assemble(*story_of(*chosen, words=self._words, language=self.language)))

    def _show_status(self) -> None:
        seen, words = self._seen, self._words
        if seen is None:
            return
        parts = [self._count_text(seen), words["duties"].format(due=number_text(seen.due, self.language))]
        if seen.dead:
            parts.append(words["dead"].format(dead=number_text(seen.dead, self.language)))
        is_late = seen.waiting_s >= EVIDENCE_LATE_S
        seconds = number_text(int(seen.waiting_s), self.language)
        parts.append(words["evidence_waits" if is_late else "evidence_fresh"].format(seconds=seconds))
        self._status.update("  ·  ".join(parts))

    def _show_warning(self, seen: Seen) -> None:
        text = warning_text(seen, self._words, self.language)
        self._warning.update(text)
        self._warning.set_class(bool(text), "shown")

    def _count_text(self, seen: Seen) -> str:
        if not len(self._listing):
            return self._words["none_found" if self._filter else "nothing"]
        is_exact = seen.is_exact or self._listing.is_complete
        total = len(self._listing) if self._listing.is_complete else max(seen.total, len(self._listing))
        return self._words["count" if is_exact else "about"].format(
            place=number_text(self._table.cursor_place + 1, self.language),
            total=number_text(total, self.language),
        )

    # --- acting -------------------------------------------------------------------------------

    def on_letter_table_chosen(self) -> None:
        """Show the letter the cursor came to."""
        self._detail.scroll_home(animate=False)
        self._show_status()
        self.action_look()

    def on_letter_table_end_near(self) -> None:
        """Fetch more letters."""
        if not self._wants_more:
            self._wants_more = True
            self.action_look()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        text = event.value.strip()
        if text != self._filter:
            self._filter, self._listing = text, Listing()
            self._status.update(self._words["looking"])
            self.action_look()

    def on_input_submitted(self) -> None:
        """Go back to the list with the filter on."""
        self._table.focus()

    def action_find(self) -> None:
        """Open the filter."""
        self._field.add_class("shown")
        self._field.focus()

    def action_show_all(self) -> None:
        """Close the filter and show everything."""
        self._field.value = ""
        self._field.remove_class("shown")
        self._table.focus()

    def action_review(self) -> None:
        """Open the identity reviews."""
        self.push_screen(ReviewScreen(self._office, operator=self._operator, language=self.language))

    def action_explain(self) -> None:
        """Say what the keys do."""
        self.notify(self._words["help_text"], title=self._words["help"], markup=False)


def run(office: PostOffice, *, language: str | None = None, operator: str | None = None) -> None:
    """Open the console on an office for an operator (by default the system's user) until it is closed."""
    ConsoleApp(office, language=language, operator=operator).run()
