# ruff: noqa: E501 - sentences for people read better whole
"""The words of the pages for electronic identities, in French and English."""

from collections.abc import Mapping
from functools import cache

from lre_kit.errors import LreError
from lre_kit.identifiers.eid_values import EidRefusedError
from lre_web.frame.error_words import error_words
from lre_web.texts import LANGUAGES, language, spoken

_TEXTS: Mapping[str, tuple[str, str]] = {
    "title": ("Votre identité numérique", "Your electronic identity"),
    "lead": ("Un fournisseur d'identité que vous connaissez déjà confirme qui vous êtes. Choisissez-le : vous vous connectez chez lui, puis vous revenez ici.", "An identity provider you already know confirms who you are. Choose it: you log in there, then you come back here."),
    "told": ("Nous apprenons de lui vos noms, votre date de naissance et votre adresse électronique, pour les comparer ; jamais votre mot de passe. Il ne sait pas de quelle lettre il s'agit.", "We learn from it your names, your date of birth and your e-mail address, to compare them; never your password. It does not know which letter this is about."),
    "go": ("S'identifier avec {provider}", "Identify with {provider}"),
    "none": ("Aucun fournisseur d'identité n'atteint le niveau demandé.", "No identity provider reaches the level that is asked."),
    "going": ("Vous allez chez {provider}", "You are going to {provider}"),
    "going_text": ("Identifiez-vous là-bas ; vous reviendrez ensuite ici.", "Identify yourself there; you come back here afterwards."),
    "go_on_to": ("Aller chez {provider}", "Go to {provider}"),
    "done": ("Votre identité est confirmée", "Your identity is confirmed"),
    "done_text": ("{provider} a confirmé qui vous êtes. Rien n'est encore décidé : cela reste à vous.", "{provider} confirmed who you are. Nothing is decided yet: that is still up to you."),
    "review": ("Quelqu'un doit encore regarder", "Somebody has to take a look"),
    "review_text": ("{provider} ne vous nomme pas exactement comme nous vous connaissons. Un opérateur comparera ; d'ici là, cette identité ne compte pas. Vous pouvez utiliser un autre moyen.", "{provider} does not name you quite as we know you. An operator will compare; until then this identity does not count. You can use another means."),
    "go_on": ("Continuer", "Continue"),
    "log_out": ("Se déconnecter aussi de {provider}", "Log out of {provider} too"),
    "log_out_hint": ("Sur un ordinateur que d'autres utilisent, faites-le.", "On a computer that others use, do so."),
    "failed": ("L'identification n'a pas abouti", "The identification did not succeed"),
    "again": ("Recommencer", "Begin again"),
    "other_ways": ("Autres moyens :", "Other ways:"),
    "back": ("Revenir en arrière", "Go back"),
    "nobody": ("Nous ne savons pas pour qui cette identification est demandée.", "We do not know for whom this identification is asked."),
    "nobody_mend": ("Connectez-vous, ou ouvrez le lien de votre avis et confirmez votre adresse.", "Log in, or open the link in your notice and confirm your address."),
    "stale": ("Cette page est trop ancienne.", "This page is too old."),
    "stale_mend": ("Recommencez depuis la lettre ou depuis votre compte.", "Begin again from the letter or from your account."),
    "not_offered": ("Les identités numériques ne sont pas acceptées ici.", "Electronic identities are not accepted here."),
    "not_offered_mend": ("Utilisez un autre moyen.", "Use another means."),
}  # fmt: skip

_AGAIN = (
    "Cette réponse du fournisseur d'identité ne peut pas être acceptée.",
    "Identifiez-vous de nouveau.",
)
_REFUSED: Mapping[str, tuple[str, str]] = {
    "state": ("Cette réponse du fournisseur d'identité n'est pas attendue ici : elle a déjà servi, ou elle est trop ancienne.", "Recommencez dans ce navigateur."),
    "cancelled": ("L'identification n'a pas été menée à son terme chez le fournisseur d'identité.", "Recommencez, ou utilisez un autre moyen."),
    "provider-error": ("Le fournisseur d'identité n'a pas pu vous identifier.", "Recommencez, ou utilisez un autre moyen."),
    "token-acr": ("Vous vous êtes identifié avec moins de garanties qu'il n'en faut ici.", "Recommencez avec une identité plus forte, ou utilisez un autre moyen."),
    "token-auth-time": ("Votre connexion chez le fournisseur d'identité est trop ancienne.", "Recommencez en vous y connectant de nouveau."),
    "other-person": ("Cette identité numérique n'est pas liée à cette personne.", "Utilisez la vôtre, ou un autre moyen."),
    "not-active": ("Cette identité numérique ne peut pas être utilisée ici pour le moment.", "Utilisez un autre moyen, ou adressez-vous à nous."),
}  # fmt: skip
_ERRORS: Mapping[str, tuple[str, str]] = {
    "eid-unavailable": ("Le fournisseur d'identité ne répond pas comme il le devrait.", "Réessayez plus tard, ou utilisez un autre moyen."),
    "requirement-missing": ("Ce fournisseur d'identité n'atteint pas le niveau demandé.", "Choisissez-en un autre, ou un autre moyen."),
    "not-found": ("Ce fournisseur d'identité n'existe pas.", "Choisissez l'un de ceux qui sont montrés."),
}  # fmt: skip


@cache
def _catalogue(chosen: str) -> Mapping[str, str]:
    place = LANGUAGES.index(chosen)
    return {name: both[place] for name, both in _TEXTS.items()}


def eid_texts() -> Mapping[str, str]:
    """Return the words of these pages in the page's language."""
    return spoken("eid", _catalogue(language()))


def eid_error(error: LreError) -> str:
    """Return what went wrong with an electronic identity, and how to mend it, in the page's language."""
    if language() != "fr" or error.problem in _catalogue("fr").values():
        return f"{error.problem} {error.mend}"
    if isinstance(error, EidRefusedError):
        return " ".join(_REFUSED.get(error.reason.value, _AGAIN))
    return " ".join(_ERRORS.get(error.slug) or error_words(error, "fr"))
