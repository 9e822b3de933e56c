"""Many means ended at once, and the orders of their replacements: few statements however many there are."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from lre_kit.identifiers.making import MAKE
from lre_kit.identifiers.order_book import add_event
from lre_kit.identifiers.order_ports import OFFICE
from lre_kit.identifiers.order_rows import OrderRow
from lre_kit.identifiers.order_values import OrderAct, OrderState
from lre_kit.identifiers.rows import ChallengeRow, IdentifierEventRow, IdentifierRow
from lre_kit.law.derogations import Delivery
from lre_kit.store.agenda import plan
from lre_kit.store.columns import new_id
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

PAPER = frozenset({"paper_codes", "paper_seed"})
"""Kinds the office can make and post by itself; any other is replaced by paper codes."""

_IDENTIFIER = table_of(IdentifierRow)
_IDENTIFIER_EVENT = table_of(IdentifierEventRow)
_CHALLENGE = table_of(ChallengeRow)


def replacing_kind(kind: str) -> str:
    """Return the kind of means that replaces one of a kind."""
    return kind if kind in PAPER else "paper_codes"


def revoke_all(uow: UnitOfWork, ids: Sequence[str], now: datetime, *, reason: str) -> None:
    """End many means at once, their open challenges with them, each with its history."""
    uow.defer(update(_IDENTIFIER).where(_IDENTIFIER.c.id.in_(ids)).values(state="revoked", ended_at=now))
    uow.defer(
        update(_CHALLENGE)
        .where(_CHALLENGE.c.identifier_id.in_(ids), _CHALLENGE.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    table = _IDENTIFIER_EVENT
    query = (
        select(table.c.identifier_id, func.max(table.c.seq).label("last"))
        .where(table.c.identifier_id.in_(ids))
        .group_by(table.c.identifier_id)
    )
    last: dict[str, int] = {row.identifier_id: row.last for row in uow.execute(query)}
    rows = [
        {
            "id": new_id(),
            "identifier_id": each,
            "seq": last.get(each, 0) + 1,
            "name": "revoke",
            "occurred_at": now,
            "actor": dict(OFFICE),
            "reason": reason,
        }
        for each in ids
    ]
    uow.add_all(IdentifierEventRow, rows)


def order_anew(
    uow: UnitOfWork,
    wanted: Mapping[str, Any],
    addresses: Mapping[str, Mapping[str, Any]],
    *,
    now: datetime,
    cause: str,
) -> dict[str, str]:
    """Order a means for each of these, approved at once; return the orders by key.

    The level stays that of the original proofing: a replacement never carries it further.
    """
    made: dict[str, str] = {key: new_id() for key in wanted}
    uow.add_all(
        OrderRow,
        [
            {
                "id": made[key],
                "party_id": row.party_id,
                "kind": replacing_kind(row.kind),
                "delivery": Delivery.POST.value,
                "state": OrderState.APPROVED.value,
                "open_key": key,
                "cause": cause,
                "address": dict(addresses[row.party_id]) if row.party_id in addresses else None,
                "proofing_id": row.proofing_id,
                "level": row.level,
                "created_at": now,
            }
            for key, row in wanted.items()
        ],
    )
    for order_id in made.values():
        for seq, act, state in _FIRST_ACTS:
            add_event(uow, order_id, seq=seq, act=act, state=state, at=now, actor=OFFICE, reason=cause)
        plan(uow, key=f"{MAKE}:{order_id}", due_at=now, action=MAKE, subject=order_id)
    return made


_FIRST_ACTS = (
    (1, OrderAct.REQUEST, OrderState.REQUESTED),
    (2, OrderAct.APPROVE, OrderState.APPROVED),
)
