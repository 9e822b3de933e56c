"""What every list lets one do, and the newer screens: filters, many, exports, undo, drafts, answers."""

import asyncio
import csv
import json
import stat
import tomllib
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static, TextArea

from lre_kit.integration.values import KeyWish
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.operators.bulk_values import BulkState
from lre_kit.operators.rules import Act, View
from lre_kit.parties.values import Recipient, Sender
from lre_kit.proofs.keys.opening import open_keys
from lre_kit.proofs.keys.rotation import generations
from lre_kit.store.agenda import plan
from lre_kit.support.values import Asking, RequestKind, RequestState, Side
from lre_kit.testing.office import deposit_sample
from lre_kit.webhooks.values import EndpointState, EndpointWish, Owner
from lre_tui.act_screen import ActScreen
from lre_tui.app import ConsoleApp
from lre_tui.choice_screen import ChoiceScreen
from lre_tui.draft_screen import DraftScreen, begun_from
from lre_tui.panel_screen import PanelScreen
from lre_tui.plot import bars
from lre_tui.report_screen import ReportScreen
from lre_tui.text_screen import TextScreen
from lre_tui.themes import theme_of

Until = Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]
MARTIN = Sender(ref="martin", name="Martin SARL", email="ada@example.net")


def play(
    office: PostOffice, start: View, scene: Callable[..., Coroutine[Any, Any, None]], **more: Any
) -> None:
    async def perform() -> None:
        app = ConsoleApp(office, language="en", operator="anne", start=start.value, **more)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause()
            await scene(pilot)

    asyncio.run(perform())


def panel(pilot: Pilot[None]) -> PanelScreen:
    return next(s for s in reversed(pilot.app.screen_stack) if isinstance(s, PanelScreen))


def lines(pilot: Pilot[None]) -> int:
    return len(panel(pilot)._listing)


def notes(pilot: Pilot[None]) -> str:
    return "\n".join(note.message for note in pilot.app._notifications)


async def on(pilot: Pilot[None], until: Until, kind: type) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await pilot.pause()


async def fill(pilot: Pilot[None], until: Until, *typed: str) -> None:
    """Fill in an act's fields and confirm."""
    await on(pilot, until, ActScreen)
    asking = pilot.app.screen
    for field, text in zip(asking.query(Input), typed, strict=True):
        field.value = text
    await pilot.press("ctrl+s")
    await until(pilot, lambda: pilot.app.screen is not asking)


def letters_for(office: PostOffice, *names: str) -> list[Letter]:
    made = [deposit_sample(office, recipient=Recipient(name=name, email="a@example.net")) for name in names]
    office.run_until_idle()
    return made


def is_held(office: PostOffice, letter: Letter) -> bool:
    return any(hold.released_at is None for hold in office.desk.holds.of(letter.id))


def test_many_at_once_takes_what_was_frozen_by_its_count_and_nothing_that_came_later(
    office: PostOffice, until: Until
) -> None:
    """F14.02: a letter that arrives while the operator confirms is not touched."""
    letters = letters_for(office, "Dupont 1", "Dupont 2", "Durand")

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 3)
        await pilot.press("slash", *"dupont", "enter")
        await until(pilot, lambda: lines(pilot) == 2)
        await pilot.press("B")
        await on(pilot, until, ChoiceScreen)
        options = pilot.app.screen.query_one(OptionList)
        options.highlighted = next(
            at for at in range(options.option_count) if options.get_option_at_index(at).id == Act.HOLD.value
        )
        await pilot.press("enter")
        await on(pilot, until, ActScreen)
        await asyncio.to_thread(letters_for, office, "Dupont 3")
        await fill(pilot, until, "3", "Lawsuit 24/0193")
        # Another number is refused, and nothing of what was typed is lost.
        await on(pilot, until, ActScreen)
        typed = [field.value for field in pilot.app.screen.query(Input)]
        assert typed == ["3", "Lawsuit 24/0193"]
        assert "2 lines" in str(pilot.app.screen.query_one("#act-wrong", Static).render())
        await fill(pilot, until, "2", "Lawsuit 24/0193")
        await until(pilot, lambda: panel(pilot).panel.view is View.BULK)
        await asyncio.to_thread(office.run_until_idle)
        await until(pilot, lambda: "Done: 2" in str(panel(pilot).query_one("#story", Static).render()))

    play(office, View.LETTERS, scene)
    [made] = office.operators.bulk.page(limit=9)
    assert (made.state, made.done, made.filter_text) == (BulkState.DONE, 2, "")
    assert [is_held(office, letter) for letter in letters] == [True, True, False]
    assert not is_held(office, office.reading.all_letters(text="Dupont 3")[0])  # type: ignore[arg-type]


def test_a_filter_is_kept_taken_and_dropped(office: PostOffice, until: Until) -> None:
    letters_for(office, "Dupont", "Durand")
    anne = office.operators.entrance.local("anne")

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 2)
        await pilot.press("slash", *"dupont", "enter")
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("f")
        await on(pilot, until, ChoiceScreen)
        await pilot.press("enter")
        await fill(pilot, until, "Mine")
        await until(pilot, lambda: "Filter kept: Mine" in notes(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: lines(pilot) == 2)
        await pilot.press("f")
        await on(pilot, until, ChoiceScreen)
        await pilot.press("enter")
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("escape", "f")
        await on(pilot, until, ChoiceScreen)
        await pilot.press("delete")
        await until(pilot, lambda: office.operators.filters.of(anne, View.LETTERS) == [])

    play(office, View.LETTERS, scene)


def test_a_list_is_exported_with_a_reason_and_no_cell_is_a_formula(
    office: PostOffice, until: Until, tmp_path: Path
) -> None:
    letters_for(office, "=cmd|' /C calc'!A0", "Zoë Müller")
    table, values = tmp_path / "letters.csv", tmp_path / "letters.json"

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 2)
        for path in (table, values):
            await pilot.press("E")
            await fill(pilot, until, str(path), "Asked by the court")
            await on(pilot, until, ReportScreen)
            await pilot.press("escape")
        await pilot.press("E")
        await fill(pilot, until, str(table), "Once more")
        await on(pilot, until, ActScreen)
        assert "cannot be written" in str(pilot.app.screen.query_one("#act-wrong", Static).render())
        await pilot.press("escape", "C")
        assert "Zoë Müller" in pilot.app.clipboard

    play(office, View.LETTERS, scene)
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [row["recipient"] for row in rows] == ["Zoë Müller", "'=cmd|' /C calc'!A0"]
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert len(json.loads(values.read_text(encoding="utf-8"))) == 2
    told = [(e.act, e.outcome.value, e.reason) for e in office.operators.journal.of("list:letters")]
    assert told[0] == ("list.export", "done", "Asked by the court")
    assert told[2] == ("list.export", "refused", "Once more")


def test_a_duty_without_a_legal_time_is_put_off_and_brought_back_and_others_are_not(
    office: PostOffice, until: Until
) -> None:
    letters_for(office, "Dupont")
    with office.database.write() as uow:
        later = office.clock() + timedelta(hours=6)
        plan(uow, key="rewrap:all", due_at=later, action="rewrap", subject="keys")
        uow.commit()

    def due(text: str) -> Any:
        from lre_kit.operators import lists

        return lists.duties(office.database, limit=9, text=text)[0]["due_at"]

    planned = due("rewrap")

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"rewrap", "enter")
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("p")
        await fill(pilot, until, "3d", "The server is being moved")
        await until(pilot, lambda: due("rewrap") > planned)
        await until(pilot, lambda: pilot.app.undoable is not None)  # type: ignore[attr-defined]
        await pilot.press("z")
        await fill(pilot, until, "Not needed after all")
        await until(pilot, lambda: due("rewrap") == planned)
        await pilot.press("p")
        await fill(pilot, until, "40d", "Long")
        await on(pilot, until, ActScreen)
        await pilot.press("escape", "escape", "slash", *"close_window", "enter")
        await until(pilot, lambda: str(panel(pilot).table.chosen_id).startswith("close"))
        await pilot.press("p")
        await fill(pilot, until, "1d", "To be kind")
        await until(pilot, lambda: "nobody may move" in notes(pilot))

    closing = due("close_window")
    play(office, View.AGENDA, scene)
    assert due("close_window") == closing


def test_webhooks_are_stopped_brought_back_and_played_again_and_a_key_is_revoked(
    tmp_path: Path, until: Until
) -> None:
    from lre_kit.testing.courier import MemoryCourier
    from lre_kit.testing.office import throwaway_office

    told: dict[str, Any] = {"webhook_http": "on", "webhook_private_hosts": "localhost"}
    with throwaway_office(tmp_path / "office", courier=MemoryCourier(), **told) as office:
        owner = Owner(ref="martin", name=MARTIN.name, email=MARTIN.email)
        made = office.webhooks.desk.add(owner, EndpointWish(url="http://localhost:9/lre")).endpoint
        key = office.integration.keys.create(MARTIN, KeyWish(name="Accounting")).key

        def state() -> EndpointState:
            return office.webhooks.reading.endpoint(made.id).state

        async def scene(pilot: Pilot[None]) -> None:
            await until(pilot, lambda: lines(pilot) == 1)
            await pilot.press("s")
            await fill(pilot, until, "Their server leaks")
            await until(pilot, lambda: state() is EndpointState.DISABLED)
            await until(pilot, lambda: pilot.app.undoable is not None)  # type: ignore[attr-defined]
            await pilot.press("z")
            await fill(pilot, until, "They mended it")
            await until(pilot, lambda: state() is EndpointState.ACTIVE)
            await pilot.press("t")
            await fill(pilot, until)
            await until(pilot, lambda: bool(office.webhooks.reading.deliveries(made.id)))
            await pilot.press("p")
            await fill(pilot, until, "2d", "They lost some")
            await on(pilot, until, ReportScreen)
            await pilot.press("escape", "K")
            await until(pilot, lambda: panel(pilot).panel.view is View.API_KEYS and lines(pilot) == 1)
            await pilot.press("x")
            await fill(pilot, until, "It was published")
            await until(pilot, lambda: office.integration.keys.all()[0].revoked_at is not None)

        play(office, View.WEBHOOKS, scene)
        [entry] = office.operators.journal.of(f"api-key:{key.id}")
        assert (entry.act, entry.reason) == ("api-key.revoke", "It was published")


def test_a_request_is_taken_answered_from_a_template_noted_and_closed(
    office: PostOffice, until: Until
) -> None:
    asking = Asking(
        kind=RequestKind.QUOTE, side=Side.SENDER, name="Ada Martin", email="ada@example.net",
        text="What do 2000 letters cost?", language="en",
    )  # fmt: skip
    made = office.support.receive(asking, remote="192.0.2.1")

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("s")
        await fill(pilot, until)
        await until(pilot, lambda: office.support.desk.info(made.id).assigned_to == "anne")
        await pilot.press("a")
        await on(pilot, until, ChoiceScreen)
        options = pilot.app.screen.query_one(OptionList)
        ids = [options.get_option_at_index(at).id for at in range(options.option_count)]
        options.highlighted = ids.index("quote")
        await pilot.press("enter")
        await on(pilot, until, TextScreen)
        assert "Ada Martin" in pilot.app.screen.query_one(TextArea).text
        await pilot.press("ctrl+s")
        await until(pilot, lambda: office.support.desk.info(made.id).state is RequestState.ANSWERED)
        await until(pilot, lambda: isinstance(pilot.app.screen, PanelScreen))
        await pilot.press("t")
        await fill(pilot, until, "Called back")
        await until(pilot, lambda: office.support.desk.info(made.id).messages == 3)
        await pilot.press("x")
        await fill(pilot, until)
        await until(pilot, lambda: office.support.desk.info(made.id).state is RequestState.CLOSED)

    play(office, View.REQUESTS, scene)
    acts = [e.act for e in office.operators.journal.of(f"request:{made.id}")]
    assert acts == ["request.assign", "request.answer", "request.note", "request.close"]


DRAFT = """
[[derogation]]
id = "FR-2027-TEST"
reference = "Test 2027-1"
valid_from = 2027-01-01
valid_until = 2027-06-30
title = { fr = "Essai", en = "Test" }
notice = { fr = "Essai", en = "Test" }
[derogation.changes]
level = "low"
"""


def test_rules_are_drafted_simulated_and_adopted_and_a_wrong_draft_changes_nothing(
    office: PostOffice, until: Until
) -> None:
    path = office.settings.home / "derogations.toml"

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) > 1)
        await pilot.press("d")
        await on(pilot, until, DraftScreen)
        area = pilot.app.screen.query_one(TextArea)
        area.text = "[[derogation]]\nid = 7"
        await pilot.press("ctrl+s")
        await fill(pilot, until, "A slip")
        await on(pilot, until, ActScreen)
        assert not path.exists()
        await pilot.press("escape")
        await on(pilot, until, DraftScreen)
        area.text = "# none of our own\n"
        await pilot.press("f5")
        await fill(pilot, until, "90d")
        text = pilot.app.screen.query_one("#simulated-text", Static)
        await until(pilot, lambda: "Requirements are the same" in str(text.render()))
        await pilot.press("ctrl+s")
        await fill(pilot, until, "Nothing of our own any more")
        await until(pilot, path.exists)
        await pilot.press("escape", "0")
        await until(pilot, lambda: panel(pilot).panel.view is View.KEYS and lines(pilot) > 3)
        panel(pilot).table.action_move(2)
        await until(pilot, lambda: str(panel(pilot).table.chosen_id).startswith("log:"))
        await pilot.press("n")
        await fill(pilot, until, "Yearly")
        await on(pilot, until, ReportScreen)

    play(office, View.REGIMES, scene)
    assert path.read_text(encoding="utf-8") == "# none of our own\n"
    [entry] = [e for e in office.operators.journal.of("regime:derogations") if e.outcome.value == "done"]
    assert (entry.second, entry.reason) == ("alone", "Nothing of our own any more")
    found = generations(open_keys(office.settings), in_token=False)
    assert len([one for one in found if one.name == "log"]) == 2


def test_a_draft_made_before_the_rules_were_changed_goes_on_from_them_and_is_not_lost() -> None:
    begun = begun_from('kept = "by another"\n', "mine = 1\nyours = 2\n")
    assert tomllib.loads(begun) == {"kept": "by another"}
    assert "# mine = 1\n# yours = 2\n" in begun
    assert begun_from("adopted = 1\n", "adopted = 1\n") == "adopted = 1\n"
    assert tomllib.loads(begun_from("", "")) == {}


def test_a_tracking_file_is_imported_and_what_was_not_taken_is_told(
    office: PostOffice, until: Until, tmp_path: Path
) -> None:
    pytest.importorskip("pikepdf")
    file = tmp_path / "tracking.csv"
    file.write_text("item_number,code,happened_at,label\nRK000000000FR,DI1,2026-12-01T09:00:00Z,x\n", "utf-8")

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("i")
        await fill(pilot, until, str(tmp_path / "none.csv"))
        await on(pilot, until, ActScreen)
        assert "cannot be read" in str(pilot.app.screen.query_one("#act-wrong", Static).render())
        await fill(pilot, until, str(file))
        await on(pilot, until, ReportScreen)
        assert "not taken" in str(pilot.app.screen.query_one("#report-text", Static).render())

    play(office, View.POST, scene)


def test_what_is_announced_shows_and_an_incident_runs_its_course(office: PostOffice, until: Until) -> None:
    from lre_kit.announcements.values import Place

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("n")
        await fill(pilot, until, "info", "nowhere", "Bonjour", "Hello", "2h")
        await on(pilot, until, ActScreen)
        assert "nowhere" in str(pilot.app.screen.query_one("#act-wrong", Static).render())
        await fill(pilot, until, "info", "all", "Bonjour", "Hello", "2h")
        await until(pilot, lambda: bool(office.announcements.shown(Place.DEPOSIT)))
        await pilot.press("i")
        await fill(pilot, until, "incident", "mail", "Panne", "Outage", "Nous cherchons.", "We look.", "")
        await until(pilot, lambda: lines(pilot) == 3)
        panel(pilot).table.action_newest()
        panel(pilot).table.action_move(1)
        await until(pilot, lambda: "Outage" in panel(pilot).story_text)
        await pilot.press("t")
        await fill(pilot, until, "Trouvé.", "Found.")
        await until(pilot, lambda: "Found." in panel(pilot).story_text)
        await pilot.press("d")
        await fill(pilot, until, "Fini.", "Over.")
        await until(pilot, lambda: office.status.reading.page(limit=1)[0].ended_at is not None)
        panel(pilot).table.action_oldest()
        await until(pilot, lambda: "Bonjour" in panel(pilot).story_text)
        await pilot.press("x")
        await fill(pilot, until)
        await until(pilot, lambda: not office.announcements.shown(Place.DEPOSIT))

    play(office, View.ANNOUNCEMENTS, scene)


def test_themes_change_by_key_and_no_colour_is_left_where_none_is_wanted(
    office: PostOffice, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters_for(office, "Dupont")
    monkeypatch.setenv("NO_COLOR", "1")

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        seen = set()
        for _ in range(3):
            await pilot.press("T")
            seen.add(pilot.app.theme)
        assert seen == {"lre-dark", "lre-light", "lre-contrast"}
        assert pilot.app.no_color

    play(office, View.LETTERS, scene)


def test_the_mouse_goes_where_the_keys_go(office: PostOffice, until: Until) -> None:
    letters_for(office, "Dupont")

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.resize_terminal(160, 48)
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.click("#places", offset=(4, 3))
        await until(pilot, lambda: panel(pilot).panel.view is View.AGENDA)

    play(office, View.LETTERS, scene)


def test_bars_fill_the_height_for_the_most_and_hide_nothing() -> None:
    assert bars([0, 1, 16], height=2, width=2) == ["    █", "  ▁ █"]
    assert bars([], height=1) == [""]


def test_the_terminals_background_chooses_the_theme() -> None:
    assert [theme_of({"COLORFGBG": told}) for told in ("15;0", "0;15", "")] == ["dark", "light", "dark"]
