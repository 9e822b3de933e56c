"""Consents to receive electronically, of all senders; a withdrawal that came another way is noted here."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.law.consents import ConsentState
from lre_kit.operators import lists
from lre_kit.operators.rules import Act, View
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, told
from lre_tui.panels.trail import acts_told

_OVER = frozenset({ConsentState.REFUSED, ConsentState.EXPIRED, ConsentState.WITHDRAWN})


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    rows = lists.consents(sight.office.database, limit=limit, before=before, text=text)
    return [_line(sight, row) for row in rows]


def _line(sight: Sight, row: lists.RowValues) -> Line:
    cells = {
        "recipient": inert(row["recipient_name"]),
        "sender": inert(row["sender_name"]),
        "consent_state": sight.word(f"consent_{row['state']}"),
        "asked": instant(row["asked_at"]),
        "decided": instant(row["decided_at"]),
    }
    return Line(row["id"], row["id"], cells, Tone.OVER if row["state"] in _OVER else Tone.PLAIN)


def _story(sight: Sight, consent_id: str) -> Iterator[Piece]:
    words, register = sight.words, sight.office.consents.register
    found = register.by_id(consent_id)
    yield (f"{sight.word('consent_' + found.state.value)}\n", "bold $accent")
    yield from told(words["to"], inert(f"{found.recipient_name} <{found.recipient_email}>"))
    yield from told(words["from"], inert(f"{found.sender_name} <{found.sender_email}>"))
    yield from told(words["regime"], found.regime.value)
    if found.method:
        yield from told(words["method"], inert(found.method))
    if found.expires_at is not None:
        yield from told(words["expires"], local_text(found.expires_at))
    for event in register.history(consent_id):
        yield f"{local_text(event.occurred_at)}\n"
        yield f"  {sight.word('consent_' + event.name)}\n"
    yield from acts_told(sight, f"consent:{consent_id}")


CONSENTS = Panel(
    view=View.CONSENTS,
    key="5",
    columns=(
        Column("recipient", 18, is_flexible=True),
        Column("consent_state", 12),
        Column("sender", 18, gives_way=2),
        Column("asked", 16, gives_way=3),
        Column("decided", 16, gives_way=1),
    ),
    page=_page,
    count=lambda sight, text: lists.count(sight.office.database, "consents", text),
    story=_story,
    acts=(PanelAct(key="x", act=Act.WITHDRAW_CONSENT),),
)
