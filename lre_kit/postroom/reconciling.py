"""Reconciliation: what was handed over, delivered, came back, and is missing after 40 days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, update

from lre_kit.clock import Clock
from lre_kit.law.paper import LOST_AFTER
from lre_kit.postroom.items import BATCH, ITEM, items_where
from lre_kit.postroom.values import ItemState, PostItem
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database

_BACK = ("returned", "unknown_at_address", "undeliverable", "unclaimed", "refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Where all that was handed over stands."""

    at: datetime
    delivered: int
    came_back: Sequence[PostItem]
    under_way: int
    missing: Sequence[PostItem]
    """Handed over 40 days ago or more, and without an end (CPCE R. 2-3)."""
    rejected: Sequence[PostItem]
    """Not taken by the provider: to be printed again, or given up."""
    unread: Sequence[PostItem]
    """Without a carrier's number: nobody can follow them."""


class Reconciling:
    """Holds what left against what came to an end."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work by the office's clock."""
        self._database = database
        self._clock = clock

    def report(self) -> Reconciliation:
        """Return where everything stands now."""
        now, none = self._clock(), ()
        over = ITEM.c.state == ItemState.HANDED_OVER
        with self._database.read(snapshot=True) as connection:
            open_ones = items_where(connection, over, ITEM.c.outcome.is_(None), limit=1_000_000)
            back = items_where(connection, over, ITEM.c.outcome.in_(_BACK), limit=1_000_000)
            delivered = items_where(connection, over, ITEM.c.outcome == "delivered", limit=1_000_000)
            rejected = items_where(connection, ITEM.c.state == ItemState.REJECTED)
        late = now - LOST_AFTER
        missing = [item for item in open_ones if item.handed_over_at and item.handed_over_at <= late]
        return Reconciliation(
            at=now,
            delivered=len(delivered),
            came_back=back or none,
            under_way=len(open_ones) - len(missing),
            missing=missing,
            rejected=rejected,
            unread=[item for item in open_ones if not item.item_number],
        )

    def look(self, duty: Duty) -> None:
        """Mark the postings of the batch a duty names that are without an end: they count as lost."""
        now = self._clock()
        batch = BATCH.c.number == duty.subject
        with self._database.write() as uow:
            fulfil(uow, duty)
            found = uow.execute(BATCH.select().with_only_columns(BATCH.c.id).where(batch)).first()
            if found is not None:
                uow.execute(
                    update(ITEM)
                    .where(
                        ITEM.c.batch_id == found.id,
                        ITEM.c.state == ItemState.HANDED_OVER,
                        or_(ITEM.c.outcome.is_(None), ITEM.c.outcome == "returned"),
                        ITEM.c.missing_at.is_(None),
                    )
                    .values(missing_at=now)
                )
            uow.commit()
