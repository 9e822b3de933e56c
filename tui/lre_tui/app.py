"""The console's first screen: letters with their live state, and the timeline of the chosen one.

Threads ask the kernel and nothing else; widgets get values. What people typed is shown as text,
never read as markup. A refresh never moves the cursor away from its letter.
"""

from dataclasses import dataclass

from rich.text import Text
from textual import work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import DataTable, Footer, Header, Input, Static

from lre_kit.errors import LreError
from lre_kit.letters.values import Letter, LetterSummary, TimelineEntry
from lre_kit.office import PostOffice
from lre_tui.texts import TEXTS, language_of

ROWS_MAX = 500
"""Letters shown at most; the count says how many there are."""

REFRESH_S = 1.0
"""Seconds between two looks at the office."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a look at the office found."""

    letters: tuple[LetterSummary, ...]
    total: int


class ConsoleApp(App[None]):
    """Letters on the left, the chosen letter's timeline on the right."""

    CSS = """
    #letters { width: 3fr; }
    #detail { width: 2fr; border-left: solid $primary; padding: 0 1; }
    #count { height: 1; padding: 0 1; color: $text-muted; }
    #filter { display: none; }
    #filter.shown { display: block; }
    .narrow Horizontal { layout: vertical; }
    .narrow #letters, .narrow #detail { width: 1fr; height: 1fr; }
    .narrow #detail { border-left: none; border-top: solid $primary; }
    """
    HORIZONTAL_BREAKPOINTS = [(0, "narrow"), (110, "wide")]  # noqa: RUF012 - the parent declares it so

    def __init__(self, office: PostOffice, *, language: str | None = None) -> None:
        """Show `office` in `language` (``fr`` or ``en``; by default the terminal's)."""
        super().__init__()
        self._office = office
        self.language = language or language_of()
        self._words = TEXTS[self.language]
        self._shown: dict[str, LetterSummary] = {}
        self.title = self._words["title"]
        bindings: list[BindingType] = [
            Binding("q", "quit", self._words["quit"]),
            Binding("slash", "find", self._words["find"], key_display="/"),
            Binding("r", "refresh_now", self._words["refresh"]),
            Binding("question_mark", "explain", self._words["help"], key_display="?"),
            Binding("escape", "leave_filter", show=False),
        ]
        for binding in bindings:
            if isinstance(binding, Binding):
                self.bind(
                    binding.key,
                    binding.action,
                    description=binding.description,
                    show=binding.show,
                    key_display=binding.key_display,
                )

    def compose(self) -> ComposeResult:
        """Lay the screen out."""
        yield Header()
        yield Input(placeholder=self._words["filter"], id="filter")
        with Horizontal():
            yield DataTable[Text](id="letters", cursor_type="row", zebra_stripes=True)
            with VerticalScroll(id="detail"):
                yield Static(self._words["choose"], id="timeline", markup=False)
        yield Static("", id="count", markup=False)
        yield Footer()

    def on_mount(self) -> None:
        """Prepare the table and start looking."""
        self._table.add_columns(
            *(self._words[name] for name in ("number", "state", "recipient", "deposited", "closes"))
        )
        self._table.focus()
        self.look()
        self.set_interval(REFRESH_S, self.look)

    @property
    def _table(self) -> DataTable[Text]:
        return self.query_one("#letters", DataTable)

    # --- looking ------------------------------------------------------------------------------

    @work(thread=True, exclusive=True, group="look")
    def look(self) -> None:
        """Ask the kernel for letters, in a thread."""
        text = self.query_one("#filter", Input).value.strip()
        try:
            found = self._office.reading.all_letters(limit=ROWS_MAX, text=text)
            listing = Listing(tuple(found), self._office.reading.count(text=text))
        except LreError:
            self.call_from_thread(self._say, self._words["lost"])
            return
        self.call_from_thread(self._show, listing)

    @work(thread=True, exclusive=True, group="timeline")
    def look_at(self, letter_id: str) -> None:
        """Ask the kernel for one letter and its timeline, in a thread."""
        try:
            letter = self._office.reading.by_id(letter_id)
            timeline = self._office.reading.timeline(letter_id)
        except LreError as error:
            self.call_from_thread(self._say, error.problem)
            return
        self.call_from_thread(self._show_letter, letter, timeline)

    # --- showing ------------------------------------------------------------------------------

    def _say(self, sentence: str) -> None:
        self.query_one("#count", Static).update(sentence)

    def _show(self, listing: Listing) -> None:
        fresh = {letter.id: letter for letter in listing.letters}
        if list(fresh) != list(self._shown):
            self._fill(fresh)
        else:
            for letter_id, letter in fresh.items():
                if letter != self._shown[letter_id]:
                    self._update_row(letter)
        self._shown = fresh
        words = self._words["count" if listing.total else "nothing"]
        self._say(words.format(shown=len(fresh), total=listing.total))
        if chosen := self._chosen():
            self.look_at(chosen)

    def _fill(self, fresh: dict[str, LetterSummary]) -> None:
        """Put rows in; the cursor stays on its letter if the letter is still there."""
        chosen, table = self._chosen(), self._table
        table.clear()
        for letter in fresh.values():
            table.add_row(*self._cells(letter), key=letter.id)
        if chosen in fresh:
            table.move_cursor(row=table.get_row_index(chosen))

    def _update_row(self, letter: LetterSummary) -> None:
        row = self._table.get_row_index(letter.id)
        for column, cell in enumerate(self._cells(letter)):
            self._table.update_cell_at((row, column), cell)  # type: ignore[arg-type]  # a pair is a Coordinate

    def _cells(self, letter: LetterSummary) -> tuple[Text, ...]:
        state = letter.phase.french if self.language == "fr" else letter.phase.english
        closes = f"{letter.window_closes_at:%Y-%m-%d %H:%M}" if letter.window_closes_at else "–"
        return (
            Text(letter.number),
            Text(state),
            Text(letter.recipient_name),
            Text(f"{letter.deposited_at:%Y-%m-%d %H:%M}"),
            Text(closes),
        )

    def _show_letter(self, letter: Letter, timeline: list[TimelineEntry]) -> None:
        words = self._words
        lines = [
            letter.number,
            f"{words['from']}: {letter.sender.name}",
            f"{words['to']}: {letter.recipient.name} <{letter.recipient.email}>",
            "",
        ]
        for entry in timeline:
            what = entry.name.french if self.language == "fr" else entry.name.english
            lines += [f"{entry.at:%Y-%m-%d %H:%M:%S}Z  {what}", f"    {words[entry.evidence]}"]
            lines += [f"    {reason}" for reason in entry.reasons]
        self.query_one("#timeline", Static).update("\n".join(lines))

    def _chosen(self) -> str | None:
        table = self._table
        if not table.row_count or not table.is_valid_row_index(table.cursor_row):
            return None
        return table.coordinate_to_cell_key(table.cursor_coordinate).row_key.value

    # --- acting -------------------------------------------------------------------------------

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        """Show the letter the cursor came to."""
        if event.row_key.value:
            self.look_at(event.row_key.value)

    def on_input_changed(self) -> None:
        """Filter while typing."""
        self.look()

    def on_input_submitted(self) -> None:
        """Go back to the list with the filter on."""
        self._table.focus()

    def action_find(self) -> None:
        """Open the filter."""
        field = self.query_one("#filter", Input)
        field.add_class("shown")
        field.focus()

    def action_leave_filter(self) -> None:
        """Close the filter and show everything."""
        field = self.query_one("#filter", Input)
        field.value = ""
        field.remove_class("shown")
        self._table.focus()

    def action_refresh_now(self) -> None:
        """Look again at once."""
        self.look()

    def action_explain(self) -> None:
        """Say what the keys do."""
        self.notify(self._words["help_text"], title=self._words["help"], markup=False)


def run(office: PostOffice, *, language: str | None = None) -> None:
    """Open the console on an office and return when it is closed."""
    ConsoleApp(office, language=language).run()
