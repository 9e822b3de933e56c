"""The log: checkpoints with their stamps and witnesses; the audit, and stamps renewed."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.office import PostOffice
from lre_kit.operators import lists
from lre_kit.operators.rules import Act, View
from lre_kit.proofs.log.stamped import cosignature_lines
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, told


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    rows = lists.checkpoints(sight.office.database, limit=limit, before=before, text=text)
    return [_line(sight, row) for row in rows]


def _line(sight: Sight, row: lists.RowValues) -> Line:
    is_stamped = row["stamped_at"] is not None
    cells = {
        "size": str(row["size"]),
        "created": instant(row["created_at"]),
        "stamped_at": instant(row["stamped_at"]),
        "stamp_state": sight.words["stamped" if is_stamped else "stamp_awaited"],
        "error": inert(row["last_error"] or ""),
    }
    return Line(str(row["size"]), row["size"], cells, Tone.PLAIN if is_stamped else Tone.TROUBLE)


def _story(sight: Sight, size: str) -> Iterator[Piece]:
    words = sight.words
    row = lists.checkpoint(sight.office.database, int(size))
    yield (f"{words['checkpoint']} {size}\n", "bold $accent")
    yield from told(words["col_created"], local_text(row["created_at"]))
    yield from told(words["root"], row["root"].hex())
    stamped = local_text(row["stamped_at"]) if row["stamped_at"] else words["stamp_awaited"]
    yield from told(words["stamp"], stamped)
    if row["stamp_id"]:
        yield from told(words["token"], inert(row["stamp_id"]))
    if row["last_error"]:
        yield from told(words["error"], inert(row["last_error"]))
    with sight.office.database.read() as connection:
        lines = cosignature_lines(connection, int(size))
    yield from told(words["witnesses"], str(len(lines)))
    for line in lines:
        yield f"  {inert(line.split(' ')[1] if ' ' in line else line)}\n"
    yield "\n"
    for line in row["note"].splitlines():
        yield (f"{inert(line)}\n", "$text-muted")


def _audit(office: PostOffice, **told: Any) -> Any:
    from lre_kit.proofs.auditing.audit import audit_office

    return audit_office(office, **told)


LOG = Panel(
    view=View.LOG,
    key="7",
    columns=(
        Column("size", 12),
        Column("created", 16),
        Column("stamped_at", 16, gives_way=1),
        Column("stamp_state", 18, gives_way=3),
        Column("error", 8, gives_way=2, is_flexible=True),
    ),
    page=_page,
    count=lambda sight, text: lists.count_checkpoints(sight.office.database, text),
    story=_story,
    acts=(
        PanelAct(key="y", act=Act.AUDIT_LOG, on_screen=True, facts={"audit": _audit}),
        PanelAct(key="n", act=Act.RENEW_STAMPS, on_screen=True),
    ),
)
