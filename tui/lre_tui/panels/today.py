"""Today: what is due, late or failing, where to look, how deposits went, and how the office is."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lre_kit.operators.rules import View
from lre_kit.operators.today import Figure, figures, trend
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import NAMES, Panel, PanelLook, Piece, Sight, fitting, told, window_of
from lre_tui.plot import bars
from lre_tui.texts import number_text

if TYPE_CHECKING:
    from lre_kit.doctor import Finding

_HEIGHT = 4
"""Lines of the plot."""

HEALTH = "health"
"""Line of the office's health."""

_VIEW_OF = {
    "duties_dead": View.AGENDA, "duties_late": View.AGENDA, "duties_due": View.AGENDA,
    "notice_failed": View.LETTERS, "windows_closing": View.LETTERS,
    "cases_waiting": View.REVIEWS, "cases_late": View.REVIEWS, "consents_asked": View.CONSENTS,
    "batches_open": View.POST, "items_missing": View.POST, "proposals": View.TWO,
    "requests_open": View.REQUESTS,
    "evidence_waiting": View.LOG, "certificates": View.KEYS, "not_for_them": View.LETTERS,
    "acts_unfinished": View.TRAIL, "means_to_compare": View.REVIEWS,
}  # fmt: skip

_FILTER_OF = {"not_for_them": "is:misdirected", "means_to_compare": NAMES}
"""What the list is filtered by that a figure leads to."""


def _lines(sight: Sight, text: str) -> list[Line]:
    return fitting([_line(sight, figure) for figure in figures(sight.office)] + [_health_line(sight)], text)


def _health_line(sight: Sight) -> Line:
    words, found = sight.words, sight.health.found(sight.office)
    unwell = [finding for finding in found or () if not finding.well]
    state = "awaited" if found is None else "look" if unwell else "well"
    cells = {
        "what": words["health"],
        "count": number_text(len(unwell), sight.language),
        "figure_state": words[f"figure_is_{state}"],
        "where": inert(", ".join(finding.name for finding in unwell)),
    }
    return Line(HEALTH, HEALTH, cells, Tone.TROUBLE if unwell else Tone.PLAIN)


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
    if name == HEALTH:
        yield (f"{sight.words['health']}\n", "bold $accent")
        yield from _findings(sight.health.found(sight.office) or ())
        return
    yield (f"{sight.word('figure_' + name)}\n", "bold $accent")
    yield f"{sight.word('about_' + name)}\n"
    yield from _trend(sight)


def _trend(sight: Sight) -> Iterator[Piece]:
    days = trend(sight.office)
    most = max(count for _, count in days) or 1
    yield (f"\n{sight.words['trend'].format(days=len(days))}\n", "bold")
    counts = [count for _, count in days]
    scales = [number_text(most, sight.language), *[""] * (_HEIGHT - 2), "0"]
    margin = max(map(len, scales))
    for scale, line in zip(scales, bars(counts, height=_HEIGHT), strict=True):
        yield (f"{scale:>{margin}} ┤", "$text-muted")
        yield (f"{line}\n", "$accent")
    yield (f"{'':{margin}} └{'─' * 2 * len(days)}\n", "$text-muted")
    # Every other day: a bar and its blank are as wide as a day's number.
    labels = (f"{day:%d}  " for day, _ in days[1::2])
    yield (f"{'':{margin + 4}}{''.join(labels)}\n", "$text-muted")
    yield from told(sight.words["trend_today"], number_text(counts[-1], sight.language))


def _health(sight: Sight, _line_id: str | None) -> Sequence[Piece]:
    """Examine the office as ``lre doctor`` does."""
    from lre_kit.doctor import examine

    return list(_findings(examine(sight.office.settings, clock=sight.office.clock)))


def _findings(found: "Sequence[Finding]") -> Iterator[Piece]:
    for finding in found:
        mark, style = ("✓", "$text-success") if finding.well else ("✗", "$text-error")
        yield (f"{mark} {finding.name}: ", style)
        yield f"{inert(finding.found)}\n"
        if finding.mend and not finding.well:
            yield (f"    {inert(finding.mend)}\n", "$text-muted")


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
    # Without a filter as many as there are figures: counting them anew each time would cost as much again.
    count=lambda sight, text: len(_lines(sight, text)) if text else len(_VIEW_OF) + 1,
    story=_story,
    looks=(PanelLook(key="h", name="health", run=_health),),
    opens=lambda name: (_VIEW_OF.get(name, View.TODAY), _FILTER_OF.get(name, "")),
)
