"""The feed of events over the API: for programs that ask, instead of being told by webhooks."""

import base64
import binascii
from datetime import datetime

from pydantic import Field

from lre_kit.errors import NotFoundError
from lre_kit.integration.values import Scope
from lre_kit.law.events import ErdsEvent
from lre_kit.law.products import Product
from lre_kit.letters.numbers import parse_number
from lre_kit.letters.reading import not_found
from lre_kit.webhooks.feed import FeedEvent
from lre_web.api.declaring import Call, Result, Route, Told
from lre_web.api.models import PLAIN, PageAsked
from lre_web.api.paging import bad_cursor

_PLACE_DIGITS = 18


class EventsAsked(PageAsked):
    """From where events are read on, the oldest first."""

    letter: str = Field(default="", max_length=40, pattern=PLAIN)
    """Only events of the letter with this number."""


class EventTold(Told):
    """What happened to a letter."""

    id: str
    """The same as the ``webhook-id`` that tells of it."""
    type: str
    """Such as ``letter.received``; the reference of events lists them."""
    at: datetime
    """When (UTC)."""
    letter: str
    """The letter's number."""
    sequence: int
    """Its place in the letter's journal."""
    event: ErdsEvent
    """Its name in EN 319 522-1."""
    code: str | None
    """Its code, where sources agree on one."""
    reasons: list[str]
    """Why, where it has reasons."""
    product: Product
    """What was sent."""
    reference: str
    """Your own."""


class EventPage(Told):
    """Events in the order of the log."""

    items: list[EventTold]
    """The events."""
    next: str | None
    """Where to read on, now or later; nothing: nothing has happened yet."""
    is_last: bool
    """Whether there is nothing behind these yet."""


def _list(call: Call) -> Result:
    asked: EventsAsked = call.query
    place = _place(asked.cursor)
    number = ""
    if asked.letter:
        parsed = parse_number(asked.letter)
        if parsed is None:
            raise not_found()
        number = parsed
    found = call.office.webhooks.feed.after(call.owner.ref, place, number=number, limit=asked.limit + 1)
    page = found[: asked.limit]
    stop = _cursor(page[-1].place) if page else asked.cursor
    told = EventPage(items=[_told(each) for each in page], next=stop, is_last=len(found) <= asked.limit)
    return Result(body=told)


def _told(event: FeedEvent) -> EventTold:
    names = EventTold.model_fields.keys() - {"letter", "code", "reasons"}
    return EventTold(
        letter=event.number,
        code=event.event.code,
        reasons=list(event.reasons),
        **{name: getattr(event, name) for name in names},
    )


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"log~{place}".encode()).decode().rstrip("=")


def _place(cursor: str | None) -> int:
    if cursor is None:
        return -1
    try:
        plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        word, _, place = plain.decode("ascii").partition("~")
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if word != "log" or not place.isdigit() or len(place) > _PLACE_DIGITS:
        raise bad_cursor()
    return int(place)


ROUTES = (
    Route(
        method="GET", path="/events", name="listEvents", tag="Events", scope=Scope.LETTERS_READ,
        summary="Read what happened to your letters, the oldest first, from where you stopped",
        about="Keep `next` and ask with it again later: nothing is left out and nothing comes twice. The "
        "same events are told by webhooks, with the same `id`.",
        handler=_list, query=EventsAsked, answer=EventPage, errors=(NotFoundError,),
    ),
)  # fmt: skip
"""The route of the feed."""
