"""What happens to identity cases by themselves: unfinished ones end, late ones raise an alarm."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from lre_kit.clock import Clock
from lre_kit.parties.proofing_cases import CASE, add_event, case_lock, media_rows, view_of
from lre_kit.parties.proofing_images import ERASE_ALL, ERASE_FACE, SWEEP, CaseImages
from lre_kit.parties.proofing_values import CaseState, CaseView
from lre_kit.store.agenda import Duty, cancel, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork

log = logging.getLogger(__name__)

EXPIRE = "identity_expire"
"""Duty: end a case that was not finished in time."""

OVERDUE = "identity_overdue"
"""Duty: raise an alarm where no verdict came in the promised time."""

OnEnded = Callable[[UnitOfWork, CaseView], None]
"""Called in the transaction in which a case ends without a verdict: expired or withdrawn."""


class CaseTimers:
    """Plans and fulfils the duties of identity cases."""

    def __init__(
        self, database: Database, *, clock: Clock, images: CaseImages, on_ended: Iterable[OnEnded] = ()
    ) -> None:
        """Work on `database`; `on_ended` run in the transaction in which a case ends without a verdict."""
        self._database = database
        self._clock = clock
        self._images = images
        self.on_ended = list(on_ended)

    def duties(self) -> Mapping[str, Callable[[Duty], None]]:
        """Return what fulfils each of the agenda's duties about identity cases, by its action."""
        return {
            EXPIRE: self.expire,
            OVERDUE: self.alarm,
            ERASE_FACE: self._images.erase,
            ERASE_ALL: self._images.erase,
            SWEEP: self._images.sweep,
        }

    def plan_expiry(self, uow: UnitOfWork, case_id: str, *, round_: int, at: datetime) -> None:
        """Plan the end of an unfinished case."""
        plan(uow, key=f"{EXPIRE}:{case_id}:{round_}", due_at=at, action=EXPIRE, subject=case_id)

    def plan_alarm(self, uow: UnitOfWork, case_id: str, *, round_: int, at: datetime) -> None:
        """Plan the alarm of a submitted case, which no longer expires."""
        cancel(uow, f"{EXPIRE}:{case_id}:{round_}")
        plan(
            uow,
            key=f"{OVERDUE}:{case_id}:{round_}",
            due_at=at,
            action=OVERDUE,
            subject=case_id,
            payload={"round": round_},
        )

    def stop_alarm(self, uow: UnitOfWork, case_id: str, *, round_: int) -> None:
        """Call the alarm of a case off, since its verdict came."""
        cancel(uow, f"{OVERDUE}:{case_id}:{round_}")

    def end(self, uow: UnitOfWork, row: Row[Any], state: CaseState, *, actor: str, at: datetime) -> None:
        """End a case without a verdict and make its pictures unreadable, in a transaction with its lock."""
        ending = {"state": state.value, "open_key": None, "ended_at": at, "claimed_by": None}
        uow.execute(update(CASE).where(CASE.c.id == row.id).values(**ending, claimed_until=None))
        cancel(uow, f"{EXPIRE}:{row.id}:{row.round}")
        cancel(uow, f"{OVERDUE}:{row.id}:{row.round}")
        add_event(uow, row.id, state.value, actor=actor, at=at)
        self._images.erase_now(uow, row.id, at=at)
        ended = uow.execute(select(CASE).where(CASE.c.id == row.id)).one()
        view = view_of(ended, media_rows(uow, row.id), None)
        for hook in self.on_ended:
            hook(uow, view)

    def expire(self, duty: Duty) -> None:
        """Fulfil `EXPIRE`; a case that went on meanwhile is left alone."""
        now = self._clock()
        with self._database.write() as uow:
            uow.serialise(case_lock(duty.subject))
            fulfil(uow, duty)
            row = uow.execute(select(CASE).where(CASE.c.id == duty.subject)).first()
            if row is not None and CaseState(row.state).is_collecting and row.expires_at <= now:
                self.end(uow, row, CaseState.EXPIRED, actor="office", at=now)
            uow.commit()

    def alarm(self, duty: Duty) -> None:
        """Fulfil `OVERDUE`: put the late case on record and tell the operators' log."""
        now = self._clock()
        waiting = (CaseState.SUBMITTED.value, CaseState.CLAIMED.value)
        with self._database.write() as uow:
            uow.serialise(case_lock(duty.subject))
            fulfil(uow, duty)
            late = uow.update(
                update(CASE)
                .where(
                    CASE.c.id == duty.subject,
                    CASE.c.state.in_(waiting),
                    CASE.c.round == int(duty.payload["round"]),
                    CASE.c.alarm_at.is_(None),
                )
                .values(alarm_at=now)
            )
            if late:
                add_event(uow, duty.subject, "overdue", actor="office", at=now)
            uow.commit()
        if late:
            log.warning("identity case %s waits for a verdict longer than promised", duty.subject)
