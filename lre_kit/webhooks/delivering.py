"""Carrying out one delivery: in the order of its letter, again until it is taken or given up.

A try happens outside any transaction, and its result is written after it with the duty. Whoever dies in
between has told, and tells again with the same ``webhook-id``: at least once, never lost.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select, update

from lre_kit.clock import Clock
from lre_kit.failpoints import declare, failpoint
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.reading import state_of
from lre_kit.letters.rows import EventRow, LetterRow
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.webhooks.ending import disable
from lre_kit.webhooks.events import Told, body_of_test, letter_body
from lre_kit.webhooks.outbox import plan_delivery
from lre_kit.webhooks.rows import WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow
from lre_kit.webhooks.secret_store import SecretStore
from lre_kit.webhooks.sending import Outcome, WebhookPost
from lre_kit.webhooks.signing import signed_headers
from lre_kit.webhooks.timetable import next_at, read_retry_after, rest
from lre_kit.webhooks.values import DeliveryState, DisabledWhy, EndpointState

log = logging.getLogger(__name__)

declare("webhook.before_send", "webhook.after_send", "webhook.before_commit")

_ENDPOINT, _DELIVERY, _EVENT, _LETTER = (
    table_of(row) for row in (WebhookEndpointRow, WebhookDeliveryRow, EventRow, LetterRow)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    """All that one try needs."""

    url: str
    body: bytes
    headers: dict[str, str]


class Delivering:
    """Carries the duties out."""

    def __init__(self, database: Database, *, clock: Clock, secrets: SecretStore, post: WebhookPost) -> None:
        """Sign with `secrets`, send with `post`."""
        self._database = database
        self._clock = clock
        self._secrets = secrets
        self._post = post

    def run(self, duty: Duty) -> None:
        """Try a delivery once, or put it off; it may run twice, late, or die at any line."""
        made = self._begin(duty)
        if made is None:
            return
        failpoint("webhook.before_send")
        outcome = self._post.post(made.url, made.body, made.headers)
        failpoint("webhook.after_send")
        self._conclude(duty, outcome)

    def _begin(self, duty: Duty) -> _Try | None:
        """Return what to send now; nothing if there is none, and the duty is then settled."""
        with self._database.write() as uow:
            row = self._held(uow, duty.subject)
            if row is not None and row.state == DeliveryState.PENDING and not _blocked(uow, row):
                endpoint = uow.execute(select(_ENDPOINT).where(_ENDPOINT.c.id == row.endpoint_id)).one()
                resting = endpoint.resting_until
                is_test = row.letter_id is None
                if is_test or resting is None or resting <= self._clock():
                    return self._made(uow.connection, row, endpoint.url)
                fulfil(uow, duty)
                self._put_off(uow, row.id, resting)
            else:
                # Whoever settles the event before it plans it anew.
                fulfil(uow, duty)
                if row is not None and row.state == DeliveryState.PENDING:
                    uow.defer(update(_DELIVERY).where(_DELIVERY.c.id == row.id).values(next_at=None))
            uow.commit()
        return None

    def _made(self, connection: Connection, row: Row[Any], url: str) -> _Try:
        now = self._clock()
        if row.letter_id is None:
            body = body_of_test(row.endpoint_id, row.made_at)
        else:
            body = letter_body(_told(connection, row), is_replay=row.replay > 0)
        signers = self._secrets.signers(connection, row.endpoint_id)
        headers = signed_headers(signers, message_id=row.message_id, at=now, body=body)
        return _Try(url=url, body=body, headers={"Content-Type": "application/json"} | headers)

    def _conclude(self, duty: Duty, outcome: Outcome) -> None:
        with self._database.write() as uow:
            row = self._held(uow, duty.subject)
            fulfil(uow, duty)
            if row is not None:
                self._write(uow, row, outcome)
            failpoint("webhook.before_commit")
            uow.commit()

    def _write(self, uow: UnitOfWork, row: Row[Any], outcome: Outcome) -> None:
        """Write down a try and what follows from it."""
        now, number = self._clock(), row.attempts + 1
        uow.add(
            WebhookAttemptRow,
            delivery_id=row.id,
            number=number,
            at=now,
            status=outcome.status,
            failure=outcome.failure.value,
            took_ms=outcome.took_ms,
        )
        values: dict[str, Any] = {"attempts": number, "first_at": row.first_at or now, "next_at": None}
        uow.defer(update(_DELIVERY).where(_DELIVERY.c.id == row.id).values(values))
        endpoint = uow.execute(
            select(_ENDPOINT).where(_ENDPOINT.c.id == row.endpoint_id).with_for_update()
        ).one()
        if outcome.is_success:
            _settle(uow, row, DeliveryState.DELIVERED, now)
            better = {"last_success_at": now, "failures": 0, "resting_until": None}
            uow.defer(update(_ENDPOINT).where(_ENDPOINT.c.id == endpoint.id).values(better))
            return
        asked = read_retry_after(outcome.headers, now)
        failures = endpoint.failures + 1
        worse: dict[str, Any] = {"failures": failures}
        if outcome.says_wait:
            worse["resting_until"] = now + rest(failures=failures, retry_after=asked)
        uow.defer(update(_ENDPOINT).where(_ENDPOINT.c.id == endpoint.id).values(worse))
        if row.state != DeliveryState.PENDING:
            # It was cancelled while it was tried.
            return
        log.info("webhook %s: try %d failed: %s", row.id, number, outcome.status or outcome.failure.value)
        is_test = row.letter_id is None
        if outcome.says_gone:
            _settle(uow, row, DeliveryState.FAILED, now)
            disable(uow, endpoint.id, why=DisabledWhy.GONE, at=now)
            return
        again = next_at(delivery_id=row.id, attempts=number, now=now, retry_after=asked)
        if again is not None and not is_test and endpoint.state == EndpointState.ACTIVE:
            self._put_off(uow, row.id, again)
            return
        _settle(uow, row, DeliveryState.FAILED, now)
        since = row.first_at or now
        if not is_test and (endpoint.last_success_at is None or endpoint.last_success_at < since):
            disable(uow, endpoint.id, why=DisabledWhy.FAILING, at=now)

    @staticmethod
    def _put_off(uow: UnitOfWork, delivery_id: str, at: datetime) -> None:
        uow.defer(update(_DELIVERY).where(_DELIVERY.c.id == delivery_id).values(next_at=at))
        uow.flush()
        plan_delivery(uow, delivery_id, at=at)

    @staticmethod
    def _held(uow: UnitOfWork, delivery_id: str) -> Row[Any] | None:
        """Return a delivery, with all of its letter and endpoint held until the transaction ends."""
        find = select(_DELIVERY.c.endpoint_id, _DELIVERY.c.letter_id).where(_DELIVERY.c.id == delivery_id)
        place = uow.execute(find).first()
        if place is None:
            return None
        uow.serialise(f"webhook {place.endpoint_id} {place.letter_id or delivery_id}")
        return uow.execute(select(_DELIVERY).where(_DELIVERY.c.id == delivery_id)).first()


def _settle(uow: UnitOfWork, row: Row[Any], state: DeliveryState, now: datetime) -> None:
    """End a delivery, and let the next of its letter go."""
    ended = {"state": state.value, "ended_at": now, "next_at": None}
    uow.defer(update(_DELIVERY).where(_DELIVERY.c.id == row.id).values(ended))
    uow.flush()
    if row.letter_id is None:
        return
    following = uow.execute(
        select(_DELIVERY.c.id)
        .where(*_alike(row), _DELIVERY.c.id != row.id)
        .order_by(_DELIVERY.c.replay, _DELIVERY.c.seq, _DELIVERY.c.id)
        .limit(1)
    ).first()
    if following is not None:
        Delivering._put_off(uow, following.id, now)  # noqa: SLF001 - of this module


def _blocked(uow: UnitOfWork, row: Row[Any]) -> bool:
    """Answer whether an event of the same letter comes before, and was not settled yet."""
    if row.letter_id is None:
        return False
    earlier: ColumnElement[bool] = or_(
        _DELIVERY.c.replay < row.replay,
        and_(_DELIVERY.c.replay == row.replay, _DELIVERY.c.seq < row.seq),
    )
    query = select(_DELIVERY.c.id).where(*_alike(row), earlier).limit(1)
    return uow.execute(query).first() is not None


def _alike(row: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    return (
        _DELIVERY.c.endpoint_id == row.endpoint_id,
        _DELIVERY.c.letter_id == row.letter_id,
        _DELIVERY.c.state == DeliveryState.PENDING.value,
    )


def _told(connection: Connection, row: Row[Any]) -> Told:
    """Return what is told of a letter's event, read from its journal."""
    event = connection.execute(
        select(_EVENT).where(_EVENT.c.letter_id == row.letter_id, _EVENT.c.seq == row.seq)
    ).one()
    names = (_LETTER.c.number, _LETTER.c.product, _LETTER.c.reference)
    letter = connection.execute(select(*names).where(_LETTER.c.id == row.letter_id)).one()
    phase = state_of(connection, row.letter_id, through=row.seq).phase
    return Told(
        type=row.type,
        at=event.occurred_at,
        number=letter.number,
        sequence=row.seq,
        event=ErdsEvent(event.name),
        reasons=event.reasons,
        phase=phase.value if phase is not None else "",
        product=letter.product,
        reference=letter.reference,
    )
