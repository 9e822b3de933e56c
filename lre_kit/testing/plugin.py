"""Fixtures for the tests of hosts: ``pytest_plugins = ["lre_kit.testing.plugin"]`` in a ``conftest.py``.

Each test gets an office of its own below its temporary folder: real keys, tables and proofs; mail stays
in memory, and time moves when the test says so. Keys and tables are made once for the whole run and copied.
Settings of your own go into a fixture called ``lre_settings``.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.courier import MemoryCourier
from lre_kit.testing.office import deposit_sample, throwaway_office


@pytest.fixture(scope="session")
def lre_office_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with keys and tables, made once."""
    folder = tmp_path_factory.mktemp("lre") / "office"
    throwaway_office(folder).close()
    return folder


@pytest.fixture
def lre_settings() -> dict[str, Any]:
    """Settings of the office; override this fixture to give your own."""
    return {}


@pytest.fixture
def lre_clock() -> MovedClock:
    """The office's clock: ``lre_clock.advance(timedelta(days=16))``."""
    return MovedClock()


@pytest.fixture
def lre_courier() -> MemoryCourier:
    """The office's mail: ``lre_courier.messages``, ``lre_courier.text_of()``."""
    return MemoryCourier()


@pytest.fixture
def lre_office(
    tmp_path: Path,
    lre_office_template: Path,
    lre_settings: dict[str, Any],
    lre_clock: MovedClock,
    lre_courier: MemoryCourier,
) -> Iterator[PostOffice]:
    """An office of the test's own; ``lre_office.run_until_idle()`` does its jobs."""
    home = tmp_path / "lre-office"
    shutil.copytree(lre_office_template, home)
    with throwaway_office(home, clock=lre_clock, courier=lre_courier, **lre_settings) as office:
        yield office


@pytest.fixture
def lre_letter(lre_office: PostOffice) -> Callable[..., Letter]:
    """Deposits a sample letter and lets its notice leave; takes what `deposit_sample` takes."""

    def deposited(**changes: Any) -> Letter:
        letter = deposit_sample(lre_office, **changes)
        lre_office.run_until_idle()
        return lre_office.reading.by_id(letter.id)

    return deposited
