"""The ERDS event vocabulary of ETSI EN 319 522: names, codes, reasons, and words for people.

Names are the standard's. Letter codes are given where sources agree; for NotificationDelivered
and NotificationAccessTracking they do not (C.6 or D.5), so those have none: use names.
"""

from enum import StrEnum

EVENT_URI = "http://uri.etsi.org/19522/Event/"
"""Prefix of event URIs (EN 319 522-2)."""

KIT_EVENT_URI = "tag:lre-kit,2026:Event/"
"""Prefix of URIs of events that the standard has not (RFC 4151)."""

REASON_URI = "http://uri.etsi.org/19522/EventReason/"
"""Prefix of reason URIs (EN 319 522-2 cl. 8.3.3)."""


class ErdsEvent(StrEnum):
    """An event of EN 319 522-1; the value is the standard's name."""

    SUBMISSION_ACCEPTANCE = "SubmissionAcceptance"
    SUBMISSION_REJECTION = "SubmissionRejection"
    RELAY_ACCEPTANCE = "RelayAcceptance"
    RELAY_REJECTION = "RelayRejection"
    RELAY_FAILURE = "RelayFailure"
    NOTIFICATION_FOR_ACCEPTANCE = "NotificationForAcceptance"
    NOTIFICATION_FOR_ACCEPTANCE_FAILURE = "NotificationForAcceptanceFailure"
    CONSIGNMENT_ACCEPTANCE = "ConsignmentAcceptance"
    CONSIGNMENT_REJECTION = "ConsignmentRejection"
    ACCEPTANCE_REJECTION_EXPIRY = "AcceptanceRejectionExpiry"
    NOTIFICATION_DELIVERED = "NotificationDelivered"
    NOTIFICATION_ACCESS_TRACKING = "NotificationAccessTracking"
    CONTENT_CONSIGNMENT = "ContentConsignment"
    CONTENT_CONSIGNMENT_FAILURE = "ContentConsignmentFailure"
    CONSIGNMENT_NOTIFICATION = "ConsignmentNotification"
    CONSIGNMENT_NOTIFICATION_FAILURE = "ConsignmentNotificationFailure"
    CONTENT_ACCESS_TRACKING = "ContentAccessTracking"
    CONTENT_HANDOVER = "ContentHandover"
    CONTENT_HANDOVER_FAILURE = "ContentHandoverFailure"
    RELAY_TO_NON_ERDS = "RelayToNonERDS"
    RELAY_TO_NON_ERDS_FAILURE = "RelayToNonERDSFailure"
    RECEIVED_FROM_NON_ERDS = "ReceivedFromNonERDS"
    CONTENT_ERASURE = "ContentErasure"
    """Our own: the standard knows no end of what is kept."""

    @property
    def uri(self) -> str:
        """The standard's URI, or the kit's for an event of its own."""
        return (EVENT_URI if self in STANDARD else KIT_EVENT_URI) + self.value

    @property
    def code(self) -> str | None:
        """The letter code, such as ``C.3``; nothing where it is unsettled."""
        return _CODES.get(self)

    @property
    def french(self) -> str:
        """Words for people, in French."""
        return _WORDS[self][0]

    @property
    def english(self) -> str:
        """Words for people, in English."""
        return _WORDS[self][1]


class Reason(StrEnum):
    """Why an event happened; an open registry (the full list of cl. 8.3.3 was not reachable)."""

    INVALID_MESSAGE_FORMAT = "InvalidMessageFormat"
    MESSAGE_SUCCESSFULLY_RELAYED = "S_ERDS_MessageSuccessfullyRelayed"
    RECIPIENT_NOT_IDENTIFIED = "R_ERDS_NotIdentified"
    RECIPIENT_UNREACHABLE = "R_ERDS_Unreachable"
    UNKNOWN_RECIPIENT = "UnknownRecipient"
    REJECTED_BY_RECIPIENT = "R_ERDS_MessageRejectedByRecipient"
    NOT_ACCEPTED_BY_RECIPIENT = "R_ERDS_MessageNotAcceptedByRecipient"
    NOT_CONSIGNED_FOR_QUOTA = "MessageNotConsignedForQuota"
    NOT_CONSIGNED_FOR_MALFUNCTION = "MessageNotConsignedForMalfunction"
    WITHDRAWN_BY_SENDER = "WithdrawnBySender"
    PRINTING_FAILED = "PrintingSystemNonOperational"
    UNDELIVERABLE = "UndeliverableByPost"

    @property
    def uri(self) -> str:
        """The reason's URI in the standard's form."""
        return REASON_URI + self.value


STANDARD = frozenset(ErdsEvent) - {ErdsEvent.CONTENT_ERASURE}
"""The events of EN 319 522-1."""

DECISIVE = frozenset(
    {
        ErdsEvent.CONSIGNMENT_ACCEPTANCE,
        ErdsEvent.CONSIGNMENT_REJECTION,
        ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY,
    }
)
"""C.3, C.4 and C.5: a letter has at most one of them."""

_CODES = {
    ErdsEvent.SUBMISSION_ACCEPTANCE: "A.1",
    ErdsEvent.SUBMISSION_REJECTION: "A.2",
    ErdsEvent.RELAY_ACCEPTANCE: "B.1",
    ErdsEvent.RELAY_REJECTION: "B.2",
    ErdsEvent.RELAY_FAILURE: "B.3",
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE: "C.1",
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE: "C.2",
    ErdsEvent.CONSIGNMENT_ACCEPTANCE: "C.3",
    ErdsEvent.CONSIGNMENT_REJECTION: "C.4",
    ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY: "C.5",
    ErdsEvent.CONTENT_CONSIGNMENT: "D.1",
    ErdsEvent.CONTENT_CONSIGNMENT_FAILURE: "D.2",
    ErdsEvent.CONSIGNMENT_NOTIFICATION: "D.3",
    ErdsEvent.CONSIGNMENT_NOTIFICATION_FAILURE: "D.4",
    ErdsEvent.CONTENT_ACCESS_TRACKING: "D.6",
    ErdsEvent.CONTENT_HANDOVER: "E.1",
    ErdsEvent.CONTENT_HANDOVER_FAILURE: "E.2",
    ErdsEvent.RELAY_TO_NON_ERDS: "F.1",
    ErdsEvent.RELAY_TO_NON_ERDS_FAILURE: "F.2",
    ErdsEvent.RECEIVED_FROM_NON_ERDS: "F.3",
}

_WORDS = {
    ErdsEvent.SUBMISSION_ACCEPTANCE: ("Dépôt accepté", "Deposit accepted"),
    ErdsEvent.SUBMISSION_REJECTION: ("Dépôt écarté", "Deposit rejected"),
    ErdsEvent.RELAY_ACCEPTANCE: ("Relais accepté", "Relay accepted"),
    ErdsEvent.RELAY_REJECTION: ("Relais écarté", "Relay rejected"),
    ErdsEvent.RELAY_FAILURE: ("Échec du relais", "Relay failed"),
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE: ("Destinataire informé", "Recipient notified"),
    ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE: ("Échec de l'information", "Notice failed"),
    ErdsEvent.CONSIGNMENT_ACCEPTANCE: ("Accepté par le destinataire", "Accepted by the recipient"),
    ErdsEvent.CONSIGNMENT_REJECTION: ("Refusé par le destinataire", "Refused by the recipient"),
    ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY: ("Non réclamé", "Not claimed"),
    ErdsEvent.NOTIFICATION_DELIVERED: ("Avis remis", "Notice delivered"),
    ErdsEvent.NOTIFICATION_ACCESS_TRACKING: ("Avis consulté", "Notice opened"),
    ErdsEvent.CONTENT_CONSIGNMENT: ("Contenu mis à disposition", "Content made available"),
    ErdsEvent.CONTENT_CONSIGNMENT_FAILURE: ("Échec de la mise à disposition", "Content not made available"),
    ErdsEvent.CONSIGNMENT_NOTIFICATION: ("Mise à disposition annoncée", "Availability announced"),
    ErdsEvent.CONSIGNMENT_NOTIFICATION_FAILURE: ("Échec de l'annonce", "Announcement failed"),
    ErdsEvent.CONTENT_ACCESS_TRACKING: ("Contenu consulté", "Content opened"),
    ErdsEvent.CONTENT_HANDOVER: ("Remis au destinataire", "Handed over to the recipient"),
    ErdsEvent.CONTENT_HANDOVER_FAILURE: ("Échec de la remise", "Hand-over failed"),
    ErdsEvent.RELAY_TO_NON_ERDS: ("Confié au transporteur", "Handed to the carrier"),
    ErdsEvent.RELAY_TO_NON_ERDS_FAILURE: ("Non confié au transporteur", "Not taken by the carrier"),
    ErdsEvent.RECEIVED_FROM_NON_ERDS: ("Retour du transporteur", "Answer from the carrier"),
    ErdsEvent.CONTENT_ERASURE: ("Contenu effacé", "Content erased"),
}
