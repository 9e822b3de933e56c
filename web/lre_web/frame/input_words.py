"""French for sentences of faults in what was typed that have no slug of their own.

Each is found by its English beginning; what stands in braces there is taken over as it is.
"""

import re
from collections.abc import Mapping
from functools import cache

SENTENCES: Mapping[str, tuple[str, str]] = {
    "The view needs a name.": ("La vue n'a pas de nom.", "Donnez-lui un nom court."),
    "This view is too long to keep.": (
        "Cette vue est trop longue pour être gardée.",
        "Raccourcissez la recherche.",
    ),
    "You keep {count} views already.": ("Vous gardez déjà {count} vues.", "Retirez-en une."),
    "The note is empty, too long, or holds invisible control characters.": (
        "La note est vide, trop longue, ou contient des caractères invisibles.",
        "Écrivez une note courte.",
    ),
    "This letter has {count} notes already.": ("Cette lettre a déjà {count} notes.", "Retirez-en une."),
    "The reference is too long or holds invisible control characters.": (
        "La référence est trop longue ou contient des caractères invisibles.",
        "Donnez au plus cent caractères.",
    ),
    "A letter that is printed has no electronic notice to plan.": (
        "Une lettre imprimée n'a pas d'avis électronique à prévoir.",
        "Laissez le départ de l'avis vide.",
    ),
    "The notice cannot leave on {when}.": (
        "L'avis ne peut pas partir le {when}.",
        "Choisissez une heure à venir, dans les 90 jours.",
    ),
    "This draft is too long to keep.": (
        "Ce brouillon est trop long pour être gardé.",
        "Raccourcissez ce que vous avez tapé.",
    ),
    "You keep {count} drafts already.": (
        "Vous gardez déjà {count} brouillons.",
        "Déposez ou effacez-en quelques-uns.",
    ),
    "Your drafts hold as many documents as they may.": (
        "Vos brouillons ne peuvent pas garder plus de documents.",
        "Déposez ou effacez quelques brouillons.",
    ),
    "This cannot be chosen for that message.": (
        "Ce choix n'existe pas pour ce message.",
        "Choisissez parmi ce qui est proposé.",
    ),
    "The subject is too long or holds invisible control characters.": (
        "L'objet est trop long ou contient des caractères invisibles.",
        "Donnez au plus deux cents caractères.",
    ),
    "There is a group of this name already.": ("Un groupe porte déjà ce nom.", "Choisissez-en un autre."),
    "There are {count} groups already.": ("Il y a déjà {count} groupes.", "Retirez-en un."),
    "The mandate says not what it is for, or has no reference.": (
        "Le mandat ne dit pas à quoi il sert, ou n'a pas de référence.",
        "Indiquez l'un et l'autre.",
    ),
    "The mandate's reference is too long, or holds invisible characters.": (
        "La référence du mandat est trop longue, ou contient des caractères invisibles.",
        "Raccourcissez-la.",
    ),
    "The mandate ends before it begins.": (
        "Le mandat finit avant de commencer.",
        "Corrigez l'un des deux jours.",
    ),
    "Nobody is their own delegate.": ("Personne n'est son propre mandataire.", "Nommez quelqu'un d'autre."),
    "There are {count} keys in force already.": (
        "Il y a déjà {count} clés en vigueur.",
        "Révoquez-en une qui ne sert plus.",
    ),
    "The preparer needs a reason.": (
        "Il faut dire pourquoi à qui a préparé la lettre.",
        "Donnez une raison en quelques mots.",
    ),
    "{count} letters wait for a signature already.": (
        "{count} lettres attendent déjà une signature.",
        "Demandez à un expéditeur d'en signer ou d'en renvoyer.",
    ),
}
"""The problem and how to mend it in French, by the English problem."""


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], tuple[str, str]], ...]:
    return tuple(
        (re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.{1,120})", re.escape(english))), french)
        for english, french in SENTENCES.items()
    )


def french_of(problem: str) -> tuple[str, str] | None:
    """Return a sentence in French, with how to mend it, if it is one of these."""
    for pattern, (french, mend) in _patterns():
        if (found := pattern.fullmatch(problem)) is not None:
            return french.format(**found.groupdict()), mend
    return None
