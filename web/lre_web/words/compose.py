# ruff: noqa: E501 - sentences for people read better whole
"""The words of writing a letter: drafts, preview, summary; in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "drafts": ("Brouillons", "Drafts"),
    "drafts_lead": (
        "Ce que vous avez tapé, et vos documents. Un brouillon s'efface à la fin du dépôt, ou {days} jours après son dernier changement.",
        "What you typed, and your documents. A draft goes once its letter is deposited, or {days} days after its last change.",
    ),
    "drafts_none_title": ("Aucun brouillon", "No draft"),
    "drafts_none": ("Ce que vous commencez à écrire est gardé ici.", "What you begin to write is kept here."),
    "draft_unnamed": ("Destinataire à compléter", "Recipient to be filled in"),
    "draft_changed": ("Modifié le {when}", "Changed on {when}"),
    "draft_go": ("Continuer", "Go on"),
    "draft_drop": ("Effacer", "Delete"),
    "draft_drop_of": ("Effacer le brouillon pour {name}", "Delete the draft for {name}"),
    "draft_save": ("Garder en brouillon", "Save draft"),
    "draft_saved": (
        "Brouillon gardé, avec ses documents\N{NO-BREAK SPACE}: vous pouvez continuer ici ou sur un autre appareil.",
        "Draft saved, with its documents: you can go on here or on another device.",
    ),
    "kept_title": ("Documents gardés avec le brouillon", "Documents kept with the draft"),
    "kept_hint": (
        "Ils sont chiffrés. Décochez ceux que vous ne voulez pas envoyer.",
        "They are encrypted. Untick those you do not want to send.",
    ),
    "kept_get": ("Télécharger {name}", "Download {name}"),
    "kept_count": ("({count} document(s))", "({count} document(s))"),
    "kept_sending": ("Vos documents sont en train d'être gardés…", "Your documents are being kept…"),
    "draft_auto": ("Brouillon gardé à {time}", "Draft saved at {time}"),
    "draft_lost": (
        "Le brouillon n'a pas pu être gardé : vérifiez le réseau.",
        "The draft could not be saved: check the network.",
    ),
    "to_whom": ("À qui", "To whom"),
    "book": ("Choisir dans le carnet d'adresses", "Choose from the address book"),
    "what": ("La lettre", "The letter"),
    "how": ("Comment elle part", "How it goes"),
    "more": ("Autres réglages", "More settings"),
    "look": ("Relire et prévisualiser", "Review and preview"),
    "look_hint": (
        "Dans un nouvel onglet : le résumé, l'accord du destinataire, et ce qu'il verra. Rien n'est envoyé.",
        "In a new tab: the summary, the recipient's consent, and what they will see. Nothing is sent.",
    ),
    "look_title": ("Avant de déposer", "Before you deposit"),
    "look_lead": (
        "Rien n'est encore envoyé. Fermez cet onglet pour revenir à la lettre, puis déposez-la.",
        "Nothing has been sent yet. Close this tab to go back to the letter, then deposit it.",
    ),
    "summary": ("Résumé", "Summary"),
    "leaves": ("L'avis part", "The notice leaves"),
    "early_hint": (
        "un message sans lien ; aucun délai n'en court",
        "a message without a link; no time runs from it",
    ),
    "at_once": ("dès le dépôt", "as soon as it is deposited"),
    "until": ("Le destinataire pourra répondre jusqu'au", "The recipient may answer until"),
    "until_hint": (
        "si l'avis part à l'heure dite ; l'heure exacte est celle de son envoi",
        "if the notice leaves then; what counts is when it was sent",
    ),
    "you_identify": ("Vous vous identifiez", "You identify"),
    "not_asked": ("rien n'est demandé pour ce type d'envoi", "nothing is asked for this kind"),
    "identified": ("c'est fait, et cela suffit", "done, and it is enough"),
    "signer_identifies": (
        "à la signature : qui signe cette lettre s'identifiera",
        "when it is signed: whoever signs this letter identifies then",
    ),
    "they_identify": ("Le destinataire s'identifie", "The recipient identifies"),
    "by_code": ("par un code reçu par courriel", "by a code received by e-mail"),
    "strongly": ("fortement, avant de décider", "strongly, before deciding"),
    "consent": ("Accord du destinataire", "The recipient's consent"),
    "consent_not_needed": ("pas nécessaire pour cet envoi", "not needed for this sending"),
    "consent_counts": ("donné : il compte pour cette lettre", "given: it counts for this letter"),
    "consent_asked": ("demandé, pas encore de réponse", "asked for, not answered yet"),
    "consent_none": (
        "manque : sans lui, cette lettre ne peut pas être déposée",
        "missing: without it this letter cannot be deposited",
    ),
    "consent_ask": ("Demander l'accord", "Ask for consent"),
    "documents_kept": ("Vos documents restent sur l'autre onglet.", "Your documents stay in the other tab."),
    "seen_mail": ("1. Le courriel d'avis", "1. The notice by e-mail"),
    "seen_mail_hint": ("Il ne dit ni votre nom ni l'objet.", "It tells neither your name nor the subject."),
    "seen_mail_hint_named": (
        "Pour ce type d'envoi, il dit votre nom, mais pas l'objet.",
        "For this kind, it tells your name, but not the subject.",
    ),
    "seen_before": ("2. La page, avant sa décision", "2. The page, before deciding"),
    "seen_after": ("3. La page, après son acceptation", "3. The page, after acceptance"),
    "no_mail": (
        "Cet envoi part sur papier : il n'y a pas d'avis électronique. Utilisez l'aperçu de l'impression.",
        "This one goes on paper: there is no electronic notice. Use the preview of the print.",
    ),
    "your_files": ("vos documents", "your documents"),
    "stale": (
        "La page était ouverte depuis trop longtemps. Rien n'est perdu : vérifiez et déposez de nouveau.",
        "The page had been open too long. Nothing is lost: check it and deposit again.",
    ),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def compose_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("compose", _catalogue(language()))
