"""The daily duty that forgets what was delivered long ago."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from lre_kit.clock import Clock
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.webhooks.rows import WebhookAttemptRow, WebhookDeliveryRow

ACTION = "upkeep_webhooks"
"""Name of the duty."""

EVERY = timedelta(days=1)
"""Span between two runs."""

_DELIVERY, _ATTEMPT = table_of(WebhookDeliveryRow), table_of(WebhookAttemptRow)


class WebhookUpkeep:
    """Carries the duty out; it may run twice, or die at any line."""

    def __init__(self, database: Database, *, clock: Clock, keep: timedelta) -> None:
        """Forget what ended longer than `keep` ago."""
        self._database = database
        self._clock = clock
        self._keep = keep

    def run(self, duty: Duty) -> None:
        """Do it once, and plan the next run."""
        now = self._clock()
        old = _DELIVERY.c.ended_at < now - self._keep
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.defer(delete(_ATTEMPT).where(_ATTEMPT.c.delivery_id.in_(select(_DELIVERY.c.id).where(old))))
            uow.defer(delete(_DELIVERY).where(old))
            uow.flush()
            plan_upkeep(uow, now=now)
            uow.commit()


def plan_upkeep(uow: UnitOfWork, *, now: datetime) -> None:
    """Put the next run on the agenda; it is there once only."""
    plan(uow, key=ACTION, due_at=now + EVERY, action=ACTION, subject="webhooks")
