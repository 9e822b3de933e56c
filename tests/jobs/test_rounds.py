# ruff: noqa: E501 - text for people
"""Rounds: doubled, shuffled, late, cut short or starved, they end in the same state."""

import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lre_jobs import rounds as rounds_module
from lre_jobs.rounds import Rounds
from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.errors import StoreUnavailableError
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.store.agenda import plan
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office

BEFORE_PROOF = timedelta(minutes=1)
"""Longer than proofs wait for their evidence."""


def kinds_of(office: PostOffice, letter_id: str) -> list[ErdsEvent]:
    return [entry.name for entry in office.reading.timeline(letter_id)]


def test_a_deposited_letter_is_noticed_logged_stamped_and_proved(
    office: PostOffice, courier: MemoryCourier, clock: MovedClock
) -> None:
    letter = deposit_sample(office)
    rounds = Rounds(office)
    for _ in range(3):
        rounds.sweep()
        rounds.sequence()
        clock.advance(BEFORE_PROOF)
    assert len(courier.messages) == 1
    assert {entry.evidence for entry in office.reading.timeline(letter.id)} == {"stamped"}
    assert office.agenda.due_count() == 0
    assert office.agenda.dead() == []


def test_asleep_for_three_weeks_one_round_catches_up(
    office: PostOffice, clock: MovedClock, courier: MemoryCourier
) -> None:
    """F5.07."""
    letter = deposit_sample(office)
    rounds = Rounds(office)
    rounds.sweep()
    clock.advance(timedelta(days=21))
    rounds.sweep()
    rounds.sequence()
    assert kinds_of(office, letter.id)[-1] is ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY
    assert len(courier.messages) == 1


def test_a_malformed_duty_is_put_aside_and_harms_no_other(office: PostOffice, courier: MemoryCourier) -> None:
    """F5.08; F5.09: one of a name that this release does not know is set aside too."""
    letter = deposit_sample(office)
    with office.database.write() as uow:
        for key, action, subject in (("x", "dance", "?"), ("y", "notify", "no such letter"), ("z", "make_proof", letter.id)):  # fmt: skip
            plan(uow, key=key, due_at=office.clock() - timedelta(days=1), action=action, subject=subject)
        uow.commit()
    Rounds(office).sweep()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    assert [duty.key for duty in office.agenda.dead()] == ["x"]
    assert office.agenda.revive("x")
    Rounds(office).sweep()
    assert [duty.key for duty in office.agenda.dead()] == ["x"]


def test_a_store_that_is_away_cuts_the_round_short_and_loses_nothing(
    office: PostOffice, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = deposit_sample(office)

    def away(**_: object) -> list[object]:
        raise StoreUnavailableError("Away.", mend="Wait.")

    rounds = Rounds(office)
    with monkeypatch.context() as broken:
        broken.setattr(office.agenda, "claim", away)
        rounds.sweep()
    assert "store-unavailable" in caplog.text
    rounds.sweep()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED


class SlowCourier(MemoryCourier):
    """Calls back while a message is being sent."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    def send(self, message: object, *, return_path: str | None = None) -> MailAnswer:
        self.meanwhile()
        return super().send(message)  # type: ignore[arg-type]


def test_told_to_stop_a_round_finishes_the_duty_in_hand_and_gives_the_others_back(tmp_path: Path) -> None:
    """F1.04."""
    courier, stopping = SlowCourier(), threading.Event()
    with throwaway_office(tmp_path / "o", courier=courier) as office:
        letters = [deposit_sample(office) for _ in range(3)]
        courier.meanwhile = stopping.set
        Rounds(office, stopping=stopping).sweep()
        phases = [office.reading.by_id(letter.id).phase for letter in letters]
        assert phases == [Phase.NOTIFIED, Phase.DEPOSITED, Phase.DEPOSITED]
        courier.meanwhile = lambda: None
        Rounds(office).sweep()
        assert {office.reading.by_id(letter.id).phase for letter in letters} == {Phase.NOTIFIED}
        assert len(courier.messages) == 3


def test_a_round_that_is_slow_gives_duties_back_before_their_lease_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds_module, "LEASE_SHARE", 0.0)
    with throwaway_office(tmp_path / "o") as office:
        deposit_sample(office)
        Rounds(office).sweep()
        assert office.agenda.due_count() == 1


def test_a_second_round_in_the_same_process_leaves_at_once(tmp_path: Path) -> None:
    courier = SlowCourier()
    with throwaway_office(tmp_path / "o", courier=courier) as office:
        rounds = Rounds(office)
        deposit_sample(office)
        deposit_sample(office)
        courier.meanwhile = rounds.sweep
        rounds.sweep()
        assert len(courier.messages) == 2


ACTS = st.lists(
    st.sampled_from(["sweep", "sequence", "deposit", "minute", "week", "unknown", "unavailable"]), max_size=25
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTS)
def test_rings_in_any_order_and_number_end_in_the_same_state(acts: list[str]) -> None:
    """F5.03: shuffled, doubled, weeks late."""
    clock, courier = MovedClock(), MemoryCourier()
    with (
        tempfile.TemporaryDirectory() as folder,
        throwaway_office(Path(folder), clock=clock, courier=courier, evidence_stop_s=1e9) as office,
    ):
        rounds = Rounds(office)
        moves: dict[str, Callable[[], object]] = {
            "sweep": rounds.sweep,
            "sequence": rounds.sequence,
            "deposit": lambda: deposit_sample(office),
            "minute": lambda: clock.advance(timedelta(minutes=1)),
            "week": lambda: clock.advance(timedelta(days=7)),
            "unknown": lambda: courier.answers.append(MailAnswer(MailOutcome.UNKNOWN, text="cut")),
            "unavailable": lambda: courier.answers.append(StoreUnavailableError("Away.", mend="Wait.")),
        }
        for act in ["deposit", *acts]:
            moves[act]()
        courier.answers.clear()
        for _ in range(10):
            clock.advance(timedelta(days=4))
            rounds.sweep()
            rounds.sequence()
        letters = office.reading.all_letters()
        assert {letter.phase for letter in letters} == {Phase.UNCLAIMED}
        for letter in letters:
            assert kinds_of(office, letter.id) == [
                ErdsEvent.SUBMISSION_ACCEPTANCE,
                ErdsEvent.NOTIFICATION_FOR_ACCEPTANCE,
                ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY,
            ]
        ids = [
            message["Message-ID"]
            for message in courier.messages
            if not str(message["Subject"]).startswith("Rappel")
        ]
        assert sorted(ids) == sorted(office.links.message_id("notice", letter.id, 1) for letter in letters)
        assert office.agenda.due_count() == 0
        assert office.agenda.dead() == []
        assert audit_office(office).findings == []
