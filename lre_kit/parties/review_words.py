"""The words of a review: what operators are warned of, and what they must have looked at."""

from collections.abc import Mapping

FLAGS: Mapping[str, tuple[str, str]] = {
    "specimen": (
        "Pièce spécimen : elle ne peut pas être approuvée.",
        "Specimen document: it cannot be approved.",
    ),
    "mrz_check_digits": ("Des chiffres de contrôle ne concordent pas.", "Check digits do not fit."),
    "title_other_kind": ("Ce n'est pas la pièce annoncée.", "This is not the kind of document announced."),
    "names_different": (
        "Les noms déclarés diffèrent de la pièce.",
        "The declared names differ from the document.",
    ),
    "names_close": (
        "Les noms déclarés sont proches de ceux de la pièce, pas identiques.",
        "The declared names are close to the document's, not the same.",
    ),
    "names_unsure": (
        "Les noms sont à comparer à l'œil : une machine ne peut pas.",
        "Compare the names by eye: a machine cannot tell.",
    ),
    "names_cut": (
        "Les noms peuvent être coupés dans la zone : lisez-les sur la pièce.",
        "Names may be cut in the zone: read them on the document.",
    ),
    "birth_date_unknown": (
        "La date de naissance manque d'un côté.",
        "The date of birth is missing on one side.",
    ),
    "birth_date_differs": ("La date de naissance diffère.", "The date of birth differs."),
    "old_french_card": (
        "Ancienne carte française : lisez la date de délivrance et la validité sur la carte.",
        "Old French card: read the date of issue and the validity on the card.",
    ),
    "mrz_corrected": (
        "Des signes ressemblants ont été corrigés à la lecture.",
        "Look-alike characters were corrected when reading.",
    ),
    "mrz_typed": (
        "Les lignes ont été tapées par la personne : comparez-les à la photo.",
        "The lines were typed by the person: compare them with the photo.",
    ),
    "mrz_disagrees": (
        "Les lignes tapées diffèrent de celles qui ont été lues.",
        "The typed lines differ from those that were read.",
    ),
    "duplicate_document": (
        "Cette pièce a déjà servi à une autre personne.",
        "This document was used before by another person.",
    ),
    "duplicate_picture": (
        "Ce fichier a déjà été envoyé par une autre personne.",
        "This very file was sent before by another person.",
    ),
    "film_reused": (
        "Ce film a déjà servi : il ne suit pas la consigne d'aujourd'hui.",
        "This film was used before: it does not follow today's challenge.",
    ),
    "poor_picture": ("Image difficile à lire.", "Picture hard to read."),
    "no_film": (
        "Pas de film : rien ne montre que la personne est là maintenant.",
        "No film: nothing shows that the person is there now.",
    ),
    "provider_names_different": ("Le prestataire a vu d'autres noms.", "The provider saw other names."),
    "provider_names_unsure": (
        "Les noms vus par le prestataire sont à comparer à l'œil.",
        "Compare by eye the names the provider saw.",
    ),
    "provider_birth_date_differs": (
        "Le prestataire a vu une autre date de naissance.",
        "The provider saw another date of birth.",
    ),
}
"""What the automatic checks found, in French and English, by slug."""

CHECKS: Mapping[str, tuple[str, str]] = {
    "title_genuine": (
        "La pièce paraît authentique (matière, impression, sécurités visibles).",
        "The document looks genuine (material, print, visible security features).",
    ),
    "title_in_date": ("La pièce est en cours de validité.", "The document is in date."),
    "title_matches_declared": (
        "La pièce est bien celle de la personne déclarée.",
        "The document is that of the declared person.",
    ),
    "face_matches_title": (
        "Le visage est celui de la photo de la pièce.",
        "The face is that of the document's photo.",
    ),
    "living_person": (
        "C'est une personne vivante, sans masque, écran ni trucage visible.",
        "It is a living person; no mask, screen or visible forgery.",
    ),
    "challenge_followed": (
        "Les consignes du film ont été suivies dans l'ordre.",
        "What the film asked was done, in order.",
    ),
}
"""What must be ticked to approve, in French and English, by key."""


GESTURES: Mapping[str, tuple[str, str]] = {
    "turn:left": ("tourner la tête à gauche", "turn the head left"),
    "turn:right": ("tourner la tête à droite", "turn the head right"),
    "look:up": ("regarder en haut", "look up"),
    "look:down": ("regarder en bas", "look down"),
    "show:title_beside_face": ("montrer la pièce à côté du visage", "show the document beside the face"),
    "hand:before_face": ("passer la main devant le visage", "pass a hand before the face"),
}
"""What a film must show, in French and English."""


def challenge_word(code: str, language: str) -> str:
    """Return what a film must show, in words."""
    kind, _, digits = code.partition(":")
    if kind == "say":
        return f"dire {digits}" if language == "fr" else f"say {digits}"
    return review_word(GESTURES, code, language)


def review_word(words: Mapping[str, tuple[str, str]], slug: str, language: str) -> str:
    """Return a sentence in a language; a slug without one stays as it is."""
    found = words.get(slug)
    return slug.replace("_", " ") if found is None else found[0 if language == "fr" else 1]
