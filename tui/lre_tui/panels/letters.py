"""Letters: searched, told with their evidence, verified; addresses corrected, notices sent again, holds."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lre_kit.clock import local_text
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import LetterSummary
from lre_kit.operators.rules import Act, View
from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_tui.inert import inert
from lre_tui.lines import Column, Line, Tone
from lre_tui.panel import Panel, PanelAct, PanelLook, Piece, Sight, instant
from lre_tui.panels.trail import acts_told
from lre_tui.story import story_of

_TROUBLE = frozenset({Phase.NOTIFICATION_FAILED, Phase.RELAY_FAILED, Phase.UNDELIVERABLE})


def _page(sight: Sight, text: str, before: Any, limit: int) -> list[Line]:
    found = sight.office.reading.all_letters(limit=limit, before=before, text=text)
    return [_line(sight, letter) for letter in found]


def _line(sight: Sight, letter: LetterSummary) -> Line:
    tone = Tone.TROUBLE if letter.phase in _TROUBLE else Tone.OVER if letter.phase.is_final else Tone.PLAIN
    cells = {
        "number": letter.number,
        "state": sight.called(letter.phase),
        "recipient": inert(letter.recipient_name),
        "deposited": instant(letter.deposited_at),
        "closes": instant(letter.window_closes_at),
        "product": letter.product.value,
    }
    return Line(letter.id, (letter.deposited_at, letter.id), cells, tone)


def _story(sight: Sight, letter_id: str) -> Iterator[Piece]:
    office = sight.office
    letter, timeline = office.reading.by_id(letter_id), office.reading.timeline(letter_id)
    yield from story_of(letter, tuple(timeline), words=sight.words, language=sight.language)
    if (due_at := office.agenda.next_due(letter_id)) is not None:
        yield (f"{sight.words['next_duty']}: ", "$text-muted")
        yield f"{local_text(due_at)}\n"
    yield from _misdirected(sight, letter_id)
    for hold in office.desk.holds.of(letter_id):
        if hold.released_at is None:
            yield (f"{sight.words['on_hold']}: ", "$text-warning")
            yield f"{inert(hold.reason)} ({inert(hold.actor)})\n"
    yield from acts_told(sight, f"letter:{letter_id}")


def _misdirected(sight: Sight, letter_id: str) -> Iterator[Piece]:
    report = sight.office.misdirected.report(letter_id)
    if report is None:
        return
    said_at, dismissed_at = report
    yield (f"{sight.words['said_not_for_me']}: ", "$text-muted" if dismissed_at else "$text-warning")
    yield f"{local_text(said_at)}\n"
    if dismissed_at is None:
        yield (f"  {sight.words['said_not_for_me_how']}\n", "$text-muted")
    else:
        yield f"  {sight.words['said_not_for_me_dismissed'].format(at=local_text(dismissed_at))}\n"


def _verify(sight: Sight, letter_id: str | None) -> Sequence[Piece]:
    """Verify a letter's bundle as a third party would, from files alone."""
    from lre_kit.proofs.verifying.verify import Anchors, verify_path

    assert letter_id is not None
    office = sight.office
    with TemporaryDirectory() as made:
        folder = Path(made)
        write_trust_folder(folder / "trust", office.settings, office.keys, office.clock)
        exported = office.issuer.export(letter_id, folder / "letter")
        report = verify_path(exported / "bundle", Anchors.load(folder / "trust"), at=office.clock())
    pieces: list[Piece] = [(f"{sight.word('result_' + report.result.value)}\n\n", "bold")]
    for check in report.checks:
        style = "$text-success" if check.result.value == "passed" else "$text-error"
        pieces.append((f"{sight.word('result_' + check.result.value)}  ", style))
        pieces.append(f"{check.name} {inert(check.subject)} {inert(check.reason)}\n")
    return pieces


LETTERS = Panel(
    view=View.LETTERS,
    key="2",
    columns=(
        Column("number", 19),
        Column("state", 26, gives_way=1),
        Column("recipient", 16, gives_way=2, is_flexible=True),
        Column("deposited", 16, gives_way=4),
        Column("closes", 16, gives_way=3),
    ),
    page=_page,
    count=lambda sight, text: sight.office.reading.count(text=text),
    story=_story,
    acts=(
        PanelAct(key="a", act=Act.CORRECT_ADDRESS, asks=("email",)),
        PanelAct(key="n", act=Act.RESEND_NOTICE),
        PanelAct(key="x", act=Act.WITHDRAW),
        PanelAct(key="h", act=Act.HOLD),
        PanelAct(key="u", act=Act.RELEASE_HOLD),
        PanelAct(key="d", act=Act.DISMISS_REPORT),
    ),
    looks=(PanelLook(key="y", name="verify", run=_verify),),
    empty="nothing",
)
