"""Offices to look at."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import throwaway_office

WAIT_MAX_S = 90.0


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def office(tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office", clock=clock, courier=MemoryCourier()) as opened:
        yield opened


@pytest.fixture
def until() -> Callable[[Pilot[None], Callable[[], bool]], Awaitable[None]]:
    """Wait, with the screen alive, until something is true."""

    async def wait(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_MAX_S):
            while not condition():
                await pilot.pause(0.02)

    return wait


@pytest.fixture
def text_of() -> Callable[[Pilot[None], str], str]:
    """Return what a text widget says."""

    def read(pilot: Pilot[None], selector: str) -> str:
        return str(pilot.app.screen.query_one(selector, Static).render())

    return read
