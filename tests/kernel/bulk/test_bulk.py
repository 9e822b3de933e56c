"""Letters in bulk: each line once, whatever dies where; paused, stopped, and erased at the end."""

import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from lre_kit.bulk.desk import CHUNK, DRAFT_LIFE
from lre_kit.bulk.results import result_lines
from lre_kit.bulk.rows import BulkLineRow
from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import BulkReport, BulkState, BulkWish, LineState
from lre_kit.errors import (
    ConsentMissingError,
    InputError,
    NotFoundError,
    StoreUnavailableError,
    UnlawfulActError,
)
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.hosting.hooks import DepositProposal, DepositRefusedError
from lre_kit.law.products import Product
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient
from lre_kit.postroom.errors import NoPostRoomError
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.lost_commits import expect_content_to_wait
from lre_kit.testing.office import (
    SENDER,
    SMALL_PDF,
    record_consent,
    sender_identified,
    throwaway_office,
)

MINE = {"sender_ref": SENDER.ref}


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock) as opened:
        yield opened


def table(count: int, *, first: int = 0) -> bytes:
    lines = (f"person{n}@example.net,Ada Lovelace {n},ref-{n}" for n in range(first, first + count))
    return ("email,name,reference\n" + "\n".join(lines) + "\n").encode()


def draft(office: PostOffice, raw: bytes, **wish: object) -> BulkReport:
    documents = [Upload(name="a.pdf", stream=io.BytesIO(SMALL_PDF)), Upload(name="b.txt", stream=[b"hello"])]
    lines = read_recipients(io.BytesIO(raw), limit=10_000)
    return office.bulk.draft(SENDER, lines, documents, BulkWish(**wish))  # type: ignore[arg-type]


def started(office: PostOffice, count: int) -> str:
    bulk_id = draft(office, table(count), title="Spring").bulk_id
    assert bulk_id is not None
    office.bulk.start(bulk_id, **MINE)
    return bulk_id


def numbers(office: PostOffice) -> list[str]:
    return [letter.reference for letter in office.reading.all_letters(limit=500)]


def kept(office: PostOffice) -> list[str]:
    return [key for key, _ in office.blobs.keys("bulk/")]


def test_each_line_becomes_a_letter_of_its_own(office: PostOffice) -> None:
    bulk_id = started(office, CHUNK + 7)
    office.run_until_idle()
    bulk = office.bulk.by_id(bulk_id, **MINE)
    assert (bulk.state, bulk.done, dict(bulk.counts)) == (
        BulkState.DONE, CHUNK + 7, {LineState.SENT: CHUNK + 7},
    )  # fmt: skip
    assert sorted(numbers(office)) == sorted(f"ref-{n}" for n in range(CHUNK + 7))
    letter = office.reading.all_letters(text="person3@")[0]
    assert [each.name for each in office.reading.by_id(letter.id).documents] == ["a.pdf", "b.txt"]
    _, content = office.desk.open_document(letter.id, 1)
    assert b"".join(content) == SMALL_PDF
    assert isinstance(office.courier, MemoryCourier)
    for message in office.courier.messages:
        assert len(message["To"].addresses) == 1
        others = [n for n in range(CHUNK + 7) if f"person{n}@" in message.as_string()]
        assert len(others) == 1, "nobody sees another"


def test_lines_may_plan_their_notice_and_a_pre_notice(office: PostOffice, clock: MovedClock) -> None:
    at = f"{clock() + timedelta(days=10):%Y-%m-%dT%H:%MZ}"
    raw = f"email,notify_at,pre_notice\na@b.example,{at},2\nb@b.example,,\n".encode()
    bulk_id = draft(office, raw).bulk_id
    assert bulk_id is not None
    office.bulk.start(bulk_id, **MINE)
    office.run_until_idle()
    [planned] = [each for each in office.reading.all_letters() if each.phase is Phase.DEPOSITED]
    letter = office.reading.by_id(planned.id)
    assert letter.pre_notice is not None
    assert letter.notify_at is not None
    assert letter.notify_at - letter.pre_notice.planned_at >= timedelta(days=2, hours=-1)
    late = f"email,notify_at,pre_notice\na@b.example,{at},11\nb@b.example,,1\nc@b.example,soon,\n".encode()
    problems = draft(office, late).problems
    assert [(each.line, each.error.slug) for each in problems] == [
        (2, "pre-notice"), (3, "pre-notice"), (4, "invalid-input"),
    ]  # fmt: skip


def test_what_is_kept_of_a_recipient_is_encrypted_and_erased_at_the_end(office: PostOffice) -> None:
    bulk_id = started(office, 3)
    with office.database.read() as connection:
        dump = str(connection.execute(text("SELECT * FROM bulk_line")).all())
        dump += str(connection.execute(text("SELECT * FROM bulk")).all())
    assert "person" not in dump
    assert "Lovelace" not in dump
    for path in office.settings.home.rglob("bulk/*/*"):
        assert SMALL_PDF not in path.read_bytes()
    assert len(kept(office)) == 2
    office.run_until_idle()
    assert kept(office) == []
    with office.database.read() as connection:
        assert connection.scalars(select(table_of(BulkLineRow).c.sealed)).all() == [None] * 3
        assert connection.execute(text("SELECT wrapped_key FROM bulk")).scalar() is None
    assert office.bulk.by_id(bulk_id).ended_at is not None


def test_one_bad_line_keeps_nothing_and_each_is_told(office: PostOffice) -> None:
    report = draft(office, table(2) + b"nobody,Eve\nperson0@example.net,Ada Lovelace 0,ref-0\n")
    assert (report.bulk_id, report.lines) == (None, 4)
    assert [each.line for each in report.problems] == [4, 5]
    assert office.bulk.of(SENDER.ref) == []
    assert kept(office) == []


@pytest.mark.parametrize(
    "documents", [[], [Upload(name="a.exe", stream=[b"MZ"])], [Upload(name="e.pdf", stream=[])]]
)
def test_documents_that_cannot_be_sent_keep_nothing(office: PostOffice, documents: list[Upload]) -> None:
    lines = read_recipients(io.BytesIO(table(2)), limit=10)
    with pytest.raises(InputError):
        office.bulk.draft(SENDER, lines, documents, BulkWish())
    assert office.bulk.of(SENDER.ref) == []
    assert kept(office) == []


@pytest.mark.parametrize(
    "place", ["bulk.deposited", "bulk.chunk_sent", "deposit.before_commit", "deposit.after_commit"]
)
def test_whoever_dies_while_sending_sends_no_line_twice(
    office: PostOffice, clock: MovedClock, place: str
) -> None:
    """F1.03: at each place of a batch."""
    started(office, 5)
    arm(place, "raise")
    try:
        for duty in office.agenda.claim(limit=10, lease=timedelta(minutes=5)):
            if duty.action == "send_bulk":
                with pytest.raises(FailpointError):
                    office.bulk.send(duty)
    finally:
        disarm()
    clock.advance(timedelta(minutes=6))
    office.run_until_idle()
    assert sorted(numbers(office)) == [f"ref-{n}" for n in range(5)]
    [bulk] = office.bulk.of(SENDER.ref)
    assert (bulk.state, bulk.counts) == (BulkState.DONE, {LineState.SENT: 5})


def test_a_store_that_goes_away_in_the_middle_loses_nothing(
    office: PostOffice, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(office, 6)
    real, calls = office.desk.deposit_many, []

    def failing(requests: object) -> object:
        calls.append(requests)
        if len(calls) == 1:
            raise StoreUnavailableError("Away.", mend="Wait.")
        return real(requests)  # type: ignore[arg-type]

    monkeypatch.setattr(office.desk, "deposit_many", failing)
    office.run_until_idle()
    assert numbers(office) == []
    clock.advance(timedelta(minutes=1))
    office.run_until_idle()
    assert sorted(numbers(office)) == [f"ref-{n}" for n in range(6)]


def test_pausing_and_going_on_sends_each_line_once(office: PostOffice) -> None:
    bulk_id = started(office, 2 * CHUNK + 5)
    office.sweep(limit=1)
    office.bulk.pause(bulk_id, **MINE)
    office.run_until_idle()
    assert office.bulk.by_id(bulk_id).counts == {LineState.SENT: CHUNK, LineState.WAITING: CHUNK + 5}
    with pytest.raises(UnlawfulActError):
        office.bulk.pause(bulk_id, **MINE)
    office.bulk.start(bulk_id, **MINE)
    with pytest.raises(UnlawfulActError):
        office.bulk.start(bulk_id, **MINE)
    office.run_until_idle()
    assert office.bulk.by_id(bulk_id).counts == {LineState.SENT: 2 * CHUNK + 5}
    assert len(set(numbers(office))) == 2 * CHUNK + 5


def test_paused_and_resumed_while_a_chunk_is_on_its_way_nothing_is_sent_twice(office: PostOffice) -> None:
    bulk_id = started(office, CHUNK + 5)
    [duty] = [d for d in office.agenda.claim(limit=10, lease=timedelta(minutes=5)) if d.action == "send_bulk"]
    sender = threading.Thread(target=office.bulk.send, args=(duty,))
    sender.start()
    office.bulk.pause(bulk_id, **MINE)
    office.bulk.start(bulk_id, **MINE)
    sender.join()
    office.run_until_idle()
    assert office.bulk.by_id(bulk_id).state is BulkState.DONE
    assert sorted(numbers(office)) == sorted(f"ref-{n}" for n in range(CHUNK + 5))


def test_stopping_sends_no_further_line_for_ever(office: PostOffice) -> None:
    bulk_id = started(office, CHUNK + 5)
    office.sweep(limit=1)
    office.bulk.stop(bulk_id, **MINE)
    office.run_until_idle()
    assert office.bulk.by_id(bulk_id).counts == {LineState.SENT: CHUNK, LineState.STOPPED: 5}
    assert kept(office) == []
    for act in (office.bulk.start, office.bulk.pause, office.bulk.stop):
        with pytest.raises(UnlawfulActError):
            act(bulk_id, **MINE)


def test_a_draft_that_nobody_starts_is_forgotten(office: PostOffice, clock: MovedClock) -> None:
    bulk_id = draft(office, table(3)).bulk_id
    assert bulk_id is not None
    clock.advance(DRAFT_LIFE)
    office.run_until_idle()
    assert office.bulk.by_id(bulk_id).state is BulkState.DROPPED
    assert kept(office) == []
    assert numbers(office) == []


def test_a_bulk_sending_is_its_senders_alone(office: PostOffice) -> None:
    bulk_id = started(office, 2)
    for act in (office.bulk.start, office.bulk.pause, office.bulk.stop, office.bulk.by_id):
        with pytest.raises(NotFoundError):
            act(bulk_id, sender_ref="somebody-else")
    assert office.bulk.of("somebody-else") == []


def test_qualified_letters_need_consents_and_an_identified_sender_line_by_line(office: PostOffice) -> None:
    record_consent(office, Recipient(name="Ada Lovelace 0", email="person0@example.net"))
    bulk_id = draft(office, table(2), product=Product.QUALIFIED).bulk_id
    assert bulk_id is not None
    office.bulk.start(bulk_id, **MINE, identified=sender_identified(office))
    office.run_until_idle()
    assert office.bulk.by_id(bulk_id).counts == {LineState.SENT: 1, LineState.FAILED: 1}
    lines = list(result_lines(office.database, bulk_id))
    assert lines[0] == "line,outcome,number,phase,reference,problem\r\n"
    assert ",sent,LRE" in lines[1] or ",sent," in lines[1]
    assert ",failed,,,,consent-missing" in lines[2]
    assert "person1" not in "".join(lines)


def test_a_dry_run_tells_all_that_a_deposit_would_refuse_in_its_words(office: PostOffice) -> None:
    record_consent(office, Recipient(name="Ada Lovelace 0", email="person0@example.net"))

    @office.intake.hooks.add
    def refuse(proposal: DepositProposal) -> None:
        if proposal.recipient.email.startswith("person2@"):
            raise DepositRefusedError("This file is closed.", mend="Open it again.")

    raw, wish = table(4), BulkWish(product=Product.QUALIFIED, subject="Objet")
    lines = read_recipients(io.BytesIO(raw), limit=10)
    good, report = office.bulk.check(lines, wish, sender=SENDER)
    assert [each.line for each in good] == [2, 3, 4, 5], "all may still consent"
    assert [(each.line, each.error.slug) for each in report.problems] == [
        (3, "consent-missing"), (4, "consent-missing"), (5, "consent-missing"),
    ]  # fmt: skip
    record_consent(office, Recipient(name="Ada Lovelace 2", email="person2@example.net"))
    lines = read_recipients(io.BytesIO(raw), limit=10)
    good, report = office.bulk.check(lines, wish, sender=SENDER)
    assert [each.line for each in good] == [2, 3, 5]
    told = {each.line: str(each.error.problem) for each in report.problems}
    assert told[4] == "This file is closed."
    with pytest.raises(ConsentMissingError) as said:
        office.desk.deposit(
            sender=SENDER,
            recipient=Recipient(name="Ada Lovelace 1", email="person1@example.net"),
            product=Product.QUALIFIED,
            subject="Objet",
            documents=[Upload(name="a.pdf", stream=io.BytesIO(SMALL_PDF))],
            identified=sender_identified(office),
        )
    assert told[3] == said.value.problem
    assert draft(office, raw, product=Product.QUALIFIED).bulk_id is None, "a refusal that does not pass"
    assert office.reading.all_letters() == []
    # Without the faulty line it is kept, and tells what would be refused until that changes.
    bulk_id = draft(office, table(2), product=Product.QUALIFIED).bulk_id
    assert bulk_id is not None
    assert [each.line for each in office.bulk.refused(bulk_id, **MINE)] == [3]
    record_consent(office, Recipient(name="Ada Lovelace 1", email="person1@example.net"))
    assert office.bulk.refused(bulk_id, **MINE) == []


def test_documents_that_are_too_large_together_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    limits = {"letter_max_bytes": 1_500, "document_max_bytes": 1_000}
    with throwaway_office(tmp_path / "office", **limits) as office:
        lines = read_recipients(
            io.BytesIO(b"email,document\na@b.example,a.txt\nb@b.example,b.txt\n"), limit=9
        )
        files = [Upload(name="a.txt", stream=[b"a" * 400]), Upload(name="b.txt", stream=[b"b" * 900])]
        shared = [Upload(name="all.txt", stream=[b"c" * 1_000])]
        report = office.bulk.draft(SENDER, lines, shared, BulkWish(), files=files)
        assert [(each.line, each.error.slug) for each in report.problems] == [(3, "document-too-large")]
        assert kept(office) == []


def test_an_office_without_a_post_room_sends_nothing_on_paper_in_bulk(office: PostOffice) -> None:
    with pytest.raises(NoPostRoomError):
        draft(office, table(1), product=Product.HYBRID)


@pytest.mark.parametrize("was_kept", [True, False])
def test_content_of_a_draft_whose_commit_nobody_can_tell_stays_until_the_sweep(
    office: PostOffice, clock: MovedClock, was_kept: bool
) -> None:
    expect_content_to_wait(
        office, clock, lambda: draft(office, table(2)), lambda: kept(office), done=was_kept, count=2
    )
