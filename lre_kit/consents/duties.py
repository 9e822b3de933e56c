"""What consents put on the agenda: requests, reminders, renewals, ends. Each may run twice, or late."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

from lre_kit.carriers.mail import MailOutcome
from lre_kit.clock import Clock
from lre_kit.consents.journal import ConsentJournal, info_of, read_row
from lre_kit.consents.request_mail import RequestCourier
from lre_kit.consents.values import ConsentInfo
from lre_kit.law.consents import ConsentPolicy, ConsentState
from lre_kit.store.agenda import Agenda, Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork

REQUEST, REMIND, RENEW, END = "consent_request", "consent_remind", "consent_renew", "consent_end"
"""Names of the duties."""

AGAIN = timedelta(minutes=10)
"""Wait before a request of unknown fate is sent again, under the same reference."""

_WAITING = frozenset({ConsentState.ASKED, ConsentState.LATER})


def plan_request(uow: UnitOfWork, values: Mapping[str, Any], *, at: datetime, policy: ConsentPolicy) -> None:
    """Plan a request, its reminders, and the end of the time to answer it."""
    consent_id, this = values["id"], {"round": values["round"]}
    name = f"{consent_id}:{values['round']}"
    plan(uow, key=f"{REQUEST}:{name}", due_at=at, action=REQUEST, subject=consent_id, payload=this)
    for days in policy.reminder_days:
        due_at = at + timedelta(days=days)
        key = f"{REMIND}:{name}:{days}"
        plan(uow, key=key, due_at=due_at, action=REMIND, subject=consent_id, payload=this | {"day": days})
    over = at + timedelta(days=policy.request_days)
    plan(uow, key=f"{END}:{name}", due_at=over, action=END, subject=consent_id, payload=this)


def plan_end(uow: UnitOfWork, values: Mapping[str, Any], *, policy: ConsentPolicy) -> None:
    """Plan the end of a consent that was given for a time, and the renewal before it."""
    ends, consent_id = values["expires_at"], values["id"]
    if ends is None:
        return
    name = f"{consent_id}:v{values['version']}"
    plan(uow, key=f"{END}:{name}", due_at=ends, action=END, subject=consent_id)
    soon = ends - timedelta(days=policy.renewal_days)
    plan(uow, key=f"{RENEW}:{name}", due_at=soon, action=RENEW, subject=consent_id)


class _Desk(Protocol):
    def end(self, consent_id: str, *, duty: Duty) -> None: ...

    def renew(self, consent_id: str, *, duty: Duty) -> None: ...


class ConsentDuties:
    """Carries them out."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        agenda: Agenda,
        desk: _Desk,
        journal: ConsentJournal,
        courier: RequestCourier,
    ) -> None:
        """Wire them to the desk and to what carries requests."""
        self._database = database
        self._clock = clock
        self._agenda = agenda
        self._desk = desk
        self._journal = journal
        self._courier = courier

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action."""
        return {REQUEST: self._send, REMIND: self._send, RENEW: self._renew, END: self._end}

    def _send(self, duty: Duty) -> None:
        with self._database.read() as connection:
            info = info_of(read_row(connection, duty.subject))
        if self._is_due(info, duty):
            day = int(duty.payload.get("day", 0))
            policy = self._journal.policy(info.regime)
            answer = self._courier.send(info, day=day, policy=policy)
            if answer.outcome is MailOutcome.UNKNOWN:
                self._agenda.release(duty, error=f"unknown: {answer.text}", retry_at=self._clock() + AGAIN)
                return
            if answer.outcome is MailOutcome.REFUSED:
                # The register shows it: somebody must correct the address, which is never done silently.
                self._agenda.release(duty, error=f"refused: {answer.text}", dead=True)
                return
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    def _is_due(self, info: ConsentInfo, duty: Duty) -> bool:
        """Answer whether this request still waits: not if it was answered, or asked anew."""
        if info.round != duty.payload["round"]:
            return False
        if not info.standing.is_open(self._clock(), self._journal.policy(info.regime)):
            return False
        renewing = (
            info.state is ConsentState.GIVEN
            and info.asked_at is not None
            and info.decided_at is not None
            and info.asked_at > info.decided_at
        )
        return renewing or info.state in _WAITING

    def _renew(self, duty: Duty) -> None:
        self._desk.renew(duty.subject, duty=duty)

    def _end(self, duty: Duty) -> None:
        self._desk.end(duty.subject, duty=duty)
