"""The public pages of help: questions and answers with a search, and what shows on every page."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, g, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from lre_kit.announcements.values import Announcement, Place
from lre_kit.clock import PARIS
from lre_kit.errors import NotFoundError
from lre_kit.help.articles import render
from lre_kit.help.search import QUERY_MAX_CHARS, search
from lre_web.mounting import mounted
from lre_web.texts import language
from lre_web.words.help import help_texts

Page = str | BaseResponse | tuple[str, int]

_PLACES: Sequence[tuple[Place, tuple[str, ...]]] = (
    (Place.DEPOSIT, ("deposit", "bulk", "prepared", "draft")),
    (Place.IDENTIFICATION, ("identity", "eid", "certificate", "step", "account_key")),
    (Place.PROFILE, ("profile", "account")),
    (Place.RECIPIENT, ("follow", "notice", "code", "identify", "accept", "refuse", "reading", "choose")),
)
"""Where pages belong, by how their endpoints begin; every other one shows what is for all."""

WIDGETS: Sequence[tuple[str, str]] = (
    ("help", "help"),
    ("status", "status"),
    ("authenticity", "authenticity"),
    ("trust", "trust"),
    ("contact", "contact"),
)
"""Pages of the public menu: endpoint, and name of its words."""


def add_pages(blueprint: Blueprint) -> None:
    """Add the pages to a blueprint, and what every page shows."""
    rules: tuple[tuple[str, str, Callable[..., Page]], ...] = (
        ("/help", "help", _list),
        ("/help/<name>", "help_article", _article),
    )
    for rule, endpoint, view in rules:
        blueprint.add_url_rule(rule, endpoint, view)

    @blueprint.context_processor
    def words() -> dict[str, Any]:
        return {"h": help_texts(), "announced": announced, "marked_up": marked_up, "public_pages": WIDGETS}


def announced() -> Sequence[Announcement]:
    """Return what the page that is being made has to announce; nothing where the office does not answer."""
    if g.get("lre_unavailable"):
        return ()
    name = (request.endpoint or "").rpartition(".")[2]
    place = next((place for place, begins in _PLACES if name.startswith(begins)), Place.ALL)
    return mounted().office.announcements.shown(place)


def marked_up(text: str) -> Markup:
    """Return Markdown as markup that may stand in a page."""
    return Markup(render(text))  # noqa: S704 - made by a renderer that lets no HTML through


def today() -> date:
    """Return the present legal day."""
    return mounted().office.clock().astimezone(PARIS).date()


def _list() -> Page:
    office, query = mounted().office, " ".join(request.args.get("q", "")[:QUERY_MAX_CHARS].split())
    articles = office.help.listed(language(), day=today())
    return render_template(
        "lre/help.html",
        query=query,
        hits=search(articles, query) if query else None,
        groups=[
            (name, [each for each in articles if each.audience == name])
            for name in ("recipient", "sender", "all")
        ],
    )


def _article(name: str) -> Page:
    found = mounted().office.help.get(name, language(), day=today())
    if found is None:
        french = language() == "fr"
        problem = "Cette page d'aide n'existe pas, ou plus." if french else "There is no such help page."
        mend = "Cherchez dans l'aide." if french else "Search the help."
        return render_template("lre/error.html", error=NotFoundError(problem, mend=mend)), 404
    return render_template("lre/help_article.html", article=found, html=marked_up(found.text))
