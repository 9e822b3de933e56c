"""The agenda: what happens next for anything; what was given up stands first and can be tried again."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.errors import NotFoundError
from lre_kit.operators import lists
from lre_kit.operators.moving import MOVABLE
from lre_kit.operators.rules import Act, View
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, told
from lre_tui.panels.trail import acts_told


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    rows = lists.duties(sight.office.database, limit=limit, before=before, text=text)
    return [_line(sight, row) for row in rows]


def _line(sight: Sight, row: lists.RowValues) -> Line:
    is_dead = row["dead_at"] is not None
    is_late = row["due_at"] <= sight.office.clock() and row["attempts"] > 0
    state = "dead" if is_dead else "retried" if is_late else "planned"
    cells = {
        "due": instant(row["dead_at"] or row["due_at"]),
        "action": sight.word(f"duty_{row['action']}"),
        "duty_state": sight.words[f"state_{state}"],
        "tries": str(row["attempts"]),
        "error": inert(row["last_error"] or ""),
    }
    return Line(row["key"], lists.duty_cursor(row), cells, Tone.TROUBLE if is_dead else Tone.PLAIN)


def _story(sight: Sight, key: str) -> Iterator[Piece]:
    words, row = sight.words, lists.duty(sight.office.database, key)
    yield (f"{sight.word('duty_' + row['action'])}\n", "bold $accent")
    yield from told(words["col_about"], _about(sight, row["subject"]))
    yield from told(words["col_due"], local_text(row["due_at"]))
    yield from told(words["col_tries"], str(row["attempts"]))
    if row["dead_at"] is not None:
        yield from told(words["given_up"], local_text(row["dead_at"]))
    if row["last_error"]:
        yield from told(words["error"], inert(row["last_error"]))
    yield from told(words["duty_key"], inert(row["key"]))
    yield f"{words['duty_movable' if row['action'] in MOVABLE else 'duty_fixed']}\n"
    yield from acts_told(sight, f"duty:{key}"[:160])


def _about(sight: Sight, subject: str) -> str:
    try:
        return sight.office.reading.by_id(subject).number
    except NotFoundError:
        return inert(subject)


AGENDA = Panel(
    view=View.AGENDA,
    key="3",
    columns=(
        Column("due", 16),
        Column("action", 28),
        Column("duty_state", 11, gives_way=1),
        Column("tries", 6, gives_way=3),
        Column("error", 10, gives_way=2, is_flexible=True),
    ),
    page=_page,
    count=lambda sight, text: lists.count(sight.office.database, "duties", text),
    story=_story,
    acts=(
        PanelAct(key="t", act=Act.RETRY_DUTY),
        PanelAct(key="p", act=Act.POSTPONE_DUTY, asks=("until",)),
        PanelAct(key="n", act=Act.BRING_FORWARD_DUTY, facts={"until": "0min"}),
    ),
)
