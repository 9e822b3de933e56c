"""Reminders: at fixed times inside the window, never moving it, and to nobody who decided."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.clock import PARIS
from lre_kit.law.deadlines import window_closes_at
from lre_kit.law.reminders import DEFAULT, HOUR, LAST, parse_plan, reminder_times
from lre_kit.letters.bounces import Outcome
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

NOTIFIED = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
CORPUS = Path(__file__).parents[2] / "vectors" / "bounces"


def test_the_usual_plan_over_the_change_of_clocks() -> None:
    closes_at = window_closes_at(NOTIFIED)
    told = [at.astimezone(PARIS) for at in reminder_times(NOTIFIED, closes_at)]
    assert [at.date() for at in told] == [
        date(2026, 3, 23),
        date(2026, 3, 27),
        date(2026, 4, 1),
        date(2026, 4, 4),
    ]
    assert {at.time() for at in told} == {HOUR}


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    st.integers(1, 40),
    st.lists(st.one_of(st.just(LAST), st.integers(1, 60)), max_size=8),
    st.sampled_from(["Europe/Paris", "America/Guadeloupe", "Indian/Reunion", "Pacific/Noumea"]),
)
def test_reminders_are_in_order_inside_the_window_and_each_once(
    sent: datetime, days: int, plan: list[int], name: str
) -> None:
    zone, notified = ZoneInfo(name), sent.replace(tzinfo=UTC)
    closes_at = window_closes_at(notified, days=days, zone=zone)
    times = reminder_times(notified, closes_at, plan=plan, zone=zone)
    assert list(times) == sorted(set(times))
    assert all(notified < at < closes_at for at in times)
    assert all(at.astimezone(zone).time() == HOUR for at in times)
    if LAST in plan:
        assert closes_at - times[-1] <= timedelta(hours=16)


@pytest.mark.parametrize(("text", "plan"), [("", ()), ("3,7,12,last", DEFAULT), (" 1 , LAST ", (1, LAST))])
def test_a_plan_is_read(text: str, plan: tuple[int, ...]) -> None:
    assert parse_plan(text) == plan


@pytest.mark.parametrize("text", ["x", "-1", "366", "1;2", "0"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_plan(text)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(lambda: NOTIFIED)


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    made = throwaway_office(tmp_path / "office", clock=clock, mail_return_address="bounces@notices.example")
    with made as opened:
        yield opened


def courier(office: PostOffice) -> MemoryCourier:
    assert isinstance(office.courier, MemoryCourier)
    return office.courier


def reminders(office: PostOffice) -> list[str]:
    subjects = [str(message["Subject"]) for message in courier(office).messages]
    return [subject for subject in subjects if subject.startswith(("Rappel", "Reminder"))]


def test_who_waits_is_reminded_four_times_and_the_window_stays(office: PostOffice, clock: MovedClock) -> None:
    letter = deposit_sample(office, product="qualified")
    office.run_until_idle()
    closes_at = office.reading.by_id(letter.id).window_closes_at
    notice = courier(office).messages[-1]
    days = []
    for day in range(18):
        before = len(reminders(office))
        clock.advance(datetime.combine(NOTIFIED.date() + timedelta(days=day), time(20), UTC) - clock())
        office.run_until_idle()
        days += [day] * (len(reminders(office)) - before)
        if len(reminders(office)) > before:
            reminder = courier(office).messages[-1]
            assert reminder["Message-ID"] != notice["Message-ID"]
            text = courier(office).text_of()
            assert "vous en avez déjà été averti" in text
            assert letter.sender.name not in reminder.as_string()
        now = office.reading.by_id(letter.id)
        assert now.window_closes_at == closes_at
    assert days == [3, 7, 12, 15]
    assert len({message["Message-ID"] for message in courier(office).messages}) == len(
        courier(office).messages
    )
    assert office.reading.by_id(letter.id).phase is Phase.UNCLAIMED
    names = [entry.name.value for entry in office.reading.timeline(letter.id)]
    assert names == ["SubmissionAcceptance", "NotificationForAcceptance", "AcceptanceRejectionExpiry"]


def test_a_worker_that_comes_late_reminds_once(office: PostOffice, clock: MovedClock) -> None:
    """F5.07: reminders that were missed are one."""
    deposit_sample(office)
    office.run_until_idle()
    clock.advance(timedelta(days=8))
    office.run_until_idle()
    assert len(reminders(office)) == 1
    clock.advance(timedelta(days=4))
    office.run_until_idle()
    assert len(reminders(office)) == 2


def test_who_decided_is_reminded_no_more(office: PostOffice, clock: MovedClock) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    clock.advance(timedelta(days=4))
    office.run_until_idle()
    office.desk.accept(letter.id, identify(office, letter))
    clock.advance(timedelta(days=12))
    office.run_until_idle()
    assert len(reminders(office)) == 1


@pytest.mark.parametrize("outcome", [MailOutcome.REFUSED, MailOutcome.UNKNOWN])
def test_a_reminder_is_not_sent_again_and_a_refusal_ends_them(
    office: PostOffice, clock: MovedClock, outcome: MailOutcome
) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    clock.advance(timedelta(days=4))
    courier(office).answers.append(MailAnswer(outcome, code=550, text="no"))
    office.run_until_idle()
    assert reminders(office) == []
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED, "the notice left, and the window is open"
    clock.advance(timedelta(days=4))
    office.run_until_idle()
    assert len(reminders(office)) == (1 if outcome is MailOutcome.UNKNOWN else 0)


def test_a_reminder_that_bounces_ends_no_window(office: PostOffice, clock: MovedClock) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    clock.advance(timedelta(days=4))
    office.run_until_idle()
    path = courier(office).return_paths[-1]
    assert path is not None
    raw = (CORPUS / "exchange-online-mailbox-full.eml").read_bytes()
    taken = office.mail_room.bounces.take(raw, to=path)
    assert (taken.outcome, taken.letter_id) == (Outcome.NOTED, letter.id)
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED


def test_an_office_may_remind_nobody(tmp_path: Path, clock: MovedClock) -> None:
    with throwaway_office(tmp_path / "office", clock=clock, reminders="") as office:
        deposit_sample(office)
        office.run_until_idle()
        clock.advance(timedelta(days=14))
        office.run_until_idle()
        assert reminders(office) == []
