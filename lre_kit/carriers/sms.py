"""Short messages: the port. An office without one sends by e-mail only."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class SmsOutcome(StrEnum):
    """What became of a message at the gateway."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SmsAnswer:
    """The gateway's answer; `text` is its own words."""

    outcome: SmsOutcome
    text: str = ""


class SmsSender(Protocol):
    """Takes one short message to one telephone."""

    def send(self, *, to: str, text: str, reference: str) -> SmsAnswer:
        """Hand a message over.

        Args:
            to: The number, in the form of E.164 (``+33612345678``).
            text: What it says.
            reference: The same each time the same message is sent.
        """
