"""The means screen: both names side by side, accepted or refused with a reason, in the kernel's words."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from lre_kit.identifiers.means import Kind, State
from lre_kit.identifiers.operator_lists import means_to_compare
from lre_kit.law.assurance import Level
from lre_kit.office import PostOffice
from lre_kit.operators.today import figures
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_tui.app import ConsoleApp
from lre_tui.line_table import LineTable
from lre_tui.means import MeansScreen

Until = Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]
Scene = Callable[[Pilot[None]], Coroutine[Any, Any, None]]


def play(office: PostOffice, scene: Scene, *, operator: str = "anne", language: str = "en") -> None:
    async def perform() -> None:
        app = ConsoleApp(office, language=language, operator=operator)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            await pilot.press("v")
            await pilot.pause()
            await pilot.press("n")
            await pilot.pause()
            assert isinstance(pilot.app.screen, MeansScreen)
            await scene(pilot)

    asyncio.run(perform())


@pytest.fixture
def holder(office: PostOffice) -> str:
    facts = PartyFacts(kind=PartyKind.PERSON, given_names="Claire", family_name="Durand")
    return office.people.parties.add(facts).id


@pytest.fixture
def means_id(office: PostOffice, holder: str) -> str:
    kept = {"given_names": "Clara", "family_name": "[red]Weiss[/]", "birth_date": "1990-01-02"}
    with office.database.write() as uow:
        made = office.people.register.issue(
            uow,
            party_id=holder,
            kind=Kind.EID,
            label="provider",
            actor={"role": "holder", "party_id": holder},
            level=Level.SUBSTANTIAL,
            subject_key="issuer#1",
            secret=json.dumps(kept).encode(),
        )
        uow.commit()
    return made.id


def said(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).render())


def waiting(pilot: Pilot[None]) -> int:
    return pilot.app.screen.query_one("#means", OptionList).option_count


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("key", "state"), [("a", State.ACTIVE), ("x", State.REVOKED)])
def test_names_are_compared_and_decided_with_a_reason(
    office: PostOffice, until: Until, means_id: str, key: str, state: State, language: str
) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: waiting(pilot) == 1)
        await pilot.press(key)
        assert not pilot.app.screen.query_one("#reason", Input).has_class("shown")
        await pilot.press("home", "enter")
        await until(pilot, lambda: "Clara" in said(pilot, "#facts"))
        assert "[red]Weiss[/]" in said(pilot, "#facts")
        assert "Durand" in said(pilot, "#facts")
        await pilot.press(key, "enter")
        assert office.people.register.by_id(means_id).state is State.ISSUED
        await pilot.press(*"seen", "enter")
        await until(pilot, lambda: office.people.register.by_id(means_id).state is state)
        await until(pilot, lambda: waiting(pilot) == 0)
        last = office.people.register.history(means_id)[-1]
        assert (last.actor["name"], last.reason) == ("anne", "seen")

    play(office, scene, language=language)


def test_who_was_slower_reads_why_and_nothing_changes(
    office: PostOffice, until: Until, means_id: str
) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: waiting(pilot) == 1)
        await pilot.press("home", "enter")
        await until(pilot, lambda: "Clara" in said(pilot, "#facts"))
        office.people.means_desk.act(means_id, "revoke", operator="other", reason="lost")
        await pilot.press("a", *"seen", "enter")
        await until(pilot, lambda: waiting(pilot) == 0)
        assert "Only a certificate or electronic identity that waits" in said(pilot, "#means-status")
        assert office.people.register.by_id(means_id).state is State.REVOKED

    play(office, scene)


def test_nobody_accepts_their_own_and_escape_leaves(
    office: PostOffice, until: Until, means_id: str, holder: str
) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: waiting(pilot) == 1)
        await pilot.press("home", "enter")
        await until(pilot, lambda: "Clara" in said(pilot, "#facts"))
        await pilot.press("a", *"me", "enter")
        await until(pilot, lambda: "This means is your own" in said(pilot, "#means-status"))
        assert office.people.register.by_id(means_id).state is State.ISSUED
        await pilot.press("a", "escape")
        assert isinstance(pilot.app.screen, MeansScreen)
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, MeansScreen)

    play(office, scene, operator=holder)


def test_names_to_compare_are_counted_today_and_enter_leads_to_them(
    office: PostOffice, until: Until, means_id: str
) -> None:
    async def scene() -> None:
        app = ConsoleApp(office, language="en", operator="anne")
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: len(getattr(app.screen, "_listing", ())) > 10)
            table = app.screen.query_one(LineTable)
            while table.chosen_id != "means_to_compare":
                await pilot.press("down")
            await until(pilot, lambda: "Names to compare" in said(pilot, "#story"))
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, MeansScreen) and waiting(pilot) == 1)

    asyncio.run(scene())
    [figure] = [one for one in figures(office) if one.name == "means_to_compare"]
    assert (figure.count, figure.is_trouble) == (1, False)
    assert means_to_compare(office.database, limit=9)[0].id == means_id
