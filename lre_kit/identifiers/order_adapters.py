"""Orders on the office's own desk: the proofings in force, as orders take them."""

from datetime import datetime
from typing import Protocol

from lre_kit.clock import Clock
from lre_kit.identifiers.order_values import Proofed
from lre_kit.law.assurance import Level


class HeldProofing(Protocol):
    """A proofing in force as the desk of remote identification tells it."""

    @property
    def id(self) -> str:
        """Reference to keep in evidence."""
        ...

    @property
    def level(self) -> Level:
        """Level reached."""
        ...

    @property
    def method(self) -> str:
        """How the identity was proofed."""
        ...

    @property
    def at(self) -> datetime:
        """When it was decided."""
        ...

    @property
    def derogation(self) -> str | None:
        """Derogation it stands on, if on one."""
        ...


class ProofingDesk(Protocol):
    """What orders ask of the desk of remote identification."""

    def proofing_of(self, party_id: str, at: datetime) -> HeldProofing | None:
        """Return the strongest proofing of a person that counts at an instant."""
        ...


class DeskProofings:
    """Proofings in force, as the desk of remote identification knows them."""

    def __init__(self, desk: ProofingDesk, *, clock: Clock) -> None:
        """Ask `desk` by the office's clock."""
        self._desk = desk
        self._clock = clock

    def in_force(self, party_id: str) -> Proofed | None:
        """Return a person's proofing in force, if there is one."""
        found = self._desk.proofing_of(party_id, self._clock())
        return None if found is None else proofed_of(found)


def proofed_of(found: HeldProofing) -> Proofed:
    """Return a proofing as orders take it."""
    return Proofed(
        id=found.id, level=found.level, method=found.method, at=found.at, derogation=found.derogation
    )
