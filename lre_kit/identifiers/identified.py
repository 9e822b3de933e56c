"""How somebody was identified for one act: what stands in evidence, and what the acts ask to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lre_kit.clock import iso
from lre_kit.law.assurance import Category, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What was shown of who acts: by which means, when, at which level, on which proofing.

    It holds references, never a document's number or anything else of the proofing itself.
    """

    means: str
    """The means, as evidence names them; several are joined by `` + ``."""
    level: Level
    categories: tuple[Category, ...]
    at: datetime
    """When the weakest of what counts was shown."""
    proofing: str | None = None
    """Reference of the identity proofing it stands on."""
    proofing_method: str | None = None
    """How the identity was proofed (`lre_kit.law.proofing_methods.ProofingMethod`)."""
    derogation: str | None = None
    """Id of the derogation it is lawful under."""
    delegate: str | None = None
    """Name of the delegate (mandataire) who acts for the party; none if the party acts."""
    mandate: str | None = None
    """Reference of the delegate's mandate."""

    def to_actor(self, role: str) -> Mapping[str, Any]:
        """Return the actor of an event: who acted, in which role, shown how."""
        optional = {
            "proofing": self.proofing,
            "proofing_method": self.proofing_method,
            "derogation": self.derogation,
            "delegate": self.delegate,
            "mandate": self.mandate,
        }
        return {
            "role": role,
            "means": self.means,
            "authenticated_at": iso(self.at),
            "level": self.level.value,
            "categories": [category.value for category in self.categories],
        } | {name: value for name, value in optional.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified(Shown):
    """A recipient, identified for one letter."""

    letter_id: str
    is_pending: bool = False
    """Whether an identity proofing of this person waits for its verdict: an acceptance then counts from
    its own instant, and the hand-over waits (domain rule for decisions at the window's end)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderIdentified(Shown):
    """A sender, identified for a deposit."""

    party_id: str
