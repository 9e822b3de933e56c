"""The clock of a sandbox: set in its database, so that every process shows the same time.

It runs at a pace of its own from the instant at which it was set, and only forward. A process looks at
what was set twice a second at most; whoever sets it looks at once.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.errors import InputError, UnavailableError
from lre_kit.sandbox.rows import SandboxRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

LOOK_AGAIN_S = 0.5
"""Longest time for which a process goes by what it read, in seconds."""

ADVANCE_MAX = timedelta(days=400)
"""Furthest move at once."""

AHEAD_MAX = timedelta(days=730)
"""Furthest a sandbox may be ahead of the machine's clock: its certificates end some time after."""

DAY_S = 86_400.0
"""Seconds of a day at the machine's own pace."""

DAY_MIN_S = 1.0
"""Shortest day, in seconds."""

_SANDBOX = table_of(SandboxRow)


class SandboxTimeError(InputError):
    """The clock of the sandbox cannot be set so; nothing was changed."""

    slug = "sandbox-time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a clock is set."""

    machine_at: datetime
    office_at: datetime
    day_lasts_s: float

    def at(self, machine: datetime) -> datetime:
        """Return what the office's clock shows when the machine's shows this."""
        ran = max(timedelta(0), machine - self.machine_at)
        return self.office_at + ran * (DAY_S / self.day_lasts_s)


class SandboxClock:
    """Shows the time of the sandbox in a database."""

    def __init__(self, database: Database, *, base: Clock) -> None:
        """Read from `database`; `base` is the machine's clock."""
        self._database = database
        self._base = base
        self._lock = Lock()
        self._held: Setting | None = None
        self._read_at = 0.0
        self._latest: datetime | None = None

    def __call__(self) -> datetime:
        """Return the office's instant, aware, in UTC; never before one that was returned."""
        with self._lock:
            found = self._setting().at(self._base())
            self._latest = max(found, self._latest) if self._latest is not None else found
            return self._latest

    @property
    def setting(self) -> Setting:
        """How it is set."""
        with self._lock:
            return self._setting()

    def machine(self) -> datetime:
        """Return the machine's instant."""
        return self._base()

    def set(self, *, advance: timedelta = timedelta(0), day_lasts_s: float | None = None) -> datetime:
        """Move it forward, or change its pace, for every process; return what it shows now.

        Args:
            advance: How far.
            day_lasts_s: Seconds that a day lasts from now on; by default what it is.

        Raises:
            SandboxTimeError: It would go back, too far, or at an impossible pace.
        """
        if not timedelta(0) <= advance <= ADVANCE_MAX:
            msg = "The clock cannot move so far."
            raise SandboxTimeError(msg, mend=f"Move it forward, by {ADVANCE_MAX.days} days at most at once.")
        if day_lasts_s is not None and not DAY_MIN_S <= day_lasts_s <= DAY_S:
            msg = "A day cannot last so long or so short."
            raise SandboxTimeError(msg, mend=f"Give {DAY_MIN_S:g} to {DAY_S:g} seconds.")
        with self._database.write() as uow:
            uow.serialise("sandbox clock")
            held, machine = _setting_of(uow.execute(select(_SANDBOX)).one()), self._base()
            shown = held.at(machine) + advance
            if shown - machine > AHEAD_MAX:
                msg = "The sandbox would be too far ahead."
                raise SandboxTimeError(msg, mend="Begin another sandbox, in an office of its own.")
            pace = held.day_lasts_s if day_lasts_s is None else day_lasts_s
            values = {"machine_at": machine, "office_at": shown, "day_lasts_s": pace}
            uow.execute(update(_SANDBOX).values(values))
            uow.commit()
        with self._lock:
            self._held = Setting(machine_at=machine, office_at=shown, day_lasts_s=pace)
            self._read_at = time.monotonic()
        return self()

    def _setting(self) -> Setting:
        if self._held is None or time.monotonic() - self._read_at > LOOK_AGAIN_S:
            try:
                with self._database.read() as connection:
                    self._held = _setting_of(connection.execute(select(_SANDBOX)).one())
            except UnavailableError:
                # Errors of the database are told by who needs it; the time goes on meanwhile.
                if self._held is None:
                    raise
            self._read_at = time.monotonic()
        return self._held


def _setting_of(row: Any) -> Setting:
    return Setting(machine_at=row.machine_at, office_at=row.office_at, day_lasts_s=row.day_lasts_s)
