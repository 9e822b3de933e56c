# ruff: noqa: E501 - sentences for people read better whole
"""The words of a letter's page, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "next": ("Ce qui vient", "What comes next"),
    "next_notice": ("Départ de l'avis", "The notice leaves"),
    "next_pre_notice": (
        "Annonce au destinataire (pré-notification)",
        "The recipient is told that it comes (pre-notice)",
    ),
    "rule_pre_notice": (
        "Vous l'avez demandée au dépôt. Ce n'est pas l'avis : aucun délai ne court.",
        "You asked for it at the deposit. It is not the notice: no time runs.",
    ),
    "pre_notice_sent": (
        "Annonce envoyée au destinataire (pré-notification)",
        "The recipient was told that it comes (pre-notice)",
    ),
    "pre_notice_failed": (
        "L'annonce au destinataire n'a pas pu être remise",
        "The pre-notice could not be delivered",
    ),
    "pre_notice_unknown": (
        "Annonce envoyée, sans réponse certaine du serveur",
        "Pre-notice sent, without a sure answer of the server",
    ),
    "pre_notice_left_out": (
        "Annonce non envoyée : il n'était plus temps",
        "Pre-notice not sent: its time had passed",
    ),
    "pre_notice_no_act": (
        "Ce n'est pas l'avis : aucun délai n'en court, et aucune preuve n'en est établie.",
        "It is not the notice: no time runs from it, and no proof is made of it.",
    ),
    "next_choice": ("Fin du délai de choix", "End of the time to choose"),
    "next_window": ("Fin du délai de réponse (exclue)", "End of the time to answer (exclusive)"),
    "next_proof": (
        "Sans réponse : preuve de non-réclamation, au plus tard",
        "Without an answer: proof of non-claim, at the latest",
    ),
    "next_identified": ("Fin de l'attente de l'identification", "End of the wait for the identification"),
    "next_kept": ("Preuves gardées au moins jusqu'au", "Proofs kept at least until"),
    "rule_planned": ("L'heure que vous avez choisie au dépôt.", "The time you chose at the deposit."),
    "rule_choice": (
        "{days} jours calendaires, à compter du lendemain de l'avis.",
        "{days} calendar days, from the day after the notice.",
    ),
    "rule_window": (
        "{days} jours calendaires à compter du lendemain de l'envoi de l'avis ; samedis, dimanches et jours fériés comptent. C'est notre règle, sur le modèle du CPCE R. 53-3.",
        "{days} calendar days from the day after the notice was sent; Saturdays, Sundays and holidays count. This is our rule, after CPCE R. 53-3.",
    ),
    "rule_window_law": (
        "{days} jours calendaires à compter du lendemain de l'envoi de l'avis ; samedis, dimanches et jours fériés comptent (CPCE R. 53-3).",
        "{days} calendar days from the day after the notice was sent; Saturdays, Sundays and holidays count (CPCE R. 53-3).",
    ),
    "rule_proof": (
        "Au plus tard le lendemain de la fin du délai : notre règle, sur le modèle du CPCE R. 53-3.",
        "At the latest on the day after the window's end: our rule, after CPCE R. 53-3.",
    ),
    "rule_proof_law": (
        "Au plus tard le lendemain de la fin du délai (CPCE R. 53-3).",
        "At the latest on the day after the window's end (CPCE R. 53-3).",
    ),
    "rule_identified": (
        "L'acceptation compte dès maintenant ; le contenu attend {days} jours que l'identité soit confirmée.",
        "The acceptance counts already; the content waits {days} days for the identity to be confirmed.",
    ),
    "rule_kept": (
        "{days} an(s) à compter de l'issue (CPCE R. 53-3 et R. 53-4). Gardez-en copie.",
        "{days} year(s) from the end (CPCE R. 53-3 and R. 53-4). Keep a copy.",
    ),
    "facts": ("La lettre", "The letter"),
    "digests": ("Empreintes des documents", "Digests of the documents"),
    "moved_on": (
        "La lettre a avancé : la page est à jour.",
        "The letter has moved on: this page is up to date.",
    ),
    "notes": ("Vos notes", "Your notes"),
    "notes_hint": (
        "Pour vous seul : le destinataire ne les voit jamais, et elles ne sont pas des preuves.",
        "For yourself alone: the recipient never sees them, and they are no evidence.",
    ),
    "note": ("Nouvelle note", "New note"),
    "note_write": ("Ajouter la note", "Add the note"),
    "note_drop": ("Effacer la note du {when}", "Delete the note of {when}"),
    "note_drop_short": ("Effacer", "Delete"),
    "again": ("Envoyer une autre lettre à ce destinataire", "Send another letter to this recipient"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def letter_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("letter", _catalogue(language()))
