"""What went wrong, in the page's language.

The kit's errors speak English; a French page says the same by the error's stable slug. Sentences
that the pages raise themselves are in the page's language already.
"""

import re
from collections.abc import Mapping

from lre_kit.errors import LreError
from lre_kit.hosting.hooks import DepositRefusedError
from lre_kit.postroom.errors import NotPrintableError
from lre_web.frame.input_words import french_of
from lre_web.texts import catalogue
from lre_web.words.api import FRENCH_PROBLEMS
from lre_web.words.consents import catalogue as consent_catalogue
from lre_web.words.post import PRINT_REASONS, post_catalogue
from lre_web.words.templates import TEMPLATE_PROBLEMS
from lre_web.words.webhooks import WEBHOOK_PROBLEMS

_QUOTED = re.compile("“([^”]{1,120})”")

_FRENCH: Mapping[str, tuple[str, str]] = {
    **FRENCH_PROBLEMS,
    **WEBHOOK_PROBLEMS,
    **TEMPLATE_PROBLEMS,
    "error": ("La demande n'a pas pu aboutir.", "Réessayez ; si cela persiste, prévenez l'exploitant."),
    "invalid-input": (
        "Une information du formulaire ne convient pas.",
        "Vérifiez ce que vous avez saisi et recommencez.",
    ),
    "empty-document": (
        "Il manque un document, ou il est vide.",
        "Joignez au moins un document qui a un contenu.",
    ),
    "document-too-large": (
        "Les documents sont trop nombreux ou trop volumineux.",
        "Réduisez-les ou répartissez-les en plusieurs lettres.",
    ),
    "not-a-pdf": (
        "Ce document n'est pas un PDF, bien que son nom le dise.",
        "Exportez-le de nouveau en PDF et choisissez ce fichier.",
    ),
    "unsupported-document": (
        "Ce type de document n'est pas admis.",
        "Joignez un PDF, une image PNG ou JPEG, ou un texte.",
    ),
    "infected-document": (
        "Un virus a été trouvé dans un document.",
        "Refaites ce document sur un ordinateur sain, ou envoyez-le en texte simple.",
    ),
    "scanner-unavailable": (
        "La recherche de virus est indisponible pour le moment : rien n'a été déposé.",
        "Réessayez dans quelques minutes ; ce que vous avez tapé est gardé.",
    ),
    "pre-notice": (
        "Le destinataire ne peut pas être prévenu ainsi avant l'avis.",
        "Prévoyez le départ de l'avis pour plus tard, demandez moins de jours, ou aucune annonce.",
    ),
    "notice-leaving": (
        "L'avis est en train de partir, ou vient de partir.",
        "Regardez de nouveau dans quelques minutes.",
    ),
    "invalid-address": (
        "L'adresse électronique du destinataire n'en est pas une.",
        "Donnez une adresse comme nom@exemple.fr.",
    ),
    "invalid-name": (
        "Le nom du destinataire est vide, trop long, ou contient des caractères invisibles.",
        "Tapez le nom et le prénom, ou la raison sociale.",
    ),
    "unknown-product": ("Ce type d'envoi n'existe pas.", "Rechargez la page et recommencez."),
    "idempotency-mismatch": (
        "Ce formulaire a déjà servi à déposer une autre lettre.",
        "Ouvrez un nouveau formulaire de dépôt.",
    ),
    "not-found": (
        "Ce que vous cherchez n'existe pas, ou plus.",
        "Vérifiez le numéro ou l'adresse, ou revenez à la liste.",
    ),
    "no-authority": (
        "Vous ne pouvez pas agir en ce nom.",
        "Demandez un rôle à un propriétaire, ou un mandat.",
    ),
    "prepared-settled": (
        "Cette lettre préparée n'attend plus de signature.",
        "Voyez son état sur cette page.",
    ),
    "draft-changed": (
        "Les documents de ce brouillon ont changé entre-temps, peut-être sur un autre appareil.",
        "Regardez la liste des documents, puis déposez de nouveau.",
    ),
    "unlawful-act": ("L'état de cette lettre ne permet pas cet acte.", "Rien n'a été changé."),
    "already-decided": (
        "Cet envoi a déjà trouvé sa fin.",
        "Plus rien ne peut être décidé ; ses preuves restent disponibles.",
    ),
    "requirement-missing": ("Il manque une condition à cet acte.", "Identifiez-vous de nouveau."),
    "identification-failed": (
        "Ce code est faux, a déjà servi ou est trop ancien.",
        "Vérifiez-le, ou demandez un nouveau code.",
    ),
    "consent-missing": (
        "Ce destinataire n'a pas donné son accord pour recevoir de vous par voie électronique.",
        "Demandez-le depuis la page « Accords », ou écrivez-lui par la poste.",
    ),
    "consent-state": (
        "L'état de cet accord ne permet pas cet acte.",
        "Ouvrez-le : son historique dit ce qui s'est passé.",
    ),
    "consent-already-asked": (
        "Ce destinataire a déjà reçu une demande, à laquelle il peut encore répondre.",
        "Attendez : des rappels lui sont envoyés.",
    ),
    "consent-request-stale": (
        "Le temps pour répondre à cette demande est passé.",
        "Demandez à l'expéditeur d'en envoyer une nouvelle.",
    ),
    "consent-input": (
        "Une ligne, un champ ou un fichier ne convient pas.",
        "Vérifiez-le et recommencez.",
    ),
    "unusable-table": (
        "Ce tableau, ou cette ligne, ne convient pas.",
        "Vérifiez les colonnes, l'adresse, la langue, la qualité, les doublons et les formules.",
    ),
    "contact-input": (
        "Cette fiche, ou ce groupe, ne peut pas être gardé ainsi.",
        "Donnez un nom, une langue et une référence qui conviennent ; un nom de groupe ne sert qu'une fois.",
    ),
    "contact-changed": (
        "Cette fiche a été modifiée entre-temps.",
        "Regardez-la de nouveau, puis modifiez-la.",
    ),
    "capacity-basis": (
        "Il manque la raison pour laquelle ce destinataire n'est pas un particulier.",
        "Donnez un numéro SIREN, un contrat, un site.",
    ),
    "throttled": (
        "Trop de codes ont été demandés pour cet envoi.",
        "Attendez une heure, puis demandez un nouveau code.",
    ),
    "evidence-pending": (
        "Cette preuve attend encore son cachet ou son horodatage.",
        "Revenez dans un instant.",
    ),
    "no-postal-address": (
        "Il manque l'adresse postale du destinataire.",
        "Donnez ses lignes, le nom d'abord.",
    ),
    "invalid-postal-address": (
        "L'adresse postale ne peut pas être imprimée.",
        "Deux à six lignes de 38 caractères au plus, la dernière comme 75001 PARIS.",
    ),
    "too-many-sheets": (
        "La lettre compte trop de feuilles pour une enveloppe.",
        "Imprimez recto verso, ou faites plusieurs lettres.",
    ),
    "choice-time": (
        "Le délai laissé pour choisir est hors des bornes.",
        "Laissez de 1 à 15 jours.",
    ),
    "posting-leaving": ("La lettre part avec le prochain lot.", "Elle ne peut plus être retirée."),
    "no-post-room": ("Ce service n'envoie rien par la poste.", "Choisissez un autre type d'envoi."),
    "unavailable": ("Le service est momentanément indisponible.", "Réessayez dans quelques instants."),
    "integrity": (
        "Un document conservé n'est plus celui qui a été déposé.",
        "Il n'est pas remis ; prévenez l'exploitant.",
    ),
}


_STILL: Mapping[str, Mapping[str, tuple[str, str]]] = {
    slug: {
        "fr": (
            "Le service est arrêté jusqu'à ce que l'exploitant soit intervenu : rien n'est déposé ni décidé.",
            "Réessayez plus tard ; si un délai court, écrivez-nous.",
        ),
        "en": (
            "The service stands still until its operator has acted: nothing is deposited or decided.",
            "Try again later; if a time is running, write to us.",
        ),
    }
    for slug in ("rolled-back", "clock-in-doubt")
}
"""What people are told while only an operator can mend it; how, stands where operators look."""


def _is_french(problem: str) -> bool:
    return any(problem in words("fr").values() for words in (catalogue, consent_catalogue, post_catalogue))


def error_words(error: LreError, language: str) -> tuple[str, str]:
    """Return what is wrong and how to mend it, for a page in `language` (``fr`` or ``en``)."""
    if error.slug in _STILL:
        return _STILL[error.slug][language]
    # A host that refuses a deposit speaks to its own people, in words that are not ours to change.
    if language != "fr" or isinstance(error, DepositRefusedError) or _is_french(error.problem):
        return error.problem, error.mend
    if isinstance(error, NotPrintableError):
        why, how = PRINT_REASONS.get(error.reason, PRINT_REASONS["unreadable"])
        document = _QUOTED.search(error.problem)
        return f"« {document.group(1) if document else 'Le document'} » {why}.", how
    if (found := french_of(error.problem)) is not None:
        return found
    slugs = (vars(kind).get("slug", "") for kind in type(error).__mro__)
    problem, mend = next(_FRENCH[slug] for slug in slugs if slug in _FRENCH)
    named = _QUOTED.search(error.problem)
    return (f"« {named.group(1)} » : {problem}" if named else problem), mend
