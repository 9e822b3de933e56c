"""What a sender asks of the paper leg, how it is kept, and which proofs it calls for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from lre_kit.law.events import ErdsEvent
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import Product
from lre_kit.letters.rows import LetterPostRow
from lre_kit.parties.addresses import PostalAddress
from lre_kit.store.agenda import plan
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of

ACTION = "post_letter"
"""Name of the duty that prints a letter and puts it into a batch."""

ON_PAPER = frozenset({Product.HYBRID, Product.OPTIMAL})
"""Products that go, or may go, by post."""

_PROOF_OF_EVENT: Mapping[ErdsEvent, str] = {
    ErdsEvent.SUBMISSION_ACCEPTANCE: "deposit",
    ErdsEvent.CONTENT_HANDOVER: "receipt",
    ErdsEvent.CONSIGNMENT_REJECTION: "refusal",
    ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY: "non_claim",
    ErdsEvent.CONTENT_CONSIGNMENT_FAILURE: "not_identified",
}

_PROOF_OF_OUTCOME: Mapping[str, str] = {
    "delivered": "paper_delivery",
    "refused": "paper_refusal",
    "unclaimed": "paper_non_claim",
    "unknown_at_address": "paper_return",
    "undeliverable": "paper_return",
}

_POST = table_of(LetterPostRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperWish:
    """How the sender wants the paper leg, and what a letter with a choice goes on as."""

    options: PrintOptions = field(default_factory=PrintOptions)
    electronic: Product = Product.SIMPLE
    """Kind that a letter with a choice goes on as, if electronic is chosen."""
    choice_days: int | None = None
    """Days to choose; by default `lre_kit.law.optimal.CHOICE_DAYS`."""


def proof_kind(event: ErdsEvent, details: Mapping[str, Any]) -> str | None:
    """Return the kind of proof an event calls for (CPCE R. 53-2 and R. 53-3; the paper leg's own), if any.

    A second posting has proofs of its own: ``paper_posting_2``.
    """
    if event in _PROOF_OF_EVENT:
        return _PROOF_OF_EVENT[event]
    kind = None
    if event is ErdsEvent.RELAY_TO_NON_ERDS and "item_number" in details and not details.get("reprint"):
        kind = "paper_posting"
    elif event is ErdsEvent.RECEIVED_FROM_NON_ERDS:
        kind = _PROOF_OF_OUTCOME.get(str(details.get("outcome")))
    attempt = details.get("attempt", 1)
    return f"{kind}_{attempt}" if kind and attempt != 1 else kind


def base_kind(kind: str) -> str:
    """Return a kind of proof without the number of its posting."""
    base, _, attempt = kind.rpartition("_")
    return base if attempt.isdigit() else kind


def plan_posting(uow: UnitOfWork, letter_id: str, *, attempt: int, at: datetime) -> None:
    """Put the printing of a letter on the agenda, once per posting."""
    key = f"post:{letter_id}:{attempt}"
    plan(uow, key=key, due_at=at, action=ACTION, subject=letter_id, payload={"attempt": attempt})


def keep_wish(
    uow: UnitOfWork, letter_id: str, postal: PostalAddress, options: PrintOptions, *, pages: int, sheets: int
) -> None:
    """Keep where a letter goes on paper, and how it is printed."""
    uow.add(
        LetterPostRow,
        letter_id=letter_id,
        address=postal.to_json(),
        options={"colour": options.colour, "duplex": options.duplex},
        pages=pages,
        sheets=sheets,
    )


def postal_of(connection: Connection, letter_id: str) -> PostalAddress | None:
    """Return the postal address a letter was deposited with, if it has one."""
    row = connection.execute(select(_POST.c.address).where(_POST.c.letter_id == letter_id)).first()
    return address_of(row.address) if row is not None else None


def address_of(kept: Mapping[str, Any]) -> PostalAddress:
    """Return a postal address from its kept form."""
    return PostalAddress(lines=tuple(kept["lines"]), country=kept["country"])


def options_of(kept: Mapping[str, Any]) -> PrintOptions:
    """Return print options from their kept form."""
    return PrintOptions(colour=bool(kept["colour"]), duplex=bool(kept["duplex"]))
