"""Webhooks of all senders: where they go, whether they arrive; tested, stopped, played again."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators import lists
from lre_kit.operators.rules import Act, View
from lre_kit.webhooks.values import Delivery, DeliveryState
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, told
from lre_tui.panels.trail import acts_told

_SHOWN = 30
"""Deliveries that are told at most."""


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    rows = lists.endpoints(sight.office.database, limit=limit, before=before, text=text)
    return [_line(sight, row) for row in rows]


def _line(sight: Sight, row: lists.RowValues) -> Line:
    state = _state(row)
    cells = {
        "url": inert(row["url"]),
        "endpoint_state": sight.words[f"endpoint_{state}"],
        "failures": str(row["failures"]),
        "owner": inert(row["owner_name"]),
        "last_success": instant(row["last_success_at"]),
    }
    tones = {"disabled": Tone.OVER, "failing": Tone.TROUBLE, "off": Tone.TROUBLE}
    return Line(row["id"], row["id"], cells, tones.get(state, Tone.PLAIN))


def _state(row: lists.RowValues) -> str:
    if row["disabled_at"] is not None:
        return "disabled" if row["disabled_why"] == "owner" else "off"
    return "failing" if row["failures"] else "active"


def _story(sight: Sight, endpoint_id: str) -> Iterator[Piece]:
    words, reading = sight.words, sight.office.webhooks.reading
    found = reading.endpoint(endpoint_id)
    yield (f"{inert(found.url)}\n", "bold $accent")
    yield from told(words["col_owner"], inert(f"{found.owner.name} <{found.owner.email}>"))
    if found.description:
        yield from told(words["label"], inert(found.description))
    yield from told(words["types"], ", ".join(found.types) or words["types_all"])
    yield from told(words["col_created"], local_text(found.made_at))
    if found.disabled_at is not None:
        yield from told(words["disabled"], local_text(found.disabled_at))
    if found.resting_until is not None:
        yield from told(words["resting"], local_text(found.resting_until))
    deliveries = reading.deliveries(endpoint_id, limit=_SHOWN)
    if deliveries:
        yield (f"\n{words['deliveries']}\n", "bold")
    for delivery in deliveries:
        yield from _delivery(sight, delivery)
    yield from acts_told(sight, f"webhook:{endpoint_id}")


def _delivery(sight: Sight, delivery: Delivery) -> Iterator[Piece]:
    mark, style = _MARKS[delivery.state]
    yield (f"{mark} {sight.words['delivery_' + delivery.state.value]}", style)
    yield f"  {delivery.type}  {delivery.letter_number or ''}\n"
    for tried in delivery.attempts[-1:]:
        answer = str(tried.status) if tried.status else sight.word(f"failure_{tried.failure.value}")
        yield f"    {instant(tried.at)}  {answer}  {tried.took_ms} ms\n"


_MARKS = {
    DeliveryState.PENDING: ("…", "$text-muted"),
    DeliveryState.DELIVERED: ("✓", "$text-success"),
    DeliveryState.FAILED: ("✗", "$text-error"),
    DeliveryState.CANCELLED: ("–", "$text-muted"),
}


WEBHOOKS = Panel(
    view=View.WEBHOOKS,
    key="W",
    columns=(
        Column("url", 30, is_flexible=True),
        Column("endpoint_state", 14),
        Column("failures", 8, gives_way=2),
        Column("owner", 18, gives_way=3),
        Column("last_success", 16, gives_way=1),
    ),
    page=_page,
    count=lambda sight, text: lists.count(sight.office.database, "endpoints", text),
    story=_story,
    acts=(
        PanelAct(key="t", act=Act.TEST_WEBHOOK),
        PanelAct(key="s", act=Act.DISABLE_WEBHOOK),
        PanelAct(key="m", act=Act.ENABLE_WEBHOOK),
        PanelAct(key="p", act=Act.REPLAY_WEBHOOK, asks=("since",)),
    ),
)
