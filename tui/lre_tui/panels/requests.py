"""Requests to the office: support, quotes, access to the API; taken over, answered from templates, closed."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators.rules import Act, View
from lre_kit.support.values import Direction, RequestInfo, RequestState
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, told
from lre_tui.panels.trail import acts_told


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    found = sight.office.support.desk.page(limit=limit, before=before, text=text)
    return [_line(sight, info) for info in found]


def _line(sight: Sight, info: RequestInfo) -> Line:
    cells = {
        "request_number": info.reference,
        "kind": sight.word(f"request_{info.kind.value}"),
        "request_state": sight.word(f"request_{info.state.value}"),
        "assigned": inert(info.assigned_to or "–"),
        "changed": instant(info.changed_at),
        "messages": str(info.messages),
    }
    return Line(info.id, info.id, cells, Tone.OVER if info.state is RequestState.CLOSED else Tone.PLAIN)


def _story(sight: Sight, request_id: str) -> Iterator[Piece]:
    words = sight.words
    request = sight.office.support.desk.show(request_id)
    info, asking = request.info, request.asking
    yield (f"{info.reference}  ", "bold $accent")
    yield (f"{sight.word('request_' + info.state.value)}\n", "bold")
    yield from told(words["from"], inert(f"{asking.name} <{asking.email}>"))
    yield from told(words["col_kind"], sight.word(f"request_{info.kind.value}"))
    for head, text in (
        ("organisation", asking.organisation), ("volume", asking.volume), ("col_number", asking.number),
    ):  # fmt: skip
        if text:
            yield from told(words[head], inert(text))
    for said in request.said:
        who = said.by or asking.name
        yield (
            f"\n{sight.word('said_' + said.direction.value)} · {inert(who)} · {local_text(said.at)}",
            "bold",
        )
        if said.direction is Direction.OUT and said.sent_at is None:
            yield (f" · {words['leaves_soon']}", "$text-warning")
        yield "\n"
        yield from (f"{inert(line)}\n" for line in said.text.splitlines())
    yield from acts_told(sight, f"request:{request_id}")


REQUESTS = Panel(
    view=View.REQUESTS,
    key="R",
    columns=(
        Column("request_number", 11),
        Column("kind", 16, gives_way=1, is_flexible=True),
        Column("request_state", 10),
        Column("assigned", 12, gives_way=2),
        Column("changed", 16, gives_way=3),
        Column("messages", 8, gives_way=4),
    ),
    page=_page,
    count=lambda sight, text: sight.office.support.desk.count(text=text),
    story=_story,
    acts=(
        PanelAct(key="s", act=Act.ASSIGN_REQUEST),
        PanelAct(key="t", act=Act.NOTE_REQUEST, asks=("text",)),
        PanelAct(key="x", act=Act.CLOSE_REQUEST),
    ),
)
