"""A clock too far off: nothing is decided by it, and another process goes on (F6.01, F6.05)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lre_kit.clock import now
from lre_kit.errors import RequirementError
from lre_kit.law.events import ErdsEvent
from lre_kit.letters.phases import Phase
from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.stamping import clock_watch
from lre_kit.proofs.stamping.clock_watch import ClockInDoubtError
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify, throwaway_office
from lre_kit.testing.tsa_server import OpensslAuthority

pytestmark = pytest.mark.needs("openssl")


class Jumping(MovedClock):
    """A clock that somebody sets, also back."""

    def set_off(self, by: timedelta) -> None:
        self._ahead = by


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpensslAuthority]:
    with OpensslAuthority(tmp_path_factory.mktemp("tsa")) as made:
        yield made


@pytest.fixture
def clock() -> Jumping:
    return Jumping()


@pytest.fixture
def office(tmp_path: Path, clock: Jumping, server: OpensslAuthority) -> Iterator[PostOffice]:
    with throwaway_office(
        tmp_path / "office", clock=clock, tsa_url=server.url, tsa_anchor_file=server.anchor_file
    ) as opened:
        yield opened


@pytest.mark.parametrize(
    "off",
    [
        timedelta(minutes=5), -timedelta(minutes=5), timedelta(hours=-1), timedelta(days=20),
        -timedelta(days=20_000), timedelta(days=365 * 12),
    ],
    ids=["+5 min", "-5 min", "-1 h", "+20 d", "1972", "2038"],
)  # fmt: skip
def test_a_clock_that_is_set_wrong_while_the_office_runs_decides_nothing(
    office: PostOffice, clock: Jumping, off: timedelta
) -> None:
    letter = deposit_sample(office)
    office.run_until_idle()
    identified = identify(office, letter)
    clock.set_off(off)
    for act in (
        office.sweep,
        lambda: office.desk.accept(letter.id, identified),
        lambda: office.desk.expire(letter.id),
    ):
        with pytest.raises(ClockInDoubtError, match="The time stamp says") as refused:
            act()
        assert "NTP" in refused.value.mend
    with pytest.raises((ClockInDoubtError, RequirementError)):  # in 1972 no rule was in force
        deposit_sample(office)
    assert office.reading.count() == 1
    found = office.reading.by_id(letter.id)
    assert found.phase is Phase.NOTIFIED, "reading goes on, and no window was closed"
    ready = {check.name: check for check in office.health.readiness().checks}
    assert (ready["evidence"].is_well, ready["evidence"].found) == (False, "clock-in-doubt")
    clock.set_off(timedelta(0))
    assert office.desk.accept(letter.id, identified).phase is Phase.RECEIVED
    office.run_until_idle()
    assert audit_office(office).findings == []


def test_of_two_processes_the_one_whose_clock_is_right_decides(office: PostOffice, clock: Jumping) -> None:
    """F6.05: one would close the window half a month early; it is refused, and the other goes on."""
    letter = deposit_sample(office)
    office.run_until_idle()
    wrong = Jumping()
    wrong.set_off(timedelta(days=17))
    with PostOffice.open(office.settings, clock=wrong, courier=MemoryCourier()) as other:
        with pytest.raises(ClockInDoubtError):
            other.sweep()
        office.sweep()
        office.desk.accept(letter.id, identify(office, letter))
    names = [entry.name for entry in office.reading.timeline(letter.id)]
    assert ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY not in names
    assert office.reading.by_id(letter.id).phase is Phase.RECEIVED


def test_an_authority_that_agreed_is_not_asked_before_an_hour_has_run(
    office: PostOffice, server: OpensslAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    real = server.answer
    monkeypatch.setattr(server, "answer", lambda query: (asked.append(query), real(query))[1])
    for _ in range(5):
        office.expect_fit()
    assert len(asked) == 1
    passing_s = clock_watch.time.monotonic() + clock_watch.AGREED_S + 1
    monkeypatch.setattr(office.clock_watch, "_clock", lambda: now() + timedelta(seconds=3601))
    monkeypatch.setattr(clock_watch.time, "monotonic", lambda: passing_s)
    office.expect_fit()
    assert len(asked) == 2


def test_an_authority_that_says_nothing_is_no_doubt_and_rests(
    office: PostOffice, server: OpensslAuthority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What to do without time stamps is decided by how long evidence waits (F4.01)."""
    asked: list[bytes] = []

    def nothing(query: bytes) -> bytes:
        asked.append(query)
        return b""

    monkeypatch.setattr(server, "answer", nothing)
    letter = deposit_sample(office)
    office.sweep()
    assert office.reading.by_id(letter.id).phase is Phase.NOTIFIED
    assert len(asked) == 1


def test_an_office_that_stamps_by_itself_has_no_other_clock(tmp_path: Path, clock: Jumping) -> None:
    with throwaway_office(tmp_path / "alone", clock=clock) as office:
        clock.set_off(timedelta(days=400))
        office.expect_fit()
