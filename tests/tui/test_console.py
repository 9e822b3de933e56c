"""The console, driven by its keys over a real office."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import text
from textual.pilot import Pilot
from textual.widgets import Static

from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.proofs.keys.keys import CERTIFICATE_LIFE
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, identify, throwaway_office
from lre_tui.app import ConsoleApp
from lre_tui.line_table import LineTable

Until = Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]
TextOf = Callable[[Pilot[None], str], str]
Scene = Callable[[Pilot[None]], Coroutine[Any, Any, None]]


def play(office: PostOffice, scene: Scene, *, size: tuple[int, int] = (80, 24), language: str = "en") -> None:
    async def perform() -> None:
        app = ConsoleApp(office, language=language, start="letters")
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scene(pilot)

    asyncio.run(perform())


def table_of(pilot: Pilot[None]) -> LineTable:
    return pilot.app.screen.query_one(LineTable)


def screen_of(pilot: Pilot[None]) -> str:
    """Return the letters' lines as text, heads first."""
    table = table_of(pilot)
    return "\n".join(table.render_line(y).text for y in range(table.size.height))


def deposit_for(office: PostOffice, name: str) -> Letter:
    return deposit_sample(office, recipient=Recipient(name=name, email="someone@example.net"))


def test_an_empty_office_says_what_to_do(office: PostOffice, until: Until, text_of: TextOf) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "No letter yet" in text_of(pilot, "#status"))

    play(office, scene)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_letters_are_shown_newest_first_with_the_timeline_of_the_chosen_one(
    office: PostOffice, until: Until, text_of: TextOf, language: str
) -> None:
    letters = [deposit_for(office, f"Person {n}") for n in range(3)]
    office.run_until_idle()

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: letters[2].number in text_of(pilot, "#story"))
        numbers = re.findall(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", screen_of(pilot))
        assert numbers == [x.number for x in reversed(letters)]
        words = {
            "fr": ("Destinataire informé", "horodaté", "Ligne 1 sur 3"),
            "en": ("Recipient notified", "stamped", "Line 1 of 3"),
        }
        story, status = text_of(pilot, "#story"), text_of(pilot, "#status")
        assert words[language][0] in story
        assert words[language][1] in story
        assert words[language][2] in status
        await pilot.press("down")
        await until(pilot, lambda: letters[1].number in text_of(pilot, "#story"))

    play(office, scene, language=language)


def test_a_letter_that_arrives_appears_and_the_cursor_stays_on_its_letter(
    office: PostOffice, until: Until, text_of: TextOf
) -> None:
    first = [deposit_for(office, f"Old {n}") for n in range(40)]

    async def scene(pilot: Pilot[None]) -> None:
        table = table_of(pilot)
        await until(pilot, lambda: table.chosen_id == first[-1].id)
        await pilot.press(*["down"] * 30)
        chosen = first[-31]
        assert table.chosen_id == chosen.id
        await pilot.pause(0.2)
        line_before = table.cursor_place - table.top_place
        new = await asyncio.to_thread(deposit_for, office, "New")
        await until(pilot, lambda: "of 41" in text_of(pilot, "#status"))
        assert table.chosen_id == chosen.id
        assert table.cursor_place - table.top_place == line_before, "the screen jumped"
        await pilot.press("home")
        await until(pilot, lambda: new.number in screen_of(pilot))

    play(office, scene)


def test_a_state_that_changes_is_seen_without_a_key(
    office: PostOffice, until: Until, text_of: TextOf
) -> None:
    letter = deposit_for(office, "Jean")
    office.run_until_idle()

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "Waiting for the recipient" in screen_of(pilot))
        await asyncio.to_thread(lambda: office.desk.accept(letter.id, identify(office, letter)))
        await until(pilot, lambda: Phase.RECEIVED.english in screen_of(pilot))
        await until(pilot, lambda: "sealed, place in the log awaited" in text_of(pilot, "#story"))
        await asyncio.to_thread(office.run_until_idle)
        await until(pilot, lambda: "awaited" not in text_of(pilot, "#story"))

    play(office, scene)


def test_the_filter_narrows_while_typing_and_escape_shows_all_again(
    office: PostOffice, until: Until, text_of: TextOf
) -> None:
    for name in ("Zoë", "Anna", "Annabelle"):
        deposit_for(office, name)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "of 3" in text_of(pilot, "#status"))
        await pilot.press("slash", *"anna")
        await until(pilot, lambda: "of 2" in text_of(pilot, "#status"))
        assert "Zoë" not in screen_of(pilot)
        await pilot.press("enter")
        assert table_of(pilot).has_focus
        await pilot.press("slash", *"xx")
        await until(pilot, lambda: "Nothing fits" in text_of(pilot, "#status"))
        await pilot.press("escape")
        await until(pilot, lambda: "of 3" in text_of(pilot, "#status"))
        assert "Zoë" in screen_of(pilot)

    play(office, scene)


HOSTILE = ["[red]bold[/red]", "[@click=app.quit]x[/]", "$primary", "a\u200bb", "[/]", "\\[x]", "{total}"]


def test_hostile_names_are_shown_as_they_are(office: PostOffice, until: Until, text_of: TextOf) -> None:
    """F14.05: markup and commands are words."""
    for name in HOSTILE:
        deposit_for(office, name)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: f"of {len(HOSTILE)}" in text_of(pilot, "#status"))
        wanted = [name.replace("\u200b", "\ufffd")[:15] for name in HOSTILE]
        await until(pilot, lambda: all(name in screen_of(pilot) for name in wanted))
        for name in reversed(HOSTILE):
            await until(pilot, lambda name=name: name.replace("\u200b", "\ufffd") in text_of(pilot, "#story"))  # type: ignore[misc]
            await pilot.press("down")
        pilot.app.export_screenshot()

    play(office, scene)


def test_help_names_the_keys_and_q_leaves(office: PostOffice, until: Until) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await until(pilot, lambda: bool(pilot.app.screen.query("#report-text")))
        text = str(pilot.app.screen.query_one("#report-text", Static).render())
        assert all(word in text for word in ("Quit", "put on legal hold", "Today"))
        await pilot.press("escape")
        await pilot.press("q")
        await until(pilot, lambda: pilot.app._exit)

    play(office, scene)


def test_every_key_keeps_the_cursor_inside(office: PostOffice, until: Until, clock: MovedClock) -> None:
    for n in range(30):
        deposit_for(office, f"P{n}")
        clock.advance(timedelta(seconds=1))

    async def scene(pilot: Pilot[None]) -> None:
        table = table_of(pilot)
        await until(pilot, lambda: table.chosen_id is not None)
        places = []
        for key in (
            "up",
            "pagedown",
            "pagedown",
            "pagedown",
            "pagedown",
            "j",
            "k",
            "home",
            "end",
            "pageup",
            "g",
            "G",
        ):
            await pilot.press(key)
            assert table.top_place <= table.cursor_place < table.top_place + table.lines
            places.append(table.cursor_place)
        assert places[0] == 0
        assert places[4:9] == [29, 29, 28, 0, 29]
        await pilot.click(LineTable, offset=(3, 2))
        assert table.cursor_place == table.top_place + 1
        await pilot.resize_terminal(20, 5)
        await pilot.press("end", "home", "slash", "escape")
        await pilot.resize_terminal(160, 48)
        await pilot.pause(0.1)
        assert table.cursor_place == 0

    play(office, scene)


def test_wide_puts_the_timeline_beside_and_narrow_below(office: PostOffice, until: Until) -> None:
    deposit_for(office, "Jean")

    async def scene(pilot: Pilot[None]) -> None:
        letters, detail = table_of(pilot), pilot.app.screen.query_one("#detail")
        assert detail.region.x > letters.region.x
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: detail.region.y > letters.region.y)
        assert letters.region.height >= 8
        assert detail.region.height >= 8

    play(office, scene, size=(160, 48))


def test_what_the_jobs_owe_is_on_the_status_line(
    office: PostOffice, until: Until, text_of: TextOf, clock: MovedClock
) -> None:
    letter = deposit_for(office, "Jean")
    clock.advance(timedelta(seconds=90))

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "due: 2" in text_of(pilot, "#status"))
        assert re.search(r"evidence waits since 9\d s", text_of(pilot, "#status"))
        await asyncio.to_thread(office.run_until_idle)
        await until(pilot, lambda: "evidence up to date" in text_of(pilot, "#status"))
        duty_of(office, letter)
        await until(pilot, lambda: "given up: " in text_of(pilot, "#status"))

    play(office, scene)


def duty_of(office: PostOffice, letter: Letter) -> None:
    """Give up the duty that is left."""
    with office.database.write() as uow:
        uow.execute(text("UPDATE agenda SET dead_at = due_at WHERE subject = :letter"), {"letter": letter.id})
        uow.commit()


def test_a_database_that_goes_away_is_said_and_its_return_too(
    tmp_path: Path, postgres_server: str, postgres_url: str, until: Until, text_of: TextOf
) -> None:
    """F14.06: a banner, a new try each second, and no breakdown."""
    name = urlsplit(postgres_url).path.lstrip("/")

    def close_database(*, closed: bool) -> None:
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not closed}")
            if closed:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                )

    with throwaway_office(tmp_path / "office", database_url=postgres_url) as office:
        deposit_for(office, "Jean")

        async def scene(pilot: Pilot[None]) -> None:
            await until(pilot, lambda: "of 1" in text_of(pilot, "#status"))
            await asyncio.to_thread(close_database, closed=True)
            await until(pilot, lambda: "does not answer" in text_of(pilot, "#status"))
            assert "Jean" in screen_of(pilot), "what was seen stays on the screen"
            await asyncio.to_thread(close_database, closed=False)
            await until(pilot, lambda: "of 1" in text_of(pilot, "#status"))

        play(office, scene)


def test_two_hundred_thousand_letters_open_at_once_and_scroll(
    office: PostOffice, until: Until, text_of: TextOf
) -> None:
    """F14.07: as many as one likes; counts are honest."""
    many = 200_000
    model = deposit_for(office, "Model")
    with office.database.write() as uow:
        columns = [row.name for row in uow.execute(text("SELECT name FROM pragma_table_info('letter')"))]
        values = {"id": "printf('%032d', n)", "number": "printf('N%015d', n)", "idempotency_key": "NULL"}
        wanted = ", ".join(values.get(name, name) for name in columns)
        uow.execute(
            text(
                f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {many - 1}) "
                f"INSERT INTO letter ({', '.join(columns)}) SELECT {wanted} FROM c, letter "
                f"WHERE id = '{model.id}'"
            )
        )
        uow.commit()

    async def scene(pilot: Pilot[None]) -> None:
        table = table_of(pilot)
        await until(pilot, lambda: "of 200,000" in text_of(pilot, "#status"))
        for _ in range(30):
            await pilot.press("pagedown")
            await pilot.pause(0.02)
        reached = table.cursor_place
        assert reached > 100, "more came while scrolling"
        await until(pilot, lambda: f"Line {reached + 1} of" in text_of(pilot, "#status"))

    play(office, scene)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("the seal's certificate ends on", "in 88 days (lre keys rotate seal)", "time stamps'")),
        ("fr", ("le certificat du cachet expire le", "dans 88 jours", "lre keys rotate tsa")),
    ],
)
def test_certificates_that_end_soon_are_warned_of(
    tmp_path: Path, until: Until, text_of: TextOf, language: str, words: tuple[str, ...]
) -> None:
    clock = MovedClock()
    with throwaway_office(tmp_path / "office", clock=clock) as office:

        async def quiet(pilot: Pilot[None]) -> None:
            await until(pilot, lambda: "lre deposit" in text_of(pilot, "#status"))
            assert not pilot.app.screen.query_one("#warning").has_class("shown")

        play(office, quiet, language=language)
        clock.advance(CERTIFICATE_LIFE - timedelta(days=88, hours=1))
        office.run_until_idle()

        async def scene(pilot: Pilot[None]) -> None:
            await until(pilot, lambda: pilot.app.screen.query_one("#warning").has_class("shown"))
            warning = text_of(pilot, "#warning")
            assert all(each in warning for each in words)

        play(office, scene, language=language)
