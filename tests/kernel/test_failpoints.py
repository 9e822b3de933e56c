"""Failpoints do nothing until armed, and then exactly what they are armed with."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from lre_kit import failpoints
from lre_kit.errors import ConfigurationError

NAME = "test.point"


@pytest.fixture(autouse=True)
def harmless() -> Iterator[None]:
    failpoints.declare(NAME, "test.other")
    yield
    failpoints.disarm()
    failpoints.REGISTRY.difference_update({NAME, "test.other"})


def test_unarmed_nothing_happens() -> None:
    failpoints.failpoint(NAME)
    failpoints.failpoint("never declared")


def test_an_armed_failpoint_raises_and_its_neighbour_does_not() -> None:
    failpoints.arm(NAME, "raise")
    failpoints.failpoint("test.other")
    with pytest.raises(failpoints.FailpointError, match=NAME):
        failpoints.failpoint(NAME)
    failpoints.disarm()
    failpoints.failpoint(NAME)


def test_an_armed_failpoint_sleeps() -> None:
    failpoints.arm(NAME, "sleep:0.05")
    start = time.monotonic()
    failpoints.failpoint(NAME)
    assert time.monotonic() - start >= 0.05


def test_a_failpoint_nobody_declared_is_found_once_any_is_armed() -> None:
    failpoints.arm("test.other", "raise")
    with pytest.raises(LookupError, match="never declared"):
        failpoints.failpoint("never declared")


def test_the_environment_arms_a_process_that_then_dies() -> None:
    program = (
        "from lre_kit import failpoints as f\n"
        "f.declare('a', 'b'); f.arm_from_environment()\n"
        "f.failpoint('a'); print('a passed', flush=True); f.failpoint('b'); print('b passed')\n"
    )
    environment = {"LRE_FAILPOINTS": "a=sleep:0,b=kill", "PYTHONPATH": ":".join(sys.path)}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=False, timeout=60
    )
    assert run.returncode == -signal.SIGKILL
    assert run.stdout == b"a passed\n"


@pytest.mark.parametrize("mode", ["", "explode", "kill:1", "sleep", "sleep:soon", "sleep:-1"])
def test_an_unknown_mode_is_refused(mode: str) -> None:
    with pytest.raises(ConfigurationError, match=r"Use kill, raise or sleep"):
        failpoints.arm_from_environment({"LRE_FAILPOINTS": f"a={mode}"})
