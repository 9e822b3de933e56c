"""Where a letter may stand, and the words for it."""

from enum import StrEnum


class Phase(StrEnum):
    """Where a letter stands."""

    DEPOSITED = "deposited"
    NOTIFICATION_FAILED = "notification_failed"
    NOTIFIED = "notified"
    CHOOSING = "choosing"
    ACCEPTED_PENDING_IDENTIFICATION = "accepted_pending_identification"
    NOT_IDENTIFIED = "not_identified"
    ACCEPTED = "accepted"
    RECEIVED = "received"
    REFUSED = "refused"
    UNCLAIMED = "unclaimed"
    PAPER_CHOSEN = "paper_chosen"
    RELAYED = "relayed"
    RELAY_FAILED = "relay_failed"
    NOTICE_LEFT = "notice_left"
    DELIVERED_ON_PAPER = "delivered_on_paper"
    REFUSED_ON_PAPER = "refused_on_paper"
    UNCLAIMED_ON_PAPER = "unclaimed_on_paper"
    UNKNOWN_AT_ADDRESS = "unknown_at_address"
    UNDELIVERABLE = "undeliverable"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"

    @property
    def is_final(self) -> bool:
        """Whether no act leads out of this phase."""
        return self in FINAL

    @property
    def french(self) -> str:
        """Words for people, in French."""
        return _WORDS[self][0]

    @property
    def english(self) -> str:
        """Words for people, in English."""
        return _WORDS[self][1]


FINAL = frozenset(
    {
        Phase.RECEIVED,
        Phase.REFUSED,
        Phase.UNCLAIMED,
        Phase.NOT_IDENTIFIED,
        Phase.DELIVERED_ON_PAPER,
        Phase.REFUSED_ON_PAPER,
        Phase.UNCLAIMED_ON_PAPER,
        Phase.WITHDRAWN,
    }
)
"""Phases that no act leads out of (reading a received letter, or keeping a picture of the paper leg, is
recorded and changes nothing)."""

CAME_BACK = frozenset({Phase.RETURNED, Phase.UNKNOWN_AT_ADDRESS, Phase.UNDELIVERABLE})
"""Phases from which a letter may be posted again, to a corrected address."""

POSTED = frozenset(
    {
        Phase.RELAYED,
        Phase.NOTICE_LEFT,
        Phase.DELIVERED_ON_PAPER,
        Phase.REFUSED_ON_PAPER,
        Phase.UNCLAIMED_ON_PAPER,
        *CAME_BACK,
    }
)
"""Phases of a letter that the carrier took."""

_WORDS = {
    Phase.DEPOSITED: ("Déposée", "Deposited"),
    Phase.NOTIFICATION_FAILED: ("Avis non remis", "Notice failed"),
    Phase.NOTIFIED: ("En attente du destinataire", "Waiting for the recipient"),
    Phase.CHOOSING: ("Choix en attente", "Choice awaited"),
    Phase.ACCEPTED_PENDING_IDENTIFICATION: (
        "Acceptée, identification en cours",
        "Accepted, identification pending",
    ),
    Phase.NOT_IDENTIFIED: ("Acceptée, non remise", "Accepted, not handed over"),
    Phase.ACCEPTED: ("Acceptée", "Accepted"),
    Phase.RECEIVED: ("Reçue", "Received"),
    Phase.REFUSED: ("Refusée", "Refused"),
    Phase.UNCLAIMED: ("Non réclamée", "Not claimed"),
    Phase.PAPER_CHOSEN: ("À imprimer", "To be printed"),
    Phase.RELAYED: ("Confiée au transporteur", "With the carrier"),
    Phase.RELAY_FAILED: ("Échec de l'impression", "Printing failed"),
    Phase.NOTICE_LEFT: ("Avis de passage laissé", "Notice left by the postman"),
    Phase.DELIVERED_ON_PAPER: ("Distribuée sur papier", "Delivered on paper"),
    Phase.REFUSED_ON_PAPER: ("Refusée (papier)", "Refused (paper)"),
    Phase.UNCLAIMED_ON_PAPER: ("Non réclamée (papier)", "Not claimed (paper)"),
    Phase.UNKNOWN_AT_ADDRESS: ("Inconnu à l'adresse", "Unknown at the address"),
    Phase.UNDELIVERABLE: ("Non distribuable", "Undeliverable"),
    Phase.RETURNED: ("Revenue, motif inconnu", "Came back, reason unknown"),
    Phase.WITHDRAWN: ("Retirée", "Withdrawn"),
}
