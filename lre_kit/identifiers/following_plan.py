"""When the letter that carries a means is looked at: the duty's name and its planning."""

from datetime import datetime, timedelta

from lre_kit.store.agenda import plan
from lre_kit.store.unit import UnitOfWork

FOLLOW = "follow_identifier"
"""Action of the duty that looks what became of the letter of an order."""

LOOK_AGAIN = timedelta(days=1)
"""How often."""


def plan_following(uow: UnitOfWork, order_id: str, *, due_at: datetime) -> None:
    """Put the next look at the letter of an order on the agenda."""
    plan(uow, key=f"{FOLLOW}:{order_id}", due_at=due_at, action=FOLLOW, subject=order_id)
