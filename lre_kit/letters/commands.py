"""What somebody may ask a letter to do: imperatives, checked by `lre_kit.letters.lifecycle.decide`."""

from dataclasses import dataclass
from enum import StrEnum

from lre_kit.law.assurance import Category, Level
from lre_kit.law.events import Reason


@dataclass(frozen=True, slots=True)
class Deposit:
    """The sender deposits (dépôt)."""


@dataclass(frozen=True, slots=True)
class Notify:
    """The notice left: the recipient is told (information), and a window opens if the product has one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailNotification:
    """The notice cannot reach the recipient."""

    reason: Reason = Reason.RECIPIENT_UNREACHABLE
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectAddress:
    """The recipient's address was corrected and a notice left to it: a new notice, a new window."""

    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """The recipient accepts (acceptation)."""

    level: Level
    categories: tuple[Category, ...] = ()
    proofing_pending: bool = False
    """Whether the recipient's identity proofing waits for its verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmIdentification:
    """An identification that was pending at acceptance is confirmed, at this level."""

    level: Level


@dataclass(frozen=True, slots=True)
class EndWaiting:
    """The identification that an acceptance waits for did not come in time; only the clock asks for this."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Content crosses to the recipient (remise)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """The recipient refuses (refus)."""

    level: Level


@dataclass(frozen=True, slots=True)
class Expire:
    """The window is over and nothing was decided (non-réclamation); only the clock asks for this."""


@dataclass(frozen=True, slots=True)
class ChooseElectronic:
    """The recipient of an optimal letter chooses to receive it electronically."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoosePaper:
    """The recipient of an optimal letter chooses paper, did not choose in time, or could not be told."""

    by: str = "recipient"
    """``recipient``; ``clock`` at the end of the time to choose; ``notice_failed``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayToPost:
    """The printed letter is handed to the postal carrier."""

    item_number: str = ""
    attempt: int = 1
    """Which posting of this letter it is: one more after a return to a corrected address."""
    batch: str = ""
    """Number of the post-room batch it left in."""
    provider: str = ""
    print_digest: str = ""
    """SHA-256 of the print-ready file, in hexadecimal."""
    reprint: bool = False
    """Whether the same posting is printed again, for its first print was spoiled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailRelay:
    """Printing or handing over failed."""

    reason: Reason = Reason.PRINTING_FAILED
    detail: str = ""


class PaperOutcome(StrEnum):
    """What the carrier reports of a paper letter."""

    NOTICE_LEFT = "notice_left"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNCLAIMED = "unclaimed"
    UNKNOWN_AT_ADDRESS = "unknown_at_address"
    """NPAI: the recipient does not live at the address."""
    UNDELIVERABLE = "undeliverable"
    RETURNED = "returned"
    """It came back and nobody said why: no legal outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaperOutcome:
    """The carrier reported; its raw code is kept as it came."""

    outcome: PaperOutcome
    raw_code: str = ""
    source: str = ""
    """Table the code is read by, such as ``pnd``."""
    carrier_time: str = ""
    """When it happened, as the carrier says (RFC 3339)."""
    attempt: int = 1


class PaperFile(StrEnum):
    """What comes back of a printed letter as a picture."""

    ACKNOWLEDGEMENT = "acknowledgement"
    """The signed acknowledgement of receipt (avis de réception)."""
    PRINTED = "printed"
    """What was really printed."""
    ENVELOPE = "envelope"
    """The envelope that came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPaperFile:
    """A picture of the paper leg came back; it is kept encrypted, its digest is evidence."""

    kind: PaperFile
    digest_hex: str
    media_type: str
    comparison: str = ""
    """For what was printed: ``identical``, ``same_pages`` or ``different``, against what was handed over."""
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """The recipient opened the content."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The sender withdraws a letter before its notice left."""


@dataclass(frozen=True, slots=True)
class EraseContent:
    """The span for which content is kept is over: its key is destroyed."""


Command = (
    Deposit
    | Notify
    | FailNotification
    | CorrectAddress
    | Accept
    | ConfirmIdentification
    | EndWaiting
    | HandOver
    | Refuse
    | Expire
    | ChooseElectronic
    | ChoosePaper
    | RelayToPost
    | FailRelay
    | RecordPaperOutcome
    | RecordPaperFile
    | RecordAccess
    | Withdraw
    | EraseContent
)
"""Any command."""
