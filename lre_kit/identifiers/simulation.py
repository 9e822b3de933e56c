"""What a date will change: whose means end, who has no address, whose requirements differ."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from lre_kit.identifiers.derogation_notices import LIVE
from lre_kit.identifiers.order_ports import Addresses
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.law.derogations import Policy
from lre_kit.law.products import Product
from lre_kit.law.requirements import Role, RoleRequirements, for_role
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

_IDENTIFIER = table_of(IdentifierRow)
_SLICE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A derogation that ends, and the means that end with it."""

    derogation: str
    ends_at: datetime
    serials: tuple[str, ...]
    parties: int
    without_address: int | None
    """People without a confirmed address; nothing if addresses are not known to the asker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One product and role whose requirements differ between two instants."""

    product: Product
    role: Role
    before: RoleRequirements
    after: RoleRequirements


def endings(
    database: Database, policy: Policy, *, now: datetime, at: datetime, addresses: Addresses | None
) -> list[Ending]:
    """Return the derogations that end up to an instant, or ended and still have means to end.

    Args:
        database: Where the means are kept; it is only read.
        policy: Derogations.
        now: The present instant.
        at: Last instant looked at.
        addresses: Knows confirmed addresses, if anybody does.
    """
    found = []
    for derogation in sorted(policy.derogations, key=lambda one: (one.ends_at, one.id)):
        if derogation.ends_at > at:
            continue
        query = (
            select(_IDENTIFIER.c.serial, _IDENTIFIER.c.party_id)
            .where(_IDENTIFIER.c.derogation == derogation.id, _IDENTIFIER.c.state.in_(LIVE))
            .order_by(_IDENTIFIER.c.serial)
        )
        with database.read() as connection:
            rows = connection.execute(query).all()
        if not rows and derogation.ends_at <= now:
            continue
        parties = sorted({row.party_id for row in rows})
        found.append(
            Ending(
                derogation=derogation.id,
                ends_at=derogation.ends_at,
                serials=tuple(row.serial for row in rows),
                parties=len(parties),
                without_address=_without_address(parties, addresses),
            )
        )
    return found


def changes_between(
    policy: Policy, *, now: datetime, at: datetime, not_after_seen: datetime | None = None
) -> list[Change]:
    """Return the products and roles whose requirements differ between two instants."""
    found = []
    for product in Product:
        for role in Role:
            before, after = (
                for_role(product, role, instant, derogations=policy, not_after_seen=seen)
                for instant, seen in ((now, not_after_seen), (at, None))
            )
            # Which derogations hold matters to means only; here, whether the role is asked something else.
            if replace(before, in_force=after.in_force) != after:
                found.append(Change(product=product, role=role, before=before, after=after))
    return found


def _without_address(parties: list[str], addresses: Addresses | None) -> int | None:
    if addresses is None:
        return None
    known = 0
    for start in range(0, len(parties), _SLICE):
        known += len(addresses.confirmed(parties[start : start + _SLICE]))
    return len(parties) - known
