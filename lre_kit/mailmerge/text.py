"""The text of a template: Markdown's few plain parts, and names of columns in braces.

Pure. What is read:

- paragraphs, parted by an empty line; a line that ends in a paragraph is a line of its own;
- ``**bold**``;
- ``- `` or ``* `` at the beginning of a line: a list; ``1. ``: a numbered list;
- ``# ``: a heading;
- ``{name of a column}``: what the line of the table says there.

Nothing is ever evaluated (CWE-1336): what is no name of a column in single braces, such as ``{{7*7}}`` or
``{% if %}``, stands as it was written. Values are filled in after the text was read, so that no value makes
a word bold or begins a list.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

NAME_MAX_CHARS = 60
"""Longest name of a column that is looked at."""

_PLACE = re.compile(r"(?<!\{)\{ ?([^\W\d_](?:[\w .'’/°-]{0,58}[\w.°])?) ?\}(?!\})")
_BULLET = re.compile(r"[-*] +(.*)")
_NUMBER = re.compile(r"[0-9]{1,3}[.)] +(.*)")
_HEADING = re.compile(r"#{1,3} +(.*)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")


class Style(IntEnum):
    """How a run of text is set."""

    PLAIN = 0
    BOLD = 1
    BREAK = 2
    """The end of a line inside a paragraph."""


class Kind(StrEnum):
    """What a block is."""

    PARAGRAPH = "p"
    HEADING = "h"
    BULLETS = "ul"
    NUMBERS = "ol"


@dataclass(frozen=True, slots=True)
class Place:
    """A name of a column: where its value will stand."""

    column: str


@dataclass(frozen=True, slots=True)
class Run:
    """Some text in one style; its parts are texts and places."""

    style: Style
    parts: tuple[str | Place, ...] = ()


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a heading of one item, or a list of several."""

    kind: Kind
    items: tuple[Runs, ...]


def key_of_column(name: str) -> str:
    """Return what the spellings of one column's name share."""
    return " ".join(name.split()).casefold()


def read_text(text: str) -> tuple[Block, ...]:
    r"""Return the blocks of a text.

    Example:
        >>> [block.kind.value for block in read_text("Dear {name},\n\n- one\n- two")]
        ['p', 'ul']
    """
    blocks: list[Block] = []
    open_lines: list[str] = []
    goes_on = False
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        found = _marked(line)
        if open_lines and (found is not None or not line.strip()):
            blocks.append(Block(Kind.PARAGRAPH, (_lines(open_lines),)))
            open_lines = []
        if found is None:
            goes_on = False
            if line.strip():
                open_lines.append(line.strip())
            continue
        kind, words = found
        before = blocks[-1] if blocks else None
        if before is not None and before.kind is kind and goes_on:
            blocks[-1] = Block(kind, (*before.items, _runs(words)))
        else:
            blocks.append(Block(kind, (_runs(words),)))
        goes_on = kind is not Kind.HEADING
    return tuple(blocks)


def read_line(text: str) -> tuple[str | Place, ...]:
    """Return the parts of one line in which nothing but places is read, such as a subject."""
    return tuple(_parts(text))


def columns_in(text: str) -> tuple[str, ...]:
    """Return the columns a text names, each once, in their order."""
    return tuple(dict.fromkeys(key_of_column(found.group(1)) for found in _PLACE.finditer(text)))


def filled(parts: tuple[str | Place, ...], values: Mapping[str, str]) -> str:
    """Return parts as text; a column without a value leaves nothing."""
    return "".join(part if isinstance(part, str) else values.get(part.column, "") for part in parts)


def _marked(line: str) -> tuple[Kind, str] | None:
    for kind, pattern in (
        (Kind.BULLETS, _BULLET), (Kind.NUMBERS, _NUMBER), (Kind.HEADING, _HEADING),
    ):  # fmt: skip
        found = pattern.fullmatch(line.strip())
        if found is not None:
            return kind, found.group(1)
    return None


def _lines(lines: list[str]) -> Runs:
    runs: list[Run] = []
    for place, line in enumerate(lines):
        if place:
            runs.append(Run(Style.BREAK))
        runs.extend(_runs(line))
    return tuple(runs)


def _runs(text: str) -> Runs:
    runs: list[Run] = []
    last = 0
    for found in _BOLD.finditer(text):
        runs.append(Run(Style.PLAIN, tuple(_parts(text[last : found.start()]))))
        runs.append(Run(Style.BOLD, tuple(_parts(found.group(1)))))
        last = found.end()
    runs.append(Run(Style.PLAIN, tuple(_parts(text[last:]))))
    return tuple(run for run in runs if run.parts)


def _parts(text: str) -> Iterator[str | Place]:
    last = 0
    for found in _PLACE.finditer(text):
        if found.start() > last:
            yield text[last : found.start()]
        yield Place(key_of_column(found.group(1)))
        last = found.end()
    if last < len(text):
        yield text[last:]
