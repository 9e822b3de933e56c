"""A screen of the console as plain text or JSON: for screen readers, scripts, and simple terminals."""

import json
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len

from lre_kit.clock import iso
from lre_kit.operators.rules import View
from lre_kit.operators.values import OperatorSession
from lre_tui.lines import Line
from lre_tui.panel import Panel, Piece, Sight, story_told
from lre_tui.panels import panel_of
from lre_tui.texts import number_text

PLAIN_MAX = 500
"""Most lines written at once."""


def plain_text(
    sight: Sight,
    view: View,
    session: OperatorSession,
    *,
    text: str = "",
    limit: int = 50,
    line_id: str | None = None,
    as_json: bool = False,
) -> str:
    """Return what a screen shows.

    Args:
        sight: What it is read with.
        view: Which screen.
        session: Who looks.
        text: Filter.
        limit: Most lines, up to `PLAIN_MAX`.
        line_id: Only this line, with its story.
        as_json: As JSON for programs.

    Raises:
        NotSignedInError: The session is over.
        NotForYouError: No role of the operator's allows it.
        NotFoundError: There is no such line.
    """
    sight.office.operators.desk.expect_view(session, view)
    panel = panel_of(view)
    if line_id is not None:
        story = _as_text(story_told(panel, sight, line_id))
        told = {"screen": view.value, "id": line_id, "text": story}
        return json.dumps(told, ensure_ascii=False, indent=2) if as_json else story.rstrip("\n")
    lines = panel.page(sight, text, None, max(1, min(limit, PLAIN_MAX)))
    total = max(panel.count(sight, text), len(lines))
    if as_json:
        found: dict[str, Any] = {
            "screen": view.value,
            "at": iso(sight.office.clock()),
            "shown": len(lines),
            "total": total,
            "lines": [{"id": line.id, "tone": line.tone.value, **line.cells} for line in lines],
        }
        return json.dumps(found, ensure_ascii=False, indent=2)
    return "\n".join(_table(sight, panel, lines, total))


def _table(sight: Sight, panel: Panel, lines: Sequence[Line], total: int) -> list[str]:
    words, language = sight.words, sight.language
    shown = words["shown_of"].format(
        shown=number_text(len(lines), language), total=number_text(total, language)
    )
    head = f"{words['view_' + panel.view.value]} · {shown}"
    if not lines:
        return [head, words[panel.empty]]
    names = [column.name for column in panel.columns]
    rows = [[words[f"col_{name}"] for name in names]]
    rows += [[line.cells.get(name, "") for name in names] for line in lines]
    widths = [max(cell_len(row[at]) for row in rows) for at in range(len(names))]
    table = ("  ".join(map(_padded, row, widths)).rstrip() for row in rows)
    return [head, *table]


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - cell_len(text))


def _as_text(pieces: Sequence[Piece]) -> str:
    return "".join(piece if isinstance(piece, str) else piece[0] for piece in pieces)
