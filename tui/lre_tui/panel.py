"""What a screen of the console is: one declaration, read by screen, help, palette and plain text."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from textual.style import Style

from lre_kit.clock import PARIS
from lre_kit.errors import MissingFileError
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act, View
from lre_tui.health import Health
from lre_tui.inert import inert
from lre_tui.lines import Column, Line

FILE_MAX_BYTES = 20 << 20
"""Biggest file that is read for an act."""

NAMES = "names:"
"""Stands for a filter where a line leads to names that are to be compared."""

Piece = str | tuple[str, str | Style]
"""Text, or text with its style."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a screen is read with."""

    office: PostOffice
    language: str
    words: Mapping[str, str] = field(repr=False)
    health: Health = field(default_factory=Health, repr=False)

    def called(self, thing: Any) -> str:
        """Return the name of a thing that has a French and an English one."""
        return str(thing.french if self.language == "fr" else thing.english)

    def word(self, key: str) -> str:
        """Return a word, or the key itself where there is none (a new kind of something)."""
        return self.words.get(key, key.partition("_")[2].replace("_", " ") or key)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelAct:
    """An act of a screen: its key, and what it asks besides the reason."""

    key: str
    act: Act
    asks: tuple[str, ...] = ()
    """Facts to be typed; each has a word ``ask_<fact>``. One that ends in ``?`` may stay empty."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """What stands there already."""
    on_screen: bool = False
    """Whether it is about no line, but about all: the log."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Facts that nobody types."""
    subject: str = "log"
    """What it is about, where that is no line."""
    subject_of: Callable[[str], str] = str
    """What a line's id is to the kernel."""
    prepare: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    """Makes facts of what was typed, such as a file's content of its path; done in the act's thread."""
    reads_files: bool = False
    """Whether it reads a file of this machine: not offered to a browser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelLook:
    """A look that takes a while and changes nothing; its answer is shown apart."""

    key: str
    name: str
    """Its word is ``look_<name>``."""
    run: Callable[[Sight, str | None], Sequence[Piece]]
    on_screen: bool = False
    """Whether it is about no line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One screen."""

    view: View
    key: str
    columns: tuple[Column, ...]
    page: Callable[[Sight, str, Any, int], list[Line]]
    """Returns lines for a filter, from after a cursor, so many at most."""
    count: Callable[[Sight, str], int]
    story: Callable[[Sight, str], Iterable[Piece]]
    """Tells more of one line."""
    acts: tuple[PanelAct, ...] = ()
    looks: tuple[PanelLook, ...] = ()
    empty: str = "nothing_here"
    """Word for a list without lines."""
    opens: Callable[[str], tuple[View, str]] | None = None
    """Where Enter leads from a line, and by what that list is filtered; if it leads anywhere."""


def story_told(panel: Panel, sight: Sight, line_id: str) -> tuple[Piece, ...]:
    """Return a line's story as the language writes it: French sets a narrow space before a colon."""
    pieces = tuple(panel.story(sight, line_id))
    if sight.language != "fr":
        return pieces
    return tuple(
        (f"{piece[0][:-2]}\N{NARROW NO-BREAK SPACE}: ", piece[1])
        if isinstance(piece, tuple) and piece[0].endswith(": ")
        else piece
        for piece in pieces
    )


def file_typed(path: str) -> tuple[str, bytes]:
    """Return the name and content of a file somebody named.

    Raises:
        MissingFileError: It cannot be read, or is too big.
    """
    place = Path(path).expanduser()
    try:
        with place.open("rb") as stream:
            content = stream.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        msg = f"The file {place} cannot be read: {error.strerror}."
        raise MissingFileError(msg, mend="Check its name and that you may read it.") from error
    if len(content) > FILE_MAX_BYTES:
        msg = f"The file {place} is too big."
        raise MissingFileError(msg, mend=f"Use one of at most {FILE_MAX_BYTES >> 20} MB.")
    return place.name, content


def window_of(lines: Sequence[Line], before: Any, limit: int) -> list[Line]:
    """Return a page of a list that is short enough to be made as a whole."""
    places = [place for place, line in enumerate(lines) if line.cursor == before]
    begin = places[0] + 1 if places else 0
    return list(lines[begin : begin + limit])


def fitting(lines: Sequence[Line], text: str) -> list[Line]:
    """Return the lines in which a text stands, whatever the case."""
    wanted = text.casefold()
    return [line for line in lines if any(wanted in cell.casefold() for cell in line.cells.values())]


@lru_cache(maxsize=4096)
def instant(at: datetime | None) -> str:
    """Return an instant as cells show it, in Paris time."""
    return f"{at.astimezone(PARIS):%Y-%m-%d %H:%M}" if at else "–"


def linked(path: Path) -> Piece:
    """Return a file's path, as a link where the terminal opens links."""
    return (inert(str(path)), Style(link=path.absolute().as_uri(), underline=True))


def told(head: str, text: str) -> list[Piece]:
    """Return one line of a story: what, and its value."""
    return [(f"{head}: ", "$text-muted"), f"{text}\n"]
