"""What delivery reports do to letters (F3.03, F3.06 to F3.08): C.2 in time, and else nothing."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lre_kit.carriers.delivery_reports import ReportKind
from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.carriers.mailbox import Mailbox
from lre_kit.errors import StoreUnavailableError
from lre_kit.failpoints import FailpointError, arm, disarm
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.bounces import Outcome, TakenReport
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import EventRow
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import RECIPIENT, SENDER, deposit_sample, identify, throwaway_office

CORPUS = Path(__file__).parents[2] / "vectors" / "bounces"


class Scene:
    """An office with an address for reports."""

    def __init__(self, office: PostOffice, clock: MovedClock) -> None:
        self.office, self.clock = office, clock

    @property
    def courier(self) -> MemoryCourier:
        assert isinstance(self.office.courier, MemoryCourier)
        return self.office.courier

    def letter(self, **changes: Any) -> Letter:
        made = deposit_sample(self.office, **changes)
        self.office.run_until_idle()
        return self.now(made)

    def now(self, letter: Letter) -> Letter:
        return self.office.reading.by_id(letter.id)

    def path(self, place: int = -1) -> str:
        found = self.courier.return_paths[place]
        assert found is not None
        return found

    def report(self, name: str, to: str) -> TakenReport:
        """Take a report of the corpus in, as if it came to this address."""
        raw = (CORPUS / f"{name}.eml").read_bytes()
        return self.office.mail_room.bounces.take(raw.replace(b"bounces+token@notices.example", to.encode()))

    def names(self, letter: Letter) -> list[str]:
        return [entry.name.value for entry in self.office.reading.timeline(letter.id)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    clock = MovedClock()
    with throwaway_office(
        tmp_path / "office", clock=clock, mail_return_address="bounces@notices.example"
    ) as office:
        yield Scene(office, clock)


def test_a_late_bounce_ends_the_window_and_the_sender_is_told_once(scene: Scene) -> None:
    letter = scene.letter()
    path = scene.path()
    assert path.startswith("bounces+")
    assert path.endswith("@notices.example")
    scene.clock.advance(timedelta(hours=2))
    taken = scene.report("postfix-user-unknown", path)
    assert (taken.outcome, taken.kind, taken.letter_id) == (
        Outcome.NOTICE_FAILED, ReportKind.FAILED, letter.id,
    )  # fmt: skip
    assert scene.now(letter).phase is Phase.NOTIFICATION_FAILED
    last = scene.office.reading.timeline(letter.id)[-1]
    assert last.name is ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE_FAILURE
    event = table_of(EventRow)
    with scene.office.database.read() as connection:
        details = connection.scalars(select(event.c.details).where(event.c.name == last.name.value)).one()
    assert details["server_answer"].startswith("5.1.1 550 5.1.1")
    assert RECIPIENT.email not in str(details)
    before = len(scene.courier.messages)
    scene.office.run_until_idle()
    assert len(scene.courier.messages) == before + 1
    assert str(scene.courier.messages[-1]["To"].addresses[0].addr_spec) == SENDER.email
    told = scene.courier.text_of()
    assert letter.number in told
    assert "Recipient address rejected" in told
    scene.clock.advance(timedelta(days=20))
    scene.office.run_until_idle()
    assert len(scene.courier.messages) == before + 1, "no reminder, and nobody is told twice"
    assert scene.now(letter).phase is Phase.NOTIFICATION_FAILED


def test_the_same_report_again_changes_nothing(scene: Scene) -> None:
    letter = scene.letter()
    path = scene.path()
    outcomes = [scene.report("gmail-no-such-user", path).outcome for _ in range(3)]
    assert outcomes == [Outcome.NOTICE_FAILED, Outcome.KNOWN, Outcome.KNOWN]
    assert scene.report("sendmail-user-unknown", path).outcome is Outcome.LATE
    assert scene.names(letter).count("NotificationForAcceptanceFailure") == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("postfix-delayed", ReportKind.DELAYED),
        ("postfix-delivered", ReportKind.DELIVERED),
        ("postfix-relayed", ReportKind.RELAYED),
        ("out-of-office", ReportKind.AUTO_REPLY),
        ("read-receipt", ReportKind.RECEIPT),
        ("abuse-complaint", ReportKind.COMPLAINT),
    ],
)
def test_what_is_no_failure_is_noted_and_answered_by_nobody(
    scene: Scene, name: str, kind: ReportKind
) -> None:
    letter = scene.letter()
    before, sent = scene.names(letter), len(scene.courier.messages)
    taken = scene.report(name, scene.path())
    assert (taken.outcome, taken.kind) == (Outcome.NOTED, kind)
    scene.office.run_until_idle()
    assert (scene.names(letter), len(scene.courier.messages)) == (before, sent)
    [kept] = scene.office.mail_room.bounces.newest(letter_id=letter.id)
    assert kept.kind is kind


def test_a_report_to_another_address_is_counted_and_not_believed(scene: Scene) -> None:
    letter = scene.letter()
    before = scene.names(letter)
    forged = scene.path().replace("+", "+a")[:60].partition("@")[0] + "@notices.example"
    for to in (forged, "bounces@notices.example", "bounces+" + "a" * 48 + "@notices.example"):
        assert scene.report("postfix-user-unknown", to).outcome is Outcome.FOREIGN
    assert scene.names(letter) == before
    kept = scene.office.mail_room.bounces.newest()
    assert {(each.outcome, each.letter_id, each.words) for each in kept} == {(Outcome.FOREIGN, None, "")}


def test_a_report_counts_for_the_letter_its_return_path_names(scene: Scene) -> None:
    first = scene.letter()
    path = scene.path()
    second = scene.letter()
    scene.report("postfix-user-unknown", path)
    assert scene.now(first).phase is Phase.NOTIFICATION_FAILED
    assert scene.now(second).phase is Phase.NOTIFIED


def corrected(scene: Scene, letter: Letter) -> None:
    scene.office.desk.correct_address(letter.id, "new@example.net", actor={"role": "sender"})
    scene.office.run_until_idle()


def accepted(scene: Scene, letter: Letter) -> None:
    scene.office.desk.accept(letter.id, identify(scene.office, letter))


def unclaimed(scene: Scene, _: Letter) -> None:
    scene.clock.advance(timedelta(days=17))
    scene.office.run_until_idle()


def over_and_not_swept(scene: Scene, _: Letter) -> None:
    scene.clock.advance(timedelta(days=17))


@pytest.mark.parametrize("change", [corrected, accepted, unclaimed, over_and_not_swept])
def test_a_report_that_comes_too_late_is_kept_and_changes_nothing(
    scene: Scene, change: Callable[[Scene, Letter], None]
) -> None:
    letter = scene.letter()
    path = scene.path()
    change(scene, letter)
    before = scene.names(letter)
    assert scene.report("postfix-user-unknown", path).outcome is Outcome.LATE
    assert scene.names(letter) == before


def test_a_corrected_address_gets_a_new_return_path_and_a_new_window(scene: Scene) -> None:
    letter = scene.letter()
    old = scene.path()
    scene.report("postfix-user-unknown", old)
    scene.office.run_until_idle()
    scene.clock.advance(timedelta(days=3))
    corrected(scene, letter)
    new = scene.courier.return_paths[-1]
    assert new is not None
    assert new != old
    now = scene.now(letter)
    assert now.phase is Phase.NOTIFIED
    assert now.window_closes_at is not None
    assert now.window_closes_at > scene.clock() + timedelta(days=14)
    assert scene.report("zimbra-quota", new).outcome is Outcome.NOTICE_FAILED


def test_a_notice_that_the_server_refuses_at_once_is_told_to_the_sender_too(scene: Scene) -> None:
    scene.courier.answers.append(MailAnswer(MailOutcome.REFUSED, code=550, text="5.1.1 No such mailbox here"))
    letter = scene.letter(language="en")
    assert letter.phase is Phase.NOTIFICATION_FAILED
    assert "550 5.1.1 No such mailbox here" in scene.courier.text_of()
    assert "could not be delivered" in scene.courier.text_of()


@pytest.mark.parametrize("place", ["bounce.read", "act.decided", "act.before_commit", "act.after_commit"])
def test_whoever_dies_while_taking_a_report_takes_it_once(scene: Scene, place: str) -> None:
    letter = scene.letter()
    path = scene.path()
    arm(place, "raise")
    try:
        with pytest.raises(FailpointError):
            scene.report("postfix-user-unknown", path)
    finally:
        disarm()
    again = scene.report("postfix-user-unknown", path).outcome
    assert again is (Outcome.KNOWN if place == "act.after_commit" else Outcome.NOTICE_FAILED)
    assert scene.names(letter).count("NotificationForAcceptanceFailure") == 1
    assert len(scene.office.mail_room.bounces.newest()) == 1


def test_two_who_take_the_same_report_at_once_take_it_once(scene: Scene) -> None:
    letter = scene.letter()
    path = scene.path()
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(scene.report, "postfix-user-unknown", path) for _ in range(4)]
        outcomes = [job.result().outcome for job in jobs]
    assert outcomes.count(Outcome.NOTICE_FAILED) == 1
    assert scene.names(letter).count("NotificationForAcceptanceFailure") == 1
    assert len(scene.office.mail_room.bounces.newest()) == 1


def test_one_bad_file_never_stops_the_next(scene: Scene) -> None:
    letter = scene.letter()
    path = scene.path()
    for name in ("random-bytes", "empty", "deeply-nested", "cut-in-the-middle", "broken-boundary"):
        assert scene.report(name, path).outcome in {Outcome.UNREADABLE, Outcome.FOREIGN}
    assert scene.report("postfix-user-unknown", path).outcome is Outcome.NOTICE_FAILED
    assert scene.now(letter).phase is Phase.NOTIFICATION_FAILED


NESTED = "".join(
    f'Content-Type: multipart/mixed; boundary="b{depth}"\n\n--b{depth}\n' for depth in range(1000)
).encode()


@pytest.mark.parametrize(
    "bad",
    [
        b"From: " + b"(" * 3000 + b"\nSubject: x\n\nx\n",
        b"To: " + b"(" * 3000 + b"\nSubject: x\n\nx\n",
        NESTED,
    ],
    ids=["sender", "addressee", "nested"],
)
def test_a_mail_made_to_break_its_reader_stops_no_bounce_behind_it(
    scene: Scene, bad: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F5: the mailbox is read to its end, and what nobody can read is put aside."""
    letter = scene.letter()
    good = (CORPUS / "postfix-user-unknown.eml").read_bytes()
    good = good.replace(b"bounces+token@notices.example", scene.path().encode())
    given: list[bytes] = []

    def fetch(_box: Mailbox, take: Callable[[bytes], None]) -> int:
        for raw in (bad, good):
            take(raw)
            given.append(raw)
        return len(given)

    monkeypatch.setattr(Mailbox, "fetch", fetch)
    assert scene.office.mail_room.fetch() == 2
    assert given == [bad, good]
    assert scene.now(letter).phase is Phase.NOTIFICATION_FAILED


def test_a_message_that_a_fault_meets_is_put_aside_but_waits_for_a_database_that_is_away(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    room = scene.office.mail_room
    monkeypatch.setattr(room.bounces, "take", lambda _raw: {}["secret@example.org"])
    monkeypatch.setattr(Mailbox, "fetch", lambda _box, take: take(b"\n\nx") or 1)
    assert room.fetch() == 1
    assert "KeyError" in caplog.text
    assert "secret@example.org" not in caplog.text

    def away(_raw: bytes) -> None:
        raise StoreUnavailableError("Away.", mend="Wait.")

    monkeypatch.setattr(room.bounces, "take", away)
    with pytest.raises(StoreUnavailableError):
        room.fetch()
