"""What waits for a second operator: agreed to, or declined."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators.rules import RULES, View
from lre_kit.operators.values import Proposal
from lre_tui.inert import inert
from lre_tui.lines import Column, Line
from lre_tui.panel import Panel, Piece, Sight, fitting, instant, told, window_of
from lre_tui.panels.trail import acts_told


def _lines(sight: Sight, text: str) -> list[Line]:
    return fitting([_line(sight, each) for each in sight.office.operators.two_people.waiting()], text)


def _line(sight: Sight, proposal: Proposal) -> Line:
    cells = {
        "act": sight.called(RULES[proposal.act]),
        "about": inert(proposal.label),
        "operator": inert(proposal.proposed_by),
        "when": instant(proposal.proposed_at),
        "until": instant(proposal.expires_at),
    }
    return Line(proposal.id, proposal.id, cells)


def _story(sight: Sight, proposal_id: str) -> Iterator[Piece]:
    words, proposal = sight.words, sight.office.operators.two_people.by_id(proposal_id)
    yield (f"{sight.called(RULES[proposal.act])}\n", "bold $accent")
    yield from told(words["col_about"], inert(proposal.label))
    yield from told(words["proposed_by"], inert(proposal.proposed_by))
    yield from told(words["reason"], inert(proposal.reason))
    yield from told(words["col_when"], local_text(proposal.proposed_at))
    yield from told(words["col_until"], local_text(proposal.expires_at))
    yield f"\n{words['does_' + proposal.act.value.replace('.', '_').replace('-', '_')]}\n"
    yield from acts_told(sight, proposal.subject)


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    return window_of(_lines(sight, text), before, limit)


TWO = Panel(
    view=View.TWO,
    key="w",
    columns=(
        Column("act", 22, is_flexible=True),
        Column("about", 19, gives_way=1),
        Column("operator", 12),
        Column("when", 16, gives_way=3),
        Column("until", 16, gives_way=2),
    ),
    page=_page,
    count=lambda sight, text: len(_lines(sight, text)),
    story=_story,
    empty="nobody_waits",
)
