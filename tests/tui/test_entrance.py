"""The console's entrance and lock: who comes in, what waits for two, what happens when rights go."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from lre_kit.identifiers.one_time_codes import STEP_SECONDS
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.operators.rules import View
from lre_kit.operators.values import Enrolment
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.operators import PASSWORD, add_operator, code_of
from lre_tui.act_screen import ActScreen
from lre_tui.app import ConsoleApp
from lre_tui.entrance_screen import EntranceScreen
from lre_tui.panel_screen import PanelScreen

Until = Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]
Scene = Callable[[Pilot[None]], Coroutine[Any, Any, None]]


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(
        tmp_path / "office", clock=clock, courier=MemoryCourier(), operator_entrance="accounts"
    ) as opened:
        yield opened


def play(office: PostOffice, scene: Scene, *, language: str = "en", start: str = "letters") -> None:
    async def perform() -> None:
        app = ConsoleApp(office, language=language, start=start)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await scene(pilot)

    asyncio.run(perform())


def wrong(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#entrance-wrong", Static).render())


def is_at(pilot: Pilot[None], kind: type) -> bool:
    return isinstance(pilot.app.screen, kind)


async def fill(pilot: Pilot[None], **typed: str) -> None:
    for name, text in typed.items():
        pilot.app.screen.query_one(f"#{name}", Input).value = text
    last = pilot.app.screen.query_one(f"#{list(typed)[-1]}", Input)
    last.focus()
    await pilot.press("enter")


async def come_in(
    pilot: Pilot[None], until: Until, office: PostOffice, clock: MovedClock, made: Enrolment
) -> None:
    await until(pilot, lambda: is_at(pilot, EntranceScreen) and bool(pilot.app.screen.query("#code")))
    clock.advance(timedelta(seconds=STEP_SECONDS))
    await fill(pilot, name=made.operator.name, password=PASSWORD, code=code_of(made, clock))
    await until(pilot, lambda: not is_at(pilot, EntranceScreen))
    name = made.operator.name
    await until(
        pilot, lambda: all(s.session.name == name for s in panels_of(pilot)) and bool(panels_of(pilot))
    )


def panels_of(pilot: Pilot[None]) -> list[PanelScreen]:
    return [screen for screen in pilot.app.screen_stack if isinstance(screen, PanelScreen)]


def test_nothing_is_seen_before_somebody_came_in(office: PostOffice, clock: MovedClock, until: Until) -> None:
    letter = deposit_sample(office)
    made = add_operator(office, clock, "anne", "clerk")

    async def scene(pilot: Pilot[None]) -> None:
        assert is_at(pilot, EntranceScreen)
        await pilot.press("ctrl+p", "ctrl+l")
        pilot.app.screen.set_focus(None)
        await pilot.press("2", "v", "q")
        assert is_at(pilot, EntranceScreen)
        assert letter.number not in pilot.app.export_screenshot()
        await fill(pilot, name="anne", password="[/]wrong", code="000000")
        await until(pilot, lambda: "do not belong together" in wrong(pilot))
        await come_in(pilot, until, office, clock, made)
        await until(pilot, lambda: letter.number in pilot.app.export_screenshot())

    play(office, scene)


def test_a_first_password_is_replaced_on_the_way_in(
    office: PostOffice, clock: MovedClock, until: Until
) -> None:
    made = office.operators.book.add("anne", ["clerk"], by="root")

    async def scene(pilot: Pilot[None]) -> None:
        code = code_of(made, clock)
        await fill(pilot, name="anne", password=made.password, code=code)
        await until(pilot, lambda: "only for the first time" in wrong(pilot))
        await fill(pilot, new=PASSWORD, again="another one that differs")
        await until(pilot, lambda: "differ" in wrong(pilot))
        await fill(pilot, new=PASSWORD, again=PASSWORD)
        await until(pilot, lambda: is_at(pilot, PanelScreen))

    play(office, scene)


def test_a_lock_keeps_what_was_typed_for_the_same_operator(
    office: PostOffice, clock: MovedClock, until: Until
) -> None:
    letter = deposit_sample(office)
    made = add_operator(office, clock, "anne", "clerk")

    async def scene(pilot: Pilot[None]) -> None:
        await come_in(pilot, until, office, clock, made)
        await until(pilot, lambda: letter.number in pilot.app.export_screenshot())
        await pilot.press("h")
        await until(pilot, lambda: is_at(pilot, ActScreen))
        await pilot.press(*"Law")
        pilot.app._touched_s -= 11 * 60  # type: ignore[attr-defined]
        await until(pilot, lambda: is_at(pilot, EntranceScreen))
        assert letter.number not in pilot.app.export_screenshot()
        await come_in(pilot, until, office, clock, made)
        assert is_at(pilot, ActScreen)
        await pilot.press(*"suit", "enter")
        await until(pilot, lambda: bool(office.desk.holds.of(letter.id)))
        assert office.desk.holds.of(letter.id)[0].reason == "Lawsuit"

    play(office, scene)


def test_another_operator_after_the_lock_finds_fresh_screens(
    office: PostOffice, clock: MovedClock, until: Until
) -> None:
    deposit_sample(office)
    anne = add_operator(office, clock, "anne", "clerk")
    eve = add_operator(office, clock, "eve", "identity-reviewer")

    async def scene(pilot: Pilot[None]) -> None:
        await come_in(pilot, until, office, clock, anne)
        await pilot.press("h")
        await until(pilot, lambda: is_at(pilot, ActScreen))
        await pilot.press("ctrl+l")
        await pilot.pause()
        if not is_at(pilot, EntranceScreen):
            pilot.app.action_lock()  # type: ignore[attr-defined]
        await come_in(pilot, until, office, clock, eve)
        await until(pilot, lambda: is_at(pilot, PanelScreen))
        screen = pilot.app.screen
        assert isinstance(screen, PanelScreen)
        assert screen.panel.view is View.TODAY, "letters are not for an identity reviewer"
        await pilot.press("2")
        assert pilot.app.screen is screen

    play(office, scene)


def test_rights_that_go_mid_session_lock_the_screen_and_nothing_is_done(
    office: PostOffice, clock: MovedClock, until: Until
) -> None:
    letter = deposit_sample(office)
    made = add_operator(office, clock, "anne", "clerk")

    async def scene(pilot: Pilot[None]) -> None:
        await come_in(pilot, until, office, clock, made)
        await pilot.press("h")
        await until(pilot, lambda: is_at(pilot, ActScreen))
        await asyncio.to_thread(office.operators.book.disable, "anne", by="root", reason="Left")
        await pilot.press(*"Lawsuit", "enter")
        await until(pilot, lambda: is_at(pilot, EntranceScreen))

    play(office, scene)
    assert office.desk.holds.of(letter.id) == []


def test_an_act_for_two_is_proposed_by_one_and_agreed_to_by_the_other(
    office: PostOffice, clock: MovedClock, until: Until
) -> None:
    letter = deposit_sample(office)
    anne = add_operator(office, clock, "anne", "clerk")
    paul = add_operator(office, clock, "paul", "clerk")

    def notes(pilot: Pilot[None]) -> str:
        return "\n".join(note.message for note in pilot.app._notifications)

    async def confirm(pilot: Pilot[None], key: str, text: str) -> None:
        await pilot.press(key)
        await until(pilot, lambda: is_at(pilot, ActScreen))
        await pilot.press(*text, "enter")
        await until(pilot, lambda: not is_at(pilot, ActScreen))

    async def scene(pilot: Pilot[None]) -> None:
        await come_in(pilot, until, office, clock, anne)
        await until(pilot, lambda: letter.number in pilot.app.export_screenshot())
        await confirm(pilot, "x", "Asked")
        await until(pilot, lambda: "waits for a second operator" in notes(pilot))
        assert office.reading.by_id(letter.id).phase is Phase.DEPOSITED
        await pilot.press("w")
        await until(pilot, lambda: "anne" in pilot.app.export_screenshot())
        await until(pilot, lambda: letter.number in pilot.app.export_screenshot())
        await confirm(pilot, "a", "Fine")
        await until(pilot, lambda: "You proposed this yourself" in notes(pilot))
        await pilot.press("ctrl+l")
        await come_in(pilot, until, office, clock, paul)
        await until(pilot, lambda: is_at(pilot, PanelScreen))
        await pilot.press("w")
        await until(pilot, lambda: letter.number in pilot.app.export_screenshot())
        await confirm(pilot, "a", "Called back")
        await until(pilot, lambda: office.reading.by_id(letter.id).phase is Phase.WITHDRAWN)

    play(office, scene)


def test_a_proposal_is_declined_with_a_reason(office: PostOffice, clock: MovedClock, until: Until) -> None:
    from lre_kit.operators.rules import Act
    from lre_kit.testing.operators import signed_in

    letter = deposit_sample(office)
    office.operators.desk.act(
        signed_in(office, clock, "anne", "clerk"), Act.WITHDRAW, letter.id, reason="Asked"
    )
    paul = add_operator(office, clock, "paul", "clerk")

    async def scene(pilot: Pilot[None]) -> None:
        await come_in(pilot, until, office, clock, paul)
        await until(pilot, lambda: letter.number in pilot.app.export_screenshot())
        await pilot.press("d")
        await until(pilot, lambda: is_at(pilot, ActScreen))
        await pilot.press(*"No", "enter")
        await until(pilot, lambda: not office.operators.two_people.waiting())

    play(office, scene, start="two")
    assert office.reading.by_id(letter.id).phase is Phase.DEPOSITED


def test_leaving_ends_the_session(office: PostOffice, clock: MovedClock, until: Until) -> None:
    from sqlalchemy import text

    made = add_operator(office, clock, "anne", "clerk")

    async def scene(pilot: Pilot[None]) -> None:
        await come_in(pilot, until, office, clock, made)
        await until(pilot, lambda: is_at(pilot, PanelScreen))
        await pilot.press("q")
        await until(pilot, lambda: pilot.app._exit)

    play(office, scene)
    with office.database.read() as connection:
        going_on = text("SELECT count(*) FROM operator_session WHERE ended_at IS NULL")
        assert connection.execute(going_on).scalar_one() == 0


def test_a_breakdown_shows_no_password(
    office: PostOffice, until: Until, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("broken")

        office.operators.entrance.sign_in = broken  # type: ignore[method-assign, assignment]
        await fill(pilot, name="anne", password=secret, code="123456")
        await until(pilot, lambda: pilot.app._exception is not None)

    secret = "very secret words"
    with pytest.raises(Exception, match="broken"):
        play(office, scene)
    shown = "".join(capsys.readouterr())
    assert "RuntimeError" in shown
    assert secret not in shown
