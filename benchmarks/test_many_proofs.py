"""Making many proofs by duty: two processes against one, on the same office and the same machine.

Set ``LRE_BENCH_PROOFS`` to another number of proofs per round (1 000 for the full measure).
"""

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

from lre_kit.office import LEASE, PostOffice
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office

PROOFS = int(os.environ.get("LRE_BENCH_PROOFS", "100"))
CLAIM = 10
ROUNDS = 3

_OFFICES: dict[str, PostOffice] = {}


def make(task: tuple[Settings, int]) -> int:
    """Make some of the proofs that are due, in this process; return how many."""
    settings, wanted = task
    office = _OFFICES.get(settings.database)
    if office is None:
        clock = MovedClock()
        # The duties were planned a little ahead of the time stamps: here they are due at once.
        clock.advance(2 * LEASE)
        office = _OFFICES[settings.database] = PostOffice.open(settings, clock=clock, courier=MemoryCourier())
    made = 0
    while made < wanted:
        duties = office.agenda.claim(limit=min(CLAIM, wanted - made), lease=LEASE)
        assert duties
        made += sum(office.duties.run(duty) for duty in duties)
    return made


def test_proofs_by_two_processes(tmp_path: Path, postgres_url: str, compare: Callable[..., object]) -> None:
    with (
        throwaway_office(tmp_path / "office", database_url=postgres_url) as office,
        multiprocessing.get_context("spawn").Pool(2) as pool,
    ):
        settings = office.settings

        def before() -> None:
            for _ in range(2 * PROOFS):
                deposit_sample(office)
            while office.sequence():
                pass
            # Only the proofs are to be made: notices leave first.
            for duty in office.agenda.claim(limit=2 * PROOFS, lease=LEASE):
                assert duty.action == "notify"
                office.duties.run(duty)
            while office.sequence():
                pass

        def one() -> None:
            assert pool.map(make, [(settings, PROOFS)]) == [PROOFS]

        def two() -> None:
            assert sum(pool.map(make, [(settings, PROOFS // 2)] * 2, chunksize=1)) == PROOFS

        compare(
            f"{PROOFS} proofs, one process against two", floor=one, ours=two, rounds=ROUNDS, aim=1.7,
            before=before,
        )  # fmt: skip
