"""Every screen as a picture, in two sizes, two languages and two themes, against those that are kept.

A picture is an SVG that is dark or light as its reader's page is. Numbers, ids and instants that change from
run to run are masked. Compared are the words of each row exactly, where styles begin and end, and colours
with some tolerance. To draw them all anew: ``LRE_DRAW_PICTURES=1 pytest tests/tui/test_pictures.py``.
The English ones of 80×24 stand in the docs.
"""

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, unescape

import pytest
from rich.cells import cell_len
from sqlalchemy import select, update
from textual.pilot import Pilot

from lre_kit.doctor import Finding
from lre_kit.identifiers.means import Kind
from lre_kit.integration.values import KeyWish
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act
from lre_kit.parties.addresses import PostalAddress
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.parties.proofing import Verdict
from lre_kit.parties.proofing_review import CHECKLIST
from lre_kit.parties.values import Recipient, Sender
from lre_kit.proofs.rows import CheckpointRow
from lre_kit.store.inserts import table_of
from lre_kit.support.values import Asking, RequestKind, Side
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.identity import submit_case
from lre_kit.testing.office import deposit_sample, record_consent, throwaway_office
from lre_kit.testing.post import ADDRESS, ON_PAPER, deposit_on_paper, posted
from lre_kit.webhooks.values import EndpointWish, Owner
from lre_tui.app import ConsoleApp
from lre_tui.panel_screen import PanelScreen
from lre_tui.panels import PANELS

ROOT = Path(__file__).resolve().parents[2]
KEPT = Path(__file__).parent / "pictures"
SHOWN = ROOT / "docs" / "images" / "console"
SIZES = ((80, 24), (160, 48))
THEMES = ("lre-dark", "lre-light")
CELL = (8.4, 17)
"""Width and height of a cell, in pixels."""
TOLERANCE = 24
"""By how much a part of a colour may differ, of 255."""

NUMBER = "7KWR-P3XA-H4ND-2MCT"

MASKS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"(?<![-\w])[0-9A-Z]{4}(?:-[0-9A-Z]{4}){1,3}\b"), lambda found: NUMBER[: len(found[0])]),
    (re.compile(r"\b20\d{6}-[0-9A-Z]{4}-[0-9A-Z]{4}\b"), lambda _: "20261203-7KWR-P3XA"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), lambda found: "0" * len(found[0])),
    (re.compile(r"(?<=[+ ])(?!0+\b)[A-Za-z0-9+/]{20,}={0,2}"), lambda found: "x" * len(found[0])),
)

Run = tuple[int, int, str, tuple[str, str, bool]]
"""Row, column, words; their ink, dark and light, and whether they are bold."""

Colours = tuple[str, str]
Ground = tuple[int, int, Colours, int, int]
"""Column, width, colours dark and light, first row, and the row after the last."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostOffice]:
    """An office with something on every screen, at an instant that stands still."""
    clock = MovedClock(lambda: datetime(2026, 12, 1, 8, 0, tzinfo=UTC))
    folder = tmp_path_factory.mktemp("pictures") / "office"
    told: dict[str, Any] = {
        "webhook_http": "on", "webhook_private_hosts": "localhost",
        "post_provider": "spool", "post_return_address": "1 RUE DU BAC|75007 PARIS",
    }  # fmt: skip
    with throwaway_office(folder, clock=clock, courier=MemoryCourier(), **told) as opened:
        _fill(opened, clock)
        _even_out_serials(opened)
        yield opened


def _even_out_serials(office: PostOffice) -> None:
    """Give each token's name the same length: a random serial has now more digits, now fewer."""
    table = table_of(CheckpointRow)
    with office.database.write() as uow:
        for size, name in uow.execute(select(table.c.size, table.c.stamp_id)).all():
            even = f"{name.partition(':')[0]}:{size:020d}" if name else None
            uow.execute(update(table).where(table.c.size == size).values(stamp_id=even))
        uow.commit()


def _fill(office: PostOffice, clock: MovedClock) -> None:
    for day, names in enumerate((("Zoë Müller",), ("Jean Dupont", "王小明"), ("Claire Durand",))):
        for name in names:
            deposit_sample(office, recipient=Recipient(name=name, email="someone@example.net"))
            clock.advance(timedelta(minutes=1))
        office.run_until_idle()
        clock.advance(timedelta(days=1 if day < 2 else 0))
    record_consent(office)
    _fill_identities(office)
    for name in ("M JEAN DUPONT", "MME ZOE MULLER"):
        address = PostalAddress(lines=(name, "12 RUE DES LILAS", "75002 PARIS"))
        letter = deposit_on_paper(office, recipient=replace(ON_PAPER, postal=address))
        if name == "M JEAN DUPONT":
            posted(office, letter)
    misdirected = office.reading.all_letters()[-1].id
    office.misdirected.say(misdirected, email=office.reading.by_id(misdirected).recipient.email)
    party = office.people.parties.add(
        PartyFacts(kind=PartyKind.PERSON, given_names="Claire", family_name="Durand")
    )
    with office.database.write() as uow:
        office.people.register.issue(
            uow, party_id=party.id, kind=Kind.AUTHENTICATOR, label="phone",
            actor={"role": "holder", "party_id": party.id}, secret=bytes(20),
        )  # fmt: skip
        uow.commit()
    martin = Sender(ref="martin", name="Martin SARL", email="ada@example.net")
    office.support.receive(
        Asking(
            kind=RequestKind.QUOTE, side=Side.SENDER, name="Ada Martin", email="ada@example.net",
            organisation="Martin SARL", volume="24000", text="What do 2000 letters a month cost?",
        ),
        remote="192.0.2.1",
    )  # fmt: skip
    owner = Owner(ref="martin", name=martin.name, email=martin.email)
    office.webhooks.desk.add(owner, EndpointWish(url="http://localhost:9/lre", description="Accounting"))
    office.integration.keys.create(martin, KeyWish(name="Accounting"))
    anne = office.operators.entrance.local("anne")
    first = office.reading.all_letters()[0]
    office.operators.desk.act(anne, Act.HOLD, first.id, reason="Lawsuit 24/0193")
    bulk = office.operators.bulk
    frozen = bulk.freeze(anne, Act.HOLD)
    bulk.start(anne, frozen, typed_count=str(frozen.count), reason="Inquiry 7")
    with office.database.write() as uow:
        office.operators.desk.propose(
            uow, Act.RELEASE_HOLD, f"letter:{first.id}", first.number, reason="Judged", operator="paul.lenoir"
        )
        uow.commit()
    office.run_until_idle()


def _fill_identities(office: PostOffice) -> None:
    """Two identities that wait, one that is approved; orders of one who waits and of one who does not."""
    people, by = office.people, {"role": "holder"}
    letter_id = office.reading.all_letters()[0].id
    for number, purpose in enumerate((f"recipient:{letter_id}", "sender", "sender")):
        facts = PartyFacts(kind=PartyKind.PERSON, given_names="Jeanne", family_name="Durand")
        party_id = people.parties.add(facts).id
        case_id = submit_case(office, purpose=purpose, seed=number, party_id=party_id)
        if number:
            people.addresses.set_address(party_id, ADDRESS, actor=by, confirmed=True)
            people.ordering.orders.order(party_id, ("paper_codes", "paper_seed")[number - 1], actor=by)
        if number == 1:
            people.reviews.claim(case_id, "paul.lenoir")
            checks = dict.fromkeys(CHECKLIST, True)
            people.reviews.decide(case_id, "paul.lenoir", Verdict.APPROVE, reason="", checks=checks)


# --- drawing --------------------------------------------------------------------------------------------


def masked(text: str) -> str:
    for pattern, put in MASKS:
        text = pattern.sub(put, text)
    return text


def cells_of(app: ConsoleApp) -> list[list[tuple[str, str, str, bool]]]:
    """Return each row's cells: character, ink, ground, boldness."""
    rows = []
    for strip in app.screen._compositor.render_strips():
        row: list[tuple[str, str, str, bool]] = []
        for segment in strip:
            style = segment.style
            ink, ground = (
                colour.get_truecolor().hex if colour is not None and not colour.is_default else "#000000"
                for colour in ((style.color, style.bgcolor) if style else (None, None))
            )
            if style and style.reverse:
                ink, ground = ground, ink
            row += [(char, ink, ground, bool(style and style.bold)) for char in segment.text]
        rows.append(row)
    return rows


def runs_of(dark: list[Any], light: list[Any]) -> tuple[list[Run], list[Ground]]:
    """Return the runs of words of one ink, and the grounds, one over the other where they are alike."""
    runs: list[Run] = []
    open_grounds: dict[tuple[int, int, Colours], int] = {}
    grounds: list[Ground] = []
    for row, (one, other) in enumerate(zip(dark, light, strict=True)):
        inks = [(a[1], b[1], a[3]) for a, b in zip(one, other, strict=True)]
        text = masked("".join(cell[0] for cell in one))
        # A blank has no ink: it belongs to what stands before it.
        for at in range(1, len(inks)):
            if text[at] == " ":
                inks[at] = inks[at - 1]
        runs += [(row, column, piece, ink) for column, piece, ink in _grouped(text, inks)]
        below = [(a[2], b[2]) for a, b in zip(one, other, strict=True)]
        still: dict[tuple[int, int, Colours], int] = {}
        for column, piece, colours in _grouped(text, below):
            key = (column, cell_len(piece), colours)
            still[key] = open_grounds.get(key, row)
        grounds += [(*key, begun, row) for key, begun in open_grounds.items() if still.get(key) != begun]
        open_grounds = still
    return runs, grounds + [(*key, begun, len(dark)) for key, begun in open_grounds.items()]


def _grouped(text: str, styles: list[Any]) -> Iterator[tuple[int, str, Any]]:
    column = at = 0
    for style, group in groupby(styles):
        length = len(list(group))
        piece = text[at : at + length]
        yield column, piece, style
        column += cell_len(piece)
        at += length


def svg_of(drawn: tuple[list[Run], list[Ground]], size: tuple[int, int], *, title: str) -> str:
    (runs, grounds), (wide, high) = drawn, CELL
    runs = [run for run in runs if run[2].strip()]
    inks = {ink: f"s{number}" for number, ink in enumerate(sorted({run[3] for run in runs}))}
    below = {pair: f"g{number}" for number, pair in enumerate(sorted({ground[2] for ground in grounds}))}

    def sheet(light: int) -> str:
        words = (f".{n}{{fill:{ink[light]}{';font-weight:700' * ink[2]}}}" for ink, n in inks.items())
        return "".join([*words, *(f".{name}{{fill:{pair[light]}}}" for pair, name in below.items())])

    font = "font:14px DejaVu Sans Mono,Menlo,Consolas,monospace"
    view = f'viewBox="0 0 {size[0] * wide:g} {size[1] * high:g}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {view} role="img"><title>{escape(title)}</title>',
        f"<style>text{{{font};white-space:pre}}{sheet(0)}",
        f"@media(prefers-color-scheme:light){{{sheet(1)}}}</style>",
    ]
    for column, cells, pair, begun, ended in sorted(grounds, key=lambda each: (each[3], each[0])):
        place = f'x="{column * wide:g}" y="{begun * high}"'
        area = f'width="{cells * wide + 0.4:g}" height="{(ended - begun) * high + 0.4:g}"'
        parts.append(f'<rect class="{below[pair]}" {place} {area}/>')
    for row, column, text, ink in runs:
        shown = text.strip(" ")
        x = (column + len(text) - len(text.lstrip(" "))) * wide
        place = f'x="{x:g}" y="{row * high + 13}" textLength="{cell_len(shown) * wide:g}"'
        parts.append(f'<text class="{inks[ink]}" {place}>{escape(shown)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


# --- comparing --------------------------------------------------------------------------------------------


def read(svg: str) -> tuple[dict[int, str], list[tuple[str, str]], dict[str, tuple[int, ...]]]:
    """Return the words of each row, where grounds begin, and each style's colours."""
    rows: dict[int, str] = {}
    for x, y, text in re.findall(r'<text class="s\d+" x="([\d.]+)" y="(\d+)"[^>]*>([^<]*)</text>', svg):
        rows[int(y)] = rows.get(int(y), "") + f"|{x}|{unescape(text)}"
    spots = re.findall(r'<rect class="g\d+" x="([\d.]+)" y="(\d+)"', svg)
    colours: dict[str, tuple[int, ...]] = {}
    for number, (name, digits) in enumerate(re.findall(r"\.([gs]\d+)\{fill:#([0-9a-f]{6})", svg)):
        colours[f"{number}{name}"] = tuple(bytes.fromhex(digits))
    return rows, spots, colours


def expect_alike(drawn: str, kept: str) -> None:
    rows, spots, colours = read(drawn)
    kept_rows, kept_spots, kept_colours = read(kept)
    assert rows == kept_rows
    assert spots == kept_spots
    assert len(colours) == len(kept_colours)
    for one, other in zip(colours.values(), kept_colours.values(), strict=True):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) <= TOLERANCE


def place_of(view: str, language: str, size: tuple[int, int]) -> Path:
    is_shown = language == "en" and size == SIZES[0]
    return SHOWN / f"{view}.svg" if is_shown else KEPT / f"{view}-{language}-{size[0]}.svg"


async def settled(pilot: Pilot[None], view: Any) -> PanelScreen:
    async with asyncio.timeout(30):
        while True:
            await pilot.pause(0.01)
            screen = pilot.app.screen
            if not isinstance(screen, PanelScreen) or screen.panel.view is not view or screen._seen is None:
                continue
            chosen = screen._seen.chosen
            if not screen._is_looking and (chosen[0] if chosen else None) == screen.table.chosen_id:
                return screen


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_screen_looks_as_it_is_kept(office: PostOffice, language: str) -> None:
    draws_anew = os.environ.get("LRE_DRAW_PICTURES") == "1"
    app = ConsoleApp(office, language=language, operator="anne", theme="dark")
    app.sight.health._begun_s = float("inf")
    app.sight.health._found = [Finding(name="mail", well=True, found="250 notices.example")]
    drawn: dict[Path, str] = {}

    async def scene() -> None:
        async with app.run_test(size=SIZES[0]) as pilot:
            for size in SIZES:
                await pilot.resize_terminal(*size)
                seen: dict[str, list[Any]] = {panel.view.value: [] for panel in PANELS}
                # A theme costs far more to change than a screen.
                for theme in THEMES:
                    app.theme = theme
                    for panel in PANELS:
                        await pilot.press(panel.key)
                        await settled(pilot, panel.view)
                        await pilot.pause()
                        seen[panel.view.value].append(cells_of(app))
                for view, (dark, light) in seen.items():
                    title = f"{app.sight.words['view_' + view]}, {size[0]} × {size[1]}"
                    drawn[place_of(view, language, size)] = svg_of(runs_of(dark, light), size, title=title)

    asyncio.run(scene())
    assert len(drawn) == len(PANELS) * len(SIZES)
    for where, svg in drawn.items():
        if draws_anew:
            where.write_text(svg, encoding="utf-8")
        expect_alike(svg, where.read_text(encoding="utf-8"))
