# ruff: noqa: E501 - sentences for people read better whole
"""The words of the page of notifications, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Notifications", "Notifications"),
    "lead": (
        "Ce que nous vous écrivons au sujet de vos lettres. Les preuves sont toujours sur la page de chaque lettre, quel que soit votre choix.",
        "What we write to you about your letters. Proofs are always on each letter's page, whatever you choose.",
    ),
    "kept": (
        "C'est noté. Cela vaut pour ce qui arrive à partir de maintenant.",
        "Saved. It holds for what happens from now on.",
    ),
    "whose": ("Pour", "For"),
    "me": ("Moi-même", "Myself"),
    "events": ("Événements", "Events"),
    "pace_off": ("Jamais", "Never"),
    "pace_at_once": ("Aussitôt", "At once"),
    "pace_daily": ("Une fois par jour, à 9 h", "Once a day, at 9:00"),
    "kind_bounced": ("L'avis n'a pas pu être remis", "The notice could not be delivered"),
    "kind_bounced_hint": (
        "Toujours signalé\N{NO-BREAK SPACE}: tant que l'adresse n'est pas corrigée, aucun délai ne court.",
        "Always told: until the address is corrected, no time runs.",
    ),
    "kind_accepted": ("Une lettre est acceptée", "A letter is accepted"),
    "kind_refused": ("Une lettre est refusée", "A letter is refused"),
    "kind_unclaimed": ("Une lettre n'est pas réclamée dans le délai", "A letter is not claimed in time"),
    "kind_not_handed_over": (
        "Une lettre acceptée n'est pas remise, faute d'identification",
        "An accepted letter is not handed over, for want of identification",
    ),
    "kind_paper": (
        "Une lettre papier avance, ou n'a pas pu être postée",
        "A letter on paper moves on, or could not be posted",
    ),
    "kind_consent": (
        "Un destinataire donne, refuse ou retire son accord, ou celui-ci prend fin",
        "A recipient gives, refuses or withdraws consent, or it ends",
    ),
    "kind_to_sign": (
        "Des lettres préparées attendent votre signature",
        "Prepared letters wait for your signature",
    ),
    "language": ("Langue de ces messages", "Language of these messages"),
    "language_": ("Celle de chaque lettre", "That of each letter"),
    "keep": ("Enregistrer", "Save"),
    "always": ("Ce qui part toujours", "What always leaves"),
    "always_lead": (
        "Ces messages ne peuvent pas être arrêtés\N{NO-BREAK SPACE}:",
        "These messages cannot be turned off:",
    ),
    "always_notices": (
        "Les avis aux destinataires\N{NO-BREAK SPACE}: leur délai en dépend (CPCE R. 53-3). Les demandes d'accord\N{NO-BREAK SPACE}: un particulier doit avoir donné le sien (CPCE L. 100). Les rappels\N{NO-BREAK SPACE}: ils évitent qu'un délai passe inaperçu.",
        "Notices to recipients: the time to decide depends on them (CPCE R. 53-3). Requests for consent: whoever is no professional must have given theirs (CPCE L. 100). Reminders: they keep a time from passing unnoticed.",
    ),
    "always_security": (
        "Les messages de sécurité (mot de passe, moyens d'identification, adresses)\N{NO-BREAK SPACE}: c'est par eux que vous apprenez que quelqu'un d'autre agit à votre place.",
        "Security messages (password, identification means, addresses): they are how you learn that somebody else acts in your place.",
    ),
    "always_identity": (
        "Le résultat d'une vérification d'identité, et les codes à usage unique\N{NO-BREAK SPACE}: sans eux vous ne pouvez pas continuer.",
        "The result of an identity check, and one-time codes: without them you cannot go on.",
    ),
    "always_answers": (
        "Les réponses à vos demandes, et la suspension d'un webhook\N{NO-BREAK SPACE}: vous les attendez, ou vous devez agir.",
        "Answers to your requests, and the suspension of a webhook: you wait for them, or have to act.",
    ),
}


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def preferences_texts() -> Mapping[str, str]:
    """Return the words in the page's language."""
    return spoken("preferences", _catalogue(language()))
