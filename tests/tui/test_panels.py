"""Every screen over a real office: it opens in each size, language and theme; every act does what it says."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from lre_kit.identifiers.means import Kind, State
from lre_kit.law.consents import ConsentState
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act, View
from lre_kit.parties.persons import PartyFacts, PartyKind
from lre_kit.postroom.values import BatchState
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, record_consent, throwaway_office
from lre_tui.act_screen import ActScreen
from lre_tui.app import ConsoleApp
from lre_tui.panel_screen import PanelScreen
from lre_tui.panels import PANELS
from lre_tui.texts import TEXTS

Until = Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]
Scene = Callable[[Pilot[None]], Coroutine[Any, Any, None]]


def play(
    office: PostOffice,
    start: View,
    scene: Scene,
    *,
    size: tuple[int, int] = (80, 24),
    language: str = "en",
    **more: Any,
) -> None:
    async def perform() -> None:
        app = ConsoleApp(office, language=language, operator="anne", start=start.value, **more)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scene(pilot)

    asyncio.run(perform())


def panel_of(pilot: Pilot[None]) -> PanelScreen:
    return next(s for s in reversed(pilot.app.screen_stack) if isinstance(s, PanelScreen))


def lines(pilot: Pilot[None]) -> int:
    return len(panel_of(pilot)._listing)


def story(pilot: Pilot[None]) -> str:
    return str(panel_of(pilot).query_one("#story", Static).render())


def notes(pilot: Pilot[None]) -> str:
    return "\n".join(note.message for note in pilot.app._notifications)


async def confirm(pilot: Pilot[None], until: Until, key: str, *typed: str) -> None:
    """Press an act's key, fill in what it asks, and confirm."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
    if not typed:
        await pilot.press("enter")
    for text in typed:
        field = next(f for f in pilot.app.screen.query(Input) if f.has_focus)
        field.value = text
        await pilot.press("enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, ActScreen))


@pytest.fixture
def filled(office: PostOffice, clock: MovedClock) -> PostOffice:
    """An office with something on every screen."""
    for name in ("Zoë Müller", "[red]x[/]", "Jean Dupont"):
        deposit_sample(office, recipient=office_recipient(name))
    record_consent(office)
    issue_means(office)
    office.run_until_idle()
    me = office.operators.entrance.local("anne")
    office.operators.desk.act(
        me, Act.HOLD, office.reading.all_letters()[0].id, reason="[b]Lawsuit[/b] {0} \\[x]"
    )
    return office


def office_recipient(name: str) -> Any:
    from lre_kit.parties.values import Recipient

    return Recipient(name=name, email="someone@example.net")


def issue_means(office: PostOffice) -> str:
    party = office.people.parties.add(
        PartyFacts(kind=PartyKind.PERSON, given_names="Claire", family_name="Durand")
    )
    with office.database.write() as uow:
        made = office.people.register.issue(
            uow, party_id=party.id, kind=Kind.AUTHENTICATOR, label="[b]phone[/b]",
            actor={"role": "holder", "party_id": party.id}, secret=bytes(20),
        )  # fmt: skip
        uow.commit()
    return made.id


# --- every screen -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("size", [(80, 24), (160, 48), (20, 5)])
def test_every_screen_opens_by_its_key_in_both_themes_and_says_where_it_is(
    filled: PostOffice, until: Until, language: str, size: tuple[int, int]
) -> None:
    words = TEXTS[language]

    async def scene(pilot: Pilot[None]) -> None:
        for theme in ("textual-dark", "textual-light"):
            pilot.app.theme = theme
            for panel in PANELS:
                await pilot.press(panel.key)
                await until(pilot, lambda panel=panel: panel_of(pilot).panel is panel)  # type: ignore[misc]
                await until(pilot, lambda: panel_of(pilot)._seen is not None)
                picture = pilot.app.export_screenshot()
                if size[0] >= 80:
                    name = words[f"view_{panel.view.value}"].replace("'", "&#x27;").replace(" ", "&#160;")
                    assert name in picture

    play(filled, View.TODAY, scene, size=size, language=language)


def test_foreign_words_are_told_as_they_are_on_every_screen(filled: PostOffice, until: Until) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for key, words in (("8", "[b]Lawsuit[/b] {0} \\[x]"), ("9", "[b]phone[/b]")):
            await pilot.press(key)
            await until(pilot, lambda words=words: words in story(pilot))  # type: ignore[misc]
            pilot.app.export_screenshot()

    play(filled, View.LETTERS, scene)


def test_enter_leads_from_a_figure_of_today_to_its_screen(office: PostOffice, until: Until) -> None:
    deposit_sample(office)
    [duty, *_] = office.agenda.claim(limit=1, lease=timedelta(minutes=1))
    office.agenda.release(duty, error="gone", dead=True)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) > 5)
        await pilot.press("enter")
        await until(pilot, lambda: panel_of(pilot).panel.view is View.AGENDA)
        await until(pilot, lambda: "gone" in story(pilot))

    play(office, View.TODAY, scene)


def test_the_palette_goes_to_a_screen(filled: PostOffice, until: Until) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("ctrl+p")
        await pilot.pause(0.2)
        await pilot.press(*"agenda")
        await pilot.pause(0.5)
        await pilot.press("enter", "enter")
        await until(pilot, lambda: panel_of(pilot).panel.view is View.AGENDA)

    play(filled, View.LETTERS, scene)


# --- letters ------------------------------------------------------------------------------------------


def one_letter(office: PostOffice) -> Letter:
    letter = deposit_sample(office)
    office.run_until_idle()
    return letter


def test_an_address_is_corrected_and_a_reason_is_asked_for(office: PostOffice, until: Until) -> None:
    letter = one_letter(office)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
        await pilot.press("enter", "enter")
        wrong = pilot.app.screen.query_one("#act-wrong", Static)
        await until(pilot, lambda: "Corrected address" in str(wrong.render()))
        await pilot.press("escape")
        assert office.reading.by_id(letter.id).recipient.email == letter.recipient.email
        await confirm(pilot, until, "a", "new@example.net", "Typed wrong")
        await until(pilot, lambda: office.reading.by_id(letter.id).recipient.email == "new@example.net")
        await until(pilot, lambda: "Done: correct the address" in notes(pilot))

    play(office, View.LETTERS, scene)
    [entry] = office.operators.journal.of(f"letter:{letter.id}")
    assert (entry.operator, entry.reason) == ("anne", "Typed wrong")


def test_a_bad_address_is_refused_in_the_kernels_words_and_changes_nothing(
    office: PostOffice, until: Until
) -> None:
    letter = one_letter(office)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
        await pilot.press(*"no address[/]", "enter", *"Typed wrong", "enter")
        await until(pilot, lambda: "address" in notes(pilot))
        # What was typed is kept, with why it was not taken.
        await until(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
        assert [field.value for field in pilot.app.screen.query(Input)] == ["no address[/]", "Typed wrong"]
        assert "address" in str(pilot.app.screen.query_one("#act-wrong", Static).render())

    play(office, View.LETTERS, scene)
    assert office.reading.by_id(letter.id).version == letter.version + 1, "the notice alone"
    assert office.reading.by_id(letter.id).recipient.email == letter.recipient.email


def test_holds_are_placed_and_released_and_the_letter_tells_of_them(office: PostOffice, until: Until) -> None:
    letter = one_letter(office)

    def is_held() -> bool:
        return any(hold.released_at is None for hold in office.desk.holds.of(letter.id))

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await confirm(pilot, until, "h", "Lawsuit")
        await until(pilot, is_held)
        await until(pilot, lambda: "On legal hold: Lawsuit" in story(pilot))
        await confirm(pilot, until, "u", "Judged")
        await until(pilot, lambda: not is_held())

    play(office, View.LETTERS, scene)
    assert [e.second for e in office.operators.journal.of(f"letter:{letter.id}")] == ["", "alone"]


def test_a_letter_is_withdrawn_and_a_notice_sent_again(office: PostOffice, until: Until) -> None:
    told = one_letter(office)
    fresh = deposit_sample(office)
    courier = office.courier
    assert isinstance(courier, MemoryCourier)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 2)
        await confirm(pilot, until, "x", "Asked by its sender")
        await until(pilot, lambda: office.reading.by_id(fresh.id).phase is Phase.WITHDRAWN)
        await pilot.press("down")
        sent = len(courier.messages)
        await confirm(pilot, until, "n", "Lost")
        await until(pilot, lambda: "Done: send the notice again" in notes(pilot))
        await asyncio.to_thread(office.run_until_idle)
        assert len(courier.messages) == sent + 1

    play(office, View.LETTERS, scene)
    assert office.reading.by_id(told.id).phase is Phase.NOTIFIED


def test_verify_now_checks_the_bundle_as_a_third_party_would(office: PostOffice, until: Until) -> None:
    one_letter(office)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("y")
        await until(pilot, lambda: bool(pilot.app.screen.query("#report-text")))
        text = str(pilot.app.screen.query_one("#report-text", Static).render())
        assert text.startswith("PASSED")
        await pilot.press("escape")

    play(office, View.LETTERS, scene)


def test_who_was_slower_is_told_by_whom_and_when(office: PostOffice, until: Until) -> None:
    """F14.01: the slower operator reads who and when, and changes nothing."""
    letter = one_letter(office)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("h")
        await until(pilot, lambda: isinstance(pilot.app.screen, ActScreen))
        other = office.operators.entrance.local("paul")
        await asyncio.to_thread(lambda: office.operators.desk.act(other, Act.HOLD, letter.id, reason="First"))
        await pilot.press(*"Second", "enter")
        await until(pilot, lambda: "done already" in notes(pilot))
        assert "by paul at" in notes(pilot)

    play(office, View.LETTERS, scene)
    assert len(office.desk.holds.of(letter.id)) == 1


# --- the other screens ----------------------------------------------------------------------------------


def test_a_duty_that_was_given_up_stands_first_and_is_tried_again(office: PostOffice, until: Until) -> None:
    deposit_sample(office)
    [duty, *_] = office.agenda.claim(limit=1, lease=timedelta(minutes=1))
    office.agenda.release(duty, error="mail-unavailable", dead=True)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: panel_of(pilot).table.chosen_id == duty.key)
        await confirm(pilot, until, "t", "The server is back")
        await until(pilot, lambda: office.agenda.dead_count() == 0)

    play(office, View.AGENDA, scene)


def test_a_withdrawal_of_a_consent_is_noted(office: PostOffice, until: Until) -> None:
    consent = record_consent(office)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await confirm(pilot, until, "x", "Letter of 12 May")
        register = office.consents.register
        await until(pilot, lambda: register.by_id(consent.id).state is ConsentState.WITHDRAWN)

    play(office, View.CONSENTS, scene)


def test_a_means_is_suspended_resumed_and_revoked(office: PostOffice, until: Until) -> None:
    means_id = issue_means(office)
    with office.database.write() as uow:
        for act in ("deliver", "activate"):
            office.people.register.change(uow, means_id, act, actor={"role": "holder"}, reason="")
        uow.commit()

    def state() -> State:
        return office.people.register.by_id(means_id).state

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        for key, wanted in (("s", State.SUSPENDED), ("m", State.ACTIVE), ("x", State.REVOKED)):
            await confirm(pilot, until, key, "Lost, found, lost")
            await until(pilot, lambda wanted=wanted: state() is wanted)  # type: ignore[misc]

    play(office, View.IDENTIFIERS, scene)


@pytest.fixture
def posting(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    pytest.importorskip("pikepdf")
    told = {"post_provider": "spool", "post_return_address": "1 RUE DU BAC|75007 PARIS"}
    with throwaway_office(tmp_path / "posting", clock=clock, courier=MemoryCourier(), **told) as opened:
        yield opened


def test_a_batch_is_closed_and_handed_over(posting: PostOffice, until: Until) -> None:
    from lre_kit.postroom.items import batches
    from lre_kit.testing.post import deposit_on_paper

    deposit_on_paper(posting)
    posting.run_until_idle()

    def state() -> BatchState:
        return batches(posting.database)[0].state

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await confirm(pilot, until, "b")
        await until(pilot, lambda: state() is BatchState.CLOSED)
        await confirm(pilot, until, "o")
        await until(pilot, lambda: state() is BatchState.HANDED_OVER)
        await until(pilot, lambda: "Postings: 1" in story(pilot))
        await confirm(pilot, until, "p", "RK000000000FR", "Spoiled")
        await until(pilot, lambda: "Done" in notes(pilot) and "posting" in notes(pilot).lower())

    play(posting, View.POST, scene)


def test_the_log_is_audited_and_what_is_found_is_shown(office: PostOffice, until: Until) -> None:
    one_letter(office)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) >= 1)
        await confirm(pilot, until, "y")
        await until(pilot, lambda: bool(pilot.app.screen.query("#report-text")))
        assert "record" in str(pilot.app.screen.query_one("#report-text", Static).render())
        await pilot.press("escape")
        await confirm(pilot, until, "n", "The algorithm weakens")
        await until(pilot, lambda: "Done: renew the time stamps" in notes(pilot) or "planned" in notes(pilot))

    play(office, View.LOG, scene)


def test_health_tells_what_the_doctor_finds(office: PostOffice, until: Until) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) > 5)
        await pilot.press("h")
        await until(pilot, lambda: bool(pilot.app.screen.query("#report-text")))
        assert "✓" in str(pilot.app.screen.query_one("#report-text", Static).render())

    play(office, View.TODAY, scene)


def test_the_chosen_cell_is_copied(office: PostOffice, until: Until) -> None:
    letter = one_letter(office)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) == 1)
        await pilot.press("c")
        await until(pilot, lambda: pilot.app.clipboard == letter.number)

    play(office, View.LETTERS, scene)


def test_read_only_offers_no_act_and_the_database_refuses_any_write(office: PostOffice, until: Until) -> None:
    """F14.08: no act is offered, and none would be written."""
    from lre_kit.errors import StoreUnavailableError

    letter = one_letter(office)
    with PostOffice.open(office.settings, clock=office.clock, read_only=True) as looked_at:
        with pytest.raises(StoreUnavailableError, match="read-only"):
            looked_at.desk.hold(letter.id, reason="x", actor="x")

        async def scene(pilot: Pilot[None]) -> None:
            await until(pilot, lambda: lines(pilot) == 1)
            assert "READ ONLY" in str(panel_of(pilot).query_one("#title", Static).render())
            await pilot.press("h")
            await until(pilot, lambda: "Read only" in notes(pilot))
            assert not isinstance(pilot.app.screen, ActScreen)

        play(looked_at, View.LETTERS, scene, is_read_only=True, entrance=office.operators.entrance)
    assert office.desk.holds.of(letter.id) == []


def test_a_letter_said_not_for_me_is_reached_from_today_and_dismissed_with_a_reason(
    office: PostOffice, until: Until
) -> None:
    """Enter on the figure leads to those letters alone; what was said and what answers it stand there."""
    letter, _ = deposit_sample(office), deposit_sample(office)
    office.run_until_idle()
    office.misdirected.say(letter.id, email=letter.recipient.email)

    async def scene(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: lines(pilot) > 10)
        for _ in range(lines(pilot)):
            if panel_of(pilot).table.chosen_id != "not_for_them":
                await pilot.press("down")
        await pilot.press("enter")
        await until(pilot, lambda: panel_of(pilot).panel.view is View.LETTERS and lines(pilot) == 1)
        await until(pilot, lambda: "Said “not for me”" in story(pilot))
        await confirm(pilot, until, "d", "It is hers")
        await until(pilot, lambda: lines(pilot) == 0)
        await pilot.press("escape")
        await until(pilot, lambda: lines(pilot) == 2)

    play(office, View.TODAY, scene)
    assert office.misdirected.report(letter.id) is not None
    [entry] = office.operators.journal.of(f"letter:{letter.id}")
    assert (entry.act, entry.reason) == (Act.DISMISS_REPORT.value, "It is hers")
