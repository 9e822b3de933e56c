"""What a sender may still do after the deposit: withdraw before the notice left, correct the address."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import text

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.errors import AlreadyDecidedError, InvalidAddressError, UnlawfulActError
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.notice_duty import NoticeLeavingError
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

SENDER = {"role": "sender"}
OTHER = "j.dupont@example.com"


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock, database_url: str) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock, database_url=database_url) as opened:
        yield opened


def mails(office: PostOffice) -> list[EmailMessage]:
    courier = office.courier
    assert isinstance(courier, MemoryCourier)
    return courier.messages


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""


def names(office: PostOffice, letter_id: str) -> list[ErdsEvent]:
    return [entry.name for entry in office.reading.timeline(letter_id)]


def test_a_letter_whose_notice_has_not_left_is_withdrawn_and_never_sent(office: PostOffice) -> None:
    letter = deposit_sample(office)
    assert office.desk.withdraw(letter.id, actor=SENDER).phase is Phase.WITHDRAWN
    office.run_until_idle()
    assert mails(office) == []
    assert names(office, letter.id) == [ErdsEvent.SUBMISSION_ACCEPTANCE, ErdsEvent.SUBMISSION_REJECTION]
    assert office.reading.timeline(letter.id)[-1].reasons == ("WithdrawnBySender",)
    with pytest.raises(UnlawfulActError):
        office.desk.withdraw(letter.id, actor=SENDER)
    assert office.issuer.bundle_zip(letter.id)


def test_a_letter_whose_recipient_was_told_is_not_withdrawn(office: PostOffice) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    with pytest.raises(UnlawfulActError):
        office.desk.withdraw(letter.id, actor=SENDER)
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED


def test_a_notice_that_is_leaving_or_may_have_left_cannot_be_held_back(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = deposit_sample(office)
    [duty] = [
        each for each in office.agenda.claim(limit=9, lease=timedelta(minutes=1)) if each.action == "notify"
    ]
    for act in (
        lambda: office.desk.withdraw(letter.id, actor=SENDER),
        lambda: office.desk.correct_address(letter.id, OTHER, actor=SENDER),
    ):
        with pytest.raises(NoticeLeavingError):
            act()
    office.agenda.release(duty, error="unknown: the connection broke after the text")
    with pytest.raises(NoticeLeavingError):
        office.desk.withdraw(letter.id, actor=SENDER)
    assert office.reading.by_id(letter.id).phase is Phase.DEPOSITED


def test_withdrawal_and_notice_at_once_have_one_outcome(office: PostOffice) -> None:
    letters = [deposit_sample(office) for _ in range(12)]
    outcomes: dict[str, bool] = {}
    begin = threading.Barrier(2)

    def withdraw_all() -> None:
        begin.wait()
        for letter in letters:
            try:
                office.desk.withdraw(letter.id, actor=SENDER)
                outcomes[letter.id] = True
            except UnlawfulActError:
                outcomes[letter.id] = False

    racer = threading.Thread(target=withdraw_all)
    racer.start()
    begin.wait()
    office.run_until_idle()
    racer.join()
    office.run_until_idle()
    told = [text_of(message) for message in mails(office)]
    for letter in letters:
        withdrawn = office.reading.by_id(letter.id).phase is Phase.WITHDRAWN
        assert withdrawn is outcomes[letter.id]
        assert withdrawn is not any(letter.number in each for each in told)


def test_a_corrected_address_gets_a_notice_of_its_own_and_a_new_window(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    first = office.reading.by_id(letter.id)
    clock.advance(timedelta(days=3))
    office.desk.correct_address(letter.id, f" {OTHER} ", actor=SENDER)
    assert office.reading.by_id(letter.id).window_closes_at == first.window_closes_at
    office.run_until_idle()
    second = office.reading.by_id(letter.id)
    assert (second.recipient.email, second.notices) == (OTHER, 2)
    assert mails(office)[-1]["To"].endswith(f"<{OTHER}>")
    assert first.window_closes_at is not None
    assert second.window_closes_at == first.window_closes_at + timedelta(days=3)
    assert "sender" not in str(mails(office)[-1]["From"]).lower()
    clock.advance(timedelta(days=14))
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED, "the first window's end is past"
    office.desk.accept(letter.id, identify(office, second))
    assert office.reading.by_id(letter.id).phase is Phase.RECEIVED


def test_a_refused_notice_is_mended_by_a_corrected_address(office: PostOffice) -> None:
    courier = office.courier
    assert isinstance(courier, MemoryCourier)
    courier.answers.append(MailAnswer(MailOutcome.REFUSED, code=550, text="no such user"))
    letter = deposit_sample(office)
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFICATION_FAILED
    office.desk.correct_address(letter.id, OTHER, actor=SENDER)
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    assert names(office, letter.id)[-2:] == [
        ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE,
        ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE,
    ]


def test_a_corrected_address_that_is_refused_too_ends_the_old_window(office: PostOffice) -> None:
    courier = office.courier
    assert isinstance(courier, MemoryCourier)
    letter = deposit_sample(office)
    office.run_until_idle()
    courier.answers.append(MailAnswer(MailOutcome.REFUSED, code=550, text="no such user"))
    office.desk.correct_address(letter.id, OTHER, actor=SENDER)
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFICATION_FAILED


def test_an_address_is_corrected_to_another_one_while_the_letter_waits_only(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = deposit_sample(office)
    for wrong in ("nobody", letter.recipient.email, "a@b\r\nBcc: x@y.example"):
        with pytest.raises(InvalidAddressError):
            office.desk.correct_address(letter.id, wrong, actor=SENDER)
    office.run_until_idle()
    clock.advance(timedelta(days=16))
    with pytest.raises(AlreadyDecidedError):
        office.desk.correct_address(letter.id, OTHER, actor=SENDER)
    office.run_until_idle()
    with pytest.raises(AlreadyDecidedError):
        office.desk.correct_address(letter.id, OTHER, actor=SENDER)
    with office.database.read() as connection:
        assert connection.execute(text("SELECT recipient_email FROM letter")).scalar() != OTHER


def test_two_corrections_in_a_row_send_one_notice_to_the_last(office: PostOffice) -> None:
    letter = deposit_sample(office)
    for email in ("one@example.com", OTHER):
        office.desk.correct_address(letter.id, email, actor=SENDER)
    office.run_until_idle()
    [notice] = mails(office)
    assert OTHER in notice["To"]
    assert office.reading.by_id(letter.id).notices == 1
