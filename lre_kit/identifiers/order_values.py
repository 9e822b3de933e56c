"""Orders as values: their states, the acts between them, and what goes in and out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lre_kit.errors import LreError, UnlawfulActError
from lre_kit.law.assurance import Level
from lre_kit.law.derogations import Delivery
from lre_kit.law.periods import Words


class OrderState(StrEnum):
    """Where an order stands."""

    REQUESTED = "requested"
    IDENTIFYING = "identifying"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    MAKING = "making"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    ACTIVE = "active"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class OrderAct(StrEnum):
    """What moves an order; the names stand in its history."""

    REQUEST = "request"
    IDENTIFY = "identify"
    REVIEW = "review"
    APPROVE = "approve"
    REFUSE = "refuse"
    READDRESS = "readdress"
    MAKE = "make"
    HAND_OVER = "hand_over"
    TRACK = "track"
    DELIVER = "deliver"
    ACTIVATE = "activate"
    DESTROY_SPOOL = "spool_destroyed"
    CANCEL = "cancel"


_S, _A = OrderState, OrderAct

BEFORE_APPROVAL = frozenset({_S.REQUESTED, _S.IDENTIFYING, _S.IN_REVIEW})
"""States in which the identity is not yet accepted for this order."""

ENDED = frozenset({_S.ACTIVE, _S.REFUSED, _S.CANCELLED})
"""States of orders that are no longer open."""

_ON_THE_WAY = frozenset({_S.MAKING, _S.DELIVERING, _S.DELIVERED})

_MOVES: Mapping[OrderAct, tuple[frozenset[OrderState], OrderState | None]] = {
    _A.IDENTIFY: (frozenset({_S.REQUESTED, _S.IDENTIFYING}), _S.IDENTIFYING),
    _A.REVIEW: (BEFORE_APPROVAL, _S.IN_REVIEW),
    _A.APPROVE: (BEFORE_APPROVAL, _S.APPROVED),
    _A.REFUSE: (BEFORE_APPROVAL, _S.REFUSED),
    _A.READDRESS: (BEFORE_APPROVAL | {_S.APPROVED}, None),
    _A.MAKE: (frozenset({_S.APPROVED}), _S.MAKING),
    _A.HAND_OVER: (frozenset({_S.MAKING}), _S.DELIVERING),
    _A.TRACK: (frozenset({_S.DELIVERING, _S.DELIVERED}), None),
    _A.DELIVER: (frozenset({_S.DELIVERING}), _S.DELIVERED),
    _A.ACTIVATE: (frozenset({_S.DELIVERING, _S.DELIVERED}), _S.ACTIVE),
    _A.DESTROY_SPOOL: (_ON_THE_WAY | ENDED, None),
    _A.CANCEL: (BEFORE_APPROVAL | _ON_THE_WAY | {_S.APPROVED}, _S.CANCELLED),
}


def next_order_state(state: OrderState | None, act: OrderAct) -> OrderState:
    """Return the state that an act leads to.

    Args:
        state: The present one; nothing before the order is made.
        act: What happens.

    Raises:
        UnlawfulActError: The present state does not allow it.
    """
    if state is None and act is OrderAct.REQUEST:
        return OrderState.REQUESTED
    allowed, target = _MOVES.get(act, (frozenset(), None))
    if state is None or state not in allowed:
        shown = state.value if state else "not made yet"
        msg = f"An order that is {shown} does not allow: {act.value}."
        raise UnlawfulActError(msg, mend="Look at the order's history; nothing was changed.")
    return target or state


@dataclass(frozen=True, slots=True, kw_only=True)
class Proofed:
    """What a proofing decided about a person.

    Args:
        id: The proofing's.
        level: Level it reached; none if the identity was not accepted.
        method: How (`ProofingMethod`).
        at: When it was decided.
        derogation: Id of the derogation it stands on, if on one.
        reason: Why it was not accepted, for the person.
    """

    id: str
    level: Level | None
    method: str
    at: datetime
    derogation: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order as it stands."""

    id: str
    party_id: str
    kind: str
    delivery: Delivery
    state: OrderState
    cause: str
    address: Mapping[str, Any] | None
    proofing_id: str | None
    level: Level | None
    derogation: str | None
    identifier_id: str | None
    digest: str | None
    reference: str | None
    created_at: datetime
    spool_destroyed_at: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it still goes on."""
        return self.state not in ENDED

    @property
    def waits_for_address(self) -> bool:
        """Whether it stands still because nobody knows where to post the means."""
        return self.state is OrderState.APPROVED and self.delivery is Delivery.POST and not self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent:
    """One act in an order's history."""

    seq: int
    name: OrderAct
    state: OrderState
    occurred_at: datetime
    actor: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Whether a kind can be ordered; if not, what is said to the public."""

    kind: str
    allowed: bool
    deliveries: frozenset[Delivery] = frozenset()
    message: Words | None = None


class KindSuspendedError(LreError):
    """This kind of identification means cannot be ordered at present."""

    slug = "kind-suspended"
    status = 409

    def __init__(self, message: Words) -> None:
        """Keep the public message."""
        super().__init__(message.en, mend="Choose another means, or come back after the suspension.")
        self.message = message


class OrderRefusedError(LreError):
    """This order cannot be taken: its kind, its delivery or its address does not do."""

    slug = "order-refused"
    status = 422
    exit_code = 65


class OrderOpenError(LreError):
    """This person has an open order of this kind already."""

    slug = "order-open"
    status = 409


class UnknownOrderError(LreError):
    """There is no such order (or the asker may not know of it)."""

    slug = "unknown-order"
    status = 404
    exit_code = 67


class SpoolError(LreError):
    """The spooled document of an order is not there, or is not the one that was made."""

    slug = "spool-damaged"
    status = 503
    exit_code = 74
