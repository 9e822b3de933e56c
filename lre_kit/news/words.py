# ruff: noqa: E501 - sentences for people read better whole
"""The words of news, in French and English."""

from collections.abc import Mapping

from lre_kit.law.consents import ConsentAct
from lre_kit.law.events import ErdsEvent

SENTENCES: Mapping[str, tuple[str, str]] = {
    ErdsEvent.CONSIGNMENT_ACCEPTANCE.value: (
        "Votre lettre {number} a été acceptée par {name}.",
        "Your letter {number} was accepted by {name}.",
    ),
    ErdsEvent.CONSIGNMENT_REJECTION.value: (
        "Votre lettre {number} a été refusée par {name}.",
        "Your letter {number} was refused by {name}.",
    ),
    ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY.value: (
        "Votre lettre {number} à {name} n'a pas été réclamée dans le délai.",
        "Your letter {number} to {name} was not claimed in time.",
    ),
    ErdsEvent.CONTENT_CONSIGNMENT_FAILURE.value: (
        "Votre lettre {number} n'a pas été remise à {name} : son identité n'a pas été confirmée dans le délai.",
        "Your letter {number} was not handed over to {name}: their identity was not confirmed in time.",
    ),
    ErdsEvent.RELAY_TO_NON_ERDS_FAILURE.value: (
        "Votre lettre {number} à {name} n'a pas pu être postée.",
        "Your letter {number} to {name} could not be posted.",
    ),
    ErdsEvent.RECEIVED_FROM_NON_ERDS.value: (
        "Le transporteur a donné des nouvelles de votre lettre {number} à {name}.",
        "The carrier has news of your letter {number} to {name}.",
    ),
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE.value: (
        "L'avis de votre lettre {number} n'a pas pu être remis à {name} : corrigez l'adresse.",
        "The notice of your letter {number} could not be delivered to {name}: correct the address.",
    ),
    ConsentAct.GIVEN.value: (
        "{name} a donné son accord pour recevoir vos lettres par voie électronique.",
        "{name} consented to receive your letters electronically.",
    ),
    ConsentAct.REFUSED.value: (
        "{name} a refusé de recevoir vos lettres par voie électronique.",
        "{name} refused to receive your letters electronically.",
    ),
    ConsentAct.LATER.value: (
        "{name} répondra plus tard à votre demande d'accord.",
        "{name} will answer your request for consent later.",
    ),
    ConsentAct.EXPIRED.value: (
        "Votre demande d'accord à {name} est restée sans réponse, ou l'accord a pris fin.",
        "Your request for consent to {name} has no answer, or the consent ended.",
    ),
    ConsentAct.WITHDRAWN.value: (
        "{name} a retiré son accord : les lettres suivantes ne peuvent plus lui être envoyées par voie électronique.",
        "{name} withdrew their consent: further letters cannot be sent to them electronically.",
    ),
}
"""What is told of each event, by its name."""

FRAME: Mapping[str, tuple[str, str]] = {
    "at_once": ("Lettre {number} : du nouveau", "Letter {number}: news"),
    "consent": ("Accord d'un destinataire : du nouveau", "A recipient's consent: news"),
    "daily": ("Vos lettres : {count} nouvelle(s)", "Your letters: {count} piece(s) of news"),
    "on": ("Le {when}.", "On {when}."),
    "more": (
        "Ce message n'est qu'une information : seules comptent les preuves, sur la page de la lettre.",
        "This message only informs: what counts is the proofs on the letter's page.",
    ),
    "left": (
        "… et {count} autre(s), dans la liste de vos lettres :",
        "… and {count} more, in the list of your letters:",
    ),
    "change": (
        "Ces messages suivent vos choix. Pour les changer :",
        "These messages follow your choices. To change them:",
    ),
}
"""What stands around, by place."""


def said(words: Mapping[str, tuple[str, str]], key: str, language: str, **facts: object) -> str:
    """Return a sentence in a language, with its facts."""
    return words[key][0 if language == "fr" else 1].format(**facts)
