"""Leaving alone for a while what just failed, longer each time."""

from datetime import datetime, timedelta

BACKOFF = (
    timedelta(seconds=10),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
)
"""Rest after the first, second… failure in a row; the last one repeats."""


class Rests:
    """Who rests until when; kept in memory, since asking once too often is harmless."""

    def __init__(self) -> None:
        """Begin with nobody resting."""
        self._failures: dict[str, int] = {}
        self._until: dict[str, datetime] = {}

    def is_resting(self, name: str, at: datetime) -> bool:
        """Tell whether `name` is to be left alone at an instant."""
        return name in self._until and at < self._until[name]

    def failed(self, name: str, at: datetime) -> timedelta:
        """Note a failure and return how long the rest is."""
        failures = self._failures[name] = self._failures.get(name, 0) + 1
        rest = BACKOFF[min(failures, len(BACKOFF)) - 1]
        self._until[name] = at + rest
        return rest

    def worked(self, name: str) -> None:
        """Forget its failures."""
        self._failures.pop(name, None)
        self._until.pop(name, None)
