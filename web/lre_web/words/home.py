# ruff: noqa: E501 - sentences for people read better whole
"""The words of the sender's list, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "all": ("Toutes", "All"),
    "attention": ("À traiter", "Needs you"),
    "under_way": ("En cours", "Under way"),
    "finished": ("Terminées", "Finished"),
    "closing": ("Délai bientôt clos", "Closing soon"),
    "drafts": ("Brouillons", "Drafts"),
    "tabs": ("Quelles lettres", "Which letters"),
    "needs": ("Ce qui demande votre attention", "What needs your attention"),
    "tile_attention": (
        "n'avancent plus : avis ou courrier en échec",
        "are stuck: a notice or the post failed",
    ),
    "tile_closing": (
        "arrivent au bout du délai sous trois jours",
        "reach the end of their window within three days",
    ),
    "tile_prepared": ("attendent une signature", "wait for a signature"),
    "tile_consents": ("accords demandés, sans réponse", "consents asked for, not answered"),
    "tile_means": (
        "moyens d'identification finissent sous 30 jours",
        "identification means end within 30 days",
    ),
    "tile_drafts": ("brouillons commencés", "drafts begun"),
    "search": ("Chercher", "Search"),
    "search_hint": ("Numéro, nom, adresse, objet, référence", "Number, name, address, subject, reference"),
    "state": ("État", "State"),
    "product": ("Type d'envoi", "Kind"),
    "any": ("Tous", "Any"),
    "since": ("Déposées depuis le", "Deposited from"),
    "until": ("jusqu'au (inclus)", "up to (inclusive)"),
    "look": ("Afficher", "Show"),
    "more_filters": ("Filtres", "Filters"),
    "clear_all": ("Tout effacer", "Clear all"),
    "export": ("Exporter (CSV)", "Export (CSV)"),
    "export_most": (
        "Au plus {most} lettres, les plus récentes d'abord.",
        "At most {most} letters, newest first.",
    ),
    "views": ("Vos vues", "Your views"),
    "view_name": ("Nom de la vue", "Name of the view"),
    "view_keep": ("Garder cette vue", "Keep this view"),
    "view_drop": ("Retirer la vue {name}", "Remove the view {name}"),
    "none_title": ("Rien à cet endroit", "Nothing here"),
    "none": ("Aucune lettre ne répond à ces critères.", "No letter answers to this."),
    "first_title": ("Votre première lettre", "Your first letter"),
    "looked_to": (
        "Cherché jusqu'aux lettres déposées le {when}. La recherche continue avec « Lettres plus anciennes ».",
        "Looked through the letters back to {when}. “Older letters” goes on from there.",
    ),
    "too_short": (
        "Beaucoup de mots commencent ainsi : certains n'ont pas été cherchés. Tapez une lettre de plus.",
        "Many words begin like that: some were not looked up. Type one more letter.",
    ),
    "wrong_date": (
        "Cette date n'en est pas une : elle n'a pas été prise en compte.",
        "This is not a date: it was left out.",
    ),
    "newest": ("Lettres les plus récentes", "Newest letters"),
    "tick": ("Choisir la lettre {number}, {name}", "Choose letter {number}, {name}"),
    "with_ticked": ("Avec les lettres cochées :", "With the letters ticked:"),
    "ticked": ("cochées", "ticked"),
    "get_proofs": ("Télécharger les preuves (ZIP)", "Download the proofs (ZIP)"),
    "withdraw": ("Retirer…", "Take back…"),
    "nothing_ticked": ("Aucune lettre n'est cochée.", "No letter is ticked."),
    "nothing_ticked_mend": ("Cochez-en au moins une dans la liste.", "Tick at least one in the list."),
    "too_many": ("Plus de {most} lettres sont cochées.", "More than {most} letters are ticked."),
    "too_many_mend": ("Faites-le en plusieurs fois.", "Do it in several goes."),
    "no_proofs": (
        "Aucune preuve de ces lettres n'est encore prête.",
        "No proof of these letters is ready yet.",
    ),
    "no_proofs_mend": (
        "L'horodatage est en cours : revenez dans un instant.",
        "They are being time-stamped: come back in a moment.",
    ),
    "take_back_title": ("Retirer ces lettres ?", "Take these letters back?"),
    "take_back_lead": (
        "Exactement celles-ci, et aucune autre. Les destinataires n'en sauront rien. C'est définitif et figure dans les preuves.",
        "Exactly these, and no other. Their recipients will not learn of it. It is final and stands in the evidence.",
    ),
    "take_back_not": ("Ne peuvent plus être retirées", "Can no longer be taken back"),
    "take_back_not_text": (
        "Leur avis est parti, ou elles ont leur issue. Elles restent comme elles sont.",
        "Their notice has left, or they have their end. They stay as they are.",
    ),
    "take_back_none": (
        "Aucune de ces lettres ne peut plus être retirée.",
        "None of these letters can be taken back any more.",
    ),
    "take_back_one": ("Retirer définitivement cette lettre", "Take this letter back for good"),
    "take_back_many": (
        "Retirer définitivement ces {count} lettres",
        "Take these {count} letters back for good",
    ),
    "taken_back": (
        "Lettres retirées : {done}. Restées comme elles étaient : {left}.",
        "Letters taken back: {done}. Left as they were: {left}.",
    ),
    "stale_set": ("Ce choix de lettres est trop ancien.", "This choice of letters is too old."),
    "stale_set_mend": ("Cochez-les de nouveau dans la liste.", "Tick them again in the list."),
    "closes": ("délai jusqu'au {when}", "window until {when}"),
    "keys_title": ("Raccourcis clavier", "Keyboard shortcuts"),
    "keys_open": ("Raccourcis", "Shortcuts"),
    "keys_search": ("Chercher", "Search"),
    "keys_new": ("Déposer une lettre", "Deposit a letter"),
    "keys_next": ("Lettre suivante", "Next letter"),
    "keys_previous": ("Lettre précédente", "Previous letter"),
    "keys_tick": ("Cocher la lettre", "Tick the letter"),
    "keys_enter": ("Ouvrir la lettre", "Open the letter"),
    "keys_help": ("Cette aide", "This help"),
    "keys_on": ("Utiliser ces raccourcis", "Use these shortcuts"),
    "close": ("Fermer", "Close"),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def home_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("home", _catalogue(language()))
