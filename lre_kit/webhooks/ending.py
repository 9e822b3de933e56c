"""The end of an endpoint: what waits is cancelled; its owner is written to if they did not do it.

A removed endpoint is gone for everybody at once, and its rows go an hour later: an act on a letter that
was being written meanwhile may still have told of itself to it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.webhooks.rows import (
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
    WebhookSecretRow,
)
from lre_kit.webhooks.values import DeliveryState, DisabledWhy, EndpointState

TELL_OWNER = "tell_webhook_owner"
"""Action of the duty that tells an owner that their endpoint was disabled."""

ERASE = "erase_webhook"
"""Action of the duty that deletes the rows of a removed endpoint."""

ERASED_AFTER = timedelta(hours=1)
"""Span between an endpoint's removal and the deletion of its rows: longer than any transaction."""

_ENDPOINT, _DELIVERY, _SECRET, _ATTEMPT = (
    table_of(row) for row in (WebhookEndpointRow, WebhookDeliveryRow, WebhookSecretRow, WebhookAttemptRow)
)


def disable(uow: UnitOfWork, endpoint_id: str, *, why: DisabledWhy, at: datetime) -> None:
    """Disable an endpoint that is active; duties of what is cancelled find nothing to do."""
    active = (_ENDPOINT.c.id == endpoint_id, _ENDPOINT.c.state == EndpointState.ACTIVE.value)
    values = {"state": EndpointState.DISABLED.value, "disabled_at": at, "disabled_why": why.value}
    if uow.update(update(_ENDPOINT).where(*active).values(values)) != 1:
        return
    _cancel(uow, endpoint_id, at)
    if why is not DisabledWhy.OWNER:
        key = f"{TELL_OWNER}:{endpoint_id}:{at:%Y%m%dT%H%M%S%f}"
        payload = {"why": why.value, "at": at.isoformat()}
        plan(uow, key=key, due_at=at, action=TELL_OWNER, subject=endpoint_id, payload=payload)


def disable_all(uow: UnitOfWork, sender_refs: Sequence[str], *, at: datetime) -> None:
    """Disable every active endpoint of these senders, who asked for it themselves."""
    active = (_ENDPOINT.c.sender_ref.in_(sender_refs), _ENDPOINT.c.state == EndpointState.ACTIVE.value)
    for endpoint_id in uow.execute(select(_ENDPOINT.c.id).where(*active)).scalars().all():
        disable(uow, endpoint_id, why=DisabledWhy.OWNER, at=at)


def remove(uow: UnitOfWork, endpoint_id: str, *, at: datetime) -> None:
    """Take an endpoint out of everybody's sight, and plan the deletion of all there is of it."""
    gone = {"state": EndpointState.REMOVED.value, "disabled_at": at, "disabled_why": DisabledWhy.OWNER.value}
    uow.execute(update(_ENDPOINT).where(_ENDPOINT.c.id == endpoint_id).values(gone))
    _cancel(uow, endpoint_id, at)
    plan(uow, key=f"{ERASE}:{endpoint_id}", due_at=at + ERASED_AFTER, action=ERASE, subject=endpoint_id)


class Erasing:
    """Carries the duty of removed endpoints out; it may run twice."""

    def __init__(self, database: Database) -> None:
        """Work on `database`."""
        self._database = database

    def run(self, duty: Duty) -> None:
        """Delete tries, deliveries, secrets and the endpoint itself."""
        gone = _ENDPOINT.c.id == duty.subject, _ENDPOINT.c.state == EndpointState.REMOVED.value
        theirs = select(_ENDPOINT.c.id).where(*gone)
        told = select(_DELIVERY.c.id).where(_DELIVERY.c.endpoint_id.in_(theirs))
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.defer(delete(_ATTEMPT).where(_ATTEMPT.c.delivery_id.in_(told)))
            uow.defer(delete(_DELIVERY).where(_DELIVERY.c.endpoint_id.in_(theirs)))
            uow.defer(delete(_SECRET).where(_SECRET.c.endpoint_id.in_(theirs)))
            uow.defer(delete(_ENDPOINT).where(*gone))
            uow.commit()


def _cancel(uow: UnitOfWork, endpoint_id: str, at: datetime) -> None:
    pending = (_DELIVERY.c.endpoint_id == endpoint_id, _DELIVERY.c.state == DeliveryState.PENDING.value)
    cancelled = {"state": DeliveryState.CANCELLED.value, "ended_at": at, "next_at": None}
    uow.defer(update(_DELIVERY).where(*pending).values(cancelled))
