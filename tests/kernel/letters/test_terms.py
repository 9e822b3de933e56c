"""The sender's own reference, and notices that leave later."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lre_kit.errors import IdempotencyMismatchError, InputError, UnlawfulActError
from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import EventRow
from lre_kit.office import PostOffice
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import SENDER, deposit_sample, identify, throwaway_office


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(lambda: datetime(2026, 3, 20, 13, 30, tzinfo=UTC))


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock) as opened:
        yield opened


def courier(office: PostOffice) -> MemoryCourier:
    assert isinstance(office.courier, MemoryCourier)
    return office.courier


def test_a_reference_is_the_senders_own_and_found_by_it(office: PostOffice) -> None:
    letter = deposit_sample(office, reference="  Dossier   24/0193 ")
    assert letter.reference == "Dossier 24/0193"
    assert [each.number for each in office.reading.all_letters(text="24/0193")] == [letter.number]
    assert office.reading.letters(SENDER.ref)[0].reference == "Dossier 24/0193"
    office.run_until_idle()
    office.desk.accept(letter.id, identify(office, letter))
    office.run_until_idle()
    assert all("24/0193" not in message.as_string() for message in courier(office).messages)
    assert "24/0193" not in str(office.reading.before_acceptance(letter.id))


def test_a_notice_planned_for_later_leaves_then_and_opens_its_window_then(
    office: PostOffice, clock: MovedClock
) -> None:
    at = clock() + timedelta(days=10)
    letter = deposit_sample(office, notify_at=at)
    office.run_until_idle()
    assert courier(office).messages == []
    now = office.reading.by_id(letter.id)
    assert (now.phase, now.notify_at, now.deposited_at) == (Phase.DEPOSITED, at, clock())
    clock.advance(timedelta(days=9, hours=23))
    office.run_until_idle()
    assert courier(office).messages == []
    clock.advance(timedelta(hours=1))
    office.run_until_idle()
    now = office.reading.by_id(letter.id)
    assert now.phase is Phase.NOTIFIED
    assert now.window_closes_at == datetime(2026, 4, 14, 22, tzinfo=UTC), "over the change of clocks"
    event = table_of(EventRow)
    with office.database.read() as connection:
        details = connection.scalars(select(event.c.details).where(event.c.seq == 0)).one()
    assert details["notice_planned_at"] == "2026-03-30T13:30:00.000000Z"


def test_until_the_notice_leaves_the_letter_can_be_withdrawn_or_corrected(
    office: PostOffice, clock: MovedClock
) -> None:
    at = clock() + timedelta(days=10)
    first, second = (deposit_sample(office, notify_at=at) for _ in range(2))
    clock.advance(timedelta(days=5))
    office.desk.withdraw(first.id, actor={"role": "sender"})
    office.desk.correct_address(second.id, "new@example.net", actor={"role": "sender"})
    office.run_until_idle()
    assert courier(office).messages == [], "a corrected address changes nothing of the time"
    clock.advance(timedelta(days=5))
    office.run_until_idle()
    [notice] = courier(office).messages
    assert notice["To"].addresses[0].addr_spec == "new@example.net"
    assert office.reading.by_id(first.id).phase is Phase.WITHDRAWN
    with pytest.raises(UnlawfulActError):
        office.desk.withdraw(second.id, actor={"role": "sender"})


@pytest.mark.parametrize(
    "terms",
    [
        {"reference": "x" * 101},
        {"reference": "a\u202eb"},
        {"notify_at": datetime(2026, 3, 20, 13, 30, tzinfo=UTC)},
        {"notify_at": datetime(2026, 3, 1, tzinfo=UTC)},
        {"notify_at": datetime(2026, 6, 19, tzinfo=UTC)},
    ],
)
def test_terms_that_cannot_be_met_are_refused_and_leave_nothing(
    office: PostOffice, terms: dict[str, Any]
) -> None:
    with pytest.raises(InputError):
        deposit_sample(office, **terms)
    assert office.reading.all_letters() == []


def test_the_same_key_with_other_terms_is_another_letter(office: PostOffice, clock: MovedClock) -> None:
    at = clock() + timedelta(days=1)
    first = deposit_sample(office, idempotency_key="k", reference="A", notify_at=at)
    assert deposit_sample(office, idempotency_key="k", reference="A", notify_at=at).id == first.id
    for other in ({"reference": "B", "notify_at": at}, {"reference": "A"}):
        with pytest.raises(IdempotencyMismatchError):
            deposit_sample(office, idempotency_key="k", **other)
