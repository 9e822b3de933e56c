"""What waits for a second operator: agreed to, or declined."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators.rules import RULES, Act, View
from lre_kit.operators.values import Proposal
from lre_tui.inert import inert
from lre_tui.lines import Column, Line
from lre_tui.panel import Panel, Piece, Sight, fitting, instant, told, window_of
from lre_tui.panels.regimes import simulated_told
from lre_tui.panels.trail import acts_told

_AHEAD = timedelta(days=180)
"""How far ahead a draft is simulated for the second person."""


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
    yield from _subject(sight, proposal)
    yield from acts_told(sight, proposal.subject)


def _subject(sight: Sight, proposal: Proposal) -> Iterator[Piece]:
    """Tell what the second person agrees to, where the line does not say all of it."""
    words = sight.words
    if proposal.act is Act.ADOPT_REGIME:
        draft = str(proposal.facts.get("draft", ""))
        yield from simulated_told(sight, draft, at=sight.office.clock() + _AHEAD)
        yield (f"\n{words['draft']}\n", "bold")
        yield from (f"{inert(line)}\n" for line in draft.splitlines())
    elif proposal.subject.startswith("bulk:"):
        bulk = sight.office.operators.bulk.by_id(proposal.subject.removeprefix("bulk:"))
        yield from told(words["filter"], inert(bulk.filter_text) or words["bulk_all"])
        yield from told(words["list_digest"], bulk.digest)


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
