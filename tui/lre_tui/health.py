"""How the office is: examined now and then beside the screen, which shows what was found last."""

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lre_kit.errors import LreError
from lre_kit.office import PostOffice

if TYPE_CHECKING:
    from lre_kit.doctor import Finding

EVERY_S = 60.0
"""Seconds between two examinations; each speaks to mail server and time-stamping authority."""


class Health:
    """Keeps what the doctor found last."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lock = threading.Lock()
        self._found: Sequence[Finding] | None = None
        self._begun_s: float | None = None

    def found(self, office: PostOffice) -> "Sequence[Finding] | None":
        """Return what was found last, nothing before the first time; look again where that is old."""
        with self._lock:
            is_old = self._begun_s is None or time.monotonic() - self._begun_s >= EVERY_S
            if is_old:
                self._begun_s = time.monotonic()
                threading.Thread(target=self._look, args=(office,), daemon=True).start()
            return self._found

    def _look(self, office: PostOffice) -> None:
        from lre_kit.doctor import examine

        try:
            found = examine(office.settings, clock=office.clock)
        except LreError:
            return  # the store is away: the banner says so
        with self._lock:
            self._found = found
