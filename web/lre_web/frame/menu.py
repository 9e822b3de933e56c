"""The one menu of the sender's pages: what is mounted, in groups, with the present page marked.

A page joins it by one line in `GROUPS`. A line whose page is not mounted here is left out, so that the same
menu serves hosts with accounts of ours and hosts that bring their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, current_app, request, url_for

from lre_web.texts import language


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the menu.

    Attributes:
        endpoint: Its page, without the blueprint's name.
        fr: What it is called, in French.
        en: What it is called, in English.
        pages: How the names of the pages below it begin; the longest beginning of all lines wins.
    """

    endpoint: str
    fr: str
    en: str
    pages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One line as the page shows it."""

    url: str
    text: str
    is_here: bool


GROUPS: tuple[tuple[tuple[str, str], tuple[Line, ...]], ...] = (
    (
        ("", ""),
        (
            Line(endpoint="letters", fr="Lettres", en="Letters", pages=("letter", "proof", "readdress")),
            Line(endpoint="drafts", fr="Brouillons", en="Drafts", pages=("draft",)),
            Line(endpoint="deposit", fr="Déposer une lettre", en="Deposit a letter"),
            Line(endpoint="bulk", fr="Envois groupés", en="In bulk"),
            Line(endpoint="templates", fr="Modèles", en="Templates", pages=("template",)),
        ),
    ),
    (
        ("Destinataires", "Recipients"),
        (
            Line(endpoint="contacts", fr="Carnet d'adresses", en="Address book", pages=("contact",)),
            Line(endpoint="consents", fr="Accords", en="Consents"),
        ),
    ),
    (
        ("Vous", "You"),
        (
            Line(endpoint="profile", fr="Profil", en="Profile"),
            Line(endpoint="profile_means", fr="Moyens d'identification", en="Identification means"),
            Line(endpoint="profile_organisations", fr="Organisations", en="Organisations"),
            Line(endpoint="account", fr="Compte et sécurité", en="Account and security"),
            Line(endpoint="preferences", fr="Notifications", en="Notifications"),
        ),
    ),
    (
        ("Programmes", "Programs"),
        (
            Line(endpoint="api_keys", fr="API", en="API", pages=("api_",)),
            Line(endpoint="webhooks", fr="Webhooks", en="Webhooks", pages=("webhook",)),
        ),
    ),
)
"""The menu's groups: their titles in French and English, and their lines."""


def add_menu(blueprint: Blueprint) -> None:
    """Let the blueprint's pages call ``menu()``."""
    blueprint.context_processor(lambda: {"menu": menu})


def menu() -> Sequence[tuple[str, Sequence[Shown]]]:
    """Return the groups with their lines, for the page that is being made."""
    place = 0 if language() == "fr" else 1
    mounted = current_app.view_functions
    here = _here((request.endpoint or "").rpartition(".")[2])
    found = []
    for title, lines in GROUPS:
        shown = [
            Shown(
                url=url_for(f".{line.endpoint}"),
                text=(line.fr, line.en)[place],
                is_here=line.endpoint == here,
            )
            for line in lines
            if f"{request.blueprint}.{line.endpoint}" in mounted
        ]
        if shown:
            found.append((title[place], shown))
    return found


def _here(page: str) -> str:
    begins = [
        (len(beginning), line.endpoint)
        for _, lines in GROUPS
        for line in lines
        for beginning in (line.endpoint, *line.pages)
        if page.startswith(beginning)
    ]
    return max(begins, default=(0, ""))[1]
