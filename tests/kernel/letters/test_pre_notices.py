"""Pre-notices: the recipient is told that a letter is coming, once, before the notice, and nothing begins."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.carriers.mail_kinds import MailKind, kind_named_in
from lre_kit.clock import PARIS
from lre_kit.errors import IdempotencyMismatchError, InputError
from lre_kit.failpoints import arm, disarm
from lre_kit.law.pre_notices import DAYS_MAX, OFFERED, PreNoticeState, days_before, told_before
from lre_kit.law.products import Product
from lre_kit.letters import pre_notices
from lre_kit.letters.bounces import Outcome
from lre_kit.letters.notice_duty import NoticeLeavingError
from lre_kit.letters.phases import Phase
from lre_kit.letters.pre_notices import ACTION
from lre_kit.letters.rows import EventRow, LetterRow
from lre_kit.letters.terms import PreNoticeError, checked_terms, read_instant
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office

NOW = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
CORPUS = Path(__file__).parents[2] / "vectors" / "bounces"


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(lambda: NOW)


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    made = throwaway_office(
        tmp_path / "office",
        clock=clock,
        mail_return_address="bounces@notices.example",
    )
    with made as opened:
        yield opened


def courier(office: PostOffice) -> MemoryCourier:
    assert isinstance(office.courier, MemoryCourier)
    return office.courier


def deposit(office: PostOffice, **asked: Any) -> Letter:
    return deposit_sample(office, **{"notify_at": NOW + timedelta(days=10), "pre_notice": "3", **asked})


def state_of(office: PostOffice, letter: Letter) -> PreNoticeState | None:
    early = office.reading.by_id(letter.id).pre_notice
    return early.state if early is not None else None


def before_send(act: Callable[[], None]) -> Callable[[str], None]:
    """Return a failpoint at which somebody acts while a worker is about to send."""
    return lambda name: act() if name == "pre_notice.before_send" else None


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.integers(1, DAYS_MAX))
def test_it_leaves_whole_legal_days_before_at_the_same_time_of_day(at: datetime, days: int) -> None:
    notice = at.replace(tzinfo=UTC)
    told, then = told_before(notice, days).astimezone(PARIS), notice.astimezone(PARIS)
    assert (then.date() - told.date()).days == days
    assert abs(notice - told - timedelta(days=days)) <= timedelta(hours=1)


def test_what_forms_offer_is_understood_and_nothing_else() -> None:
    assert [days_before(one) for one in OFFERED] == [None, 1, 2, 3, 7, 14, 30]
    for wrong in ("0", "31", "-1", "3 days", "³", "now", " "):
        with pytest.raises(ValueError, match="1 to 30 days"):
            days_before(wrong)


def test_it_is_told_days_before_and_the_notice_alone_opens_the_window(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = deposit(office, product="qualified")
    clock.advance(timedelta(days=7, hours=1) - timedelta(seconds=1))  # the clocks change in between
    office.run_until_idle()
    assert courier(office).messages == []
    clock.advance(timedelta(seconds=1))
    office.run_until_idle()
    [told] = courier(office).messages
    assert kind_named_in(told["Message-ID"]) is MailKind.PRE_NOTICE
    text = courier(office).text_of()
    assert "lundi 30 mars 2026 à 15:30 (heure de Paris" in text
    assert "Ce message n'est pas l'avis" in text
    assert letter.number in text
    assert letter.sender.name not in told.as_string()
    assert letter.sender.email not in told.as_string()
    assert letter.subject not in told.as_string()
    assert "/r/" not in told.as_string(), "no link: there is nothing to decide"
    now = office.reading.by_id(letter.id)
    assert (now.phase, now.notices, now.window_closes_at) == (Phase.DEPOSITED, 0, None)
    assert now.pre_notice is not None
    assert (now.pre_notice.state, now.pre_notice.settled_at) == (PreNoticeState.SENT, clock())
    assert [entry.name.value for entry in office.reading.timeline(letter.id)] == ["SubmissionAcceptance"]
    clock.advance(timedelta(days=2, hours=23))
    office.run_until_idle()
    now = office.reading.by_id(letter.id)
    assert now.phase is Phase.NOTIFIED
    assert now.window_closes_at == datetime(2026, 4, 14, 22, tzinfo=UTC), "counted from the notice"
    assert len(courier(office).messages) == 2


def test_that_it_was_asked_for_is_in_the_evidence_and_held_against_the_row(office: PostOffice) -> None:
    letter = deposit(office)
    event, row = table_of(EventRow), table_of(LetterRow)
    office.run_until_idle()
    with office.database.read() as connection:
        details = connection.scalars(select(event.c.details).where(event.c.seq == 0)).one()
    assert details["pre_notice_planned_at"] == "2026-03-27T14:30:00.000000Z", "15:30 in Paris, as the notice"
    assert audit_office(office).findings == []
    with office.database.write() as uow:
        uow.execute(update(row).where(row.c.id == letter.id).values(pre_notice_at=NOW))
        uow.commit()
    assert ["pre_notice_at" in str(each) for each in audit_office(office).findings] == [True]


def test_a_sender_whom_the_rules_show_is_shown(office: PostOffice, clock: MovedClock) -> None:
    letter = deposit(office, matter="co_ownership", product="qualified")
    clock.advance(timedelta(days=8))
    office.run_until_idle()
    assert f"Il vous est envoyé par {letter.sender.name}" in courier(office).text_of()


def test_at_the_deposit_and_in_english(office: PostOffice) -> None:
    letter = deposit(office, pre_notice=" Deposit ", language="en")
    office.run_until_idle()
    [told] = courier(office).messages
    assert told["Content-Language"] == "en"
    assert "You can collect it from Monday 30 March 2026 at 15:30 (Paris time" in courier(office).text_of()
    assert state_of(office, letter) is PreNoticeState.SENT


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"notify_at": None}, "leaves at once"),
        ({"pre_notice": "11"}, "would have had to leave"),
        ({"pre_notice": "31"}, "1 to 30 days"),
        ({"pre_notice": "soon"}, "1 to 30 days"),
    ],
)
def test_what_cannot_be_told_before_is_refused_and_leaves_nothing(
    office: PostOffice, asked: dict[str, Any], problem: str
) -> None:
    with pytest.raises(PreNoticeError, match=problem):
        deposit(office, **asked)
    assert office.reading.all_letters() == []


def test_a_printed_letter_is_told_of_at_its_deposit_where_there_is_an_address() -> None:
    terms = checked_terms(
        "", None, product=Product.HYBRID, now=NOW, pre_notice="deposit", email="a@example.net"
    )
    assert terms.pre_notice_at == NOW
    for wish, email, problem in (("deposit", "", "no e-mail address"), ("3", "a@example.net", "at once")):
        with pytest.raises(PreNoticeError, match=problem):
            checked_terms("", None, product=Product.HYBRID, now=NOW, pre_notice=wish, email=email)


def test_who_withdraws_takes_it_back_and_who_comes_late_sends_none(
    office: PostOffice, clock: MovedClock
) -> None:
    withdrawn, late = deposit(office), deposit(office)
    office.desk.withdraw(withdrawn.id, actor={"role": "sender"})
    assert state_of(office, withdrawn) is PreNoticeState.LEFT_OUT
    assert office.agenda.first_due(f"{ACTION}:{withdrawn.id}") is None
    clock.advance(timedelta(days=11))
    office.run_until_idle()
    assert state_of(office, late) is PreNoticeState.LEFT_OUT
    kinds = [kind_named_in(message["Message-ID"]) for message in courier(office).messages]
    assert kinds == [MailKind.NOTICE]


def test_a_corrected_address_is_the_one_that_is_told(office: PostOffice, clock: MovedClock) -> None:
    letter = deposit(office)
    office.desk.correct_address(letter.id, "new@example.net", actor={"role": "sender"})
    clock.advance(timedelta(days=8))
    office.run_until_idle()
    assert [each["To"].addresses[0].addr_spec for each in courier(office).messages] == ["new@example.net"]


def test_a_mailbox_that_refuses_it_is_told_to_the_sender_and_the_letter_stays(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = deposit(office)
    courier(office).answers = [MailAnswer(MailOutcome.REFUSED, code=550, text="no such user")]
    clock.advance(timedelta(days=8))
    office.run_until_idle()
    assert state_of(office, letter) is PreNoticeState.FAILED
    [told] = [
        each for each in courier(office).messages if each["To"].addresses[0].addr_spec == letter.sender.email
    ]
    assert "n'a pas pu être remise" in told["Subject"]
    assert "no such user" in told.get_content()
    assert "avant le départ de l'avis" in told.get_content()
    now = office.reading.by_id(letter.id)
    assert (now.phase, now.notices) == (Phase.DEPOSITED, 0)


def test_a_report_on_it_fails_no_notice(office: PostOffice, clock: MovedClock) -> None:
    letter = deposit(office)
    clock.advance(timedelta(days=8))
    office.run_until_idle()
    path = courier(office).return_paths[-1]
    assert path is not None
    raw = (CORPUS / "postfix-user-unknown.eml").read_bytes()
    taken = office.mail_room.bounces.take(raw, to=path)
    assert taken.outcome is Outcome.PRE_NOTICE_FAILED
    assert office.mail_room.bounces.take(raw, to=path).outcome is Outcome.KNOWN
    office.run_until_idle()
    assert state_of(office, letter) is PreNoticeState.FAILED
    assert office.reading.by_id(letter.id).phase is Phase.DEPOSITED
    clock.advance(timedelta(days=3))
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED


@pytest.mark.parametrize("corrects_before", [True, False])
def test_a_late_report_of_the_address_before_blames_no_corrected_one(
    office: PostOffice, clock: MovedClock, corrects_before: bool
) -> None:
    letter = deposit(office)
    if corrects_before:
        office.desk.correct_address(letter.id, "new@example.net", actor={"role": "sender"})
    clock.advance(timedelta(days=8))
    office.run_until_idle()
    if not corrects_before:
        clock.advance(timedelta(hours=1))
        office.desk.correct_address(letter.id, "new@example.net", actor={"role": "sender"})
    clock.advance(timedelta(days=1))
    path = courier(office).return_paths[-1]
    assert path is not None
    taken = office.mail_room.bounces.take((CORPUS / "postfix-user-unknown.eml").read_bytes(), to=path)
    office.run_until_idle()
    to_sender = [each for each in courier(office).messages if letter.sender.email in str(each["To"])]
    if corrects_before:
        assert (taken.outcome, len(to_sender)) == (Outcome.PRE_NOTICE_FAILED, 1)
        assert state_of(office, letter) is PreNoticeState.FAILED
    else:
        assert (taken.outcome, to_sender) == (Outcome.LATE, [])
        assert state_of(office, letter) is PreNoticeState.SENT


@pytest.mark.parametrize(
    ("answer", "becomes"),
    [(MailOutcome.ACCEPTED, PreNoticeState.SENT), (MailOutcome.REFUSED, PreNoticeState.FAILED)],
)
def test_whoever_withdraws_while_it_leaves_is_told_what_became_of_it(
    office: PostOffice,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    answer: MailOutcome,
    becomes: PreNoticeState,
) -> None:
    letter = deposit(office)
    clock.advance(timedelta(days=8))
    courier(office).answers = [MailAnswer(answer)]

    def withdraw() -> None:
        office.desk.withdraw(letter.id, actor={"role": "sender"})
        assert state_of(office, letter) is PreNoticeState.PLANNED, "who sends it says what became of it"

    monkeypatch.setattr(pre_notices, "failpoint", before_send(withdraw))
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.WITHDRAWN
    assert state_of(office, letter) is becomes
    assert office.agenda.first_due(f"{ACTION}:{letter.id}") is None
    assert courier(office).messages == [], "nothing is left to correct, so the sender is not told"


def test_an_address_is_not_corrected_while_it_leaves(
    office: PostOffice, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = deposit(office)
    clock.advance(timedelta(days=8))

    def correct() -> None:
        with pytest.raises(NoticeLeavingError, match="at this moment"):
            office.desk.correct_address(letter.id, "new@example.net", actor={"role": "sender"})

    monkeypatch.setattr(pre_notices, "failpoint", before_send(correct))
    office.run_until_idle()
    assert state_of(office, letter) is PreNoticeState.SENT
    clock.advance(timedelta(minutes=1))
    office.desk.correct_address(letter.id, "new@example.net", actor={"role": "sender"})


def test_who_dies_once_it_was_sent_sends_the_same_message_again(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = deposit(office)
    clock.advance(timedelta(days=8))

    arm("pre_notice.after_send", "raise")
    try:
        office.run_until_idle()
    finally:
        disarm()
    clock.advance(timedelta(minutes=1))
    office.run_until_idle()
    first, again = courier(office).messages
    assert first["Message-ID"] == again["Message-ID"]
    assert state_of(office, letter) is PreNoticeState.SENT


def test_what_became_unknown_is_not_sent_again(office: PostOffice, clock: MovedClock) -> None:
    letter = deposit(office)
    courier(office).answers = [MailAnswer(MailOutcome.UNKNOWN, text="lost")]
    clock.advance(timedelta(days=8))
    office.run_until_idle()
    clock.advance(timedelta(hours=1))
    office.run_until_idle()
    assert state_of(office, letter) is PreNoticeState.UNKNOWN


def test_the_same_key_with_another_pre_notice_is_refused(office: PostOffice, clock: MovedClock) -> None:
    first = deposit(office, idempotency_key="k", pre_notice="deposit")
    clock.advance(timedelta(minutes=1))
    assert deposit(office, idempotency_key="k", pre_notice="deposit").id == first.id
    with pytest.raises(IdempotencyMismatchError):
        deposit(office, idempotency_key="k", pre_notice="2")


@pytest.mark.parametrize(
    "text", ["2026-03-20T09:00", "2026-03-20 09:00", "20/03/2026 09:00", "2026-03-20T08Z"]
)
def test_instants_are_read_as_people_type_them(text: str) -> None:
    assert read_instant(f" {text} ") == datetime(2026, 3, 20, 8, tzinfo=UTC)


@pytest.mark.parametrize("text", ["tomorrow", "32/01/2026", "2026-13-01", "20/03/26", "9h"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is no time"):
        read_instant(text)


def test_nothing_typed_is_no_instant() -> None:
    assert read_instant("  ") is None
