# ruff: noqa: E501 - sentences for people read better whole
"""What a recipient is asked, word for word: every version that was ever shown is kept.

A version is never edited: a new one is added under a new id, and the newest of a regime is shown.
"""

import hashlib
from dataclasses import dataclass

import rfc8785

from lre_kit.law.consents import ConsentRegime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One version of the question."""

    id: str
    regime: ConsentRegime
    fr: str
    en: str

    @property
    def digest_hex(self) -> str:
        """SHA-256 of the version in its one form (RFC 8785): id, regime and both languages."""
        parts = {"id": self.id, "regime": self.regime.value, "fr": self.fr, "en": self.en}
        return hashlib.sha256(rfc8785.dumps(parts)).hexdigest()

    def text(self, language: str) -> str:
        """Return the question in a language."""
        return self.fr if language == "fr" else self.en


WORDINGS: tuple[Wording, ...] = (
    Wording(
        id="CPCE_L100/1",
        regime=ConsentRegime.CPCE_L100,
        fr="J'accepte de recevoir de cet expéditeur des lettres recommandées par voie électronique, à l'adresse indiquée. Cet accord vaut pour ses envois à venir. Je peux le retirer à tout moment ; ce qui m'a déjà été envoyé n'en est pas changé.",
        en="I agree to receive registered letters from this sender electronically, at the address shown. This holds for sendings to come. I can withdraw it at any time; what was sent to me before stays as it is.",
    ),
    Wording(
        id="CRPA_L112_15/1",
        regime=ConsentRegime.CRPA_L112_15,
        fr="J'accepte expressément que cette administration m'adresse par voie électronique, à l'adresse indiquée, les documents qu'elle doit envoyer en recommandé. Je peux retirer cet accord à tout moment ; ce qui m'a déjà été envoyé n'en est pas changé.",
        en="I expressly agree that this administration may send me electronically, at the address shown, the documents it must send by registered letter. I can withdraw this at any time; what was sent to me before stays as it is.",
    ),
    Wording(
        id="COPRO_42_1/1",
        regime=ConsentRegime.COPRO_42_1,
        fr="Les notifications de la copropriété me sont adressées par voie électronique, à l'adresse indiquée. Je peux demander à tout moment, par tout moyen, à les recevoir par la poste ; ce qui m'a déjà été envoyé n'en est pas changé.",
        en="Notifications of the co-ownership are sent to me electronically, at the address shown. I can ask at any time, by any means, to receive them by post; what was sent to me before stays as it is.",
    ),
)  # fmt: skip
"""All versions, the oldest first."""


def newest(regime: ConsentRegime) -> Wording:
    """Return the version that is shown now."""
    return [wording for wording in WORDINGS if wording.regime is regime][-1]


def by_id(wording_id: str) -> Wording:
    """Return a version that was shown once.

    Raises:
        KeyError: There was none of this id.
    """
    return {wording.id: wording for wording in WORDINGS}[wording_id]
