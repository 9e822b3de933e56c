"""Announcements and status: what the office says in public, and how its services are."""

from collections.abc import Iterator, Mapping
from typing import Any

from lre_kit.announcements.values import Announcement
from lre_kit.clock import iso, local_text, now
from lre_kit.errors import NotFoundError
from lre_kit.operators.moving import instant_typed
from lre_kit.operators.rules import Act, View
from lre_kit.status.values import StatusNotice
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, Piece, Sight, fitting, instant, told, window_of
from lre_tui.panels.trail import acts_told

SHOWN = 300
"""Newest announcements, and newest incidents, that are listed."""

SERVICES = "services"
"""Line of the services as they are now."""


def _lines(sight: Sight, text: str) -> list[Line]:
    office = sight.office
    made = [_services_line(sight)]
    made += [_notice_line(sight, one) for one in office.status.reading.page(limit=SHOWN)]
    made += [_announcement_line(sight, one) for one in office.announcements.page(limit=SHOWN)]
    return fitting(made, text)


def _services_line(sight: Sight) -> Line:
    found = sight.office.status.reading.services()
    states = {one.state.value for one in found if one.state is not None}
    worst = "down" if "down" in states else "degraded" if "degraded" in states else "up" if states else "none"
    cells = {
        "public_kind": sight.words["public_services"],
        "says": sight.word(f"service_is_{worst}"),
        "public_state": "",
        "begins": "",
        "until": "",
    }
    return Line(SERVICES, SERVICES, cells, Tone.TROUBLE if worst in {"down", "degraded"} else Tone.PLAIN)


def _notice_line(sight: Sight, one: StatusNotice) -> Line:
    is_over = one.ended_at is not None
    is_now = one.is_current(sight.office.clock())
    cells = {
        "public_kind": sight.word(f"notice_{one.kind.value}"),
        "says": inert(one.title.in_language(sight.language)),
        "public_state": sight.words[
            "public_over" if is_over else "public_now" if is_now else "public_to_come"
        ],
        "begins": instant(one.begins_at),
        "until": instant(one.ended_at or one.ends_at),
    }
    return Line(f"s:{one.id}", f"s:{one.id}", cells, Tone.OVER if is_over else Tone.TROUBLE)


def _announcement_line(sight: Sight, one: Announcement) -> Line:
    at = sight.office.clock()
    is_over = one.ends_at is not None and one.ends_at <= at
    state = "over" if is_over else "now" if one.begins_at <= at else "to_come"
    cells = {
        "public_kind": sight.word(f"announcement_{one.kind.value}"),
        "says": inert(" ".join(one.words.in_language(sight.language).split())),
        "public_state": sight.words[f"public_{state}"],
        "begins": instant(one.begins_at),
        "until": instant(one.ends_at),
    }
    return Line(f"a:{one.id}", f"a:{one.id}", cells, Tone.OVER if is_over else Tone.PLAIN)


def _story(sight: Sight, line_id: str) -> Iterator[Piece]:
    kind, _, public_id = line_id.partition(":")
    if line_id == SERVICES:
        yield from _services(sight)
    elif kind == "s":
        yield from _notice(sight, sight.office.status.reading.notice(public_id))
        yield from acts_told(sight, f"incident:{public_id}")
    else:
        yield from _announcement(sight, public_id)
        yield from acts_told(sight, f"announcement:{public_id}")


def _services(sight: Sight) -> Iterator[Piece]:
    yield (f"{sight.words['public_services']}\n", "bold $accent")
    for one in sight.office.status.reading.services():
        words = one.service.words.in_language(sight.language)
        state = one.state.value if one.state is not None else "none"
        style = "$text-success" if state == "up" else "$text-muted" if state == "none" else "$text-error"
        yield (f"{'●' if state != 'none' else '○'} {words}: ", style)
        yield f"{sight.word('service_is_' + state)}"
        yield f" ({local_text(one.since)})\n" if one.since is not None else "\n"


def _notice(sight: Sight, one: StatusNotice) -> Iterator[Piece]:
    words = sight.words
    yield (f"{inert(one.title.in_language(sight.language))}\n", "bold $accent")
    called = ", ".join(service.words.in_language(sight.language) for service in one.services)
    yield from told(words["public_services"], called or "–")
    yield from told(words["col_begins"], local_text(one.begins_at))
    if one.ended_at is not None:
        yield from told(words["ended_at"], local_text(one.ended_at))
    for update in one.updates:
        yield (f"\n{local_text(update.at)} · {inert(update.by)}\n", "bold")
        yield f"{inert(update.words.in_language(sight.language))}\n"


def _announcement(sight: Sight, public_id: str) -> Iterator[Piece]:
    words = sight.words
    found = next((one for one in sight.office.announcements.page(limit=SHOWN) if one.id == public_id), None)
    if found is None:
        raise NotFoundError("This is not there any more.", mend="Look at the list again.")
    yield (f"{sight.word('announcement_' + found.kind.value)}\n", "bold $accent")
    yield from told(words["ask_places"], ", ".join(sorted(place.value for place in found.places)))
    yield from told(words["col_begins"], local_text(found.begins_at))
    if found.ends_at is not None:
        yield from told(words["col_ends"], local_text(found.ends_at))
    for language, text in (("fr", found.words.fr), ("en", found.words.en)):
        yield (f"\n{language}\n", "bold")
        yield f"{inert(text)}\n"


def _with_end(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put an instant in the place of a span that was typed."""
    ends = str(facts.get("ends_at", "")).strip()
    return {**facts, "ends_at": iso(instant_typed(ends, now=now())) if ends else ""}


def _of(line_id: str) -> str:
    return line_id.partition(":")[2] or line_id


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    return window_of(_lines(sight, text), before, limit)


ANNOUNCEMENTS = Panel(
    view=View.ANNOUNCEMENTS,
    key="A",
    columns=(
        Column("public_kind", 16),
        Column("says", 24, is_flexible=True),
        Column("public_state", 10, gives_way=1),
        Column("begins", 16, gives_way=3),
        Column("until", 16, gives_way=2),
    ),
    page=_page,
    count=lambda sight, text: len(_lines(sight, text)),
    story=_story,
    acts=(
        PanelAct(
            key="n",
            act=Act.PUBLISH_ANNOUNCEMENT,
            asks=("kind", "places", "fr", "en", "ends_at?"),
            typed={"kind": "info", "places": "all"},
            on_screen=True,
            subject="new",
            prepare=_with_end,
        ),
        PanelAct(key="x", act=Act.END_ANNOUNCEMENT, subject_of=_of),
        PanelAct(
            key="i",
            act=Act.OPEN_INCIDENT,
            asks=("kind", "services", "title_fr", "title_en", "fr", "en", "ends_at?"),
            typed={"kind": "incident"},
            on_screen=True,
            subject="new",
            prepare=_with_end,
        ),
        PanelAct(key="t", act=Act.UPDATE_INCIDENT, asks=("fr", "en"), subject_of=_of),
        PanelAct(key="d", act=Act.END_INCIDENT, asks=("fr", "en"), subject_of=_of),
    ),
)
