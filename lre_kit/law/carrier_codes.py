"""What carriers' codes say, as tables: raw code → status → legal outcome, if the code tells one.

Three tables: ``suivi`` (La Poste “Suivi” v2), ``maileva`` (codes that tell the reason), ``pnd`` (the reason
printed on a returned envelope). Codes may change: an unknown one is kept raw and says nothing. Suivi has no
code that tells refused, unclaimed and unknown at the address apart, so none of its returns has an outcome.
"""

from collections.abc import Mapping
from enum import StrEnum


class CarrierStatus(StrEnum):
    """What a code says, in the kit's words."""

    ANNOUNCED = "announced"
    DEPOSITED = "deposited"
    IN_TRANSIT = "in_transit"
    CUSTOMS = "customs"
    INCIDENT = "incident"
    OUT_FOR_DELIVERY = "out_for_delivery"
    NOTICE_LEFT = "notice_left"
    AWAITING_PICKUP = "awaiting_pickup"
    PROOF = "proof"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNCLAIMED = "unclaimed"
    UNKNOWN_AT_ADDRESS = "unknown_at_address"
    UNDELIVERABLE = "undeliverable"
    """The table says that the address or the access is at fault."""
    NOT_DELIVERED = "not_delivered"
    """Not delivered, and the code does not say why."""
    RETURNED = "returned"
    """On its way back or back; the code does not say why."""
    UNKNOWN = "unknown"
    """A code that no table has."""

    @property
    def outcome(self) -> str | None:
        """The outcome of the paper leg (`letters.commands.PaperOutcome`) this tells; often none."""
        return _OUTCOMES.get(self)

    @property
    def french(self) -> str:
        """Words for people, in French."""
        return _WORDS[self][0]

    @property
    def english(self) -> str:
        """Words for people, in English."""
        return _WORDS[self][1]


def status_of(source: str, code: str) -> CarrierStatus:
    """Return what a code of a table says; `CarrierStatus.UNKNOWN` if the table has no such code."""
    return TABLES.get(source, {}).get(code.strip().upper(), CarrierStatus.UNKNOWN)


_S = CarrierStatus

_OUTCOMES: Mapping[CarrierStatus, str] = {
    _S.NOTICE_LEFT: "notice_left",
    _S.AWAITING_PICKUP: "notice_left",
    _S.DELIVERED: "delivered",
    _S.REFUSED: "refused",
    _S.UNCLAIMED: "unclaimed",
    _S.UNKNOWN_AT_ADDRESS: "unknown_at_address",
    _S.UNDELIVERABLE: "undeliverable",
    _S.RETURNED: "returned",
}

_SUIVI: Mapping[str, CarrierStatus] = {
    "DR1": _S.ANNOUNCED,
    "PC1": _S.DEPOSITED,
    "PC2": _S.DEPOSITED,
    **dict.fromkeys(("ET1", "ET2", "ET3", "ET4", "EP1"), _S.IN_TRANSIT),
    **dict.fromkeys(("DO1", "DO2", "DO3"), _S.CUSTOMS),
    "PB1": _S.INCIDENT,
    "PB2": _S.INCIDENT,
    "MD2": _S.OUT_FOR_DELIVERY,
    "ND1": _S.NOT_DELIVERED,
    "AG1": _S.AWAITING_PICKUP,
    "RE1": _S.RETURNED,
    "DI1": _S.DELIVERED,
    "DI2": _S.RETURNED,
}

_BY_NUMBER: Mapping[str, CarrierStatus] = {
    **dict.fromkeys(("LP01", "LP02"), _S.DEPOSITED),
    **dict.fromkeys(("LP03", "LP04", "LP11", "LP12", "LP13", "LP14"), _S.IN_TRANSIT),
    **dict.fromkeys(("LP05", "LP06", "LP07", "LP18"), _S.PROOF),
    "LP08": _S.AWAITING_PICKUP,
    **dict.fromkeys(("LP09", "LP10"), _S.NOTICE_LEFT),
    **dict.fromkeys(("LP15", "LP16", "LP28", "LP29"), _S.DELIVERED),
    "LP17": _S.RETURNED,
    "LP19": _S.UNCLAIMED,
    "LP20": _S.UNKNOWN_AT_ADDRESS,
    "LP21": _S.UNKNOWN_AT_ADDRESS,
    "LP22": _S.REFUSED,
}

_BY_NAME: Mapping[str, CarrierStatus] = {
    **dict.fromkeys(("PCHCFM", "EPCCFM"), _S.DEPOSITED),
    **dict.fromkeys(("AECCFM", "CHGCFM", "RSTFHB", "RSTFMA", "RSTNCG", "AARCFM"), _S.IN_TRANSIT),
    **dict.fromkeys(("POCDSP", "POCCFM", "PCHPIC", "PODDSP"), _S.PROOF),
    "MLVARS": _S.AWAITING_PICKUP,
    **dict.fromkeys(("RENAVI", "RENNRV"), _S.NOTICE_LEFT),
    **dict.fromkeys(("LIVCFM", "LIVRCA", "RSDICI", "LIVNEM"), _S.DELIVERED),
    "LIVREO": _S.RETURNED,
    "RENATT": _S.UNCLAIMED,
    "RENCAD": _S.UNKNOWN_AT_ADDRESS,
    "RENDIA": _S.UNKNOWN_AT_ADDRESS,
    "RENDIV": _S.REFUSED,
}

_PND: Mapping[str, CarrierStatus] = {
    "N02": _S.UNKNOWN_AT_ADDRESS,
    "N03": _S.UNCLAIMED,
    "N05": _S.REFUSED,
    "N07": _S.UNDELIVERABLE,
}

TABLES: Mapping[str, Mapping[str, CarrierStatus]] = {
    "suivi": _SUIVI,
    "maileva": {**_BY_NUMBER, **_BY_NAME},
    "pnd": _PND,
}
"""Tables by name."""

_WORDS = {
    _S.ANNOUNCED: ("Annoncé", "Announced"),
    _S.DEPOSITED: ("Pris en charge", "Taken in charge"),
    _S.IN_TRANSIT: ("En cours de traitement", "In transit"),
    _S.CUSTOMS: ("En douane", "In customs"),
    _S.INCIDENT: ("Incident", "Incident"),
    _S.OUT_FOR_DELIVERY: ("En distribution", "Out for delivery"),
    _S.NOTICE_LEFT: ("Avis de passage laissé", "Notice left"),
    _S.AWAITING_PICKUP: ("En attente de retrait", "Waiting to be picked up"),
    _S.PROOF: ("Preuve disponible", "Proof available"),
    _S.DELIVERED: ("Distribué", "Delivered"),
    _S.REFUSED: ("Refusé", "Refused"),
    _S.UNCLAIMED: ("Avisé et non réclamé", "Notified and not claimed"),
    _S.UNKNOWN_AT_ADDRESS: ("Destinataire inconnu à l'adresse", "Recipient unknown at the address"),
    _S.UNDELIVERABLE: ("Défaut d'accès ou d'adressage", "Access or address at fault"),
    _S.NOT_DELIVERED: ("Non distribué, motif inconnu", "Not delivered, reason unknown"),
    _S.RETURNED: ("Retourné, motif inconnu", "Returned, reason unknown"),
    _S.UNKNOWN: ("Code inconnu", "Unknown code"),
}
