"""Offices in which operators sign in, on both databases, and operators at work in them."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from lre_kit.office import PostOffice
from lre_kit.operators.values import OperatorSession
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import throwaway_office
from lre_kit.testing.operators import signed_in


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, tmp_path: Path, clock: MovedClock) -> Iterator[PostOffice]:
    told = {"operator_entrance": "accounts"}
    if request.param == "postgresql":
        told["database_url"] = request.getfixturevalue("postgres_url")
    with throwaway_office(tmp_path / "office", clock=clock, **told) as opened:
        yield opened


@pytest.fixture
def sign_in(office: PostOffice, clock: MovedClock) -> Callable[..., OperatorSession]:
    """Add an operator with some roles, and sign them in with a password of their own."""
    return partial(signed_in, office, clock)
