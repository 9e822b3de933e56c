"""The words of the French proofs, in French and in English."""

from collections.abc import Mapping

TITLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "fr": {
        "deposit": ("Preuve de dépôt", "L'envoi décrit ci-dessous a été déposé auprès du prestataire."),
        "receipt": ("Preuve de réception", "Le destinataire a accepté l'envoi et en a reçu le contenu."),
        "refusal": ("Preuve de refus", "Le destinataire a refusé l'envoi."),
        "non_claim": (
            "Preuve de non-réclamation",
            "Le destinataire n'a ni accepté ni refusé l'envoi dans le délai qui lui était ouvert.",
        ),
    },
    "en": {
        "deposit": ("Proof of deposit", "The sending described below was deposited with the provider."),
        "receipt": ("Proof of receipt", "The recipient accepted the sending and received its content."),
        "refusal": ("Proof of refusal", "The recipient refused the sending."),
        "non_claim": (
            "Proof of non-claim",
            "The recipient neither accepted nor refused the sending within the time given.",
        ),
    },
}
"""Title and first sentence, by language and kind."""

WORDS: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "sending": "L'envoi",
        "number": "Numéro de l'envoi",
        "sender": "Expéditeur",
        "recipient": "Destinataire",
        "deposit": "Dépôt électronique",
        "decision_receipt": "Réception",
        "decision_refusal": "Refus",
        "decision_non_claim": "Constat de non-réclamation",
        "stamped": "horodatage du {time}",
        "content": "Contenu",
        "sha256": "SHA-256",
        "evidence": "Cachet, horodatage et journal",
        "seal": "Cachet électronique",
        "serial": "Numéro de série",
        "authority": "Autorité d'horodatage",
        "token": "Jeton d'horodatage",
        "log": "Journal de transparence",
        "log_place": "enregistrement n° {index} sur {size}",
        "identifier": "Identifiant de la preuve",
        "timeline": "Chronologie",
        "when": "Date et heure (heure légale)",
        "what": "Événement",
        "proof": "Journal",
        "check": "Vérifier cette preuve",
        "check_1": "Ce document est scellé : toute modification rompt son cachet.",
        "check_2": "Les preuves techniques (JSON et XML) sont jointes à ce fichier PDF.",
        "check_3": "Hors ligne et sans le prestataire : lre verify, avec les certificats racines publiés.",
        "check_short": "Niveau du cachet de ce PDF : {level} ; les listes de révocation ne sont pas jointes.",
        "check_long": (
            "Niveau du cachet de ce PDF : {level} ; les listes de révocation et un horodatage "
            "du document entier sont joints."
        ),
        "scan": "Vérifier en ligne",
        "scan_alt": "Code QR menant à la page de vérification : {url}",
        "non_qualified": "Service non qualifié",
        "qualified": "Service qualifié",
    },
    "en": {
        "sending": "The sending",
        "number": "Sending number",
        "sender": "Sender",
        "recipient": "Recipient",
        "deposit": "Electronic deposit",
        "decision_receipt": "Receipt",
        "decision_refusal": "Refusal",
        "decision_non_claim": "Non-claim recorded",
        "stamped": "time stamp of {time}",
        "content": "Content",
        "sha256": "SHA-256",
        "evidence": "Seal, time stamp and log",
        "seal": "Electronic seal",
        "serial": "Serial number",
        "authority": "Time-stamping authority",
        "token": "Time-stamp token",
        "log": "Transparency log",
        "log_place": "record {index} of {size}",
        "identifier": "Evidence identifier",
        "timeline": "Timeline",
        "when": "Date and time (legal time)",
        "what": "Event",
        "proof": "Log",
        "check": "Checking this proof",
        "check_1": "This document is sealed: any change breaks its seal.",
        "check_2": "The technical evidence (JSON and XML) is attached to this PDF file.",
        "check_3": "Offline and without the provider: lre verify, with the published root certificates.",
        "check_short": "Level of this PDF's seal: {level}; revocation lists are not embedded.",
        "check_long": (
            "Level of this PDF's seal: {level}; revocation lists and a time stamp of the whole document "
            "are embedded."
        ),
        "scan": "Check online",
        "scan_alt": "QR code leading to the verification page: {url}",
        "non_qualified": "Non-qualified service",
        "qualified": "Qualified service",
    },
}
"""Words by language."""
