"""News of letters by mail: kept with the event, told at once or each morning, and only what was asked for."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.consents.values import ConsentRequest
from lre_kit.errors import InputError
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.effects import PROVIDER
from lre_kit.letters.state import Event
from lre_kit.news.desk import LAG, TELL, forget_wishes, keep
from lre_kit.news.rows import NewsItemRow
from lre_kit.news.values import BY_DEFAULT, CHOICES, NewsKind, Pace, Wishes
from lre_kit.news.words import SENTENCES
from lre_kit.office import PostOffice
from lre_kit.parties.values import Sender
from lre_kit.preparing.digest import next_morning
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import RECIPIENT, SENDER, deposit_sample, throwaway_office

ALL = {kind: (Pace.AT_ONCE if Pace.AT_ONCE in CHOICES[kind] else Pace.DAILY) for kind in NewsKind}
REFUSAL = ErdsEvent.CONSIGNMENT_REJECTION.value
DAILY = dict.fromkeys(NewsKind, Pace.DAILY)


@pytest.fixture
def courier() -> MemoryCourier:
    return MemoryCourier()


@pytest.fixture
def office(tmp_path: Path, courier: MemoryCourier) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path, clock=MovedClock(), courier=courier) as opened:
        yield opened


def to_sender(courier: MemoryCourier) -> list[EmailMessage]:
    return [message for message in courier.messages if SENDER.email in str(message["To"])]


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def items(office: PostOffice) -> list[str]:
    with office.database.read() as connection:
        return list(connection.scalars(select(table_of(NewsItemRow).c.kind)))


def lapse(office: PostOffice) -> str:
    """Let a letter go unclaimed; return its number."""
    letter = deposit_sample(office)
    office.run_until_idle()
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(timedelta(days=17))
    office.run_until_idle()
    return letter.number


def test_who_chose_nothing_is_told_nothing_new(office: PostOffice, courier: MemoryCourier) -> None:
    lapse(office)
    assert to_sender(courier) == []
    assert items(office) == []


def test_news_are_told_at_once_with_the_proofs_page_and_then_forgotten(
    office: PostOffice, courier: MemoryCourier
) -> None:
    office.news.desk.choose(SENDER.ref, Wishes(paces=ALL, language="en"))
    number = lapse(office)
    [message] = to_sender(courier)
    assert number in message["Subject"]
    told = text_of(message)
    assert f"/letters/{number}" in told
    assert RECIPIENT.name in told
    assert "/preferences" in told
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert items(office) == []


def test_a_days_news_are_one_message_the_next_morning(office: PostOffice, courier: MemoryCourier) -> None:
    office.news.desk.choose(SENDER.ref, Wishes(paces=DAILY, language="fr"))
    numbers = [deposit_sample(office).number for _ in range(3)]
    office.run_until_idle()
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(timedelta(days=17))
    office.run_until_idle()
    clock.advance(timedelta(days=1))
    office.run_until_idle()
    [message] = to_sender(courier)
    assert all(number in text_of(message) for number in numbers)
    assert "3 nouvelle" in message["Subject"]
    assert items(office) == []


def test_news_and_their_duty_are_written_with_the_event_or_not_at_all(office: PostOffice) -> None:
    """A transaction that is not committed leaves neither news nor duty."""
    office.news.desk.choose(SENDER.ref, Wishes(paces=ALL))
    letter = deposit_sample(office)
    event = Event(name=ErdsEvent.CONSIGNMENT_REJECTION, occurred_at=office.clock())
    for commits in (False, True):
        with office.database.write() as uow:
            office.recorder.record(uow, letter=letter, seq=9, event=event, actor={"role": "recipient"})
            if commits:
                uow.commit()
        duty = table_of(DutyRow)
        with office.database.read() as connection:
            planned = connection.scalars(select(duty.c.key).where(duty.c.action == TELL)).all()
        assert (len(items(office)), len(planned)) == (int(commits), int(commits))


def test_a_message_whose_fate_is_unknown_is_sent_again_under_its_own_name(
    office: PostOffice, courier: MemoryCourier
) -> None:
    office.news.desk.choose(SENDER.ref, Wishes(paces=ALL))
    letter = deposit_sample(office)
    office.run_until_idle()
    with office.database.write() as uow:
        keep(uow, Wishes(paces=ALL), SENDER.ref, NewsKind.REFUSED, letter.id, REFUSAL, office.clock())
        uow.commit()
    courier.answers = [MailAnswer(MailOutcome.UNKNOWN)]
    office.run_until_idle()
    assert (to_sender(courier), items(office)) == ([], ["refused"])
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(timedelta(hours=2))
    office.run_until_idle()
    [message] = to_sender(courier)
    assert message["Message-ID"]
    assert items(office) == []


def test_a_days_message_that_is_tried_again_takes_no_newer_news_in(
    office: PostOffice, courier: MemoryCourier
) -> None:
    clock = office.clock
    assert isinstance(clock, MovedClock)
    letter = deposit_sample(office)
    office.run_until_idle()

    def happens(kind: NewsKind) -> None:
        with office.database.write() as uow:
            keep(uow, Wishes(paces=DAILY), SENDER.ref, kind, letter.id, REFUSAL, clock())
            uow.commit()

    happens(NewsKind.REFUSED)
    clock.advance(next_morning(clock()) + LAG - clock())
    courier.answers = [MailAnswer(MailOutcome.UNKNOWN)] * 4
    office.run_until_idle()
    happens(NewsKind.UNCLAIMED)
    for _ in range(4):
        clock.advance(timedelta(minutes=20))
        office.run_until_idle()
    [message] = to_sender(courier)
    assert "1 nouvelle" in message["Subject"]
    assert items(office) == ["unclaimed"]
    clock.advance(timedelta(days=1))
    office.run_until_idle()
    assert len({each["Message-ID"] for each in to_sender(courier)}) == 2
    assert items(office) == []


@pytest.mark.parametrize("pace", [Pace.AT_ONCE, Pace.DAILY])
def test_news_go_where_their_owner_reads_mail_now(
    office: PostOffice, courier: MemoryCourier, pace: Pace
) -> None:
    parties, clock = office.people.parties, office.clock
    assert isinstance(clock, MovedClock)
    party = parties.for_recipient(email="old@example.net", name="Ada Byron")
    letters = [
        deposit_sample(office, sender=Sender(ref=party.id, name="Ada Byron", email=email))
        for email in ("older@example.net", "old@example.net")
    ]
    office.run_until_idle()
    parties.emails.verify(party.id, "new@example.net", actor=PROVIDER)
    parties.emails.choose(party.id, "new@example.net", actor=PROVIDER)
    wishes = Wishes(paces=dict.fromkeys(NewsKind, pace))
    with office.database.write() as uow:
        for letter in letters:
            keep(uow, wishes, party.id, NewsKind.REFUSED, letter.id, REFUSAL, clock())
        uow.commit()
    clock.advance(timedelta(days=1))
    office.run_until_idle()
    told = [each for each in courier.messages if "nouvea" in each["Subject"] or "nouvel" in each["Subject"]]
    assert len(told) == (2 if pace is Pace.AT_ONCE else 1)
    assert {each["To"].addresses[0].addr_spec for each in told} == {"new@example.net"}


def test_recipients_answers_to_requests_are_news_and_senders_own_acts_are_not(
    office: PostOffice, courier: MemoryCourier
) -> None:
    office.news.desk.choose(SENDER.ref, Wishes(paces=ALL, language="fr"))
    info = office.consents.desk.ask(SENDER, ConsentRequest(name="Ada", email="ada@example.net"))
    office.run_until_idle()
    assert to_sender(courier) == []
    office.consents.desk.later(info.id)
    office.run_until_idle()
    [message] = to_sender(courier)
    assert "Ada répondra plus tard" in text_of(message)
    assert f"/consents/{info.id}" in text_of(message)


@pytest.mark.parametrize("pace", [Pace.AT_ONCE, Pace.DAILY])
def test_a_failed_notice_is_always_told(office: PostOffice, courier: MemoryCourier, pace: Pace) -> None:
    """At once or the next morning, never not at all: until the address is mended no time runs."""
    with pytest.raises(InputError):
        office.news.desk.choose(SENDER.ref, Wishes(paces={NewsKind.BOUNCED: Pace.OFF}))
    office.news.desk.choose(SENDER.ref, Wishes(paces={NewsKind.BOUNCED: pace}, language="en"))
    letter = deposit_sample(office)
    courier.answers = [MailAnswer(MailOutcome.REFUSED, code=550)]
    office.run_until_idle()
    assert len(to_sender(courier)) == (pace is Pace.AT_ONCE)
    clock = office.clock
    assert isinstance(clock, MovedClock)
    clock.advance(timedelta(days=2))
    office.run_until_idle()
    [message] = to_sender(courier)
    assert letter.number in text_of(message)
    assert "could not be delivered" in text_of(message)
    assert message["Content-Language"] == "en"


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))
def test_news_of_a_day_wait_until_the_next_morning_and_never_fall_between_two(at: datetime) -> None:
    """On days of 23 and 25 hours too."""
    morning = next_morning(at)
    assert at < morning <= at + timedelta(hours=25)
    assert next_morning(morning) > morning


def test_every_kind_has_choices_a_default_and_words() -> None:
    assert set(CHOICES) == set(BY_DEFAULT) == set(NewsKind)
    assert all(BY_DEFAULT[kind] in CHOICES[kind] for kind in NewsKind)
    for french, english in SENTENCES.values():
        assert french.count("{") == english.count("{")


def test_what_somebody_chose_goes_with_them(office: PostOffice) -> None:
    office.news.desk.choose(SENDER.ref, Wishes(paces=ALL))
    letter = deposit_sample(office)
    with office.database.write() as uow:
        keep(uow, Wishes(paces=ALL), SENDER.ref, NewsKind.REFUSED, letter.id, REFUSAL, office.clock())
        forget_wishes(uow, [SENDER.ref])
        uow.commit()
    assert office.news.desk.wishes(SENDER.ref) == Wishes()
    office.run_until_idle()
    assert items(office) == []
