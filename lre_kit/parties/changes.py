"""The history of parties: each change with what stood before and after; nothing is overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from lre_kit.parties.rows import PartyChangeRow
from lre_kit.store.columns import new_id
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

CHANGE = table_of(PartyChangeRow)

REASON_MAX_CHARS = 500
"""Longest reason kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyChange:
    """One change of a party."""

    seq: int
    name: str
    occurred_at: datetime
    actor: Mapping[str, Any]
    reason: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    def __repr__(self) -> str:
        """Say what was done, and nothing of whom."""
        return f"PartyChange({self.seq}, {self.name})"


def note_change(
    uow: UnitOfWork,
    party_id: str,
    name: str,
    *,
    at: datetime,
    actor: Mapping[str, Any],
    reason: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Append a change to a party's history, in the transaction that makes it; the party must be locked."""
    last = uow.execute(select(func.max(CHANGE.c.seq)).where(CHANGE.c.party_id == party_id)).scalar()
    uow.add(
        PartyChangeRow,
        id=new_id(),
        party_id=party_id,
        seq=(last or 0) + 1,
        name=name,
        occurred_at=at,
        actor=dict(actor),
        reason=reason[:REASON_MAX_CHARS],
        before=dict(before or {}),
        after=dict(after or {}),
    )
