"""What the post room speaks of: postings, batches, what the carrier says, what a provider answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lre_kit.law.carrier_codes import CarrierStatus
from lre_kit.law.paper import PrintOptions
from lre_kit.parties.addresses import PostalAddress


class ItemState(StrEnum):
    """Where a posting stands in the post room."""

    PREPARING = "preparing"
    BATCHED = "batched"
    HANDED_OVER = "handed_over"
    REJECTED = "rejected"
    """The provider did not take it."""
    CANCELLED = "cancelled"
    """Its letter no longer needed it."""


class BatchState(StrEnum):
    """Where a batch stands."""

    OPEN = "open"
    CLOSED = "closed"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostItem:
    """One posting of a letter."""

    id: str
    letter_id: str
    attempt: int
    state: ItemState
    address: PostalAddress = field(repr=False)
    options: PrintOptions
    sheets: int
    pages: int
    envelope: str
    item_number: str | None
    batch_id: str | None
    position: int | None
    reprints: int
    print_key: str
    print_digest: str
    print_bytes: int
    created_at: datetime
    handed_over_at: datetime | None
    status: CarrierStatus | None
    last_code: str
    news_at: datetime | None
    outcome: str | None
    outcome_at: datetime | None
    missing_at: datetime | None
    error: str

    @property
    def name(self) -> str:
        """A short name for marks and files: no two postings of one office share it."""
        return self.id[-12:].upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostBatch:
    """A batch of postings."""

    id: str
    number: str
    state: BatchState
    provider: str
    reference: str
    items: int
    manifest_digest: str
    opened_at: datetime
    closed_at: datetime | None
    handed_over_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierNews:
    """One thing the carrier said of an item."""

    source: str
    raw_code: str
    label: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintItem:
    """One file of a batch, opened when it is needed."""

    id: str
    file_name: str
    sha256: str
    size_bytes: int
    item_number: str
    open: Callable[[], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintBatch:
    """A closed batch as a provider gets it; its number makes handing it over idempotent."""

    number: str
    manifest_json: bytes = field(repr=False)
    manifest_csv: bytes = field(repr=False)
    manifest_digest: str
    items: Sequence[PrintItem] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverReceipt:
    """What the provider answered."""

    reference: str
    rejected: Mapping[str, str] = field(default_factory=dict)
    """Why it does not take a posting, by the posting's id."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """The carrier's numbers, by the posting's id, where the provider gives them."""
