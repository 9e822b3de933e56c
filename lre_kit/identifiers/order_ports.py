"""What orders need from others: means made, parcels handed over, addresses and proofings known."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from lre_kit.identifiers.order_values import Order, Proofed
from lre_kit.law.assurance import Level
from lre_kit.store.database import UnitOfWork

Actor = Mapping[str, Any]
"""Who acts, as it stands in histories."""

OFFICE: Actor = {"role": "provider"}
"""The office itself, when no person acts."""


class Fate(StrEnum):
    """What became of the letter that carries a means."""

    UNDER_WAY = "under way"
    RECEIVED = "received"
    LOST = "lost"
    """It ended, and its content was handed to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A means that was made: its identifier, and the sheet that carries its codes to the holder.

    The sheet stands in no repr: it holds the codes in plain.
    """

    identifier_id: str
    pdf: bytes = field(repr=False)


class Maker(Protocol):
    """Makes the means of an order, inside the transaction that moves the order."""

    def __call__(
        self,
        uow: UnitOfWork,
        *,
        party_id: str,
        kind: str,
        proofing_id: str | None,
        level: Level | None,
        derogation: str | None,
        actor: Actor,
    ) -> Made:
        """Issue the identifier and return it with its sheet."""
        ...


class Register(Protocol):
    """What orders ask of the register of identifiers."""

    def change(
        self, uow: UnitOfWork, identifier_id: str, act: str, *, actor: Mapping[str, Any], reason: str = ""
    ) -> Any:
        """Move an identifier by an act, with its history."""
        ...

    def by_id(self, identifier_id: str) -> Any:
        """Return an identifier; it has ``party_id``, ``kind`` and ``state``."""
        ...


class Addresses(Protocol):
    """Knows the confirmed postal addresses of persons."""

    def confirmed(self, party_ids: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the confirmed address of each of these who has one."""
        ...


class Proofings(Protocol):
    """Knows the proofings in force."""

    def in_force(self, party_id: str) -> Proofed | None:
        """Return a person's proofing in force, if there is one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A made means on its way to its holder."""

    order: Order
    pdf: bytes = field(repr=False)


class IdentifierDelivery(Protocol):
    """Brings parcels on their way; handing over the same order's twice changes nothing."""

    keeps_spool: bool
    """Whether the plain sheet must stay after the handing over, until it was printed."""

    def hand_over(self, parcel: Parcel) -> str | None:
        """Hand a parcel over; return its tracking or letter number if it is known already."""
        ...
