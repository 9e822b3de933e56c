"""Keys and certificates: every generation, what is in use, and when certificates end."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators.rules import Act, View
from lre_kit.proofs.keys.rotation import Generation, generations
from lre_kit.proofs.keys.token_key import TokenKey
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, fitting, instant, told, window_of
from lre_tui.panels.trail import acts_told

SOON = timedelta(days=90)
"""A certificate that ends within this is marked."""


def _found(sight: Sight) -> list[Generation]:
    keys = sight.office.keys
    return generations(keys, in_token=isinstance(keys.seal_key, TokenKey))


def _lines(sight: Sight, text: str) -> list[Line]:
    return fitting([_line(sight, one) for one in _found(sight)], text)


def _line(sight: Sight, one: Generation) -> Line:
    words = sight.words
    ends_soon = one.ends_at is not None and one.ends_at - sight.office.clock() < SOON
    cells = {
        "key": words[f"key_{one.name}"],
        "key_state": words["key_in_use" if one.is_current else "key_former"],
        "ends_at": instant(one.ends_at),
        "key_id": one.id,
    }
    tone = Tone.OVER if not one.is_current else Tone.TROUBLE if ends_soon else Tone.PLAIN
    return Line(f"{one.name}:{one.id}", f"{one.name}:{one.id}", cells, tone)


def _story(sight: Sight, line_id: str) -> Iterator[Piece]:
    words = sight.words
    one = next(one for one in _found(sight) if f"{one.name}:{one.id}" == line_id)
    yield (f"{words[f'key_{one.name}']}\n", "bold $accent")
    yield from told(words["col_key_state"], words["key_in_use" if one.is_current else "key_former"])
    yield from told(words["col_key_id"], one.id)
    if one.subject:
        yield from told(words["subject"], inert(one.subject))
    if one.ends_at is not None:
        yield from told(words["col_ends_at"], local_text(one.ends_at))
    yield from told(words["private_key"], words[f"place_{one.place or 'none'}"])
    yield f"\n{words['how_rotated'].format(name=one.name)}\n"
    yield from acts_told(sight, f"key:{one.name}")


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    return window_of(_lines(sight, text), before, limit)


KEYS = Panel(
    view=View.KEYS,
    key="0",
    columns=(
        Column("key", 24, is_flexible=True),
        Column("key_state", 10),
        Column("ends_at", 16, gives_way=1),
        Column("key_id", 20, gives_way=2),
    ),
    page=_page,
    count=lambda sight, text: len(_lines(sight, text)),
    story=_story,
    acts=(PanelAct(key="n", act=Act.ROTATE_KEY, subject_of=lambda line_id: line_id.partition(":")[0]),),
)
