"""Two consoles and a worker on the same letter: one outcome, and the slower one is told who and when."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act
from lre_kit.operators.values import Outcome
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_tui.act_screen import ActScreen
from lre_tui.app import ConsoleApp

Until = Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]


def notes(app: ConsoleApp) -> str:
    return "\n".join(note.message for note in app._notifications)


def test_two_consoles_and_a_worker_on_one_letter_give_one_outcome(
    tmp_path: Path, clock: MovedClock, until: Until, postgres_url: str
) -> None:
    """F14.01: both withdraw while a worker notifies; one is first, the other reads by whom and when."""
    with throwaway_office(
        tmp_path / "office", clock=clock, courier=MemoryCourier(), database_url=postgres_url
    ) as office:
        letter = deposit_sample(office)
        with PostOffice.open(office.settings, clock=clock, courier=MemoryCourier()) as other:
            asyncio.run(_race(office, other, until))
        tried = [e for e in office.operators.journal.of(f"letter:{letter.id}") if e.act == Act.WITHDRAW.value]
        done = [e for e in tried if e.outcome is Outcome.DONE]
        assert len(tried) == 2
        assert len(done) <= 1
        # A letter that the worker told its recipient of first can be withdrawn no more.
        is_withdrawn = office.reading.by_id(letter.id).phase is Phase.WITHDRAWN
        assert is_withdrawn == bool(done)
        names = [entry.name.value for entry in office.reading.timeline(letter.id)]
        assert len(names) == len(set(names))


async def _race(office: PostOffice, other: PostOffice, until: Until) -> None:
    apps = [
        ConsoleApp(each, language="en", operator=name, start="letters")
        for each, name in ((office, "anne"), (other, "paul"))
    ]
    async with apps[0].run_test(size=(100, 30)) as one, apps[1].run_test(size=(100, 30)) as two:
        for pilot in (one, two):
            await until(pilot, lambda pilot=pilot: len(getattr(pilot.app.screen, "_listing", ())) == 1)  # type: ignore[misc]
            await pilot.press("x")
            await until(pilot, lambda pilot=pilot: isinstance(pilot.app.screen, ActScreen))  # type: ignore[misc]
            await pilot.pause()
            pilot.app.screen.query_one(Input).value = "Asked by its sender"
        worker = threading.Thread(target=office.run_until_idle)
        worker.start()
        await asyncio.gather(one.press("enter"), two.press("enter"))
        told = {}

        def both_are_told() -> bool:
            told.update({app: notes(app) for app in apps})
            return all(told.values())

        await until(one, both_are_told)
        worker.join(60)
    winners = [app for app, words in told.items() if "Done: withdraw" in words]
    losers = [words for app, words in told.items() if app not in winners]
    assert losers
    if winners:
        name = winners[0].session.name if winners[0].session is not None else ""
        assert f" by {name} at " in losers[0]
