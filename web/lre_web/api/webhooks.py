"""Webhooks over the API: endpoints added, changed, tested, replayed, rotated, removed; their log."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field

from lre_kit.errors import LreError, NotFoundError
from lre_kit.integration.values import Scope
from lre_kit.webhooks.errors import (
    WebhookAddressError,
    WebhookDisabledError,
    WebhookLimitError,
    WebhookTooSoonError,
    WebhookTypeError,
)
from lre_kit.webhooks.outbox import ENDPOINT_CHARS
from lre_kit.webhooks.values import (
    Attempt,
    Delivery,
    DeliveryState,
    DisabledWhy,
    Endpoint,
    EndpointState,
    EndpointWish,
    Failure,
    NewSecret,
    Owner,
)
from lre_web.api.declaring import Asked, Call, Result, Route, Told
from lre_web.api.models import PageAsked
from lre_web.api.paging import expect_id, read_cursor, written_cursor
from lre_web.mounting import API_PREFIX


class EndpointAsked(Asked):
    """An endpoint to be told of events."""

    url: str = Field(max_length=2000)
    """Where to tell them: https, on a host that the whole Internet reaches."""
    description: str = Field(default="", max_length=400)
    """Your own words."""
    types: list[str] = Field(default_factory=list, max_length=50)
    """Types of events to be told of; none means all."""
    language: str = Field(default="fr", pattern="^(fr|en)$")
    """Of the mail that says that it was disabled."""


class EndpointChangeAsked(Asked):
    """What is to change of an endpoint; what is left out stays."""

    description: str | None = Field(default=None, max_length=400)
    """Your own words."""
    types: list[str] | None = Field(default=None, max_length=50)
    """Types of events to be told of from now on; an empty list means all."""


class ReplayAsked(Asked):
    """A span of time to be told again."""

    since: AwareDatetime
    """From here on."""
    until: AwareDatetime | None = None
    """Up to here, exclusive; by default now."""
    only_missed: bool = False
    """Leave out what the endpoint took already."""


class DeliveriesAsked(PageAsked):
    """Which deliveries are looked for; the newest come first."""

    state: DeliveryState | None = None
    """Only those in this state."""


class EndpointTold(Told):
    """An endpoint as it stands."""

    id: str
    """Its id."""
    url: str
    """Where events are told."""
    description: str
    """Your own words."""
    types: list[str]
    """Types of events it is told of; none means all."""
    state: EndpointState
    """Whether it is told anything."""
    made_at: datetime
    """When it was added (UTC)."""
    disabled_at: datetime | None
    """When it was disabled."""
    disabled_why: DisabledWhy | None
    """Why: ``owner``, ``failing`` or ``gone``."""
    last_success_at: datetime | None
    """When it last took an event."""
    failures: int
    """Tries that failed since then."""
    resting_until: datetime | None
    """Until when nothing is sent, because it did not answer."""
    public_key: str
    """``whpk_…``: checks the v1a signatures."""
    former_until: datetime | None
    """Until when the secret before this one still signs."""
    secret: str | None
    """``whsec_…``: only in the answer that made it, and there only the first time."""


class EndpointList(Told):
    """Your endpoints, the oldest first."""

    items: list[EndpointTold]
    """The endpoints."""


class EndpointRemovedTold(Told):
    """An endpoint that is no more."""

    id: str
    """Its id."""


class AttemptTold(Told):
    """One try of a delivery."""

    number: int
    """Which try, from 1."""
    at: datetime
    """When (UTC)."""
    status: int | None
    """What it answered."""
    failure: Failure
    """Why it failed; empty if it did not."""
    took_ms: int
    """How long it took, in milliseconds."""


class DeliveryTold(Told):
    """One event for one endpoint."""

    id: str
    """Its id."""
    message_id: str
    """``webhook-id``: the same at every try, and at every replay."""
    type: str
    """Of the event."""
    letter: str | None
    """The letter's number; nothing for a test."""
    sequence: int
    """Place of the event in the letter's journal."""
    is_replay: bool
    """Whether a replay asked for it."""
    state: DeliveryState
    """Where it stands."""
    made_at: datetime
    """When it was queued (UTC)."""
    ended_at: datetime | None
    """When it was taken, given up or cancelled."""
    next_at: datetime | None
    """When it is tried next; nothing while it waits for an earlier event of its letter."""
    attempts: list[AttemptTold]
    """Its tries so far."""


class DeliveryPage(Told):
    """A page of deliveries, the newest first."""

    items: list[DeliveryTold]
    """The deliveries."""
    next: str | None
    """Cursor of the page after this one; nothing: this is the last."""


class ReplayTold(Told):
    """A replay that was begun."""

    events: int
    """How many events are told again."""


# --- telling --------------------------------------------------------------------------------------


def _told(endpoint: Endpoint, secret: str | None = None) -> EndpointTold:
    names = EndpointTold.model_fields.keys() - {"types", "secret"}
    told = {name: getattr(endpoint, name) for name in names}
    return EndpointTold(types=list(endpoint.types), secret=secret, **told)


def _delivery_told(delivery: Delivery) -> DeliveryTold:
    names = DeliveryTold.model_fields.keys() - {"letter", "attempts"}
    told = {name: getattr(delivery, name) for name in names}
    tries = [_attempt_told(each) for each in delivery.attempts]
    return DeliveryTold(letter=delivery.letter_number, attempts=tries, **told)


def _attempt_told(attempt: Attempt) -> AttemptTold:
    return AttemptTold(**{name: getattr(attempt, name) for name in AttemptTold.model_fields})


def _id(call: Call) -> str:
    return expect_id(str(call.args["endpoint_id"]), _missing, digits=ENDPOINT_CHARS)


def _missing() -> NotFoundError:
    return NotFoundError("There is no such endpoint.", mend="Look in the list of them.")


def _no_delivery() -> NotFoundError:
    return NotFoundError("There is no such delivery.", mend="Look in the list of them.")


def _read(call: Call, endpoint_id: str) -> Endpoint:
    return call.office.webhooks.reading.endpoint(endpoint_id, sender_ref=call.owner.ref)


def _placed(call: Call, told: EndpointTold, kept: EndpointTold | None = None) -> Result:
    place = f"{call.office.links.sender_url}{API_PREFIX}/webhooks/{told.id}"
    return Result(body=told, kept=kept, headers={"Location": place})


# --- handlers -------------------------------------------------------------------------------------


def _add(call: Call) -> Result:
    asked: EndpointAsked = call.body
    owner = Owner(ref=call.owner.ref, name=call.owner.name, email=call.owner.email, language=asked.language)
    wish = EndpointWish(url=asked.url, description=asked.description, types=asked.types)
    made = call.office.webhooks.desk.add(owner, wish, note=call.note)
    return _placed(call, _told(made.endpoint, made.secret), _told(made.endpoint))


def _added_again(call: Call, endpoint_id: str) -> Result:
    return _placed(call, _told(_read(call, endpoint_id)))


def _list(call: Call) -> Result:
    found = call.office.webhooks.reading.of(call.owner.ref)
    return Result(body=EndpointList(items=[_told(each) for each in found]))


def _one(call: Call) -> Result:
    return Result(body=_told(_read(call, _id(call))))


def _change(call: Call) -> Result:
    asked: EndpointChangeAsked = call.body
    changed = call.office.webhooks.desk.change(
        _id(call),
        description=asked.description,
        types=asked.types,
        sender_ref=call.owner.ref,
        note=call.note,
    )
    return Result(body=_told(changed))


def _rotate(call: Call) -> Result:
    made: NewSecret = call.office.webhooks.desk.rotate(_id(call), sender_ref=call.owner.ref, note=call.note)
    return Result(body=_told(made.endpoint, made.secret), kept=_told(made.endpoint))


def _disable(call: Call) -> Result:
    desk = call.office.webhooks.desk
    return Result(body=_told(desk.disable(_id(call), sender_ref=call.owner.ref, note=call.note)))


def _enable(call: Call) -> Result:
    desk = call.office.webhooks.desk
    return Result(body=_told(desk.enable(_id(call), sender_ref=call.owner.ref, note=call.note)))


def _again(call: Call, endpoint_id: str) -> Result:
    return Result(body=_told(_read(call, endpoint_id)))


def _remove(call: Call) -> Result:
    call.office.webhooks.desk.remove(_id(call), sender_ref=call.owner.ref, note=call.note)
    return _removed_again(call, _id(call))


def _removed_again(call: Call, endpoint_id: str) -> Result:
    del call
    return Result(body=EndpointRemovedTold(id=endpoint_id))


def _test(call: Call) -> Result:
    made = call.office.webhooks.desk.test(_id(call), sender_ref=call.owner.ref, note=call.note)
    return _tested_again(call, made)


def _tested_again(call: Call, delivery_id: str) -> Result:
    return Result(body=_delivery_told(call.office.webhooks.reading.delivery(delivery_id)))


def _replay(call: Call) -> Result:
    asked: ReplayAsked = call.body
    count = call.office.webhooks.desk.replay(
        _id(call),
        since=asked.since,
        until=asked.until or call.office.clock(),
        only_missed=asked.only_missed,
        sender_ref=call.owner.ref,
        note=call.note,
    )
    return Result(body=ReplayTold(events=count))


def _replayed_again(call: Call, subject: str) -> Result:
    del call
    return Result(body=ReplayTold(events=int(subject.split()[1])))


def _deliveries(call: Call) -> Result:
    asked: DeliveriesAsked = call.query
    before = read_cursor(asked.cursor)
    found = call.office.webhooks.reading.deliveries(
        _id(call),
        sender_ref=call.owner.ref,
        state=asked.state,
        before=before[1] if before is not None else None,
        limit=asked.limit + 1,
    )
    page, rest = found[: asked.limit], found[asked.limit :]
    after = written_cursor(page[-1].made_at, page[-1].id) if rest else None
    return Result(body=DeliveryPage(items=[_delivery_told(each) for each in page], next=after))


def _delivery(call: Call) -> Result:
    endpoint = _read(call, _id(call))
    delivery_id = expect_id(str(call.args["delivery_id"]), _no_delivery)
    found = call.office.webhooks.reading.delivery(delivery_id, endpoint_id=endpoint.id)
    return Result(body=_delivery_told(found))


_ONE = "/webhooks/<endpoint_id>"
_SHOWN_ONCE = (
    "The secret stands in this answer only, and only the first time: it is not kept for a repeated request. "
    "Should the answer be lost, rotate."
)


def _act(name: str, step: str, summary: str, handler: Callable[[Call], Result], **more: Any) -> Route:
    errors: tuple[type[LreError], ...] = (NotFoundError, *more.pop("errors", ()))
    return Route(
        method=more.pop("method", "POST"), path=f"{_ONE}{step}", name=name, tag="Webhooks",
        scope=Scope.WEBHOOKS_WRITE, summary=summary, handler=handler, is_act=True,
        answer=more.pop("answer", EndpointTold), again=more.pop("again", _again), errors=errors, **more,
    )  # fmt: skip


ROUTES = (
    Route(
        method="POST", path="/webhooks", name="addWebhook", tag="Webhooks", scope=Scope.WEBHOOKS_WRITE,
        summary="Add an endpoint: it is told what happens to your letters from now on", about=_SHOWN_ONCE,
        handler=_add, body=EndpointAsked, answer=EndpointTold, status=201, is_act=True, again=_added_again,
        errors=(WebhookAddressError, WebhookTypeError, WebhookLimitError),
    ),
    Route(
        method="GET", path="/webhooks", name="listWebhooks", tag="Webhooks", scope=Scope.WEBHOOKS_READ,
        summary="List your endpoints, the oldest first", handler=_list, answer=EndpointList,
    ),
    Route(
        method="GET", path=_ONE, name="readWebhook", tag="Webhooks", scope=Scope.WEBHOOKS_READ,
        summary="Read an endpoint", handler=_one, answer=EndpointTold, errors=(NotFoundError,),
    ),
    _act("changeWebhook", "", "Change an endpoint's description or types of events", _change,
         method="PATCH", body=EndpointChangeAsked, errors=(WebhookTypeError, WebhookLimitError)),
    _act("removeWebhook", "", "Remove an endpoint for ever, with its secrets and its log", _remove,
         method="DELETE", answer=EndpointRemovedTold, again=_removed_again),
    _act("rotateWebhookSecret", "/rotate", "Make a fresh secret; the one before signs on for a day", _rotate,
         about=_SHOWN_ONCE),
    _act("disableWebhook", "/disable", "Tell an endpoint nothing more; what waits is cancelled", _disable),
    _act("enableWebhook", "/enable", "Tell a disabled endpoint of events again, from now on", _enable,
         errors=(WebhookAddressError,)),
    _act("testWebhook", "/test", "Send a test event, on the same way as any other", _test,
         answer=DeliveryTold, again=_tested_again, errors=(WebhookTooSoonError,)),
    _act("replayWebhook", "/replay", "Tell again what happened in a span of time", _replay,
         body=ReplayAsked, answer=ReplayTold, again=_replayed_again,
         errors=(WebhookDisabledError, WebhookLimitError)),
    Route(
        method="GET", path=f"{_ONE}/deliveries", name="listDeliveries", tag="Webhooks",
        scope=Scope.WEBHOOKS_READ, summary="Read what was told an endpoint, the newest first",
        handler=_deliveries, query=DeliveriesAsked, answer=DeliveryPage, errors=(NotFoundError,),
    ),
    Route(
        method="GET", path=f"{_ONE}/deliveries/<delivery_id>", name="readDelivery", tag="Webhooks",
        scope=Scope.WEBHOOKS_READ, summary="Read one delivery with its tries", handler=_delivery,
        answer=DeliveryTold, errors=(NotFoundError,),
    ),
)  # fmt: skip
"""The routes of webhooks."""
