"""What a check of an integration finds, and how it is mended."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lre_kit.errors import LreError


class Verdict(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """It could not be made; why stands beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check."""

    name: str
    """Stable name, such as ``webhook-forged-signature``."""
    what: str
    """What should hold, in words."""
    verdict: Verdict
    seen: str
    """What was seen."""
    mend: str = ""
    """How to put it right, where it failed."""


class Failed(Exception):  # noqa: N818 - an outcome of a check, caught where it is run
    """A check failed."""

    def __init__(self, seen: str, mend: str) -> None:
        """Say what was seen, and how to mend it."""
        super().__init__(seen)
        self.seen, self.mend = seen, mend


class Skipped(Exception):  # noqa: N818 - an outcome of a check, caught where it is run
    """A check cannot be made."""


def check(name: str, what: str, run: Callable[[], str]) -> Finding:
    """Run one check: it returns what it saw, or raises `Failed` or `Skipped`."""
    try:
        return Finding(name=name, what=what, verdict=Verdict.PASSED, seen=run())
    except Failed as failed:
        return Finding(name=name, what=what, verdict=Verdict.FAILED, seen=failed.seen, mend=failed.mend)
    except Skipped as skipped:
        return Finding(name=name, what=what, verdict=Verdict.SKIPPED, seen=str(skipped))
    except LreError as error:
        return Finding(name=name, what=what, verdict=Verdict.FAILED, seen=error.problem, mend=error.mend)
