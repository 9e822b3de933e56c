"""Acts on many things: how far each list has come, and what was left out."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators.bulk_values import Bulk, BulkState
from lre_kit.operators.rules import RULES, View
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, Piece, Sight, fitting, instant, told
from lre_tui.texts import number_text

_BAR = 30
"""Cells of the bar that shows how far a list has come."""


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    found = sight.office.operators.bulk.page(limit=limit, before=before)
    return fitting([_line(sight, bulk) for bulk in found], text)


def _line(sight: Sight, bulk: Bulk) -> Line:
    settled, count = (number_text(number, sight.language) for number in (bulk.settled, bulk.count))
    cells = {
        "when": instant(bulk.at),
        "act": sight.called(RULES[bulk.act]),
        "progress": f"{settled} / {count}",
        "bulk_state": sight.words[f"bulk_{bulk.state.value}"],
        "operator": inert(bulk.operator),
    }
    is_over = bulk.state in {BulkState.DONE, BulkState.DECLINED}
    tone = Tone.TROUBLE if bulk.failed else Tone.OVER if is_over else Tone.PLAIN
    return Line(bulk.id, bulk.id, cells, tone)


def _story(sight: Sight, bulk_id: str) -> Iterator[Piece]:
    words, language = sight.words, sight.language
    bulk = sight.office.operators.bulk.by_id(bulk_id)
    yield (f"{sight.called(RULES[bulk.act]).capitalize()}  ", "bold $accent")
    yield (f"{words['bulk_' + bulk.state.value]}\n", "bold")
    full = bulk.settled * _BAR // bulk.count
    yield ("█" * full, "$text-success")
    yield ("░" * (_BAR - full), "$text-muted")
    yield f"  {number_text(bulk.settled, language)} / {number_text(bulk.count, language)}\n"
    for name, count in (("done", bulk.done), ("skipped", bulk.skipped), ("failed", bulk.failed)):
        yield from told(words[f"items_{name}"], number_text(count, language))
    yield from told(words["col_operator"], inert(bulk.operator))
    if bulk.second:
        yield from told(words["second"], inert(words.get(f"second_{bulk.second}", bulk.second)))
    if bulk.reason:
        yield from told(words["reason"], inert(bulk.reason))
    yield from told(words["col_when"], local_text(bulk.at))
    if bulk.ended_at is not None:
        yield from told(words["ended_at"], local_text(bulk.ended_at))
    if bulk.filter_text:
        yield from told(words["filter"], inert(bulk.filter_text))
    yield from told(words["list_digest"], bulk.digest)
    left_out = sight.office.operators.bulk.not_done(bulk_id)
    if left_out:
        yield (f"\n{words['left_out']}\n", "bold")
    for subject, state, slug in left_out:
        yield f"  {inert(subject)}  {words['items_' + state.value]}: {slug}\n"


BULK = Panel(
    view=View.BULK,
    key="M",
    columns=(
        Column("when", 16),
        Column("act", 22, is_flexible=True),
        Column("progress", 15),
        Column("bulk_state", 12, gives_way=1),
        Column("operator", 12, gives_way=2),
    ),
    page=_page,
    count=lambda sight, _text: sight.office.operators.bulk.count(),
    story=_story,
)
