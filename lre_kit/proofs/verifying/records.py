"""Looking into records that strangers wrote: anything may stand anywhere."""

from typing import Any

PROOFS = {
    "SubmissionAcceptance": "proof-of-deposit.pdf",
    "ContentHandover": "proof-of-receipt.pdf",
    "ConsignmentRejection": "proof-of-refusal.pdf",
    "AcceptanceRejectionExpiry": "proof-of-non-claim.pdf",
    "ConsentGiven": "proof-of-consent.pdf",
    "ConsentWithdrawn": "proof-of-withdrawal.pdf",
}
"""The proof of each decisive act, by the name it has in a bundle."""

ENDS = frozenset(PROOFS) - {"SubmissionAcceptance", "ConsentGiven", "ConsentWithdrawn"}
"""The acts with which a letter is at its end."""


def within(value: Any, *path: str) -> Any:
    """Return what lies deeper in a record, or nothing: whoever wrote it may have put anything anywhere."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def event_of(record: Any) -> str:
    """Return the name of a record's act, such as ``ContentHandover``."""
    return str(within(record, "ERDSEventId")).rpartition("/")[2]
