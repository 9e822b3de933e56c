"""Offices whose jobs are done by real brokers, real workers and real bells."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from lre_kit.office import PostOffice
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.proofs.rows import ProofRow
from lre_kit.store.inserts import table_of
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import throwaway_office

WAIT_MAX_S = 60.0
"""Longest wait for a worker in another thread or process."""


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def courier() -> MemoryCourier:
    return MemoryCourier()


@pytest.fixture(params=["stub", "redis", "rabbitmq"])
def broker_url(request: pytest.FixtureRequest) -> str | None:
    """Each kind of broker in turn; none means in-process."""
    return None if request.param == "stub" else str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def office(
    tmp_path: Path, clock: MovedClock, courier: MemoryCourier, database_url: str
) -> Iterator[PostOffice]:
    """An office on each database in turn, without a broker."""
    with throwaway_office(
        tmp_path / "office", clock=clock, courier=courier, database_url=database_url
    ) as opened:
        yield opened


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until something is true, or fail saying what."""

    def wait(condition: Callable[[], bool]) -> None:
        ends_s = time.monotonic() + WAIT_MAX_S
        while not condition():
            assert time.monotonic() < ends_s, "it never came true"
            time.sleep(0.05)

    return wait


@pytest.fixture
def check_nothing_twice() -> Callable[[PostOffice, str], None]:
    """Check that a letter's acts and proofs are there once each, and that the log agrees."""

    def check(office: PostOffice, letter_id: str) -> None:
        timeline = office.reading.timeline(letter_id)
        assert set(Counter(entry.name for entry in timeline).values()) == {1}
        assert [entry.seq for entry in timeline] == list(range(len(timeline)))
        proof = table_of(ProofRow)
        with office.database.read() as connection:
            kinds = list(connection.execute(select(proof.c.letter_id, proof.c.kind, proof.c.language)))
        assert len(set(kinds)) == len(kinds)
        assert audit_office(office).findings == []

    return check
