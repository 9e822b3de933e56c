"""Disabling an endpoint: what waits is cancelled, and its owner is written to if they did not do it."""

from datetime import datetime

from sqlalchemy import update

from lre_kit.store.agenda import plan
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.webhooks.rows import WebhookDeliveryRow, WebhookEndpointRow
from lre_kit.webhooks.values import DeliveryState, DisabledWhy, EndpointState

TELL_OWNER = "tell_webhook_owner"
"""Action of the duty that tells an owner that their endpoint was disabled."""

_ENDPOINT, _DELIVERY = table_of(WebhookEndpointRow), table_of(WebhookDeliveryRow)


def disable(uow: UnitOfWork, endpoint_id: str, *, why: DisabledWhy, at: datetime) -> None:
    """Disable an endpoint that is active; duties of what is cancelled find nothing to do."""
    active = (_ENDPOINT.c.id == endpoint_id, _ENDPOINT.c.state == EndpointState.ACTIVE.value)
    values = {"state": EndpointState.DISABLED.value, "disabled_at": at, "disabled_why": why.value}
    if uow.update(update(_ENDPOINT).where(*active).values(values)) != 1:
        return
    pending = (_DELIVERY.c.endpoint_id == endpoint_id, _DELIVERY.c.state == DeliveryState.PENDING.value)
    cancelled = {"state": DeliveryState.CANCELLED.value, "ended_at": at, "next_at": None}
    uow.defer(update(_DELIVERY).where(*pending).values(cancelled))
    if why is not DisabledWhy.OWNER:
        key = f"{TELL_OWNER}:{endpoint_id}:{at:%Y%m%dT%H%M%S%f}"
        payload = {"why": why.value, "at": at.isoformat()}
        plan(uow, key=key, due_at=at, action=TELL_OWNER, subject=endpoint_id, payload=payload)
