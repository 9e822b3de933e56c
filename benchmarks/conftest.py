"""Speed against a floor: both are timed in turn in the same process, the ratio is what counts.

No time is asserted: machines differ and are shared. The table at the end of the run shows, for
each comparison, the median of both and floor ÷ ours (1 means as fast as the bare operations).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import pytest
from rich.console import Console
from rich.table import Table

from lre_kit.testing import services


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measured pair, in seconds per round."""

    name: str
    floor_s: float
    ours_s: float
    aim: float


_COMPARISONS: list[Comparison] = []


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """URL of a fresh, empty PostgreSQL database."""
    with ExitStack() as stack:
        try:
            server = services.postgres(stack)
        except services.MissingServiceError as missing:
            pytest.skip(str(missing))
        yield stack.enter_context(services.fresh_database(server))


@pytest.fixture
def compare(benchmark: object) -> Callable[..., Comparison]:
    """Time two callables in turn (A B A B …) and remember the medians."""
    is_kept = False

    def measured(
        name: str,
        *,
        floor: Callable[[], object],
        ours: Callable[[], object],
        rounds: int,
        aim: float,
        before: Callable[[], object] = lambda: None,
    ) -> Comparison:
        floors: list[float] = []
        times: list[float] = []
        for counted in (False, *[True] * rounds):
            before()
            pair = _timed(floor), _timed(ours)
            if counted:
                floors.append(pair[0])
                times.append(pair[1])
        made = Comparison(name=name, floor_s=median(floors), ours_s=median(times), aim=aim)
        _COMPARISONS.append(made)
        # pytest-benchmark keeps its own record of a test's first, for comparing runs (--benchmark-autosave).
        nonlocal is_kept
        if is_kept:
            return made
        is_kept = True
        benchmark.pedantic(ours, setup=before, rounds=max(3, rounds // 4))  # type: ignore[attr-defined]
        return made

    return measured


def _timed(act: Callable[[], object]) -> float:
    started = perf_counter()
    act()
    return perf_counter() - started


def pytest_terminal_summary() -> None:
    """Print the table of ratios."""
    if not _COMPARISONS:
        return
    table = Table(title="Speed against the floor (floor ÷ ours; higher is better)", title_justify="left")
    for column in ("Operation", "Floor", "Ours", "Ratio", "Aim"):
        table.add_column(column, justify="left" if column == "Operation" else "right")
    for c in _COMPARISONS:
        table.add_row(
            c.name,
            f"{c.floor_s * 1000:.3f} ms",
            f"{c.ours_s * 1000:.3f} ms",
            f"{c.floor_s / c.ours_s:.2f}",
            f"≥ {c.aim:.2f}",
        )
    Console(width=110).print(table)
