"""Articles: Markdown files with a head in TOML between two lines of ``+++``.

A file ``<name>.<language>.md`` holds one::

    +++
    title = "May I read a letter from abroad?"
    audience = "recipient"            # sender, recipient or all
    order = 20                        # place in lists
    keywords = "travel country time zone"
    valid_from = 2026-01-01           # first legal day, if there is one
    valid_until = 2026-12-31          # last legal day, included
    +++
    Text…

Files of the operator's folder stand before the kit's of the same name and language; an empty text takes the
kit's article away. Raw HTML is shown as text, never as markup, and links lead only to http, mailto and pages.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lre_kit.errors import ConfigurationError

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

OWN = Path(__file__).parent / "articles"
"""The kit's own articles."""

AUDIENCES = ("all", "recipient", "sender")

SIZE_MAX_BYTES = 200_000
"""Largest file that is read."""

_NAME = re.compile(r"(?P<name>[a-z0-9]+(-[a-z0-9]+)*)\.(?P<language>fr|en)\.md")
_HEAD = re.compile(r"\A\+\+\+\n(?P<head>.*?)\n\+\+\+\n(?P<text>.*)\Z", re.DOTALL)
_KNOWN = {"title", "audience", "order", "keywords", "valid_from", "valid_until"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article in one language.

    Attributes:
        name: Its name, the same in every language; part of its address.
        text: Markdown.
        valid_from: First legal day on which it shows.
        valid_until: Last one, included.
    """

    name: str
    language: str
    title: str
    audience: str
    order: int
    keywords: str
    text: str
    valid_from: date | None = None
    valid_until: date | None = None

    def shows(self, day: date) -> bool:
        """Tell whether it shows on a legal day."""
        begun = self.valid_from is None or self.valid_from <= day
        return bool(self.text.strip()) and begun and (self.valid_until is None or day <= self.valid_until)

    @property
    def html(self) -> str:
        """Its text as HTML: headings begin at the second level, and no HTML of its own passes."""
        return render(self.text)


class Articles:
    """The articles of an office."""

    def __init__(self, folder: Path | None = None) -> None:
        """Take those in `folder` before the kit's own."""
        self._folder = folder

    @cached_property
    def _all(self) -> Mapping[tuple[str, str], Article]:
        found = {(each.name, each.language): each for each in read_articles(OWN)}
        if self._folder is not None:
            found |= {(each.name, each.language): each for each in read_articles(self._folder)}
        return found

    def listed(self, language: str, *, day: date, audience: str = "all") -> Sequence[Article]:
        """Return what shows on a day, in order.

        Args:
            language: ``fr`` or ``en``.
            day: A legal day.
            audience: ``sender`` or ``recipient`` for theirs and those for all; ``all`` for every one.
        """
        found = [
            each
            for each in self._all.values()
            if each.language == language
            and each.shows(day)
            and (audience == "all" or each.audience in {audience, "all"})
        ]
        return sorted(found, key=lambda each: (each.order, each.title))

    def get(self, name: str, language: str, *, day: date) -> Article | None:
        """Return an article that shows on a day, if there is one."""
        found = self._all.get((name, language))
        return found if found is not None and found.shows(day) else None


def read_articles(folder: Path) -> Sequence[Article]:
    """Return the articles in a folder; other files are left alone.

    Raises:
        ConfigurationError: One cannot be read; names it.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {folder}.", mend="Set LRE_HELP_FOLDER to one.")
    return [
        _article(path, found["name"], found["language"])
        for path in sorted(folder.iterdir())
        if (found := _NAME.fullmatch(path.name))
    ]


def render(text: str) -> str:
    """Return Markdown as HTML for a page: no raw HTML, no scripts, headings from the second level."""
    return str(_markdown().render(text))


def _article(path: Path, name: str, language: str) -> Article:
    try:
        if path.stat().st_size > SIZE_MAX_BYTES:
            raise ValueError("it is too large")
        read = _HEAD.match(path.read_text(encoding="utf-8").replace("\r\n", "\n"))
        if read is None:
            raise ValueError("it does not begin with a head between two lines of +++")
        head: dict[str, Any] = tomllib.loads(read["head"])
        if unknown := set(head) - _KNOWN:
            raise ValueError(f"its head says {min(unknown)!r}, which means nothing")
        audience = head.get("audience", "all")
        if audience not in AUDIENCES:
            raise ValueError(f"audience is one of {', '.join(AUDIENCES)}")
        return Article(
            name=name,
            language=language,
            title=_tied(str(head["title"]), language),
            audience=audience,
            order=int(head.get("order", 500)),
            keywords=str(head.get("keywords", "")),
            text=read["text"],
            valid_from=_day(head.get("valid_from")),
            valid_until=_day(head.get("valid_until")),
        )
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError) as error:
        why = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else error
        msg = f"The article {path.name} cannot be used: {why}."
        raise ConfigurationError(msg, mend="See “Write help pages” in the how-to guides.") from error


def _tied(title: str, language: str) -> str:
    """Return a title whose French signs never stand alone at the beginning of a line."""
    return re.sub(r" (?=[?!:;»])|(?<=«) ", "\N{NO-BREAK SPACE}", title) if language == "fr" else title


def _day(value: object) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime) or not isinstance(value, date):
        raise TypeError(f"{value!r} is no day like 2026-12-24, without quotes")
    return value


@lru_cache(maxsize=1)
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")
    made.validateLink = _may_lead_there  # type: ignore[method-assign]  # the library's own way to say so
    made.add_render_rule("heading_open", _heading)
    made.add_render_rule("heading_close", _heading)
    return made


def _may_lead_there(url: str) -> bool:
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", url.strip().lower())
    return scheme is None or scheme[1] in {"http", "https", "mailto", "tel"}


def _heading(_: object, tokens: Sequence[Any], place: int, *__: object) -> str:
    # The page's own heading is the first level; an article's begin below it.
    token = tokens[place]
    level = min(6, int(token.tag[1]) + (1 if token.tag == "h1" else 0))
    return f"<h{level}>" if token.nesting == 1 else f"</h{level}>\n"
