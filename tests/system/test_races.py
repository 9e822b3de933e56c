"""Accept, refuse and expiry at one instant: exactly one end, on real PostgreSQL (F5.05).

The recipient's clock stands a microsecond before the close, the sweepers' at the close, so that
each of the acts is lawful for whoever comes first; a barrier lets them go together.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from lre_jobs.rounds import Rounds
from lre_kit.clock import now
from lre_kit.errors import AlreadyDecidedError
from lre_kit.identifiers.identified import Identified
from lre_kit.law.events import DECISIVE, ErdsEvent
from lre_kit.letters.phases import Phase
from lre_kit.office import CLAIM_MAX, LEASE, PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, identify, throwaway_office

pytestmark = pytest.mark.timeout(300)

ROUNDS = 40
SWEEPERS = 2
LEAD_S = 0.015
"""Small enough to leave every race open, large enough that each racer wins some."""

END_OF = {
    ErdsEvent.CONSIGNMENT_ACCEPTANCE: Phase.RECEIVED,
    ErdsEvent.CONSIGNMENT_REJECTION: Phase.REFUSED,
    ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY: Phase.UNCLAIMED,
}


class HandSetClock:
    """Runs until it is stopped at an instant."""

    def __init__(self) -> None:
        self.stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        return self.stopped_at or now()


class Players:
    """Four offices over one database, as four processes would have them."""

    def __init__(self, stack: ExitStack, folder: Path, database_url: str) -> None:
        self.recipients_clock, self.sweepers_clock = HandSetClock(), HandSetClock()
        self.courier = MemoryCourier()
        self.home = stack.enter_context(
            throwaway_office(
                folder, clock=self.recipients_clock, courier=self.courier, database_url=database_url
            )
        )

        def another(clock: HandSetClock) -> PostOffice:
            opened = PostOffice.open(self.home.settings, clock=clock, courier=MemoryCourier())
            return stack.enter_context(opened)

        self.accepting, self.refusing = another(self.recipients_clock), another(self.recipients_clock)
        self.sweepers = [another(self.sweepers_clock) for _ in range(SWEEPERS)]

    def set_clocks(self, closes_at: datetime | None) -> None:
        before = closes_at - timedelta(microseconds=1) if closes_at else None
        self.recipients_clock.stopped_at, self.sweepers_clock.stopped_at = before, closes_at


@pytest.fixture
def players(tmp_path: Path, postgres_url: str) -> Iterator[Players]:
    with ExitStack() as stack:
        yield Players(stack, tmp_path / "office", postgres_url)


def let_go_together(*acts: Callable[[], object], favoured: int | None = None) -> list[BaseException]:
    """Run acts in threads from one barrier, one of them with a small lead; return what they raised."""
    barrier, raised = threading.Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        if favoured is not None and act is not acts[favoured]:
            time.sleep(LEAD_S)
        try:
            act()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "the race never ended"
    return raised


def ready_letter(players: Players) -> tuple[str, Identified, datetime]:
    """Return a letter whose window is open, with its identified recipient and its close."""
    players.set_clocks(None)
    letter = deposit_sample(players.home)
    players.home.sweep()
    identified = identify(players.home, letter)
    closes_at = players.home.reading.by_id(letter.id).window_closes_at
    assert closes_at is not None
    return letter.id, identified, closes_at


def test_accept_refuse_and_two_sweepers_at_the_close_give_exactly_one_end(players: Players) -> None:
    """F6.05: the recipient's clock is behind, the sweepers' are at the close."""
    winners: Counter[Phase] = Counter()
    early, late = players.sweepers
    for number in range(ROUNDS * 5):
        if number >= ROUNDS and set(winners) == set(END_OF.values()):
            break  # on a busy machine one of them wins rarely: it gets more rounds
        letter_id, identified, closes_at = ready_letter(players)
        players.set_clocks(closes_at)
        # One sweeper has claimed already and stands between scan and write; the other scans now.
        claimed = early.agenda.claim(limit=CLAIM_MAX, lease=LEASE)
        raised = let_go_together(
            lambda: players.accepting.desk.accept(letter_id, identified),  # noqa: B023 - run in this turn
            lambda: players.refusing.desk.refuse(letter_id, identified),  # noqa: B023
            lambda: [early.duties.run(duty) for duty in claimed],  # noqa: B023
            Rounds(late).sweep,
            favoured=(0, 1, 2, None)[number % 4],
        )
        timeline = players.home.reading.timeline(letter_id)
        decisive = [entry.name for entry in timeline if entry.name in DECISIVE]
        assert len(decisive) == 1, decisive
        phase = players.home.reading.by_id(letter_id).phase
        assert phase is END_OF[decisive[0]]
        winners[phase] += 1
        losers = 2 if phase is Phase.UNCLAIMED else 1
        assert [type(error) for error in raised] == [AlreadyDecidedError] * losers, raised
        assert all("already has its end" in str(error) for error in raised), "the loser is told who won"
        assert [entry.seq for entry in timeline] == list(range(len(timeline)))
        for sweeper in players.sweepers:
            Rounds(sweeper).sweep()
        assert len(players.home.reading.timeline(letter_id)) == len(timeline), (
            "a late sweep changed something"
        )
    print(f"winners of {winners.total()} races: {dict(winners)}")
    assert set(winners) == set(END_OF.values()), "a race nobody else can win proves nothing"
    players.set_clocks(None)
    players.home.run_until_idle()
    assert players.home.agenda.dead() == []
    assert audit_office(players.home).findings == []


def test_many_sweepers_on_many_due_letters_close_each_once(players: Players) -> None:
    """F5.04."""
    letters = [ready_letter(players) for _ in range(20)]
    players.set_clocks(max(closes_at for *_, closes_at in letters))
    assert let_go_together(*(Rounds(sweeper).sweep for sweeper in players.sweepers * 3)) == []
    for letter_id, *_ in letters:
        names = [entry.name for entry in players.home.reading.timeline(letter_id)]
        assert names.count(ErdsEvent.ACCEPTANCE_REJECTION_EXPIRY) == 1
        assert players.home.reading.by_id(letter_id).phase is Phase.UNCLAIMED


def test_two_sequencers_and_two_stampers_make_one_log(players: Players) -> None:
    players.set_clocks(None)
    for _ in range(10):
        deposit_sample(players.home)
        deposit_sample(players.home)
        assert let_go_together(*(Rounds(sweeper).sequence for sweeper in players.sweepers)) == []
    players.home.run_until_idle()
    report = audit_office(players.home)
    assert report.findings == []
    assert report.log_size == report.records
