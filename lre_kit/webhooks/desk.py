"""The desk of endpoints: added, tried, rotated, replayed, disabled, each in one transaction."""

import secrets as random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select, update

from lre_kit.clock import Clock
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.rows import EventRow, LetterRow
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.webhooks.addresses import AddressGuard
from lre_kit.webhooks.ending import disable, remove
from lre_kit.webhooks.errors import WebhookDisabledError, WebhookLimitError, WebhookTooSoonError
from lre_kit.webhooks.events import TEST, checked_types, type_of
from lre_kit.webhooks.outbox import ENDPOINT_CHARS, new_delivery_id, plan_delivery
from lre_kit.webhooks.reading import WebhookReading, row_of
from lre_kit.webhooks.rows import WebhookDeliveryRow, WebhookEndpointRow
from lre_kit.webhooks.secret_store import SecretStore
from lre_kit.webhooks.signing import secret_text
from lre_kit.webhooks.upkeep import plan_upkeep
from lre_kit.webhooks.values import (
    DeliveryState,
    DisabledWhy,
    Endpoint,
    EndpointState,
    EndpointWish,
    NewSecret,
    Owner,
)

ENDPOINTS_MAX = 10
"""Most endpoints of one sender."""

REPLAY_MAX = 1000
"""Most events of one replay."""

DESCRIPTION_MAX_CHARS = 200
"""Longest description of an endpoint."""

TEST_PAUSE = timedelta(seconds=5)
"""Shortest time between two tests of an endpoint."""

LOOK_UP_S = 5.0
"""Longest look-up of a name when an endpoint is added, in seconds."""

Note = Callable[[UnitOfWork, str], None]
"""Writes down, in an act's own transaction, what it was carried out on."""

_ENDPOINT, _DELIVERY, _EVENT, _LETTER = (
    table_of(row) for row in (WebhookEndpointRow, WebhookDeliveryRow, EventRow, LetterRow)
)


class WebhookDesk:
    """What an owner, or an operator, does with endpoints.

    Every method takes `sender_ref`: whose the endpoint must be; an operator leaves it out. What asks over
    the API gives a `note`.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        guard: AddressGuard,
        secrets: SecretStore,
        reading: WebhookReading,
    ) -> None:
        """Work on `database`; `guard` says where webhooks may go."""
        self._database = database
        self._clock = clock
        self._guard = guard
        self._secrets = secrets
        self._reading = reading

    def add(self, owner: Owner, wish: EndpointWish, *, note: Note | None = None) -> NewSecret:
        """Add an endpoint: it is told of every event of its owner's letters from now on.

        Raises:
            WebhookAddressError: No webhook may go there, or nobody knows the host.
            WebhookTypeError: It asks for a type of event that there is not.
            WebhookLimitError: The sender has as many as one may have, or the description is too long.
        """
        target = self._guard.target(wish.url)
        types, description = _types(wish.types), _described(wish.description)
        self._guard.addresses(target, timeout_s=LOOK_UP_S)
        endpoint_id, now = random.token_hex(ENDPOINT_CHARS // 2), self._clock()
        with self._database.write() as uow:
            uow.serialise(f"webhooks of {owner.ref}")
            mine = _ENDPOINT.c.sender_ref == owner.ref, _ENDPOINT.c.state != EndpointState.REMOVED.value
            count = select(func.count()).select_from(_ENDPOINT).where(*mine)
            if uow.execute(count).scalar_one() >= ENDPOINTS_MAX:
                msg = f"There are {ENDPOINTS_MAX} endpoints already."
                raise WebhookLimitError(msg, mend="Remove one that is needed no more.")
            uow.add(
                WebhookEndpointRow,
                id=endpoint_id,
                sender_ref=owner.ref,
                owner_name=owner.name,
                owner_email=owner.email,
                language=owner.language,
                url=wish.url,
                description=description,
                types=types,
                state=EndpointState.ACTIVE.value,
                made_at=now,
            )
            uow.flush()
            secret = self._secrets.add(uow, endpoint_id)
            plan_upkeep(uow, now=now)
            if note is not None:
                note(uow, endpoint_id)
            uow.commit()
        return NewSecret(endpoint=self._reading.endpoint(endpoint_id), secret=secret_text(secret))

    def rotate(
        self, endpoint_id: str, *, sender_ref: str | None = None, note: Note | None = None
    ) -> NewSecret:
        """Give an endpoint a fresh secret; for a day, what it is told is signed with both.

        Raises:
            NotFoundError: There is no such endpoint, or it is another's.
        """
        with self._changing(endpoint_id, sender_ref, note) as (uow, _):
            secret = self._secrets.add(uow, endpoint_id)
        return NewSecret(endpoint=self._reading.endpoint(endpoint_id), secret=secret_text(secret))

    def change(
        self,
        endpoint_id: str,
        *,
        description: str | None = None,
        types: Sequence[str] | None = None,
        sender_ref: str | None = None,
        note: Note | None = None,
    ) -> Endpoint:
        """Give an endpoint another description, or other types of events from now on.

        Raises:
            NotFoundError: There is no such endpoint, or it is another's.
            WebhookTypeError: It asks for a type of event that there is not.
            WebhookLimitError: The description is too long.
        """
        values: dict[str, Any] = {}
        if description is not None:
            values["description"] = _described(description)
        if types is not None:
            values["types"] = _types(types)
        with self._changing(endpoint_id, sender_ref, note) as (uow, _):
            if values:
                uow.execute(update(_ENDPOINT).where(_ENDPOINT.c.id == endpoint_id).values(values))
        return self._reading.endpoint(endpoint_id)

    def remove(self, endpoint_id: str, *, sender_ref: str | None = None, note: Note | None = None) -> None:
        """Take an endpoint away for ever, with its secrets and its log. Errors as for `rotate`."""
        with self._changing(endpoint_id, sender_ref, note) as (uow, _):
            remove(uow, endpoint_id, at=self._clock())

    def disable(
        self, endpoint_id: str, *, sender_ref: str | None = None, note: Note | None = None
    ) -> Endpoint:
        """Tell an endpoint nothing more; what waits for it is cancelled. Errors as for `rotate`."""
        with self._changing(endpoint_id, sender_ref, note) as (uow, _):
            disable(uow, endpoint_id, why=DisabledWhy.OWNER, at=self._clock())
        return self._reading.endpoint(endpoint_id)

    def enable(
        self, endpoint_id: str, *, sender_ref: str | None = None, note: Note | None = None
    ) -> Endpoint:
        """Tell an endpoint of events again, from now on; a replay tells it of those before.

        Raises:
            NotFoundError: There is no such endpoint, or it is another's.
            WebhookAddressError: No webhook may go there any more.
        """
        url = self._reading.endpoint(endpoint_id, sender_ref=sender_ref).url
        self._guard.addresses(self._guard.target(url), timeout_s=LOOK_UP_S)
        again = {
            "state": EndpointState.ACTIVE.value,
            "disabled_at": None,
            "disabled_why": None,
            "failures": 0,
            "resting_until": None,
        }
        with self._changing(endpoint_id, sender_ref, note) as (uow, _):
            uow.execute(update(_ENDPOINT).where(_ENDPOINT.c.id == endpoint_id).values(again))
        return self._reading.endpoint(endpoint_id)

    def test(self, endpoint_id: str, *, sender_ref: str | None = None, note: Note | None = None) -> str:
        """Plan one try with a test event, on the same way as any other; return the delivery's id.

        Raises:
            NotFoundError: There is no such endpoint, or it is another's.
            WebhookTooSoonError: It was tested a moment ago.
        """
        delivery_id, now = new_delivery_id(endpoint_id), self._clock()
        recent = (
            _DELIVERY.c.endpoint_id == endpoint_id,
            _DELIVERY.c.type == TEST,
            _DELIVERY.c.made_at > now - TEST_PAUSE,
        )
        with self._changing(endpoint_id, sender_ref) as (uow, _):
            if uow.execute(select(_DELIVERY.c.id).where(*recent).limit(1)).first() is not None:
                msg = "This endpoint was tested a moment ago."
                raise WebhookTooSoonError(msg, mend="Look at its deliveries, or try again in a few seconds.")
            uow.add(
                WebhookDeliveryRow,
                id=delivery_id,
                endpoint_id=endpoint_id,
                message_id=new_id(),
                type=TEST,
                state=DeliveryState.PENDING.value,
                made_at=now,
                next_at=now,
            )
            uow.flush()
            plan_delivery(uow, delivery_id, at=now)
            if note is not None:
                note(uow, delivery_id)
        return delivery_id

    def replay(
        self,
        endpoint_id: str,
        *,
        since: datetime,
        until: datetime,
        only_missed: bool = False,
        sender_ref: str | None = None,
        note: Note | None = None,
    ) -> int:
        """Tell an endpoint again of what happened in a span of time, marked as a replay; return how much.

        What is told comes from the letters' journal, so it includes what happened while the endpoint was
        disabled, or before there was one. Each event keeps its ``webhook-id``.

        Args:
            endpoint_id: Which endpoint.
            since: From here on.
            until: Up to here, exclusive.
            only_missed: Leave out what the endpoint took already.
            sender_ref: Whose it must be.
            note: Writes down how much it was.

        Raises:
            NotFoundError: There is no such endpoint, or it is another's.
            WebhookDisabledError: It is disabled.
            WebhookLimitError: The span holds more than `REPLAY_MAX` events.
        """
        with self._changing(endpoint_id, sender_ref) as (uow, row):
            if row.state != EndpointState.ACTIVE:
                msg = "This endpoint is disabled."
                raise WebhookDisabledError(msg, mend="Enable it first, then replay.")
            events = self._events(uow, row, since, until, only_missed=only_missed)
            number, now = row.replays + 1, self._clock()
            uow.execute(update(_ENDPOINT).where(_ENDPOINT.c.id == endpoint_id).values(replays=number))
            for event, name in events:
                delivery_id = new_delivery_id(endpoint_id)
                uow.add(
                    WebhookDeliveryRow,
                    id=delivery_id,
                    endpoint_id=endpoint_id,
                    message_id=event.id,
                    letter_id=event.letter_id,
                    seq=event.seq,
                    replay=number,
                    type=name,
                    state=DeliveryState.PENDING.value,
                    made_at=now,
                    next_at=now,
                )
                plan_delivery(uow, delivery_id, at=now)
            if note is not None:
                note(uow, f"{endpoint_id} {len(events)}")
        return len(events)

    @staticmethod
    def _events(
        uow: UnitOfWork, row: Row[Any], since: datetime, until: datetime, *, only_missed: bool
    ) -> Sequence[tuple[Row[Any], str]]:
        query = (
            select(*(_EVENT.c[name] for name in ("id", "letter_id", "seq", "name", "details")))
            .join_from(_EVENT, _LETTER, _LETTER.c.id == _EVENT.c.letter_id)
            .where(
                _LETTER.c.sender_ref == row.sender_ref,
                _EVENT.c.occurred_at >= since,
                _EVENT.c.occurred_at < until,
            )
            .order_by(_EVENT.c.occurred_at, _EVENT.c.id)
            .limit(REPLAY_MAX + 1)
        )
        if only_missed:
            taken = select(_DELIVERY.c.message_id).where(
                _DELIVERY.c.endpoint_id == row.id, _DELIVERY.c.state == DeliveryState.DELIVERED.value
            )
            query = query.where(_EVENT.c.id.not_in(taken))
        found = list(uow.execute(query))
        if len(found) > REPLAY_MAX:
            msg = f"More than {REPLAY_MAX} events happened in this span of time."
            raise WebhookLimitError(msg, mend="Replay it in shorter spans.")
        named = [(event, type_of(ErdsEvent(event.name), event.details)) for event in found]
        wanted = row.types.split()
        return [(event, name) for event, name in named if not wanted or name in wanted]

    @contextmanager
    def _changing(
        self, endpoint_id: str, sender_ref: str | None, note: Note | None = None
    ) -> Iterator[tuple[UnitOfWork, Row[Any]]]:
        """Hold an endpoint, and commit what was done to it."""
        with self._database.write() as uow:
            yield uow, row_of(uow.connection, endpoint_id, sender_ref=sender_ref, lock=True)
            if note is not None:
                note(uow, endpoint_id)
            uow.commit()


def _types(wanted: Sequence[str]) -> str:
    types = checked_types(wanted)
    return f" {' '.join(types)} " if types else ""


def _described(text: str) -> str:
    description = " ".join(text.split())
    if len(description) > DESCRIPTION_MAX_CHARS:
        msg = "The description is too long."
        raise WebhookLimitError(msg, mend=f"Use at most {DESCRIPTION_MAX_CHARS} characters.")
    return description
