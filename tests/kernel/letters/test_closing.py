"""Windows that close together: each as it would alone, all or none, and one bad letter stops no other."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from lre_kit.failpoints import REGISTRY, FailpointError, arm, disarm
from lre_kit.law.events import ErdsEvent
from lre_kit.letters import commands
from lre_kit.letters.closing import ACTION, closing
from lre_kit.letters.duties import claim_batches, together
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import EventRow
from lre_kit.letters.state import EMPTY
from lre_kit.office import CLAIM_MAX, LEASE, PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.rows import EvidenceRow
from lre_kit.store.agenda import Duty, LeaseLostError
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import SENDER, deposit_sample, identify, throwaway_office
from lre_kit.webhooks.values import EndpointWish, Owner


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    hooks = {"webhook_http": "on", "webhook_private_hosts": "127.0.0.1"}
    with throwaway_office(tmp_path / "office", clock=clock, reminders="", **hooks) as opened:
        yield opened
    disarm()


def notified(office: PostOffice, count: int) -> list[str]:
    made = [deposit_sample(office, subject=f"Objet {number}").id for number in range(count)]
    office.run_until_idle()
    return made


def due(office: PostOffice) -> list[Duty]:
    """Claim the windows to close; whatever else is due is done first."""
    claimed = office.agenda.claim(limit=CLAIM_MAX, lease=LEASE)
    for duty in claimed:
        if duty.action != ACTION:
            office.duties.run(duty)
    return [duty for duty in claimed if duty.action == ACTION]


def phases(office: PostOffice, letters: list[str]) -> list[Phase]:
    return [office.reading.by_id(letter_id).phase for letter_id in letters]


def evidence(office: PostOffice, letter_id: str) -> list[dict[str, Any]]:
    table = table_of(EvidenceRow)
    query = select(table.c.record).where(table.c.letter_id == letter_id).order_by(table.c.id)
    with office.database.read() as connection:
        return [json.loads(record) for record in connection.execute(query).scalars()]


def test_windows_that_close_together_leave_what_each_would_leave_alone(
    office: PostOffice, clock: MovedClock
) -> None:
    *many, alone = notified(office, 5)
    clock.advance(timedelta(days=17))
    duties = due(office)
    [single] = [duty for duty in duties if duty.subject == alone]
    assert office.duties.run(single)
    rest = [duty for duty in duties if duty.subject != alone]
    assert office.duties.run_all(rest) == 4
    assert phases(office, [*many, alone]) == [Phase.UNCLAIMED] * 5
    of_alone = [entry.name for entry in office.reading.timeline(alone)]
    differing = {
        "EvidenceIdentifier",
        "MessageIdentifier",
        "EventTime",
        "SubmissionTime",
        "UserContentInfo",
        "SenderDetails",
    }
    for letter_id in many:
        assert [entry.name for entry in office.reading.timeline(letter_id)] == of_alone
        for ours, theirs in zip(evidence(office, letter_id), evidence(office, alone), strict=True):
            assert ours.keys() == theirs.keys()
            for name in ours.keys() - differing - {"Extensions"}:
                assert ours[name] == theirs[name]
        assert {duty.action for duty in office.agenda.dead()} == set()
    clock.advance(timedelta(minutes=5))
    office.run_until_idle()
    assert all(
        "non_claim" in {proof.kind for proof in office.issuer.available(one)} for one in [*many, alone]
    )
    assert audit_office(office).findings == []


def test_what_is_not_over_or_was_decided_is_left_as_it_is(office: PostOffice, clock: MovedClock) -> None:
    accepted, corrected, waiting = notified(office, 3)
    office.desk.accept(accepted, identify(office, office.reading.by_id(accepted)))
    clock.advance(timedelta(days=10))
    office.desk.correct_address(corrected, "jeanne@example.net", actor={"role": "sender"})
    office.run_until_idle()
    clock.advance(timedelta(days=7))
    assert office.duties.run_all(due(office)) == 2
    assert phases(office, [accepted, corrected, waiting]) == [
        Phase.RECEIVED,
        Phase.NOTIFIED,
        Phase.UNCLAIMED,
    ]
    clock.advance(timedelta(days=10))
    office.run_until_idle()
    assert phases(office, [corrected]) == [Phase.UNCLAIMED]


def test_a_duty_that_was_fulfilled_meanwhile_stops_the_batch_not_the_others(
    office: PostOffice, clock: MovedClock
) -> None:
    letters = notified(office, 3)
    clock.advance(timedelta(days=17))
    duties = due(office)
    assert office.duties.run(duties[1])
    with pytest.raises(LeaseLostError):
        office.duties._closings.close(duties)
    assert phases(office, letters).count(Phase.NOTIFIED) == 2
    assert office.duties.run_all(duties) == 2
    assert phases(office, letters) == [Phase.UNCLAIMED] * 3
    assert audit_office(office).findings == []


def test_a_letter_whose_journal_cannot_be_read_stops_no_other(office: PostOffice, clock: MovedClock) -> None:
    broken, *sound = notified(office, 3)
    clock.advance(timedelta(days=17))
    event = table_of(EventRow)
    with office.database.write() as uow:
        uow.execute(update(event).where(event.c.letter_id == broken, event.c.seq == 1).values(name="Nothing"))
        uow.commit()
    assert office.duties.run_all(due(office)) == 2
    assert phases(office, sound) == [Phase.UNCLAIMED] * 2
    assert office.agenda.next_due(broken) is not None


@pytest.mark.parametrize("name", sorted(name for name in REGISTRY if name.startswith("close.")))
def test_a_batch_that_breaks_off_is_closed_once(office: PostOffice, clock: MovedClock, name: str) -> None:
    """F1.03: windows that close together."""
    letters = notified(office, 3)
    clock.advance(timedelta(days=17))
    duties = due(office)
    arm(name, "raise")
    with pytest.raises(FailpointError):
        office.duties._closings.close(duties)
    disarm()
    clock.advance(LEASE + timedelta(seconds=1))
    office.run_until_idle()
    assert phases(office, letters) == [Phase.UNCLAIMED] * 3
    for letter_id in letters:
        names = [entry.name for entry in office.reading.timeline(letter_id)]
        assert names.count(ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY) == 1
    assert audit_office(office).findings == []


def test_more_windows_are_claimed_where_nothing_else_is_due(office: PostOffice, clock: MovedClock) -> None:
    letters = notified(office, 5)
    clock.advance(timedelta(days=17))
    due(office)  # does all else, and holds the windows until its lease is over
    clock.advance(LEASE + timedelta(seconds=1))
    [batch] = claim_batches(office.agenda, limit=2, lease=LEASE)
    assert sorted(duty.subject for duty in batch) == sorted(letters)
    assert office.duties.run_all(batch) == 5
    assert claim_batches(office.agenda, limit=2, lease=LEASE) == []


def test_windows_that_close_together_are_told_to_the_endpoints_that_want_it(
    office: PostOffice, clock: MovedClock
) -> None:
    owner = Owner(ref=SENDER.ref, name=SENDER.name, email=SENDER.email)
    wish = EndpointWish(url="http://127.0.0.1:9/all")
    wants, other = (
        office.webhooks.desk.add(owner, each).endpoint
        for each in (wish, replace(wish, url="http://127.0.0.1:9/x", types=("letter.accepted",)))
    )
    letters = notified(office, 4)
    clock.advance(timedelta(days=17))
    duties = due(office)
    before = {each.id for each in office.webhooks.reading.deliveries(wants.id, limit=100)}
    assert office.duties.run_all(duties) == 4
    told = office.webhooks.reading.deliveries(wants.id, limit=100)
    fresh = [each for each in told if each.id not in before]
    assert {each.type for each in fresh} == {"letter.unclaimed"}
    assert len(fresh) == len({each.message_id for each in fresh}) == len(letters)
    assert office.webhooks.reading.deliveries(other.id, limit=100) == []
    assert all(office.agenda.next_due(each.id) is not None for each in fresh)


def test_only_closings_go_together(office: PostOffice, clock: MovedClock) -> None:
    notified(office, 2)
    clock.advance(timedelta(days=17))
    deposit_sample(office, subject="Later")
    batches = together(office.agenda.claim(limit=CLAIM_MAX, lease=LEASE))
    assert [duty.action for duty in batches[0]] == [ACTION] * 2
    assert len(batches) > 1
    assert all(len(batch) == 1 for batch in batches[1:])
    assert together([]) == []


@given(
    phase=st.sampled_from(list(Phase)),
    offset_s=st.one_of(st.none(), st.integers(-5, 5)),
    to_paper=st.booleans(),
)
def test_only_an_open_window_that_is_over_closes(
    phase: Phase, offset_s: int | None, *, to_paper: bool
) -> None:
    now = MovedClock()()
    closes_at = None if offset_s is None else now + timedelta(seconds=offset_s)
    state = EMPTY._replace(phase=phase, window_closes_at=closes_at)
    command = closing(state, now=now, to_paper=to_paper)
    is_over = closes_at is not None and closes_at <= now
    if phase is Phase.NOTIFICATION_FAILED and to_paper:
        assert command == commands.ChoosePaper(by="notice_failed")
    elif phase is Phase.NOTIFIED and is_over:
        assert command == commands.Expire()
    elif phase is Phase.CHOOSING and is_over:
        assert command == commands.ChoosePaper(by="clock")
    else:
        assert command is None
