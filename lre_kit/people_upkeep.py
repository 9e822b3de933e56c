"""What the office does once a day about people: means that ran out, old tries and questions, keys, purge."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from lre_kit.clock import Clock
from lre_kit.identifiers.challenges import Challenges
from lre_kit.identifiers.throttle import Throttle
from lre_kit.identifiers.upkeep import RegisterUpkeep
from lre_kit.people_purge import PeoplePurge
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork

log = logging.getLogger(__name__)

ACTION = "upkeep_people"
"""Name of the duty."""

EVERY = timedelta(days=1)
"""Span between two runs."""


class PeopleUpkeep:
    """Carries the daily duty out; all of it may run twice, or die at any line."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: RegisterUpkeep,
        challenges: Challenges,
        throttle: Throttle,
        purge: PeoplePurge,
    ) -> None:
        """Wire it to what it keeps up."""
        self._database = database
        self._clock = clock
        self._register = register
        self._challenges = challenges
        self._throttle = throttle
        self._purge = purge

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duty by its action."""
        return {ACTION: self.run}

    def run(self, duty: Duty) -> None:
        """Do it once, and plan the next run."""
        expired, rewrapped = self._register.expire_due(), self._register.rewrap()
        forgotten = self._challenges.sweep() + self._throttle.sweep()
        if gone := {data.value: number for data, number in self._purge.run().items() if number}:
            log.info("let go of, by class: %s", gone)
        if expired or rewrapped or forgotten:
            log.info("means expired: %d, rewrapped: %d; rows forgotten: %d", expired, rewrapped, forgotten)
        with self._database.write() as uow:
            fulfil(uow, duty)
            plan_upkeep(uow, clock=self._clock)
            uow.commit()


def plan_upkeep(uow: UnitOfWork, *, clock: Clock) -> None:
    """Put the next run on the agenda, once."""
    due_at = clock() + EVERY
    plan(uow, key=f"{ACTION}:{due_at:%Y-%m-%d}", due_at=due_at, action=ACTION, subject="people")
