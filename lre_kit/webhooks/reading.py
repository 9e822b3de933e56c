"""Reading endpoints and deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from lre_kit.errors import NotFoundError
from lre_kit.letters.rows import LetterRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.webhooks.rows import WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow
from lre_kit.webhooks.secret_store import SecretStore
from lre_kit.webhooks.values import (
    Attempt,
    Delivery,
    DeliveryState,
    DisabledWhy,
    Endpoint,
    EndpointState,
    Failure,
    Owner,
)

PAGE = 50
"""Deliveries on one page."""

_ENDPOINT, _DELIVERY, _ATTEMPT, _LETTER = (
    table_of(row) for row in (WebhookEndpointRow, WebhookDeliveryRow, WebhookAttemptRow, LetterRow)
)

_THERE = _ENDPOINT.c.state != EndpointState.REMOVED.value

_WHOLE = select(_DELIVERY, _LETTER.c.number.label("letter_number")).join_from(
    _DELIVERY, _LETTER, _LETTER.c.id == _DELIVERY.c.letter_id, isouter=True
)


class WebhookReading:
    """Answers what endpoints there are, and what was delivered to them."""

    def __init__(self, database: Database, secrets: SecretStore) -> None:
        """Read from `database`."""
        self._database = database
        self._secrets = secrets

    def of(self, sender_ref: str) -> list[Endpoint]:
        """Return a sender's endpoints, the oldest first."""
        return self._endpoints(sender_ref)

    def every(self) -> list[Endpoint]:
        """Return all endpoints of the office, the oldest first."""
        return self._endpoints(None)

    def endpoint(self, endpoint_id: str, *, sender_ref: str | None = None) -> Endpoint:
        """Return an endpoint; with `sender_ref`, only if it is that sender's.

        Raises:
            NotFoundError: There is none, or it is another's.
        """
        with self._database.read() as connection:
            row = row_of(connection, endpoint_id, sender_ref=sender_ref)
            public_key, former_until = self._secrets.shown(connection, [row.id])[row.id]
        return _endpoint(row, public_key, former_until)

    def deliveries(
        self,
        endpoint_id: str,
        *,
        sender_ref: str | None = None,
        state: DeliveryState | None = None,
        before: str | None = None,
        limit: int = PAGE,
    ) -> list[Delivery]:
        """Return what was told an endpoint, the newest first, each with its tries.

        Args:
            endpoint_id: Which endpoint.
            sender_ref: Whose it must be; by default anybody's.
            state: Only those in this state.
            before: Only those older than this delivery.
            limit: How many at most.

        Raises:
            NotFoundError: There is no such endpoint, or it is another's.
        """
        query = _WHOLE.where(_DELIVERY.c.endpoint_id == endpoint_id).order_by(_DELIVERY.c.id.desc())
        if state is not None:
            query = query.where(_DELIVERY.c.state == state.value)
        if before:
            query = query.where(_DELIVERY.c.id < before)
        with self._database.read() as connection:
            row_of(connection, endpoint_id, sender_ref=sender_ref)
            rows = list(connection.execute(query.limit(limit)))
            tries = _tries(connection, [row.id for row in rows])
        return [_delivery(row, tries.get(row.id, [])) for row in rows]

    def delivery(self, delivery_id: str, *, endpoint_id: str | None = None) -> Delivery:
        """Return one delivery; with `endpoint_id`, only if it is that endpoint's.

        Raises:
            NotFoundError: There is none, or it was forgotten.
        """
        with self._database.read() as connection:
            row = connection.execute(_WHOLE.where(_DELIVERY.c.id == delivery_id)).first()
            if row is None or endpoint_id not in {None, row.endpoint_id}:
                raise NotFoundError("There is no such delivery.", mend="Look in the list of them.")
            return _delivery(row, _tries(connection, [row.id]).get(row.id, []))

    def pending(self) -> tuple[int, datetime | None]:
        """Return how many deliveries wait, and since when the oldest does."""
        query = select(func.count(), func.min(_DELIVERY.c.made_at)).where(
            _DELIVERY.c.state == DeliveryState.PENDING.value
        )
        with self._database.read() as connection:
            count, since = connection.execute(query).one()
        return int(count), since

    def _endpoints(self, sender_ref: str | None) -> list[Endpoint]:
        query = select(_ENDPOINT).where(_THERE).order_by(_ENDPOINT.c.made_at, _ENDPOINT.c.id)
        if sender_ref is not None:
            query = query.where(_ENDPOINT.c.sender_ref == sender_ref)
        with self._database.read() as connection:
            rows = list(connection.execute(query))
            shown = self._secrets.shown(connection, [row.id for row in rows])
        return [_endpoint(row, *shown[row.id]) for row in rows]


def row_of(
    connection: Connection, endpoint_id: str, *, sender_ref: str | None = None, lock: bool = False
) -> Row[Any]:
    """Return an endpoint's row.

    Raises:
        NotFoundError: There is none, or it is another's.
    """
    query = select(_ENDPOINT).where(_ENDPOINT.c.id == endpoint_id, _THERE)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None or (sender_ref is not None and row.sender_ref != sender_ref):
        raise NotFoundError("There is no such endpoint.", mend="Look in the list of them.")
    return row


def _tries(connection: Connection, ids: Sequence[str]) -> dict[str, list[Attempt]]:
    query = (
        select(_ATTEMPT)
        .where(_ATTEMPT.c.delivery_id.in_(ids))
        .order_by(_ATTEMPT.c.delivery_id, _ATTEMPT.c.number)
    )
    found: dict[str, list[Attempt]] = {}
    for row in connection.execute(query):
        tried = Attempt(
            number=row.number,
            at=row.at,
            status=row.status,
            failure=Failure(row.failure),
            took_ms=row.took_ms,
        )
        found.setdefault(row.delivery_id, []).append(tried)
    return found


def _endpoint(row: Row[Any], public_key: str, former_until: datetime | None) -> Endpoint:
    return Endpoint(
        id=row.id,
        owner=Owner(ref=row.sender_ref, name=row.owner_name, email=row.owner_email, language=row.language),
        url=row.url,
        description=row.description,
        types=tuple(row.types.split()),
        state=EndpointState(row.state),
        made_at=row.made_at,
        disabled_at=row.disabled_at,
        disabled_why=DisabledWhy(row.disabled_why) if row.disabled_why else None,
        last_success_at=row.last_success_at,
        failures=row.failures,
        resting_until=row.resting_until,
        public_key=public_key,
        former_until=former_until,
    )


def _delivery(row: Row[Any], tries: Sequence[Attempt]) -> Delivery:
    return Delivery(
        id=row.id,
        endpoint_id=row.endpoint_id,
        message_id=row.message_id,
        type=row.type,
        letter_number=row.letter_number,
        sequence=row.seq,
        is_replay=row.replay > 0,
        state=DeliveryState(row.state),
        made_at=row.made_at,
        ended_at=row.ended_at,
        next_at=row.next_at,
        attempts=tuple(tries),
    )
