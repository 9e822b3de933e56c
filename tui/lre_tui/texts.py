# ruff: noqa: E501 - sentences for people read better whole
"""The console's words, in French and English."""

import os
from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "title": "Bureau de poste",
        "filter": "Filtrer : numéro, nom ou adresse",
        "number": "Numéro",
        "state": "État",
        "recipient": "Destinataire",
        "deposited": "Dépôt (UTC)",
        "closes": "Clôture (UTC)",
        "count": "{shown} lettres affichées sur {total}",
        "timeline": "Chronologie",
        "nothing": "Aucune lettre. Déposez-en une : lre deposit --help",
        "choose": "Choisissez une lettre pour voir sa chronologie.",
        "from": "De",
        "to": "À",
        "quit": "Quitter",
        "refresh": "Actualiser",
        "find": "Filtrer",
        "help": "Aide",
        "help_text": "Flèches : choisir une lettre.  / : filtrer.  Échap : revenir à la liste.  r : actualiser.  q : quitter.",
        "lost": "La base ne répond pas ; nouvel essai dans une seconde.",
        "stamped": "horodaté",
        "logged": "au journal",
        "sealed": "scellé",
        "recorded": "en attente du cachet",
    },
    "en": {
        "title": "Post office",
        "filter": "Filter: number, name or address",
        "number": "Number",
        "state": "State",
        "recipient": "Recipient",
        "deposited": "Deposited (UTC)",
        "closes": "Closes (UTC)",
        "count": "{shown} of {total} letters",
        "timeline": "Timeline",
        "nothing": "No letter yet. Deposit one: lre deposit --help",
        "choose": "Choose a letter to see its timeline.",
        "from": "From",
        "to": "To",
        "quit": "Quit",
        "refresh": "Refresh",
        "find": "Filter",
        "help": "Help",
        "help_text": "Arrows: choose a letter.  /: filter.  Esc: back to the list.  r: refresh.  q: quit.",
        "lost": "The database does not answer; trying again in a second.",
        "stamped": "stamped",
        "logged": "in the log",
        "sealed": "sealed",
        "recorded": "awaiting its seal",
    },
}
"""Words by language."""


def language_of(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language the terminal's user reads: French for ``fr…``, else English."""
    named = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "fr" if named.lower().startswith("fr") else "en"
