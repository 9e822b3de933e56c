"""Identity reviews: the queue as a list; the case itself is taken and decided on a screen of its own."""

from collections.abc import Iterator
from typing import Any

from lre_kit.clock import local_text
from lre_kit.operators.rules import View
from lre_kit.parties.proofing_review import QUEUE_MAX
from lre_kit.parties.proofing_review_values import QueueEntry
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, Piece, Sight, fitting, instant, told, window_of


def _lines(sight: Sight, text: str) -> list[Line]:
    queue = sight.office.people.reviews.queue(limit=QUEUE_MAX)
    return fitting([_line(sight, entry) for entry in queue], text)


def _line(sight: Sight, entry: QueueEntry) -> Line:
    cells = {
        "purpose": sight.word(f"purpose_{entry.purpose_kind}"),
        "submitted": instant(entry.submitted_at),
        "answer_by": instant(entry.answer_by),
        "held_by": inert(entry.claimed_by or "–"),
        "flags": str(entry.flag_count),
    }
    return Line(entry.case_id, entry.case_id, cells, Tone.TROUBLE if entry.overdue else Tone.PLAIN)


def _story(sight: Sight, case_id: str) -> Iterator[Piece]:
    words = sight.words
    queue = sight.office.people.reviews.queue(limit=QUEUE_MAX)
    entry = next((each for each in queue if each.case_id == case_id), None)
    if entry is None:
        yield words["case_gone"]
        return
    yield (f"{sight.word('purpose_' + entry.purpose_kind)}\n", "bold $accent")
    yield from told(words["col_submitted"], local_text(entry.submitted_at))
    yield from told(words["col_answer_by"], local_text(entry.answer_by))
    yield f"{words['case_how']}\n"


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    return window_of(_lines(sight, text), before, limit)


REVIEWS = Panel(
    view=View.REVIEWS,
    key="4",
    columns=(
        Column("purpose", 14, is_flexible=True),
        Column("submitted", 16),
        Column("answer_by", 16),
        Column("held_by", 12, gives_way=1),
        Column("flags", 7, gives_way=2),
    ),
    page=_page,
    count=lambda sight, text: len(_lines(sight, text)),
    story=_story,
)
