"""The outbox: an event of a letter and the duties to tell of it are one transaction.

Fed by the journal itself (`lre_kit.proofs.sealing.recorder`), so whatever records an event tells of it, on
every path. Which endpoints there are is asked by the database while it writes: no round trip of its own,
and no answer that is older than the event.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
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

from lre_kit.proofs.sealing.recorder import Recorded
from lre_kit.store.agenda import plan
from lre_kit.store.columns import UtcDateTime, among, new_id
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

FEW = 2
"""Up to here the database looks for endpoints while it writes; beyond, one question answers for all."""

_ENDPOINT, _DELIVERY, _DUTY = (table_of(row) for row in (WebhookEndpointRow, WebhookDeliveryRow, DutyRow))


def tell(uow: UnitOfWork, recorded: Sequence[Recorded]) -> None:
    """Queue a delivery, and the duty that carries it out, for every endpoint that wants an event.

    Args:
        uow: The transaction that records the events.
        recorded: The events; the id of each is the webhook's.
    """
    if len(recorded) > FEW:
        _tell_many(uow, recorded)
        return
    for letter, seq, event, event_id in recorded:
        name = type_of(event.name, event.details)
        told = {
            "sender": letter.sender.ref,
            "wanted": f"% {name} %",
            "base": new_id()[:-ENDPOINT_CHARS],
            "at": event.occurred_at,
        }
        uow.defer(_TELL, told | {"message": event_id, "letter": letter.id, "place": seq, "name": name})
        uow.defer(_PLAN, told)


def _tell_many(uow: UnitOfWork, recorded: Sequence[Recorded]) -> None:
    """Tell as `tell` does, with one question for all: most senders have no endpoint.

    An endpoint that is removed meanwhile breaks the transaction (its deliveries name it): whoever records
    many at once does them one by one then.
    """
    endpoints = _endpoints_of(uow, {each.letter.sender.ref for each in recorded})
    if not endpoints:
        return
    for letter, seq, event, event_id in recorded:
        name = type_of(event.name, event.details)
        for endpoint_id, types in endpoints.get(letter.sender.ref, ()):
            if types and f" {name} " not in types:
                continue
            at, delivery_id = event.occurred_at, new_delivery_id(endpoint_id)
            uow.add(
                WebhookDeliveryRow,
                id=delivery_id,
                endpoint_id=endpoint_id,
                message_id=event_id,
                letter_id=letter.id,
                seq=seq,
                type=name,
                state=DeliveryState.PENDING.value,
                made_at=at,
                next_at=at,
            )
            plan_delivery(uow, delivery_id, at=at)


def _endpoints_of(uow: UnitOfWork, sender_refs: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """Return the ids and wanted types of senders' active endpoints, in the order of their ids."""
    connection = uow.connection
    query = (
        select(_ENDPOINT.c.sender_ref, _ENDPOINT.c.id, _ENDPOINT.c.types)
        .where(
            among(connection, _ENDPOINT.c.sender_ref, sorted(sender_refs)),
            _ENDPOINT.c.state == EndpointState.ACTIVE.value,
        )
        .order_by(_ENDPOINT.c.id)
    )
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for sender_ref, endpoint_id, types in connection.execute(query):
        found[sender_ref].append((endpoint_id, types))
    return found


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
