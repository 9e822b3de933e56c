"""The review screen, driven by its keys over a real office with real pictures."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, SelectionList, Static

from lre_kit.office import PostOffice
from lre_kit.parties.proofing import CaseState, Verdict
from lre_kit.parties.proofing_review import CHECKLIST
from lre_kit.parties.values import Recipient
from lre_kit.testing.identity import submit_case, title_picture
from lre_kit.testing.office import deposit_sample
from lre_tui.app import ConsoleApp
from lre_tui.half_blocks import half_blocks
from lre_tui.reviews import ReviewScreen

Until = Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]
Scene = Callable[[Pilot[None]], Coroutine[Any, Any, None]]
SHOTS = Path(__file__).parent


def play(
    office: PostOffice, scene: Scene, *, size: tuple[int, int] = (120, 40), language: str = "en"
) -> None:
    async def perform() -> None:
        app = ConsoleApp(office, language=language, operator="anne")
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.press("v")
            await pilot.pause()
            await scene(pilot)

    asyncio.run(perform())


def state_of(office: PostOffice, case_id: str) -> CaseState:
    entry = [each for each in office.people.reviews.queue() if each.case_id == case_id]
    with office.database.read() as connection:
        from sqlalchemy import text

        found = connection.execute(text("SELECT state FROM identity_case WHERE id = :id"), {"id": case_id})
        state = CaseState(found.scalar())
    assert bool(entry) is (state in {CaseState.SUBMITTED, CaseState.CLAIMED})
    return state


def said(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).render())


def waiting(pilot: Pilot[None]) -> int:
    return pilot.app.screen.query_one("#queue", OptionList).option_count


async def take(pilot: Pilot[None], until: Until) -> None:
    await until(pilot, lambda: waiting(pilot) > 0)
    await pilot.press("home", "enter")
    await until(pilot, lambda: pilot.app.screen.query_one("#checks", SelectionList).option_count > 0)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_case_is_taken_looked_at_ticked_and_approved(
    office: PostOffice, until: Until, language: str
) -> None:
    case_id = submit_case(office)

    async def scene(pilot: Pilot[None]) -> None:
        await take(pilot, until)
        facts = said(pilot, "#facts")
        assert "Jeanne Durand" in facts
        assert "JEANNE DURAND" in facts
        assert len(pilot.app.screen.query(".picture")) == 2
        await pilot.press("a")
        assert ("nothing was decided" in said(pilot, "#review-status")) is (language == "en")
        assert state_of(office, case_id) is CaseState.CLAIMED
        for _ in CHECKLIST:
            await pilot.press("space", "down")
        await pilot.press("a")
        await until(pilot, lambda: state_of(office, case_id) is CaseState.APPROVED)
        await until(pilot, lambda: waiting(pilot) == 0)

    play(office, scene, language=language)


def test_refusing_asks_for_a_reason_and_the_person_gets_it(office: PostOffice, until: Until) -> None:
    case_id = submit_case(office)

    async def scene(pilot: Pilot[None]) -> None:
        await take(pilot, until)
        await pilot.press("x")
        assert pilot.app.focused is pilot.app.screen.query_one("#reason", Input)
        await pilot.press("enter")
        assert "Give a reason" in said(pilot, "#review-status")
        await pilot.press(*"unreadable", "enter")
        await until(pilot, lambda: state_of(office, case_id) is CaseState.REFUSED)

    play(office, scene)


def test_the_loser_of_a_race_is_told_and_changes_nothing(office: PostOffice, until: Until) -> None:
    case_id = submit_case(office)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: waiting(pilot) > 0)
        office.people.reviews.claim(case_id, "other")
        await pilot.press("home", "enter")
        await until(pilot, lambda: "held by another operator" in said(pilot, "#review-status"))
        office.people.reviews.decide(
            case_id, "other", Verdict.REFUSE, reason="blurred", checks=dict.fromkeys(CHECKLIST, True)
        )
        await pilot.press("home", "enter")
        await until(pilot, lambda: waiting(pilot) == 0)
        assert state_of(office, case_id) is CaseState.REFUSED

    play(office, scene)


def test_the_operator_sees_whether_the_letter_is_addressed_to_who_is_there(
    office: PostOffice, until: Until
) -> None:
    letter = deposit_sample(
        office, product="qualified", recipient=Recipient(name="Paul Petit", email="p@example.net")
    )
    submit_case(office, purpose=f"recipient:{letter.id}")

    async def scene(pilot: Pilot[None]) -> None:
        await take(pilot, until)
        assert "Letter addressed to: Paul Petit – ANOTHER NAME" in said(pilot, "#facts")

    play(office, scene)


def test_who_bears_another_name_is_stated_to_be_the_addressee_with_a_reason(
    office: PostOffice, until: Until
) -> None:
    letter = deposit_sample(
        office, product="qualified", recipient=Recipient(name="Paul Petit", email="p@example.net")
    )
    case_id = submit_case(office, purpose=f"recipient:{letter.id}")

    async def scene(pilot: Pilot[None]) -> None:
        await take(pilot, until)
        checks = pilot.app.screen.query_one("#checks", SelectionList)
        assert checks.option_count == len(CHECKLIST) + 1
        for _ in range(checks.option_count):
            await pilot.press("space", "down")
        await pilot.press("a", "enter")
        assert "Give a reason" in said(pilot, "#review-status")
        assert state_of(office, case_id) is CaseState.CLAIMED
        await pilot.press(*"marriage", "enter")
        await until(pilot, lambda: state_of(office, case_id) is CaseState.APPROVED)

    play(office, scene)
    assert office.people.identity.stated_addressee(case_id)


def test_another_name_approved_without_that_statement_is_not_the_addressee(
    office: PostOffice, until: Until
) -> None:
    letter = deposit_sample(
        office, product="qualified", recipient=Recipient(name="Paul Petit", email="p@example.net")
    )
    case_id = submit_case(office, purpose=f"recipient:{letter.id}")

    async def scene(pilot: Pilot[None]) -> None:
        await take(pilot, until)
        for _ in CHECKLIST:
            await pilot.press("space", "down")
        await pilot.press("a")
        await until(pilot, lambda: state_of(office, case_id) is CaseState.APPROVED)

    play(office, scene)
    assert not office.people.identity.stated_addressee(case_id)


def test_a_case_given_back_waits_again_and_the_screen_closes(office: PostOffice, until: Until) -> None:
    case_id = submit_case(office)

    async def scene(pilot: Pilot[None]) -> None:
        await take(pilot, until)
        await pilot.press("l")
        await until(pilot, lambda: state_of(office, case_id) is CaseState.SUBMITTED)
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, ReviewScreen)

    play(office, scene, size=(80, 24))


def test_names_that_hold_commands_for_the_terminal_are_shown_inert(office: PostOffice, until: Until) -> None:
    submit_case(office, name="[red]Du\u202erand[/]".replace("\u202e", ""))

    async def scene(pilot: Pilot[None]) -> None:
        await take(pilot, until)
        assert "[red]Durand[/]" in said(pilot, "#facts")

    play(office, scene)


def test_pictures_are_drawn_within_their_room_and_what_is_none_is_refused() -> None:
    drawn = half_blocks(title_picture(size=(700, 620)), columns=40, lines=12)
    lines = drawn.plain.rstrip("\n").split("\n")
    assert len(lines) <= 12
    assert {len(line) for line in lines} == {len(lines[0])}
    assert len(lines[0]) <= 40
    for junk in (b"", b"GIF89a", b"\xff\xd8\xff junk"):
        with pytest.raises(ValueError, match="cannot be read"):
            half_blocks(junk, columns=10, lines=10)
