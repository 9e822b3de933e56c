"""Identification means: what was issued and where it stands; suspended, resumed, revoked."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.identifiers.means import FINAL, State
from lre_kit.operators import lists
from lre_kit.operators.rules import Act, View
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, told
from lre_tui.panels.trail import acts_told


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    rows = lists.means(sight.office.database, limit=limit, before=before, text=text)
    return [_line(sight, row) for row in rows]


def _line(sight: Sight, row: lists.RowValues) -> Line:
    state = State(row["state"])
    cells = {
        "serial": row["serial"],
        "kind": sight.word(f"means_{row['kind']}"),
        "means_state": sight.word(f"means_{state.value}"),
        "level": row["level"] or "–",
        "expires_at": instant(row["expires_at"]),
    }
    tone = Tone.OVER if state in FINAL else Tone.TROUBLE if state is State.SUSPENDED else Tone.PLAIN
    return Line(row["id"], row["id"], cells, tone)


def _story(sight: Sight, means_id: str) -> Iterator[Piece]:
    words, register = sight.words, sight.office.people.register
    found = register.by_id(means_id)
    yield (f"{found.serial}  ", "bold $accent")
    yield (f"{sight.word('means_' + found.state.value)}\n", "bold")
    yield from told(words["col_kind"], sight.word(f"means_{found.kind.value}"))
    yield from told(words["label"], inert(found.label))
    if found.derogation:
        yield from told(words["derogation"], inert(found.derogation))
    yield from told(words["col_created"], local_text(found.created_at))
    for head, at in (("activated", found.activated_at), ("last_used", found.last_used_at)):
        if at is not None:
            yield from told(words[head], local_text(at))
    for event in register.history(means_id):
        yield f"{local_text(event.occurred_at)}\n"
        yield f"  {sight.word('means_act_' + event.name)}"
        yield f" – {inert(event.reason)}\n" if event.reason else "\n"
    yield from acts_told(sight, f"means:{means_id}")


IDENTIFIERS = Panel(
    view=View.IDENTIFIERS,
    key="9",
    columns=(
        Column("serial", 14),
        Column("kind", 22, gives_way=1, is_flexible=True),
        Column("means_state", 10),
        Column("level", 12, gives_way=3),
        Column("expires_at", 16, gives_way=2),
    ),
    page=_page,
    count=lambda sight, text: lists.count(sight.office.database, "means", text),
    story=_story,
    acts=(
        PanelAct(key="s", act=Act.SUSPEND_MEANS),
        PanelAct(key="m", act=Act.RESUME_MEANS),
        PanelAct(key="x", act=Act.REVOKE_MEANS),
    ),
)
