"""Telling people that a derogation ends: a month before, a week before, and at the end.

A batch of people is a transaction that also moves the duty on; each person's message is a duty of its
own, so that one mailbox that fails delays nobody else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.identifiers.derogation_words import notice_body, notice_subject
from lre_kit.identifiers.high_water import mark
from lre_kit.identifiers.order_ports import Addresses
from lre_kit.identifiers.order_rows import DerogationNoticeRow
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.law.derogations import SHIPPED, Derogation, Policy
from lre_kit.law.periods import Words
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

NOTICE = "announce_derogation_end"
"""Action of the duty that plans the messages of a stage, a batch of people at a time."""

ADDRESS_NEEDED = "address_needed"
"""Action of the duty that plans the messages to those whose address is not confirmed."""

TELL = "tell_derogation_end"
"""Action of the duty that sends one message to one person."""

LIVE = ("issued", "delivered", "active", "suspended")
"""States of means that have not ended."""

_IDENTIFIER = table_of(IdentifierRow)
_NOTICE = table_of(DerogationNoticeRow)


class Stage(StrEnum):
    """When somebody is told."""

    ADDRESS = "address"
    MONTH = "30d"
    WEEK = "7d"
    END = "end"


DAYS_BEFORE = {Stage.ADDRESS: 30, Stage.MONTH: 30, Stage.WEEK: 7}
"""Legal days before the end at which each stage is due; the end's own is told as it happens."""


def stage_key(derogation_id: str, stage: Stage) -> str:
    """Return the key of a stage's duty."""
    if stage is Stage.ADDRESS:
        return f"derogation-address:{derogation_id}"
    return f"derogation-notice:{derogation_id}:{stage.value}"


def stage_action(stage: Stage) -> str:
    """Return the action of a stage's duty."""
    return ADDRESS_NEEDED if stage is Stage.ADDRESS else NOTICE


def stage_due_at(derogation: Derogation, stage: Stage) -> datetime:
    """Return the instant at which a stage is due."""
    return derogation.period.days_before_end(DAYS_BEFORE[stage])


@dataclass(frozen=True, slots=True, kw_only=True)
class EndNotice:
    """What one person is told."""

    party_id: str
    derogation: str
    stage: Stage
    last_day: date
    address_needed: bool
    message_key: str
    """The same at each try: a message that was sent twice can be known as one."""

    @property
    def subject(self) -> Words:
        """Subject line."""
        return notice_subject(ended=self.stage is Stage.END, address_needed=self.address_needed)

    @property
    def body(self) -> Words:
        """Text."""
        return notice_body(
            last_day=self.last_day,
            ended=self.stage is Stage.END,
            address_needed=self.address_needed,
        )


class DerogationNotices:
    """Plans and sends the messages."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        addresses: Addresses,
        tell: Callable[[EndNotice], None],
        policy: Policy = SHIPPED,
        batch: int = 500,
    ) -> None:
        """Work on `database` by the office's clock.

        Args:
            database: Where it is kept who was told.
            clock: The office's clock.
            addresses: Knows confirmed postal addresses.
            tell: Sends one message, or raises; it may be called again with the same `message_key`.
            policy: Derogations.
            batch: People in one transaction.
        """
        self._database = database
        self._clock = clock
        self._addresses = addresses
        self._tell = tell
        self._policy = policy
        self._batch = batch

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {NOTICE: self.announce, ADDRESS_NEEDED: self.announce, TELL: self.tell}

    def announce(self, duty: Duty) -> None:
        """Plan the messages of a stage to one batch of people, and the next batch until all have theirs."""
        now = self._clock()
        stage = Stage(duty.payload.get("stage", Stage.MONTH))
        after = str(duty.payload.get("after", ""))
        derogation = self._policy.by_id(duty.subject)
        with self._database.write() as uow:
            fulfil(uow, duty)
            # Past the end its own notice says more.
            if derogation is None or mark(uow, now) >= derogation.ends_at:
                uow.commit()
                return
            due_at = stage_due_at(derogation, stage)
            payload = {"stage": stage.value}
            if now >= due_at:
                parties = self._affected(uow, derogation.id, after)
                plan_notices(uow, derogation.id, self._asked(parties, stage), stage, now=now)
                if not parties:
                    uow.commit()
                    return
                due_at, payload = now, payload | {"after": parties[-1]}
            plan(uow, key=duty.key, due_at=due_at, action=duty.action, subject=duty.subject, payload=payload)
            uow.commit()

    def tell(self, duty: Duty) -> None:
        """Send one message to one person, unless it is no longer needed."""
        derogation = self._policy.by_id(str(duty.payload["derogation"]))
        stage = Stage(duty.payload["stage"])
        if derogation is not None and self._still_needed(derogation.id, duty.subject, stage):
            self._tell(
                EndNotice(
                    party_id=duty.subject,
                    derogation=derogation.id,
                    stage=stage,
                    last_day=derogation.valid_until,
                    address_needed=not self._addresses.confirmed([duty.subject]),
                    message_key=duty.key,
                )
            )
        mine = (
            _NOTICE.c.derogation == str(duty.payload["derogation"]),
            _NOTICE.c.party_id == duty.subject,
            _NOTICE.c.stage == stage.value,
        )
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.defer(update(_NOTICE).where(*mine).values(sent_at=self._clock()))
            uow.commit()

    def _affected(self, uow: UnitOfWork, derogation: str, after: str) -> list[str]:
        query = (
            select(_IDENTIFIER.c.party_id)
            .where(
                _IDENTIFIER.c.derogation == derogation,
                _IDENTIFIER.c.state.in_(LIVE),
                _IDENTIFIER.c.party_id > after,
            )
            .distinct()
            .order_by(_IDENTIFIER.c.party_id)
            .limit(self._batch)
        )
        return list(uow.execute(query).scalars())

    def _asked(self, parties: Sequence[str], stage: Stage) -> list[str]:
        if stage is not Stage.ADDRESS:
            return list(parties)
        known = self._addresses.confirmed(parties)
        return [party for party in parties if party not in known]

    def _still_needed(self, derogation: str, party_id: str, stage: Stage) -> bool:
        if stage is Stage.END:
            return True
        if stage is Stage.ADDRESS and self._addresses.confirmed([party_id]):
            return False
        query = (
            select(_IDENTIFIER.c.id)
            .where(
                _IDENTIFIER.c.derogation == derogation,
                _IDENTIFIER.c.party_id == party_id,
                _IDENTIFIER.c.state.in_(LIVE),
            )
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(query).first() is not None


def plan_notices(
    uow: UnitOfWork, derogation: str, parties: Sequence[str], stage: Stage, *, now: datetime
) -> None:
    """Plan one message to each of these people who has none of this stage yet."""
    if not parties:
        return
    known = uow.execute(
        select(_NOTICE.c.party_id).where(
            _NOTICE.c.derogation == derogation,
            _NOTICE.c.stage == stage.value,
            _NOTICE.c.party_id.in_(parties),
        )
    ).scalars()
    told = set(known)
    for party_id in parties:
        if party_id in told:
            continue
        uow.add_missing(
            DerogationNoticeRow, derogation=derogation, party_id=party_id, stage=stage.value, planned_at=now
        )
        plan(
            uow,
            key=f"derogation-tell:{derogation}:{stage.value}:{party_id}",
            due_at=now,
            action=TELL,
            subject=party_id,
            payload={"derogation": derogation, "stage": stage.value},
        )
