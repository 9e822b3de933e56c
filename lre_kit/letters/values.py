"""What goes into the desk and what comes out: uploads, letters, views, timelines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from lre_kit.law.events import ErdsEvent
from lre_kit.law.pre_notices import PreNotice
from lre_kit.law.products import Claim, Product
from lre_kit.law.regimes import Requirements
from lre_kit.letters.phases import Phase
from lre_kit.parties.values import Recipient, Sender

READ_BYTES = 256 * 1024
"""How much of a document is in memory at once, in bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A document handed to the desk; its stream is read once, in pieces."""

    name: str
    stream: BinaryIO | Iterable[bytes]
    media_type: str | None = None

    def chunks(self) -> Iterable[bytes]:
        """Yield the document's bytes in pieces."""
        read = getattr(self.stream, "read", None)
        if read is None:
            yield from self.stream
            return
        while piece := read(READ_BYTES):
            yield piece


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentInfo:
    """A document as kept: name, type, size in bytes, SHA-256."""

    position: int
    name: str
    media_type: str
    size_bytes: int
    digest_hex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter as it stands, for the sender and the operator."""

    id: str
    number: str
    product: Product
    phase: Phase
    claim: Claim
    language: str
    sender: Sender
    recipient: Recipient
    subject: str
    requirements: Requirements
    version: int
    notices: int
    deposited_at: datetime
    notified_at: datetime | None
    window_closes_at: datetime | None
    proof_due_at: datetime | None
    decided_at: datetime | None
    received_at: datetime | None
    documents: tuple[DocumentInfo, ...] = ()
    reference: str = ""
    """The sender's own; no recipient sees it."""
    notify_at: datetime | None = None
    """When its first notice was planned to leave; nothing: at once."""
    pre_notice: PreNotice | None = None
    """How its recipient was told, or will be, that it is coming; nothing: not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterSummary:
    """One line of a list of letters."""

    id: str
    number: str
    product: Product
    phase: Phase
    claim: Claim
    recipient_name: str
    subject: str
    deposited_at: datetime
    window_closes_at: datetime | None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """All that a recipient may learn before acceptance; of the sender the name, where the rules show it."""

    letter_id: str
    number: str
    product: Product
    claim: Claim
    phase: Phase
    language: str
    recipient_name: str
    recipient_email: str
    documents_count: int
    notified_at: datetime | None
    window_closes_at: datetime | None
    decided_at: datetime | None
    waits_until: datetime | None = None
    """Until when an acceptance waits for the identification, exclusive."""
    sender_name: str = ""
    """Who sent it, only where the rules show it before acceptance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One act of a letter, with the state of its evidence.

    `evidence` is ``stamped``, ``logged`` (placed, stamp awaited), ``sealed`` (place awaited) or
    ``recorded`` (seal awaited).
    """

    seq: int
    name: ErdsEvent
    at: datetime
    reasons: tuple[str, ...]
    evidence: str
    log_index: int | None
    stamped_at: datetime | None
