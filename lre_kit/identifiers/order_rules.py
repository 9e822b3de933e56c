"""Rules of orders that need no table: what can be ordered, and what a means stands on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lre_kit.identifiers.order_values import OrderRefusedError, Proofed
from lre_kit.law.derogations import Delivery, Policy
from lre_kit.law.periods import Words
from lre_kit.law.products import Product
from lre_kit.law.proofing_methods import method_named
from lre_kit.law.regimes import requirements

ORDERABLE = frozenset({"paper_codes", "paper_seed", "security_key"})
"""Kinds that reach their holder as a thing; the others are registered by their holder."""

THINGS = frozenset({"security_key"})
"""Kinds that are more than paper: they go by post, never inside an electronic letter."""

NOT_ORDERED = Words(
    fr="Ce moyen ne se commande pas ici.",
    en="This means cannot be ordered here.",
)
"""Said of kinds that nobody makes."""

ONE_OPEN = Words(
    fr="Une commande de ce moyen est déjà en cours.",
    en="An order of this means is open already.",
)
"""Said of a kind of which an order is open."""


def carries(kind: str, deliveries: frozenset[Delivery]) -> frozenset[Delivery]:
    """Return those ways of delivery that can carry a kind."""
    return deliveries & {Delivery.POST} if kind in THINGS else deliveries


def issued_under(
    proofed: Proofed, delivery: Delivery, *, policy: Policy, at: datetime, seen: datetime
) -> str | None:
    """Return the id of the derogation without which a means could not be issued like this, if there is one.

    Args:
        proofed: The proofing it stands on.
        delivery: How it reaches its holder.
        policy: Derogations.
        at: When it is approved.
        seen: Latest instant the office ever acted at.
    """
    standing = requirements(Product.QUALIFIED, at=at).sender_proofing_methods
    for derogation in reversed(policy.in_force(at, not_after_seen=seen)):
        changes = derogation.changes
        added = changes.sender_proofing_methods - standing
        by_letter = delivery is not Delivery.POST and delivery in changes.deliveries
        if proofed.derogation == derogation.id or method_named(proofed.method) in added or by_letter:
            return derogation.id
    return proofed.derogation


def expect_confirmed(address: Mapping[str, Any] | None, known: Mapping[str, Any] | None) -> None:
    """Refuse to post codes anywhere but to the confirmed address: whoever can choose it gets the codes.

    Args:
        address: The one asked for, if any.
        known: The profile's confirmed address.

    Raises:
        OrderRefusedError: They differ, or none is confirmed.
    """
    if not known:
        msg = "No confirmed postal address is known for this person."
        raise OrderRefusedError(msg, mend="Confirm the address in the profile, then order again.")
    if address is not None and dict(address) != dict(known):
        msg = "Identification means are posted to the profile's confirmed address only."
        raise OrderRefusedError(msg, mend="Confirm this address in the profile first.")
