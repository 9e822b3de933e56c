# ruff: noqa: E501 - sentences for people read better whole
"""The words of the proofs of consents, in French and in English."""

from collections.abc import Mapping

from lre_kit.law.consents import ConsentAct

TITLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "fr": {
        "consent": ("Preuve de consentement", "Le destinataire a accepté de recevoir de cet expéditeur des envois électroniques."),
        "withdrawal": ("Preuve de retrait", "Le destinataire a retiré son accord pour les envois à venir de cet expéditeur."),
    },
    "en": {
        "consent": ("Proof of consent", "The recipient agreed to receive sendings from this sender electronically."),
        "withdrawal": ("Proof of withdrawal", "The recipient withdrew their consent for sendings to come from this sender."),
    },
}  # fmt: skip
"""Title and first sentence, by language and proof."""

ACTS: Mapping[str, Mapping[ConsentAct, str]] = {
    "fr": {
        ConsentAct.ASKED: "Accord demandé",
        ConsentAct.LATER: "Réponse remise à plus tard",
        ConsentAct.GIVEN: "Accord donné",
        ConsentAct.REFUSED: "Accord refusé",
        ConsentAct.EXPIRED: "Demande ou accord échu",
        ConsentAct.WITHDRAWN: "Accord retiré",
    },
    "en": {
        ConsentAct.ASKED: "Consent asked for",
        ConsentAct.LATER: "Answer put off",
        ConsentAct.GIVEN: "Consent given",
        ConsentAct.REFUSED: "Consent refused",
        ConsentAct.EXPIRED: "Request or consent ended",
        ConsentAct.WITHDRAWN: "Consent withdrawn",
    },
}
"""What an act is called."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "consent": "Accord",
        "withdrawal": "Retrait",
        "sender": "Expéditeur",
        "recipient": "Destinataire",
        "reference": "Référence",
        "method": "Recueilli par",
        "method_paper": "formulaire sur papier, numérisé",
        "method_e-mail code": "page de réponse, après un code reçu par courriel",
        "method_": "autre moyen",
        "wording": "Ce qui a été demandé",
        "asked": "Texte présenté",
        "digest": "Empreinte du texte",
        "claim": "Cet accord est général : il vaut pour des envois à venir et peut être retiré à tout moment. Il ne vaut acceptation d'aucune lettre.",
        "check_2": "Les preuves techniques (JSON) sont jointes à ce fichier PDF.",
    },
    "en": {
        "consent": "Consent",
        "withdrawal": "Withdrawal",
        "sender": "Sender",
        "recipient": "Recipient",
        "reference": "Reference",
        "method": "Collected by",
        "method_paper": "form on paper, scanned",
        "method_e-mail code": "answer page, after a code received by e-mail",
        "method_": "other means",
        "wording": "What was asked",
        "asked": "Text that was shown",
        "digest": "Digest of the text",
        "claim": "This consent is general: it is about sendings to come, and can be withdrawn at any time. It accepts no letter.",
        "check_2": "The technical evidence (JSON) is attached to this PDF file.",
    },
}  # fmt: skip
"""Words by language."""
