"""The outbox: an event of a letter and the duties to tell of it are one transaction.

Fed by the journal itself (`lre_kit.proofs.sealing.recorder`), so whatever records an event tells of it, on
every path. Which endpoints there are is asked by the database while it writes: no round trip of its own,
and no answer that is older than the event.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Insert, Select, insert, literal, or_, select

from lre_kit.letters.lifecycle import Event
from lre_kit.letters.values import Letter
from lre_kit.store.agenda import plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.webhooks.events import type_of
from lre_kit.webhooks.rows import WebhookDeliveryRow, WebhookEndpointRow
from lre_kit.webhooks.values import DeliveryState, EndpointState

DELIVER = "deliver_webhook"
"""Action of the duty that tells one endpoint of one event."""

ENDPOINT_CHARS = 8
"""Length of an endpoint's id: the last characters of its deliveries' ids."""

_ENDPOINT, _DELIVERY, _DUTY = (table_of(row) for row in (WebhookEndpointRow, WebhookDeliveryRow, DutyRow))


def tell(uow: UnitOfWork, letter: Letter, seq: int, event: Event, event_id: str) -> None:
    """Queue a delivery, and the duty that carries it out, for every endpoint that wants the event.

    Args:
        uow: The transaction that records the event.
        letter: Whose event it is.
        seq: Its place in the letter's journal.
        event: What happened.
        event_id: Its id: the webhook's.
    """
    name = type_of(event.name, event.details)
    wants = (
        _ENDPOINT.c.sender_ref == letter.sender.ref,
        _ENDPOINT.c.state == EndpointState.ACTIVE.value,
        or_(_ENDPOINT.c.types == "", _ENDPOINT.c.types.contains(f" {name} ", autoescape=True)),
    )
    base = new_id()[:-ENDPOINT_CHARS]
    told = {
        "message_id": event_id,
        "letter_id": letter.id,
        "seq": seq,
        "replay": 0,
        "type": name,
        "state": DeliveryState.PENDING.value,
        "attempts": 0,
        "made_at": event.occurred_at,
        "next_at": event.occurred_at,
    }
    uow.defer(_insert(_DELIVERY, told, wants, id=_id(base), endpoint_id=_ENDPOINT.c.id))
    duty = {"due_at": event.occurred_at, "action": DELIVER, "payload": {}, "attempts": 0}
    key = literal(f"{DELIVER}:") + _id(base)
    uow.defer(_insert(_DUTY, duty, wants, id=_id(base), key=key, subject=_id(base)))


def plan_delivery(uow: UnitOfWork, delivery_id: str, *, at: datetime) -> None:
    """Put the next try of a delivery on the agenda."""
    plan(uow, key=f"{DELIVER}:{delivery_id}", due_at=at, action=DELIVER, subject=delivery_id)


def new_delivery_id(endpoint_id: str) -> str:
    """Return a fresh id for a delivery to an endpoint."""
    return new_id()[:-ENDPOINT_CHARS] + endpoint_id


def _id(base: str) -> ColumnElement[str]:
    return literal(base) + _ENDPOINT.c.id


def _insert(
    table: Any, values: dict[str, Any], where: Sequence[ColumnElement[bool]], **computed: ColumnElement[Any]
) -> Insert:
    """Return the insert of a row for every endpoint that matches."""
    columns: dict[str, ColumnElement[Any]] = {
        name: literal(value, table.c[name].type) for name, value in values.items()
    }
    columns |= computed
    rows: Select[Any] = select(*columns.values()).where(*where)
    return insert(table).from_select(list(columns), rows, include_defaults=False)
