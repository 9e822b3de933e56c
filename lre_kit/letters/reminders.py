"""Reminding recipients of letters that wait: duties that move no window and make no evidence.

The times are fixed when the notice leaves. Who comes late reminds once and goes on with the next time;
what became unknown is not sent again, and an address that refuses a reminder gets no more of them.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity, notice_message
from lre_kit.carriers.return_paths import ReturnPaths
from lre_kit.clock import Clock, from_iso, iso
from lre_kit.errors import UnlawfulActError
from lre_kit.identifiers.links import Links
from lre_kit.letters.phases import Phase
from lre_kit.letters.reading import Reading, read_letter
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import among
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

ACTION = "remind"
"""Name of the duty."""

_DUTY = table_of(DutyRow)

_WAITS = frozenset({Phase.NOTIFIED, Phase.CHOOSING})


def plan_reminders(uow: UnitOfWork, letter_id: str, *, notice: int, times: tuple[datetime, ...]) -> None:
    """Put the first reminder of a notice on the agenda, with the times of those that follow.

    Args:
        uow: The transaction of the act that calls for it.
        letter_id: The letter.
        notice: Which notice, from 1.
        times: When to remind, in order.
    """
    if times:
        payload = {"notice": notice, "number": 1, "then": [iso(at) for at in times[1:]]}
        plan(
            uow,
            key=_key(letter_id, notice, 1),
            due_at=times[0],
            action=ACTION,
            subject=letter_id,
            payload=payload,
        )


def stop_reminders(uow: UnitOfWork, letter_id: str) -> None:
    """Take what is left of a letter's reminders off the agenda."""
    stop_reminders_of(uow, [letter_id])


def stop_reminders_of(uow: UnitOfWork, letter_ids: Sequence[str]) -> None:
    """Take what is left of the reminders of several letters off the agenda."""
    uow.defer(delete(_DUTY).where(among(uow, _DUTY.c.subject, letter_ids), _DUTY.c.action == ACTION))


class Reminding:
    """Carries the duty out."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        reading: Reading,
        courier: Courier,
        links: Links,
        paths: ReturnPaths,
        identity: MailIdentity,
    ) -> None:
        """Wire it to what it reads and sends with."""
        self._database = database
        self._clock = clock
        self._reading = reading
        self._courier = courier
        self._links = links
        self._paths = paths
        self._identity = identity

    def run(self, duty: Duty) -> None:
        """Remind, if the letter still waits under this notice, and plan the next time to come."""
        notice, number = int(duty.payload["notice"]), int(duty.payload["number"])
        letter = self._reading.by_id(duty.subject)
        now, closes_at = self._clock(), letter.window_closes_at
        waits = letter.phase in _WAITS and letter.notices == notice
        refused = False
        if waits and (closes_at is None or now < closes_at):
            message = notice_message(
                self._reading.before_acceptance(letter.id),
                identity=self._identity,
                url=self._links.recipient_url(letter.id, letter.recipient.email),
                closes_at=closes_at,
                message_id=self._links.message_id(f"reminder-{notice}", letter.id, number),
                reminder=True,
            )
            path = self._paths.address(letter.id, notice, reminder=True)
            refused = self._courier.send(message, return_path=path).outcome is MailOutcome.REFUSED
        with self._database.write() as uow:
            fulfil(uow, duty)
            if waits and not refused:
                self._plan_next(uow, duty, notice=notice, number=number + 1, now=now)
            uow.commit()

    @staticmethod
    def _plan_next(uow: UnitOfWork, duty: Duty, *, notice: int, number: int, now: datetime) -> None:
        to_come = [at for at in map(from_iso, duty.payload["then"]) if at > now]
        if to_come:
            plan(
                uow,
                key=_key(duty.subject, notice, number),
                due_at=to_come[0],
                action=ACTION,
                subject=duty.subject,
                payload={"notice": notice, "number": number, "then": [iso(at) for at in to_come[1:]]},
            )


def _key(letter_id: str, notice: int, number: int) -> str:
    return f"{ACTION}:{letter_id}:{notice}:{number}"


def remind_now(database: Database, letter_id: str, *, at: datetime) -> None:
    """Send the notice of a letter that waits once more, as a reminder: it moves no window.

    Args:
        database: Where letters are.
        letter_id: The letter.
        at: Now.

    Raises:
        NotFoundError: There is no such letter.
        UnlawfulActError: It does not wait for its recipient, or one is on its way.
    """
    with database.write() as uow:
        letter = read_letter(uow.connection, letter_id, lock=True)
        closes_at = letter.window_closes_at
        waits = letter.phase in _WAITS and (closes_at is None or at < closes_at)
        if not waits:
            msg = "This letter does not wait for its recipient."
            raise UnlawfulActError(msg, mend="A notice that has not left is a duty: look at the agenda.")
        mine = (_DUTY.c.subject == letter_id, _DUTY.c.action == ACTION, _DUTY.c.due_at <= at)
        if uow.execute(select(_DUTY.c.id).where(*mine)).first() is not None:
            msg = "A reminder is on its way already."
            raise UnlawfulActError(msg, mend="Look again in a few minutes.")
        # Apart from the planned ones, which are counted from 1.
        number = int(at.timestamp())
        payload = {"notice": letter.notices, "number": number, "then": []}
        key = _key(letter_id, letter.notices, number)
        plan(uow, key=key, due_at=at, action=ACTION, subject=letter_id, payload=payload)
        uow.commit()
