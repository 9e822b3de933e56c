"""A database that goes away in the middle of an act, things that vanish under the cursor, pasted rubbish."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, Static

from lre_kit.office import PostOffice
from lre_kit.operators import lists
from lre_kit.operators.values import Outcome
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_tui.act_screen import ActScreen
from lre_tui.app import ConsoleApp

Until = Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]

RUBBISH = ("\x1b]52;c;AAAA\x07[red]q", "%_\\'\";--", "\u202e" + "w" * 20_000, "a\nx\nq\nh\n")


def shown(app: ConsoleApp) -> int:
    return len(getattr(app.screen, "_listing", ()))


def test_what_was_typed_outlives_a_database_that_goes_away(
    tmp_path: Path, postgres_server: str, postgres_url: str, until: Until
) -> None:
    """F14.06: the act comes back with its words and is done once the database answers; exactly once."""
    name = urlsplit(postgres_url).path.lstrip("/")

    def close_database(*, closed: bool) -> None:
        with psycopg.connect(postgres_server, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not closed}")
            if closed:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                )

    with throwaway_office(tmp_path / "office", courier=MemoryCourier(), database_url=postgres_url) as office:
        letter = deposit_sample(office)

        async def scene() -> None:
            app = ConsoleApp(office, language="en", operator="anne", start="letters")
            async with app.run_test(size=(100, 30)) as pilot:
                await until(pilot, lambda: shown(app) == 1)
                await pilot.press("h")
                await until(pilot, lambda: isinstance(app.screen, ActScreen))
                await pilot.pause()
                first = app.screen
                app.screen.query_one(Input).value = "Lawsuit 24/0193"
                await asyncio.to_thread(close_database, closed=True)
                await pilot.press("enter")
                await until(pilot, lambda: isinstance(app.screen, ActScreen) and app.screen is not first)
                await pilot.pause()
                assert app.screen.query_one(Input).value == "Lawsuit 24/0193"
                await asyncio.to_thread(close_database, closed=False)
                await pilot.press("enter")
                await until(pilot, lambda: any("Done" in note.message for note in app._notifications))

        asyncio.run(scene())
        entries = office.operators.journal.of(f"letter:{letter.id}")
        assert [entry.reason for entry in entries if entry.outcome is Outcome.DONE] == ["Lawsuit 24/0193"]
        assert len([hold for hold in office.desk.holds.of(letter.id) if hold.released_at is None]) == 1


def test_a_duty_that_is_done_under_the_cursor_leaves_the_list_and_the_console_goes_on(
    office: PostOffice, until: Until
) -> None:
    deposit_sample(office)
    [notice] = [row["key"] for row in lists.duties(office.database, limit=99) if row["action"] == "notify"]

    async def scene() -> None:
        app = ConsoleApp(office, language="en", operator="anne", start="agenda")
        async with app.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: shown(app) > 2)
            table = app.screen.table  # type: ignore[attr-defined]
            while table.chosen_id != notice:
                await pilot.press("down")
            await asyncio.to_thread(office.run_until_idle)
            await until(pilot, lambda: table.chosen_id not in {None, notice})
            await pilot.press("down", "up")
            await until(pilot, lambda: shown(app) > 0)

    asyncio.run(scene())


def test_pasted_rubbish_is_only_looked_for(office: PostOffice, until: Until) -> None:
    """F14.05: escapes, line ends and a wall of text in the filter neither act nor break the screen."""
    deposit_sample(office)

    async def scene() -> None:
        app = ConsoleApp(office, language="en", operator="anne", start="letters")
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: shown(app) == 1)
            for rubbish in (
                "\x1b]52;c;AAAA\x07[red]q",
                "%_\\'\";--",
                "\u202e" + "w" * 20_000,
                "a\nx\nq\nh\n",
            ):
                await pilot.press("slash")
                app.screen.query_one("#filter", Input).post_message(Paste(rubbish))
                status = app.screen.query_one("#status", Static)
                await until(pilot, lambda status=status: "Nothing fits" in str(status.render()))  # type: ignore[misc]
                await pilot.press("escape")
                await until(pilot, lambda: shown(app) == 1)
            assert not app._exit
            assert not isinstance(app.screen, ActScreen)

    asyncio.run(scene())
