"""The console's words, in French and English."""

import os
from collections.abc import Mapping

from lre_tui.act_texts import ACT_WORDS
from lre_tui.duty_texts import DUTY_WORDS
from lre_tui.more_texts import MORE_WORDS
from lre_tui.panel_texts import PANEL_WORDS

_WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "title": "Bureau de poste",
        "filter": "Filtrer",
        "closes": "Clôture (Paris)",
        "count": "Ligne {place} sur {total}",
        "about": "Ligne {place} sur {total} environ",
        "looking": "Recherche…",
        "nothing": "Aucune lettre. Déposez-en une : lre deposit --help",
        "none_found": "Rien ne correspond. Échap : tout revoir.",
        "choose": "Choisissez une ligne pour en voir le détail.",
        "duties": "à faire : {due}",
        "dead": "abandonnées : {dead}",
        "evidence_waits": "preuve attend {seconds} s",
        "evidence_fresh": "preuves à jour",
        "from": "De",
        "to": "À",
        "reasons": "Motif",
        "place_in_log": "place {index} du journal",
        "quit": "Quitter",
        "refresh": "Actualiser",
        "find": "Filtrer",
        "show_all": "Tout revoir",
        "reviews": "Identités",
        "help": "Aide",
        "lost": "La base ne répond pas ; ce qui est affiché peut être ancien. Nouvel essai chaque seconde.",
        "stamped": "horodaté",
        "logged": "au journal, horodatage attendu",
        "sealed": "scellé, place au journal attendue",
        "recorded": "cachet attendu",
        "certificate_seal": "le certificat du cachet",
        "certificate_tsa": "le certificat d'horodatage",
        "ends": "{what} expire le {day}, dans {days} jours (lre keys rotate {name})",
        "ended": "{what} a expiré le {day} (lre keys rotate {name})",
        "former_key": "clé remplacée : {letters} lettres à reverrouiller (lre work)",
    },
    "en": {
        "title": "Post office",
        "filter": "Filter",
        "closes": "Closes (Paris)",
        "count": "Line {place} of {total}",
        "about": "Line {place} of about {total}",
        "looking": "Searching…",
        "nothing": "No letter yet. Deposit one: lre deposit --help",
        "none_found": "Nothing fits. Esc: show all again.",
        "choose": "Choose a line to see more of it.",
        "duties": "due: {due}",
        "dead": "given up: {dead}",
        "evidence_waits": "evidence waits since {seconds} s",
        "evidence_fresh": "evidence up to date",
        "from": "From",
        "to": "To",
        "reasons": "Reason",
        "place_in_log": "place {index} in the log",
        "quit": "Quit",
        "refresh": "Refresh",
        "find": "Filter",
        "show_all": "Show all",
        "reviews": "Identities",
        "help": "Help",
        "lost": "The database does not answer; what is shown may be old. Trying again every second.",
        "stamped": "stamped",
        "logged": "in the log, stamp awaited",
        "sealed": "sealed, place in the log awaited",
        "recorded": "seal awaited",
        "certificate_seal": "the seal's certificate",
        "certificate_tsa": "the time stamps' certificate",
        "ends": "{what} ends on {day}, in {days} days (lre keys rotate {name})",
        "ended": "{what} ended on {day} (lre keys rotate {name})",
        "former_key": "key replaced: {letters} letters to lock anew (lre work)",
    },
}

_MORE = (*PANEL_WORDS, *DUTY_WORDS, *ACT_WORDS, *MORE_WORDS)

TEXTS: Mapping[str, Mapping[str, str]] = {
    "fr": {**_WORDS["fr"], **{key: french for key, french, _ in _MORE}},
    "en": {**_WORDS["en"], **{key: english for key, _, english in _MORE}},
}
"""Words by language."""

_GROUP = {"fr": "\N{NARROW NO-BREAK SPACE}", "en": ","}


def language_of(environment: Mapping[str, str] = os.environ) -> str:
    """Return the language the terminal's user reads: French for ``fr…``, else English."""
    named = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "fr" if named.lower().startswith("fr") else "en"


def number_text(number: int, language: str) -> str:
    """Return a number with its thousands grouped as the language does."""
    return f"{number:,}".replace(",", _GROUP[language])
