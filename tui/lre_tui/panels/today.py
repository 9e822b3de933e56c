"""Today: what is due, late or failing, where to look, how deposits went, and how the office is."""

from collections.abc import Iterator, Sequence
from typing import Any

from lre_kit.doctor import examine
from lre_kit.operators.rules import View
from lre_kit.operators.today import Figure, figures, trend
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelLook, Piece, Sight, fitting, window_of
from lre_tui.texts import number_text

_BARS = "·▁▂▃▄▅▆▇█"

_VIEW_OF = {
    "duties_dead": View.AGENDA, "duties_late": View.AGENDA, "duties_due": View.AGENDA,
    "notice_failed": View.LETTERS, "windows_closing": View.LETTERS,
    "cases_waiting": View.REVIEWS, "cases_late": View.REVIEWS, "consents_asked": View.CONSENTS,
    "batches_open": View.POST, "items_missing": View.POST, "proposals": View.TWO,
    "evidence_waiting": View.LOG, "certificates": View.KEYS,
}  # fmt: skip


def _lines(sight: Sight, text: str) -> list[Line]:
    return fitting([_line(sight, figure) for figure in figures(sight.office)], text)


def _line(sight: Sight, figure: Figure) -> Line:
    words = sight.words
    state = "look" if figure.is_trouble else "fine" if not figure.count else "waits"
    cells = {
        "what": sight.word(f"figure_{figure.name}"),
        "count": number_text(figure.count, sight.language),
        "figure_state": words[f"figure_is_{state}"],
        "where": words[f"view_{figure.view}"],
    }
    tone = Tone.TROUBLE if figure.is_trouble else Tone.PLAIN if figure.count else Tone.OVER
    return Line(figure.name, figure.name, cells, tone)


def _story(sight: Sight, name: str) -> Iterator[Piece]:
    yield (f"{sight.word('figure_' + name)}\n", "bold $accent")
    yield f"{sight.word('about_' + name)}\n"
    yield from _trend(sight)


def _trend(sight: Sight) -> Iterator[Piece]:
    days = trend(sight.office)
    most = max(count for _, count in days) or 1
    yield (f"\n{sight.words['trend'].format(days=len(days))}\n", "bold")
    yield "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] for _, count in days) + "\n"
    first, last = days[0], days[-1]
    yield from (
        f"{day:%d/%m}: {number_text(count, sight.language)}{'   ' if day is first[0] else ''}"
        for day, count in (first, last)
    )
    yield "\n"


def _health(sight: Sight, _line_id: str | None) -> Sequence[Piece]:
    """Examine the office as ``lre doctor`` does."""
    pieces: list[Piece] = []
    for finding in examine(sight.office.settings, clock=sight.office.clock):
        mark, style = ("✓", "$text-success") if finding.well else ("✗", "$text-error")
        pieces += [(f"{mark} {finding.name}: ", style), f"{inert(finding.found)}\n"]
        if finding.mend and not finding.well:
            pieces.append((f"    {inert(finding.mend)}\n", "$text-muted"))
    return pieces


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    return window_of(_lines(sight, text), before, limit)


TODAY = Panel(
    view=View.TODAY,
    key="1",
    columns=(
        Column("what", 34, is_flexible=True),
        Column("count", 9),
        Column("figure_state", 12, gives_way=2),
        Column("where", 18, gives_way=1),
    ),
    page=_page,
    count=lambda sight, text: len(_lines(sight, text)),
    story=_story,
    looks=(PanelLook(key="h", name="health", run=_health),),
    opens=_VIEW_OF.__getitem__,
)
