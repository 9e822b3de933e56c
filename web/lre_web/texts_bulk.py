# ruff: noqa: E501 - sentences for people read better whole
"""The words of the pages for letters in bulk, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language

_TEXTS: Mapping[str, tuple[str, str]] = {
    "bulk": ("Envois groupés", "Letters in bulk"),
    "bulk_short": ("Envois groupés", "In bulk"),
    "lead": (
        "Un tableau de destinataires, les mêmes documents pour chacun : chacun reçoit sa propre lettre, avec ses preuves, et n'en voit aucune autre.",
        "One table of recipients, the same documents for each: everybody gets a letter of their own, with its proofs, and sees no other.",
    ),
    "new": ("Préparer un envoi", "Prepare a sending"),
    "title": ("Nom de l'envoi", "Name of the sending"),
    "title_hint": ("Pour vous y retrouver.", "For your own use."),
    "table": ("Tableau des destinataires", "Table of recipients"),
    "table_hint": (
        "CSV ou XLSX, au plus {count} lignes. Colonnes lues : email, nom, référence, objet, langue, qualité. Chaque ligne est vérifiée avant tout envoi.",
        "CSV or XLSX, at most {count} lines. Columns read: email, name, reference, subject, language, capacity. Each line is checked before anything is sent.",
    ),
    "encoding": ("Codage du fichier CSV", "Encoding of the CSV file"),
    "check": ("Vérifier", "Check"),
    "no_table": ("Aucun tableau n'a été choisi.", "No table was chosen."),
    "no_table_mend": (
        "Choisissez un fichier CSV ou XLSX, puis envoyez-le.",
        "Choose a CSV or XLSX file, then send it.",
    ),
    "report": (
        "Rien n'a été envoyé : des lignes sont à corriger",
        "Nothing was sent: some lines need correcting",
    ),
    "report_counts": (
        "Lignes lues : {lines}. À corriger : {problems}.",
        "Lines read: {lines}. To be corrected: {problems}.",
    ),
    "report_more": ("Les {count} premières sont montrées.", "The first {count} are shown."),
    "line": ("Ligne {number}", "Line {number}"),
    "list": ("Vos envois groupés", "Your sendings"),
    "none": ("Aucun envoi groupé.", "No sending yet."),
    "state_draft": ("Vérifié, rien n'est envoyé", "Checked, nothing sent"),
    "state_running": ("En cours", "Under way"),
    "state_paused": ("En pause", "Paused"),
    "state_stopped": ("Arrêté", "Stopped"),
    "state_done": ("Terminé", "Finished"),
    "state_dropped": ("Abandonné", "Dropped"),
    "unnamed": ("Envoi du {when}", "Sending of {when}"),
    "counts": ("{done} sur {lines}", "{done} of {lines}"),
    "sent": ("Envoyées", "Sent"),
    "failed": ("Non envoyées", "Not sent"),
    "waiting": ("En attente", "Waiting"),
    "stopped": ("Arrêtées", "Stopped"),
    "lines": ("Lettres", "Letters"),
    "product": ("Produit", "Product"),
    "progress": ("Avancement", "Progress"),
    "draft_note": (
        "Chaque ligne a été vérifiée. Rien ne part avant votre confirmation ; sans elle, ce brouillon est effacé au bout de sept jours.",
        "Every line was checked. Nothing leaves before you confirm; without that this draft is erased after seven days.",
    ),
    "confirm": ("Envoyer ces {count} lettres", "Send these {count} letters"),
    "go_on": ("Reprendre", "Go on"),
    "pause": ("Mettre en pause", "Pause"),
    "stop": ("Arrêter définitivement", "Stop for good"),
    "drop": ("Abandonner ce brouillon", "Drop this draft"),
    "stop_hint": (
        "Ce qui est envoyé le reste ; rien d'autre ne partira.",
        "What is sent stays sent; nothing else will leave.",
    ),
    "look_again": ("Actualiser", "Look again"),
    "result": ("Télécharger le résultat (CSV)", "Download the result (CSV)"),
    "back": ("Tous les envois groupés", "All sendings"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def bulk_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return _catalogue(language())
