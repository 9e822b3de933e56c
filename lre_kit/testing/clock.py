"""A clock that can be moved forward: for demonstrations, sandboxes and tests."""

from datetime import datetime, timedelta

from lre_kit.clock import Clock, now


class MovedClock:
    """Runs like another clock, ahead of it by what it was advanced."""

    def __init__(self, base: Clock = now) -> None:
        """Start level with `base`."""
        self._base = base
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """Return the moved instant, aware, in UTC."""
        return self._base() + self._ahead

    def advance(self, by: timedelta) -> None:
        """Move forward; a clock is never moved back, as no lawful clock is."""
        if by < timedelta(0):
            msg = "a clock only moves forward"
            raise ValueError(msg)
        self._ahead += by
