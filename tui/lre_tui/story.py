"""A letter's story as styled text: who, until when, and each act with the state of its evidence."""

from collections.abc import Iterator, Mapping

from lre_kit.clock import local_text
from lre_kit.letters.values import Letter, TimelineEntry
from lre_tui.inert import inert
from lre_tui.panel import Piece


def story_of(
    letter: Letter, timeline: tuple[TimelineEntry, ...], *, words: Mapping[str, str], language: str
) -> Iterator[Piece]:
    """Yield the pieces of a letter's story; foreign words come out inert."""
    state = letter.phase.french if language == "fr" else letter.phase.english
    yield (letter.number, "bold $accent")
    yield (f"  {state}\n", "bold")
    yield from _line(words["from"], letter.sender.name)
    yield from _line(words["to"], f"{letter.recipient.name} <{letter.recipient.email}>")
    if letter.window_closes_at is not None:
        yield from _line(words["closes"], local_text(letter.window_closes_at))
    for entry in timeline:
        yield from _act(entry, words=words, language=language)


def _line(head: str, text: str) -> Iterator[Piece]:
    yield (f"{head}: ", "$text-muted")
    yield f"{inert(text)}\n"


def _act(entry: TimelineEntry, *, words: Mapping[str, str], language: str) -> Iterator[Piece]:
    what = entry.name.french if language == "fr" else entry.name.english
    code = f"{entry.name.code} " if entry.name.code else ""
    yield (f"{code}{what}\n", "bold")
    yield f"  {local_text(entry.at)}\n"
    for reason in entry.reasons:
        yield f"  {words['reasons']}: {inert(reason)}\n"
    style = "$text-success" if entry.evidence == "stamped" else "$text-warning"
    place = f", {words['place_in_log'].format(index=entry.log_index)}" if entry.log_index is not None else ""
    yield (f"  {words[entry.evidence]}{place}\n", style)
