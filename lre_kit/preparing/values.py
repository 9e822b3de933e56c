"""What people see of a prepared letter."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from lre_kit.clock import from_iso, iso
from lre_kit.law.consents import Capacity
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Product
from lre_kit.law.regimes import Matter
from lre_kit.letters.paper import PaperWish
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.values import Recipient


class PreparedState(StrEnum):
    """Where a prepared letter stands."""

    WAITING = "waiting"
    SENT = "sent"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    """Its preparer took it back."""
    EXPIRED = "expired"
    """Nobody signed in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a letter will be, as its deposit takes it: everything but its documents and who sends it."""

    recipient: Recipient
    product: Product
    subject: str = ""
    language: str = "fr"
    reference: str = ""
    notify_at: datetime | None = None
    matter: Matter = Matter.ORDINARY
    paper: PaperWish | None = None
    pre_notice: str = ""
    others: tuple[Recipient, ...] = ()
    """Further recipients: each gets a letter of their own under the same signature, all or none."""

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """All who are addressed."""
        return (self.recipient, *self.others)

    def __repr__(self) -> str:
        """Say nothing of the person."""
        return f"Draft({self.product.value})"

    def to_deposit(self) -> dict[str, Any]:
        """Return the arguments of a deposit; whoever is addressed besides is not among them."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "others"}

    def to_json(self) -> dict[str, Any]:
        """Return plain values for keeping."""
        paper = self.paper
        return {
            **_kept(self.recipient),
            "others": [_kept(each) for each in self.others],
            "product": self.product.value,
            "subject": self.subject,
            "language": self.language,
            "reference": self.reference,
            "notify_at": iso(self.notify_at) if self.notify_at else None,
            "matter": self.matter.value,
            "pre_notice": self.pre_notice,
            "paper": paper
            and {
                "colour": paper.options.colour,
                "duplex": paper.options.duplex,
                "electronic": paper.electronic.value,
                "choice_days": paper.choice_days,
            },
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Draft":
        """Return what `to_json` kept."""
        paper = kept["paper"]
        return cls(
            recipient=_recipient(kept),
            others=tuple(_recipient(each) for each in kept.get("others", ())),
            product=Product(kept["product"]),
            subject=kept["subject"],
            language=kept["language"],
            reference=kept["reference"],
            notify_at=from_iso(kept["notify_at"]) if kept["notify_at"] else None,
            matter=Matter(kept["matter"]),
            # Letters that were prepared before it could be asked for have none.
            pre_notice=kept.get("pre_notice", ""),
            paper=paper
            and PaperWish(
                options=PrintOptions(colour=paper["colour"], duplex=paper["duplex"]),
                electronic=Product(paper["electronic"]),
                choice_days=paper["choice_days"],
            ),
        )


def _kept(recipient: Recipient) -> dict[str, Any]:
    return {
        "name": recipient.name,
        "email": recipient.email,
        "capacity": recipient.capacity.value,
        "capacity_basis": recipient.capacity_basis,
        "postal": recipient.postal.to_json() if recipient.postal is not None else None,
    }


def _recipient(kept: Mapping[str, Any]) -> Recipient:
    postal = kept["postal"]
    return Recipient(
        name=kept["name"],
        email=kept["email"],
        capacity=Capacity(kept["capacity"]),
        capacity_basis=kept["capacity_basis"],
        postal=postal and PostalAddress(lines=tuple(postal["lines"]), country=postal["country"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A prepared letter as it stands.

    Attributes:
        draft: What it will be; nothing once it is settled.
        documents: Names of its documents, in order.
        letter_number: The letter it became; of several, the first.
    """

    id: str
    organisation_id: str
    prepared_by: str
    state: PreparedState
    created_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    reason: str
    documents: tuple[str, ...]
    draft: Draft | None
    letter_number: str | None
