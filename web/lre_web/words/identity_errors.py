# ruff: noqa: E501 - sentences for people read better whole
"""What goes wrong on the identification pages, in the page's language, and how to mend it."""

from collections.abc import Mapping

from lre_kit.errors import InputError, LreError
from lre_kit.parties.mrz import MrzError
from lre_kit.parties.pictures import PictureError
from lre_kit.parties.proofing_errors import TitleRefusedError, VerdictError
from lre_web.frame.error_words import error_words
from lre_web.texts import language
from lre_web.words.identity import spaced

_WORDS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "consent-missing": (("Sans votre accord, cette identification ne peut pas commencer.", "Cochez la case si vous êtes d'accord, ou choisissez un autre moyen."), ("Without your consent this identification cannot begin.", "Tick the box if you agree, or choose another way.")),
    "file-missing": (("Aucun fichier n'a été choisi.", "Choisissez un fichier, puis envoyez-le."), ("No file was chosen.", "Choose a file, then send it.")),
    "title-missing": (("Aucune pièce n'est choisie.", "Choisissez celle que vous allez montrer."), ("No document is chosen.", "Choose the one you will show.")),
    "birth-date": (("Cette date de naissance n'en est pas une.", "Donnez le jour, le mois et l'année."), ("This is not a date of birth.", "Give the day, the month and the year.")),
    "picture-wrong-type": (("Ce fichier n'est pas une photo que nous puissions lire.", "Envoyez une photo JPEG, PNG, WebP ou HEIC."), ("This file is not a photo that we can read.", "Send a JPEG, PNG, WebP or HEIC photo.")),
    "picture-wrong-video": (("Ce fichier n'est pas un film que nous puissions lire.", "Envoyez un film WebM ou MP4."), ("This file is not a film that we can read.", "Send a WebM or MP4 film.")),
    "picture-too-large": (("Ce fichier est trop lourd.", "Réduisez-le, ou refaites la prise."), ("This file is too large.", "Make it smaller, or take it again.")),
    "picture-too-small": (("Cette photo est trop petite pour montrer quoi que ce soit.", "Reprenez-la de plus près."), ("This photo is too small to show anything.", "Take it again, closer.")),
    "picture-damaged": (("Ce fichier est abîmé ou incomplet.", "Refaites la prise."), ("This file is damaged or incomplete.", "Take it again.")),
    "picture-too-slow": (("Cette photo est trop longue à ouvrir.", "Reprenez-la, ou envoyez-la moins grande."), ("This photo takes too long to open.", "Take it again, or send a smaller one.")),
    "picture-empty": (("Ce fichier est vide.", "Refaites la prise."), ("This file is empty.", "Take it again.")),
    "pictures-busy": (("Trop de photos arrivent en même temps.", "Réessayez dans une minute : rien n'est perdu."), ("Too many photos arrive at once.", "Try again in a minute: nothing is lost.")),
    "identity-case-closed": (("Ce dossier ne prend plus rien.", "Regardez où il en est ; s'il est clos, commencez-en un nouveau."), ("This file takes nothing more.", "Look where it stands; if it ended, begin a new one.")),
    "identity-case-incomplete": (("Il manque encore quelque chose.", "Complétez l'étape indiquée, puis envoyez."), ("Something is still missing.", "Complete the step shown, then send.")),
    "throttled": (("Trop de photos ont été envoyées dans ce dossier.", "Envoyez le dossier tel quel, ou arrêtez-le et recommencez."), ("Too many photos were sent in this file.", "Send the file as it is, or stop it and begin again.")),
    "invalid-name": (("Un nom est vide, trop long, ou contient des caractères invisibles.", "Donnez vos prénoms et votre nom comme sur la pièce."), ("A name is empty, too long, or holds invisible characters.", "Give your first names and your name as on the document.")),
    "not-found": (("Cette identification n'existe pas, ou n'est pas la vôtre.", "Revenez au début."), ("This identification does not exist, or is not yours.", "Go back to the beginning.")),
    "mrz": (("Ces lignes n'ont pas la forme attendue.", "Comptez les signes de chaque ligne et comparez-les à la pièce."), ("These lines have not the form expected.", "Count the characters of each line and compare them with the document.")),
    "mrz-number": (("Le numéro de la pièce ne se vérifie pas.", "Comparez-le signe par signe : O et 0, I et 1 se ressemblent."), ("The document number does not check.", "Compare it character by character: O and 0, I and 1 look alike.")),
    "mrz-birth": (("La date de naissance ne se vérifie pas.", "Comparez ses six chiffres."), ("The date of birth does not check.", "Compare its six digits.")),
    "mrz-expiry": (("La date de fin de validité ne se vérifie pas.", "Comparez ses six chiffres."), ("The date of expiry does not check.", "Compare its six digits.")),
    "mrz-composite": (("Le dernier chiffre ne se vérifie pas : un signe diffère quelque part.", "Comparez chaque ligne signe par signe."), ("The last digit does not check: a character differs somewhere.", "Compare each line character by character.")),
    "mrz-other": (("Une partie de ces lignes ne se vérifie pas.", "Comparez chaque ligne signe par signe."), ("A part of these lines does not check.", "Compare each line character by character.")),
    "identity-case-taken": (("Un autre opérateur tient ce dossier, ou il n'attend plus.", "Prenez le suivant."), ("Another operator holds this file, or it no longer waits.", "Take the next one.")),
    "identity-case-not-held": (("Vous ne tenez pas ce dossier, ou plus.", "Reprenez-le s'il attend encore. Rien de ce que vous venez de faire n'a compté."), ("You do not hold this file, or no longer.", "Take it again if it still waits. What you just did did not count.")),
    "identity-case-own": (("Ce dossier est le vôtre, ou vous l'avez déjà jugé.", "Laissez-le à un autre opérateur."), ("This file is yours, or you judged it already.", "Leave it to another operator.")),
    "means-own": (("Ce moyen est le vôtre : vous ne pouvez pas l'accepter.", "Laissez-le à un autre opérateur."), ("This means is your own: you cannot accept it.", "Leave it to another operator.")),
    "already-decided": (("Ce dossier est déjà décidé, ou clos.", "Une décision ne change plus ; la personne peut en ouvrir un nouveau."), ("This file was decided, or ended, before.", "A decision is not changed; the person can open a new file.")),
    "picture-erased": (("Cette image a été effacée, comme prévu.", "Il n'y a plus rien à voir."), ("This picture was erased, as planned.", "There is nothing left to see.")),
    "verdict-checks": (("Pour approuver, chaque point doit être vérifié et coché.", "Vérifiez les points manquants, ou refusez, ou demandez de refaire."), ("To approve, every point must be checked and ticked.", "Check the missing points, or refuse, or ask again.")),
    "verdict-reason": (("Cette décision demande un motif.", "Choisissez un motif ou écrivez à la personne ce qui ne va pas."), ("This verdict needs a reason.", "Choose a reason or write to the person what is wrong.")),
    "verdict-specimen": (("Cette pièce est un spécimen : elle ne peut pas être approuvée.", "Refusez, ou demandez une autre pièce."), ("This document is a specimen: it cannot be approved.", "Refuse, or ask for another document.")),
    "verdict-long": (("Le motif est trop long.", "Restez à 1000 caractères."), ("The reason is too long.", "Stay within 1000 characters.")),
    "verdict-parts": (("Rien n'est coché à refaire.", "Cochez au moins une partie."), ("Nothing is ticked to be made again.", "Tick at least one part.")),
    "verdict-level": (("Ce dossier ne peut pas atteindre ce niveau.", "Choisissez un niveau plus faible, ou demandez un film."), ("This file cannot reach this level.", "Choose a lower level, or ask for a film.")),
}  # fmt: skip


class IdentityFormError(InputError):
    """A form of these pages lacks something; `reason` names what."""

    slug = "identity-form"

    def __init__(self, reason: str) -> None:
        """Say what, in the page's language."""
        problem, mend = words_of(reason)
        super().__init__(problem, mend=mend)
        self.reason = reason


def words_of(slug: str) -> tuple[str, str]:
    """Return what is wrong and how to mend it, by slug, in the page's language."""
    french, english = _WORDS[slug]
    return (spaced(french[0]), spaced(french[1])) if language() == "fr" else english


def identity_error(error: LreError) -> tuple[str, str]:
    """Return what went wrong and how to mend it, in the page's language."""
    if isinstance(error, TitleRefusedError):
        fr = language() == "fr"
        mend = (
            "Montrez une carte d'identité ou un passeport valable."
            if fr
            else "Show an identity card or a passport in date."
        )
        return (error.verdict.fr if fr else error.verdict.en), mend
    slug = _slug_of(error)
    return words_of(slug) if slug in _WORDS else error_words(error, language())


def _slug_of(error: LreError) -> str:
    if isinstance(error, IdentityFormError):
        return error.reason
    if isinstance(error, PictureError):
        return f"picture-{error.reason}"
    if isinstance(error, MrzError):
        named = f"mrz-{error.field}" if error.field else "mrz"
        return named if named in _WORDS else "mrz-other"
    if isinstance(error, VerdictError) and error.missing:
        return "verdict-checks"
    return error.slug
