# ruff: noqa: E501 - sentences for people read better whole
"""The words of the pages for letters that wait for a signature, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "prepared": ("Lettres préparées", "Prepared letters"),
    "lead": (
        "Une lettre préparée ne part qu'une fois signée par une personne qui peut envoyer au nom de l'organisation. Sans signature, elle est effacée au bout de {days} jours.",
        "A prepared letter leaves only once somebody who may send in the organisation's name has signed it. Without a signature it is erased after {days} days.",
    ),
    "to_sign": ("À signer", "To sign"),
    "to_sign_for": ("À signer pour {name}", "To sign for {name}"),
    "nothing_to_sign": ("Aucune lettre n'attend votre signature.", "No letter waits for your signature."),
    "bulk_of": ("Envois groupés pour {name}", "Letters in bulk for {name}"),
    "yours": ("Préparées par vous", "Prepared by you"),
    "none_yours": ("Vous n'avez préparé aucune lettre.", "You have prepared no letter."),
    "prepare_for": ("Préparer pour {name} (à faire signer)", "Prepare for {name} (to be signed)"),
    "settled_label": ("Lettre préparée le {when}", "Letter prepared on {when}"),
    "settled_title": ("Lettre préparée", "Prepared letter"),
    "state_waiting": ("Attend une signature", "Waits for a signature"),
    "state_sent": ("Envoyée", "Sent"),
    "state_declined": ("Renvoyée", "Sent back"),
    "state_withdrawn": ("Reprise", "Taken back"),
    "state_expired": ("Sans suite", "Nobody signed"),
    "prepared_by": ("Préparée par", "Prepared by"),
    "prepared_at": ("Préparée le", "Prepared on"),
    "in_name_of": ("Au nom de", "In the name of"),
    "recipient": ("Destinataire", "Recipient"),
    "postal": ("Adresse postale", "Postal address"),
    "product": ("Produit", "Product"),
    "subject": ("Objet", "Subject"),
    "reference": ("Référence", "Reference"),
    "letters": ("Lettres", "Letters"),
    "letters_each": (
        "{count}, une pour chacun, sous une seule signature : toutes ou aucune",
        "{count}, one for each, under one signature: all or none",
    ),
    "notify_at": ("Départ de l'avis", "Notice leaves"),
    "documents": ("Documents à relire avant de signer", "Documents to read before signing"),
    "sign": ("Signer et envoyer", "Sign and send"),
    "sign_hint": (
        "La lettre part aussitôt au nom de {name} ; la preuve de dépôt dit que vous l'avez envoyée.",
        "The letter leaves at once in the name of {name}; the proof of deposit says that you sent it.",
    ),
    "decline": ("Renvoyer à la personne qui l'a préparée", "Send back to who prepared it"),
    "reason": ("Pourquoi", "Why"),
    "reason_hint": ("La personne qui l'a préparée le lit.", "Whoever prepared it reads this."),
    "reason_given": ("Raison", "Reason"),
    "ended_by": ("Close par", "Settled by"),
    "ended_at": ("Close le", "Settled on"),
    "withdraw": ("Reprendre cette lettre", "Take this letter back"),
    "withdraw_hint": ("Elle est effacée, et rien ne part.", "It is erased, and nothing leaves."),
    "letter": ("Voir la lettre envoyée", "See the letter that was sent"),
    "erased": (
        "Son contenu n'est plus ici : il est dans la lettre envoyée, ou effacé.",
        "Its content is no longer here: it is in the letter that was sent, or erased.",
    ),
    "back": ("Toutes les lettres préparées", "All prepared letters"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def prepared_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("prepared", _catalogue(language()))
