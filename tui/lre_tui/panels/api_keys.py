"""Keys of the API, of all senders: in force, over, revoked; never their secrets."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators import lists
from lre_kit.operators.rules import Act, View
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, told
from lre_tui.panels.trail import acts_told


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    rows = lists.api_keys(sight.office.database, limit=limit, before=before, text=text)
    return [_line(sight, row) for row in rows]


def _state(sight: Sight, row: lists.RowValues) -> str:
    if row["revoked_at"] is not None:
        return "revoked"
    is_over = row["expires_at"] is not None and row["expires_at"] <= sight.office.clock()
    return "expired" if is_over else "in_force"


def _line(sight: Sight, row: lists.RowValues) -> Line:
    state = _state(sight, row)
    cells = {
        "prefix": row["prefix"],
        "owner": inert(row["owner_name"]),
        "api_state": sight.words[f"api_{state}"],
        "kind": sight.word(f"api_kind_{row['kind']}"),
        "used": instant(row["last_used_at"]),
        "expires_at": instant(row["expires_at"]),
    }
    return Line(row["id"], row["id"], cells, Tone.PLAIN if state == "in_force" else Tone.OVER)


def _story(sight: Sight, key_id: str) -> Iterator[Piece]:
    words, row = sight.words, lists.api_key(sight.office.database, key_id)
    yield (f"{row['prefix']}  ", "bold $accent")
    yield (f"{words['api_' + _state(sight, row)]}\n", "bold")
    yield from told(words["col_owner"], inert(f"{row['owner_name']} <{row['owner_email']}>"))
    yield from told(words["label"], inert(row["name"]))
    yield from told(words["scopes"], ", ".join(row["scopes"]))
    if row["client_id"] is not None:
        yield from told(words["token_client"], inert(f"{row['client_id']} ({row['issuer']})"))
    yield from told(words["col_created"], local_text(row["created_at"]))
    for head, at in (("expires", "expires_at"), ("revoked_at", "revoked_at"), ("last_used", "last_used_at")):
        if row[at] is not None:
            yield from told(words[head], local_text(row[at]))
    yield from acts_told(sight, f"api-key:{key_id}")


API_KEYS = Panel(
    view=View.API_KEYS,
    key="K",
    columns=(
        Column("prefix", 14),
        Column("owner", 18, gives_way=1, is_flexible=True),
        Column("api_state", 10),
        Column("kind", 8, gives_way=4),
        Column("used", 16, gives_way=2),
        Column("expires_at", 16, gives_way=3),
    ),
    page=_page,
    count=lambda sight, text: lists.count(sight.office.database, "api-keys", text),
    story=_story,
    acts=(PanelAct(key="x", act=Act.REVOKE_API_KEY),),
)
