"""Who is logged in to the host application, as the host says."""

from dataclasses import dataclass
from datetime import datetime

from lre_kit.law.assurance import Category, Level
from lre_kit.parties.values import Sender


@dataclass(frozen=True, slots=True, kw_only=True)
class HostIdentification:
    """What a host application vouches for of who is logged in to it.

    Attributes:
        at: When the person last authenticated there.
        categories: Categories of the factors they showed.
        dynamic: Whether one of them changes at each authentication.
        proofing: Level of the host's own identity proofing, if it did one.
        proofing_method: How (`lre_kit.law.proofing_methods.ProofingMethod`).
        proofed_at: When.
        reference: The host's reference of that proofing; it stands in evidence.
    """

    at: datetime
    categories: tuple[Category, ...]
    dynamic: bool
    proofing: Level | None = None
    proofing_method: str = ""
    proofed_at: datetime | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is logged in to the host application, as the host says."""

    ref: str
    """The host's stable id of the person or organisation."""
    name: str
    email: str
    identification: HostIdentification | None = None
    """How the host identified them and what it vouches for; nothing: the office asks by itself."""

    def as_sender(self) -> Sender:
        """Return the actor as a sender."""
        return Sender(ref=self.ref, name=self.name, email=self.email)
