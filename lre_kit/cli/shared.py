"""What the commands share: opening the office, printing as JSON or as a table."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import click

from lre_kit.clock import PARIS
from lre_kit.errors import MissingFileError
from lre_kit.hosting.settings_check import read_settings
from lre_kit.letters.numbers import parse_number
from lre_kit.letters.reading import not_found
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice

__all__ = [
    "command_text", "json_option", "letter_called", "opened_file", "opened_office", "paris_text",
    "print_json", "print_table", "progress_bar", "read_settings", "shown",
]  # fmt: skip

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
"""The same option on every command that answers something."""


@contextmanager
def opened_office(*, read_only: bool = False, **overrides: Any) -> Iterator[PostOffice]:
    """Yield the office the environment describes, and close it after; `read_only` for whoever only looks."""
    with PostOffice.open(read_settings(**overrides), read_only=read_only) as office:
        yield office


@contextmanager
def opened_file(name: str) -> Iterator[BinaryIO]:
    """Yield a file for reading.

    Raises:
        MissingFileError: It cannot be read.
    """
    try:
        stream = Path(name).open("rb")  # noqa: SIM115 - closed below; only its opening is guarded
    except OSError as error:
        msg = f"The file {name} cannot be read: {error.strerror}."
        raise MissingFileError(msg, mend="Check its name and that you may read it.") from error
    with stream:
        yield stream


def letter_called(office: PostOffice, number: str) -> Letter:
    """Return the letter with a number, however it was typed.

    Raises:
        NotFoundError: There is none.
    """
    kept = parse_number(number)
    if kept is None:
        raise not_found()
    return office.reading.letter(kept)


def print_json(value: Any) -> None:
    """Print a value as JSON, instants as RFC 3339 and paths as text."""
    # An escaped surrogate is what JSON writes for it, so the answer stays JSON whatever a file is called.
    click.echo(shown(json.dumps(value, default=_plain, ensure_ascii=False, indent=2)))


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under column heads; cell texts are data, never markup.

    The first column is never broken: it holds what one copies, such as a letter's number.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(shown(title), style="bold"), title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=place == 0)
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    Console().print(table)


def shown(text: str) -> str:
    """Return a text as any terminal can take it: what is no character (a badly named file) is escaped."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def paris_text(instant: datetime) -> str:
    """Return an instant for a table, in legal time with its offset: ``2026-01-12 10:30:00 +01:00``."""
    return instant.astimezone(PARIS).isoformat(" ", "seconds").replace("+", " +")


def command_text() -> str:
    """Return how the user can call us again: ``lre`` if the shell finds it, else our path from here."""
    called = Path(sys.argv[0])
    if called.name != "lre" or shutil.which("lre") or not called.exists():
        return "lre"
    place = called.absolute()
    here = Path.cwd()
    if place.parent == here:
        # Without a slash the shell would look on its PATH.
        return "./lre"
    return str(place.relative_to(here)) if place.is_relative_to(here) else str(place)


@contextmanager
def progress_bar(what: str, *, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """Yield what draws a bar on a terminal when told (done, total); elsewhere it draws nothing."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not (shown and console.is_terminal)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, frozenset | set | tuple):
        return list(value)
    msg = f"cannot print {type(value).__name__}"
    raise TypeError(msg)
