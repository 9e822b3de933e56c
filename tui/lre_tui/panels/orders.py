"""Orders of identification means: what is asked for, made, printed and on its way."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.identifiers.order_values import ENDED, OrderState
from lre_kit.identifiers.ordering import SPOOL_FOLDER
from lre_kit.operators import lists
from lre_kit.operators.rules import Act, View
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, linked, told
from lre_tui.panels.trail import acts_told


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    rows = lists.orders(sight.office.database, limit=limit, before=before, text=text)
    return [_line(sight, row) for row in rows]


def _line(sight: Sight, row: lists.RowValues) -> Line:
    state = OrderState(row["state"])
    cells = {
        "created": instant(row["created_at"]),
        "kind": sight.word(f"means_{row['kind']}"),
        "order_state": sight.word(f"order_{state.value}"),
        "sheet": sight.words[f"sheet_{_sheet(row)}"],
        "reference": inert(row["reference"] or "–"),
    }
    return Line(row["id"], row["id"], cells, Tone.OVER if state in ENDED else Tone.PLAIN)


def _sheet(row: lists.RowValues) -> str:
    if row["spool_destroyed_at"] is not None:
        return "printed"
    return "to_print" if row["digest"] else "none"


def _story(sight: Sight, order_id: str) -> Iterator[Piece]:
    words, people = sight.words, sight.office.people
    order = people.ordering.orders.book.by_id(order_id)
    yield (f"{sight.word('means_' + order.kind)}  ", "bold $accent")
    yield (f"{sight.word('order_' + order.state.value)}\n", "bold")
    yield from told(words["order_id"], order.id)
    yield from told(words["cause"], _cause(sight, order.cause))
    yield from told(words["delivery"], sight.word(f"delivery_{order.delivery.value}"))
    if order.derogation:
        yield from told(words["derogation"], inert(order.derogation))
    if order.reference:
        yield from told(words["col_reference"], inert(order.reference))
    if order.digest and order.spool_destroyed_at is None:
        sheet = sight.office.settings.home / SPOOL_FOLDER / f"{order.id}.pdf"
        yield (f"{words['sheet_file']}: ", "$text-muted")
        yield linked(sheet)
        yield "\n"
    for event in people.ordering.orders.book.history(order_id):
        yield f"{local_text(event.occurred_at)}\n"
        yield f"  {sight.word('order_act_' + event.name)}"
        yield f" – {inert(event.reason)}\n" if event.reason else "\n"
    yield from acts_told(sight, f"order:{order_id}")


def _cause(sight: Sight, cause: str) -> str:
    kind, _, derogation = cause.partition(":")
    named = sight.words.get(f"cause_{kind.replace('-', '_')}", kind)
    return inert(f"{named} {derogation}".strip())


ORDERS = Panel(
    view=View.ORDERS,
    key="O",
    columns=(
        Column("created", 16),
        Column("kind", 20, gives_way=1, is_flexible=True),
        Column("order_state", 16),
        Column("sheet", 12, gives_way=2),
        Column("reference", 16, gives_way=3),
    ),
    page=_page,
    count=lambda sight, text: lists.count(sight.office.database, "orders", text),
    story=_story,
    acts=(PanelAct(key="p", act=Act.NOTE_PRINTED), PanelAct(key="d", act=Act.NOTE_DELIVERED)),
)
