"""The post room: batches from open to handed over, and the postings in each."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators import lists
from lre_kit.operators.rules import Act, View
from lre_kit.postroom.items import ITEM, batch_by_number, items_where
from lre_kit.postroom.values import BatchState
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, file_typed, instant, told
from lre_tui.panels.trail import acts_told

_ITEMS_SHOWN = 200
"""Postings of a batch that are told at most."""


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    rows = lists.batches(sight.office.database, limit=limit, before=before, text=text)
    return [_line(sight, row) for row in rows]


def _line(sight: Sight, row: lists.RowValues) -> Line:
    cells = {
        "batch": row["number"],
        "batch_state": sight.word(f"batch_{row['state']}"),
        "items": str(row["items"]) if row["items"] else "–",
        "closed": instant(row["closed_at"]),
        "handed_over": instant(row["handed_over_at"]),
    }
    is_over = row["state"] == BatchState.HANDED_OVER.value
    return Line(row["number"], row["id"], cells, Tone.OVER if is_over else Tone.PLAIN)


def _story(sight: Sight, number: str) -> Iterator[Piece]:
    words = sight.words
    with sight.office.database.read() as connection:
        batch = batch_by_number(connection, number)
        items = items_where(connection, ITEM.c.batch_id == batch.id)
    yield (f"{batch.number}  ", "bold $accent")
    yield (f"{sight.word('batch_' + batch.state.value)}\n", "bold")
    yield from told(words["opened"], local_text(batch.opened_at))
    if batch.manifest_digest:
        yield from told(words["manifest"], batch.manifest_digest)
    if batch.reference:
        yield from told(words["provider_reference"], inert(batch.reference))
    yield (f"\n{words['postings'].format(count=len(items))}\n", "bold")
    for item in items[:_ITEMS_SHOWN]:
        outcome = sight.word(f"item_{item.outcome or item.state.value}")
        yield f"  {item.item_number or '–'}  {outcome}  {words['sheets'].format(count=item.sheets)}\n"
        if item.error:
            yield (f"    {inert(item.error)}\n", "$text-error")
    if len(items) > _ITEMS_SHOWN:
        yield f"  {words['more'].format(count=len(items) - _ITEMS_SHOWN)}\n"
    yield from acts_told(sight, f"batch:{number}")


def _with_file(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put a file's content in the place of its path."""
    name, content = file_typed(str(facts["file"]))
    kept = {key: value for key, value in facts.items() if key != "file"}
    return kept | {"name": name, "content": content, "digest": hashlib.sha256(content).hexdigest()}


POST = Panel(
    view=View.POST,
    key="6",
    columns=(
        Column("batch", 18, is_flexible=True),
        Column("batch_state", 12),
        Column("items", 8, gives_way=2),
        Column("closed", 16, gives_way=3),
        Column("handed_over", 16, gives_way=1),
    ),
    page=_page,
    count=lambda sight, text: lists.count(sight.office.database, "batches", text),
    story=_story,
    acts=(
        PanelAct(key="b", act=Act.CLOSE_BATCH),
        PanelAct(key="o", act=Act.HAND_OVER_BATCH),
        PanelAct(key="p", act=Act.REPRINT, asks=("item",)),
        PanelAct(
            key="i",
            act=Act.IMPORT_TRACKING,
            asks=("file",),
            on_screen=True,
            subject="tracking",
            facts={"source": "maileva"},
            prepare=_with_file,
            reads_files=True,
        ),
        PanelAct(key="t", act=Act.NOTE_RETURN, asks=("item", "code")),
        PanelAct(key="s", act=Act.ATTACH_SCAN, asks=("item", "file"), prepare=_with_file, reads_files=True),
    ),
)
