"""One letter through the kernel: the three ends, the same key, what is refused."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.errors import (
    AlreadyDecidedError,
    DocumentTooLargeError,
    EvidenceBacklogError,
    IdempotencyMismatchError,
    IdentificationError,
    LreError,
    MailUnavailableError,
    NotFoundError,
    ThrottledError,
    TimestampUnavailableError,
)
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.duties import RESEND_DELAY
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import RECIPIENT, SENDER, SMALL_PDF, deposit_sample, identify, throwaway_office


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def courier() -> MemoryCourier:
    return MemoryCourier()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock, courier: MemoryCourier
) -> Iterator[PostOffice]:
    more = {}
    if request.param == "postgresql":
        more["database_url"] = request.getfixturevalue("postgres_url")
    with throwaway_office(tmp_path / "office", clock=clock, courier=courier, **more) as opened:
        yield opened


def names(office: PostOffice, letter_id: str) -> list[ErdsEvent]:
    return [entry.name for entry in office.reading.timeline(letter_id)]


def test_an_accepted_letter_is_handed_over_and_every_act_is_stamped(
    office: PostOffice, courier: MemoryCourier
) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    assert RECIPIENT.email in str(courier.messages[0]["To"])
    accepted = office.desk.accept(letter.id, identify(office, letter))
    office.run_until_idle()
    assert accepted.phase is Phase.RECEIVED
    assert names(office, letter.id) == [
        ErdsEvent.SUBMISSION_ACCEPTANCE,
        ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE,
        ErdsEvent.CONSIGNMENT_ACCEPTANCE,
        ErdsEvent.CONTENT_CONSIGNMENT,
        ErdsEvent.CONTENT_HANDOVER,
    ]
    assert {entry.evidence for entry in office.reading.timeline(letter.id)} == {"stamped"}
    info, pieces = office.desk.open_document(letter.id, 1)
    assert (info.name, b"".join(pieces)) == ("letter.pdf", SMALL_PDF)


def test_a_refused_letter_cannot_be_accepted_after(office: PostOffice) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    assert office.desk.refuse(letter.id, identify(office, letter)).phase is Phase.REFUSED
    with pytest.raises(AlreadyDecidedError):
        office.desk.accept(letter.id, identify(office, letter))


def test_an_unanswered_letter_is_unclaimed_when_its_window_closes_and_not_before(
    office: PostOffice, clock: MovedClock
) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    closes_at = office.reading.by_id(letter.id).window_closes_at
    assert closes_at is not None
    clock.advance(closes_at - clock() - timedelta(seconds=30))
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    clock.advance(timedelta(seconds=31))
    office.run_until_idle()
    assert office.reading.by_id(letter.id).phase is Phase.UNCLAIMED
    with pytest.raises(AlreadyDecidedError):
        office.desk.accept(letter.id, identify(office, letter))


def test_the_same_key_gives_the_same_letter_and_another_letter_is_refused(office: PostOffice) -> None:
    first = deposit_sample(office, idempotency_key="k")
    assert deposit_sample(office, idempotency_key="k").number == first.number
    with pytest.raises(IdempotencyMismatchError):
        deposit_sample(office, idempotency_key="k", subject="Autre")
    assert office.reading.count() == 1


def test_a_notice_refused_for_good_is_evidence_and_opens_no_window(
    office: PostOffice, courier: MemoryCourier
) -> None:
    courier.answers = [MailAnswer(MailOutcome.REFUSED, code=550, text="no such mailbox")]
    letter = deposit_sample(office)
    office.run_until_idle()
    after = office.reading.by_id(letter.id)
    assert (after.phase, after.window_closes_at) == (Phase.NOTIFICATION_FAILED, None)
    assert names(office, letter.id)[-1] is ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE


def test_a_notice_of_unknown_fate_is_sent_again_with_the_same_id(
    office: PostOffice, courier: MemoryCourier, clock: MovedClock
) -> None:
    courier.answers = [
        MailAnswer(MailOutcome.UNKNOWN, text="cut"),
        MailUnavailableError("Gone.", mend="Wait."),
    ]
    letter = deposit_sample(office)
    for _ in range(3):
        office.run_until_idle()
        assert office.reading.by_id(letter.id).window_closes_at is None or courier.messages
        clock.advance(RESEND_DELAY * 2)
    assert [m["Message-ID"] for m in courier.messages] == [office.links.message_id("notice", letter.id, 1)]
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED


def test_a_code_works_once_and_guesses_are_counted(office: PostOffice) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    used = identify(office, letter)
    assert used.level.value == "low"
    office.identification.send_code(letter.id)
    for _ in range(office.settings.code_attempts_max):
        with pytest.raises(IdentificationError):
            office.identification.check_code(letter.id, "0000-0000")
    courier = office.courier
    assert isinstance(courier, MemoryCourier)
    right = courier.text_of().split("\n\n")[2]
    with pytest.raises(IdentificationError):
        office.identification.check_code(letter.id, right)


def test_codes_are_not_sent_without_end(office: PostOffice) -> None:
    letter = deposit_sample(office)
    with pytest.raises(ThrottledError):
        for _ in range(20):
            office.identification.send_code(letter.id)


@pytest.mark.parametrize(
    "change",
    [
        {"documents": []},
        {"documents": [Upload(name="a.pdf", stream=BytesIO(b""))]},
        {"documents": [Upload(name="a.pdf", stream=BytesIO(b"not one"))]},
        {"documents": [Upload(name="a.pdf", stream=BytesIO(b"%PDF-" + b"x" * 3_000_000))]},
        {"product": "registered"},
        {"recipient": RECIPIENT.__class__(name="", email="jean@example.net")},
        {"recipient": RECIPIENT.__class__(name="Jean", email="jean@")},
        {"sender": SENDER.__class__(ref="x", name="\x07", email="a@example.org")},
        {"subject": "x" * 500},
    ],
)
def test_bad_input_gets_two_sentences_and_changes_nothing(tmp_path: Path, change: dict[str, object]) -> None:
    with throwaway_office(tmp_path / "o", document_max_bytes=1_000_000) as office:
        with pytest.raises(LreError) as caught:
            deposit_sample(office, **change)
        assert caught.value.problem
        assert caught.value.mend
        assert office.reading.count() == 0
        assert list(office.blobs.keys("letters/")) == []


def test_a_document_above_the_limit_names_the_limit(tmp_path: Path) -> None:
    with (
        throwaway_office(tmp_path / "o", document_max_bytes=1_000_000) as office,
        pytest.raises(DocumentTooLargeError, match="MiB"),
    ):
        deposit_sample(office, documents=[Upload(name="a.txt", stream=BytesIO(b"x" * 1_000_001))])


def test_evidence_that_waits_too_long_closes_the_desk_and_opens_it_again(
    tmp_path: Path, clock: MovedClock
) -> None:
    """F4.01."""

    class Silent:
        def stamp(self, digest: bytes) -> bytes:
            raise TimestampUnavailableError("No answer.", mend="Wait.")

    with throwaway_office(tmp_path / "o", clock=clock, evidence_stop_s=60) as office:
        working, office.authority = office.authority, Silent()
        deposit_sample(office)
        office.run_until_idle()
        clock.advance(timedelta(seconds=120))
        with pytest.raises(EvidenceBacklogError, match="doctor"):
            deposit_sample(office)
        office.authority = working
        office.run_until_idle()
        clock.advance(timedelta(seconds=2))
        assert deposit_sample(office).number


def test_an_unknown_letter_is_not_there_for_anyone(office: PostOffice) -> None:
    letter = deposit_sample(office)
    for asking in (
        lambda: office.reading.letter("X"),
        lambda: office.reading.letter(letter.number, sender_ref="z"),
    ):
        with pytest.raises(NotFoundError):
            asking()
