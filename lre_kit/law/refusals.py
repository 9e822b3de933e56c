"""What can be missing for an act, the ways to get it, and the words for both."""

from dataclasses import dataclass
from enum import StrEnum

from lre_kit.law.assurance import Level
from lre_kit.law.periods import Words


class Lack(StrEnum):
    """What is missing for an act."""

    PROOFING = "proofing"
    """The identity was never proofed, or at too low a level."""
    PROOFING_METHOD = "proofing_method"
    """The identity was proofed by a method that is not accepted here."""
    PROOFING_AGE = "proofing_age"
    """The proofing is too old."""
    FACTOR = "factor"
    """Nothing was shown."""
    SECOND_CATEGORY = "second_category"
    """All that was shown is of one category."""
    DYNAMIC = "dynamic"
    """Nothing that was shown changes from one time to the next."""
    FRESHNESS = "freshness"
    """What was shown would do, but it was too long ago."""
    LEVEL = "level"
    """A higher level is asked than these factors can give."""


class Way(StrEnum):
    """A way to get what is missing; where it is a kind of means it has that kind's name."""

    EID = "eid"
    CERTIFICATE = "certificate"
    REMOTE_IDENTIFICATION = "remote_identification"
    FACE_TO_FACE = "face_to_face"
    SECURITY_KEY = "security_key"
    AUTHENTICATOR = "authenticator"
    PAPER_CODES = "paper_codes"
    PAPER_SEED = "paper_seed"
    PASSWORD = "password"  # noqa: S105 - a name
    EMAIL_CODE = "email_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an act is not possible yet, and the ways to make it possible, best first."""

    lacks: tuple[Lack, ...]
    ways: tuple[Way, ...]
    reached: Level
    asked: Level | None

    @property
    def words(self) -> Words:
        """What is missing, and what is offered, in both languages."""
        lacking = [LACK_WORDS[lack] for lack in self.lacks]
        offered = [WAY_WORDS[way] for way in self.ways]
        fr = " ".join(words.fr for words in lacking)
        en = " ".join(words.en for words in lacking)
        if offered:
            fr += " Moyens proposés : " + ", ".join(words.fr for words in offered) + "."
            en += " Ways offered: " + ", ".join(words.en for words in offered) + "."
        else:
            fr += " Aucun moyen n'est proposé en ce moment."
            en += " No way is offered at present."
        return Words(fr=fr, en=en)


LACK_WORDS = {
    Lack.PROOFING: Words(
        fr="Votre identité n'a pas encore été vérifiée au niveau demandé.",
        en="Your identity has not been verified yet at the level that is asked.",
    ),
    Lack.PROOFING_METHOD: Words(
        fr="Votre identité a été vérifiée par une méthode qui ne suffit pas pour cet acte.",
        en="Your identity was verified by a method that is not enough for this act.",
    ),
    Lack.PROOFING_AGE: Words(
        fr="La vérification de votre identité est trop ancienne.",
        en="The verification of your identity is too old.",
    ),
    Lack.FACTOR: Words(
        fr="Vous ne vous êtes pas encore identifié.",
        en="You have not identified yourself yet.",
    ),
    Lack.SECOND_CATEGORY: Words(
        fr="Il manque un second facteur d'une autre catégorie : deux codes reçus comptent pour un.",
        en="A second factor of another category is missing: two codes received count as one.",
    ),
    Lack.DYNAMIC: Words(
        fr="Il manque un facteur qui change à chaque utilisation.",
        en="A factor that changes each time it is used is missing.",
    ),
    Lack.FRESHNESS: Words(
        fr="Votre identification est trop ancienne pour cet acte : identifiez-vous de nouveau.",
        en="Your identification is too old for this act: identify yourself again.",
    ),
    Lack.LEVEL: Words(
        fr="Cet acte demande un niveau de garantie plus élevé.",
        en="This act asks for a higher level of assurance.",
    ),
}
"""What is said of each lack."""

WAY_WORDS = {
    Way.EID: Words(fr="identité électronique", en="electronic identity"),
    Way.CERTIFICATE: Words(fr="certificat", en="certificate"),
    Way.REMOTE_IDENTIFICATION: Words(fr="identification à distance", en="remote identification"),
    Way.FACE_TO_FACE: Words(fr="rencontre en personne", en="meeting in person"),
    Way.SECURITY_KEY: Words(fr="clé de sécurité", en="security key"),
    Way.AUTHENTICATOR: Words(
        fr="application d'authentification et mot de passe", en="authenticator app and password"
    ),
    Way.PAPER_CODES: Words(fr="codes papier et mot de passe", en="paper codes and password"),
    Way.PAPER_SEED: Words(
        fr="secret reçu par courrier et mot de passe", en="secret received by post and password"
    ),
    Way.PASSWORD: Words(fr="mot de passe", en="password"),
    Way.EMAIL_CODE: Words(fr="code par courriel", en="e-mail code"),
}
"""What each way is called."""
