"""The audit trail: what operators did, with name, reason, the second person, and what became of it."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators.rules import RULES, Act, View
from lre_kit.operators.values import ActEntry, Outcome
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, instant, told

_SHOWN = 1000
"""Acts on one subject that are told at most."""


def act_called(sight: Sight, name: str) -> str:
    """Return an act's name for people; proposals and refusals of the second person included."""
    known = {act.value: act for act in Act}
    if name in known:
        return sight.called(RULES[known[name]])
    stem, _, step = name.rpartition(".")
    if stem in known:
        return f"{sight.called(RULES[known[stem]])} ({sight.word('step_' + step)})"
    return sight.words.get(f"act_{name.replace('.', '_')}", name)


def acts_told(sight: Sight, subject: str) -> Iterator[Piece]:
    """Yield what operators did to a subject."""
    found = sight.office.operators.journal.of(subject)[-_SHOWN:]
    if found:
        yield (f"\n{sight.words['operators_did']}\n", "bold")
    for entry in found:
        yield f"{local_text(entry.at)}\n"
        yield f"  {inert(entry.operator)}: {act_called(sight, entry.act)}"
        yield f" – {sight.word('outcome_' + entry.outcome.value)}\n"
        if entry.reason:
            yield (f"  {inert(entry.reason)}\n", "$text-muted")


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    return [
        _line(sight, entry)
        for entry in sight.office.operators.journal.page(limit=limit, before=before, text=text)
    ]


def _line(sight: Sight, entry: ActEntry) -> Line:
    cells = {
        "when": instant(entry.at),
        "operator": inert(entry.operator),
        "act": act_called(sight, entry.act),
        "about": inert(entry.label),
        "outcome": sight.word(f"outcome_{entry.outcome.value}"),
    }
    tone = Tone.PLAIN if entry.outcome is Outcome.DONE else Tone.TROUBLE
    return Line(entry.id, entry.id, cells, tone)


def _story(sight: Sight, act_id: str) -> Iterator[Piece]:
    entry = sight.office.operators.journal.by_id(act_id)
    words = sight.words
    yield (f"{act_called(sight, entry.act)}\n", "bold $accent")
    yield from told(words["col_about"], inert(f"{entry.label} ({entry.subject})"))
    yield from told(words["col_operator"], inert(entry.operator))
    if entry.second:
        yield from told(words["second"], inert(words.get(f"second_{entry.second}", entry.second)))
    if entry.reason:
        yield from told(words["reason"], inert(entry.reason))
    yield from told(words["began"], local_text(entry.at))
    ended = local_text(entry.ended_at) if entry.ended_at else "–"
    yield from told(words["ended_at"], ended)
    yield from told(words["col_outcome"], sight.word(f"outcome_{entry.outcome.value}"))
    if entry.outcome is Outcome.BEGUN:
        yield (f"{words['outcome_unknown_how']}\n", "$text-warning")
    if entry.error:
        yield from told(words["error"], entry.error)
    yield from told(words["evidence"], entry.id)


TRAIL = Panel(
    view=View.TRAIL,
    key="8",
    columns=(
        Column("when", 16),
        Column("operator", 12),
        Column("act", 20, gives_way=1, is_flexible=True),
        Column("about", 19, gives_way=3),
        Column("outcome", 8, gives_way=2),
    ),
    page=_page,
    count=lambda sight, text: sight.office.operators.journal.count(text=text),
    story=_story,
    acts=(PanelAct(key="o", act=Act.SETTLE_ACT, asks=("found",)),),
)
