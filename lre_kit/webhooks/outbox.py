"""The outbox: an event of a letter and the duties to tell of it are one transaction.

Fed by the journal itself (`lre_kit.proofs.sealing.recorder`), so whatever records an event tells of it, on
every path. Which endpoints there are is asked by the database while it writes: no round trip of its own,
and no answer that is older than the event.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Insert,
    Integer,
    Select,
    String,
    Table,
    bindparam,
    insert,
    literal,
    or_,
    select,
)

from lre_kit.letters.lifecycle import Event
from lre_kit.letters.values import Letter
from lre_kit.store.agenda import plan
from lre_kit.store.columns import UtcDateTime, new_id
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
    told = {
        "sender": letter.sender.ref,
        "wanted": f"% {name} %",
        "base": new_id()[:-ENDPOINT_CHARS],
        "at": event.occurred_at,
    }
    uow.defer(_TELL, told | {"message": event_id, "letter": letter.id, "place": seq, "name": name})
    uow.defer(_PLAN, told)


def plan_delivery(uow: UnitOfWork, delivery_id: str, *, at: datetime) -> None:
    """Put the next try of a delivery on the agenda."""
    plan(uow, key=delivery_key(delivery_id), due_at=at, action=DELIVER, subject=delivery_id)


def delivery_key(delivery_id: str) -> str:
    """Return the key of the duty that carries a delivery out."""
    return f"{DELIVER}:{delivery_id}"


def new_delivery_id(endpoint_id: str) -> str:
    """Return a fresh id for a delivery to an endpoint."""
    return new_id()[:-ENDPOINT_CHARS] + endpoint_id


def _insert(table: Table, values: Mapping[str, ColumnElement[Any]]) -> Insert:
    """Return the insert of a row for every endpoint that wants an event."""
    wanting: Select[Any] = select(*values.values()).where(
        _ENDPOINT.c.sender_ref == bindparam("sender", type_=String),
        _ENDPOINT.c.state == EndpointState.ACTIVE.value,
        or_(_ENDPOINT.c.types == "", _ENDPOINT.c.types.like(bindparam("wanted", type_=String))),
    )
    return insert(table).from_select(list(values), wanting, include_defaults=False)


_ID: ColumnElement[Any] = bindparam("base", type_=String) + _ENDPOINT.c.id
_AT = bindparam("at", type_=UtcDateTime)

_TELL = _insert(
    _DELIVERY,
    {
        "id": _ID,
        "endpoint_id": _ENDPOINT.c.id,
        "message_id": bindparam("message", type_=String),
        "letter_id": bindparam("letter", type_=String),
        "seq": bindparam("place", type_=Integer),
        "replay": literal(0),
        "type": bindparam("name", type_=String),
        "state": literal(DeliveryState.PENDING.value),
        "attempts": literal(0),
        "made_at": _AT,
        "next_at": _AT,
    },
)

_PLAN = _insert(
    _DUTY,
    {
        "id": _ID,
        "key": literal(delivery_key("")) + _ID,
        "due_at": _AT,
        "action": literal(DELIVER),
        "subject": _ID,
        "payload": literal({}, JSON),
        "attempts": literal(0),
    },
)
