"""What people see of endpoints and of what was delivered to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EndpointState(StrEnum):
    """Whether an endpoint is told anything."""

    ACTIVE = "active"
    DISABLED = "disabled"
    REMOVED = "removed"
    """Nobody sees it any more; its rows go a little later (`lre_kit.webhooks.ending`)."""


class DisabledWhy(StrEnum):
    """Why an endpoint is told nothing any more."""

    OWNER = "owner"
    """Its owner, or an operator, disabled it."""
    FAILING = "failing"
    """Every try of one event failed, and nothing else got through meanwhile."""
    GONE = "gone"
    """It answered 410 (Gone)."""


class DeliveryState(StrEnum):
    """Where the delivery of one event to one endpoint stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Every try failed."""
    CANCELLED = "cancelled"
    """The endpoint was disabled before it was told."""


class Failure(StrEnum):
    """Why a try failed that got no answer of use."""

    NONE = ""
    ADDRESS = "address"
    """The name leads, now, to an address that no webhook may reach, or to none."""
    UNREACHABLE = "unreachable"
    TLS = "tls"
    """The certificate or the encryption is not in order."""
    TIMEOUT = "timeout"
    ANSWER = "answer"
    """What came back is not HTTP."""
    STATUS = "status"
    """It answered, but not with 2xx."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointWish:
    """What an owner asks for.

    Attributes:
        url: Where to tell them; https.
        description: The owner's own words.
        types: Types of events to be told of; none means all.
    """

    url: str
    description: str = ""
    types: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose letters an endpoint is told of, and who is written to when it is disabled."""

    ref: str
    name: str
    email: str
    language: str = "fr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An endpoint as it stands."""

    id: str
    owner: Owner
    url: str
    description: str
    types: tuple[str, ...]
    state: EndpointState
    made_at: datetime
    disabled_at: datetime | None
    disabled_why: DisabledWhy | None
    last_success_at: datetime | None
    failures: int
    """Tries that failed since the last one that did not."""
    resting_until: datetime | None
    """Until when nothing is sent, because it did not answer."""
    public_key: str
    """``whpk_…``: checks the v1a signatures."""
    former_until: datetime | None
    """Until when the secret before this one still signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSecret:
    """An endpoint with its secret: the only time that it is shown."""

    endpoint: Endpoint
    secret: str
    """``whsec_…``"""

    def __repr__(self) -> str:
        """Say nothing of the secret."""
        return f"NewSecret({self.endpoint.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try."""

    number: int
    at: datetime
    status: int | None
    failure: Failure
    took_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event for one endpoint."""

    id: str
    endpoint_id: str
    message_id: str
    """``webhook-id``: the same at every try, and at every replay."""
    type: str
    letter_number: str | None
    """None for a test."""
    sequence: int
    """Place of the event in the letter's journal."""
    is_replay: bool
    state: DeliveryState
    made_at: datetime
    ended_at: datetime | None
    next_at: datetime | None
    """When it is tried next; none while it waits for an earlier event of its letter."""
    attempts: tuple[Attempt, ...] = ()
