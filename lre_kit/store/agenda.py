"""The agenda: what must happen later, kept in the database and claimed under a lease.

A duty is planned in the transaction of the act that calls for it and deleted in the transaction
that fulfils it; brokers and bells only wake workers up. A worker that dies lets go of its duties
when the lease runs out, and one that comes back too late is fenced: its claim no longer matches.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, or_, select, update

from lre_kit.clock import Clock
from lre_kit.errors import LreError
from lre_kit.store.columns import among, new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

BACKOFF = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)
"""Wait after the first, second… failure; the last one repeats."""

ATTEMPTS_MAX = 24
"""Tries before a duty waits for an operator: about five days of `BACKOFF`."""

ERROR_MAX_CHARS = 500
"""Longest error text kept beside a duty."""

FIRST_DUE = "first_due_at"
"""Name in a duty's payload under which stands when it was due before anybody put it off."""

_DUTY = table_of(DutyRow)


class LeaseLostError(LreError):
    """Another worker took the duty over, or it is no longer on the agenda; roll back."""

    slug = "lease-lost"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something to be done, as its present holder sees it."""

    id: str
    key: str
    due_at: datetime
    action: str
    subject: str
    payload: Mapping[str, Any]
    attempts: int
    """Times it was claimed, this one included."""
    claim: str | None
    """Fencing token of the holder."""
    last_error: str | None
    dead_at: datetime | None
    """When it was given up; it then waits for an operator."""


_COLUMNS = tuple(_DUTY.c[name] for name in Duty.__slots__)


def plan(
    uow: UnitOfWork,
    *,
    key: str,
    due_at: datetime,
    action: str,
    subject: str,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Put a duty on the agenda, once per `key`: planning again changes nothing.

    Args:
        uow: The transaction of the act that calls for it.
        key: What makes the duty one, such as ``close:<letter>:<notice>``.
        due_at: Instant from which it may be claimed.
        action: What to do, by name.
        subject: The letter (or other thing) it is about.
        payload: What the action needs beyond its subject.
    """
    uow.add_missing(
        DutyRow,
        id=new_id(),
        key=key,
        due_at=due_at,
        action=action,
        subject=subject,
        payload=dict(payload or {}),
    )


def cancel(uow: UnitOfWork, key: str) -> None:
    """Take a duty off the agenda, if it is on it; whoever holds it finds its lease lost."""
    uow.defer(delete(_DUTY).where(_DUTY.c.key == key))


def is_held(uow: UnitOfWork, key: str, *, at: datetime) -> bool:
    """Tell whether a worker holds a duty; if none does, none takes it before the transaction ends."""
    free = (_DUTY.c.key == key, or_(_DUTY.c.claimed_until.is_(None), _DUTY.c.claimed_until <= at))
    # What holds the row also against a worker that claims it between the question and the answer.
    if uow.update(update(_DUTY).where(*free).values(claim=None, claimed_until=None)):
        return False
    return uow.execute(select(_DUTY.c.id).where(_DUTY.c.key == key)).first() is not None


def fulfil(uow: UnitOfWork, duty: Duty) -> None:
    """Take a claimed duty off the agenda in the transaction that does what it asks for.

    Raises:
        LeaseLostError: It is another's by now, or no longer there.
    """
    if uow.update(delete(_DUTY).where(_held(duty))) != 1:
        raise _lost()


def fulfil_all(uow: UnitOfWork, duties: Sequence[Duty]) -> None:
    """Take claimed duties off the agenda in the transaction that does what they ask for, all or none.

    Raises:
        LeaseLostError: One of them is another's by now, or no longer there.
    """
    claims = {duty.claim for duty in duties}
    held = and_(among(uow, _DUTY.c.id, [duty.id for duty in duties]), _DUTY.c.claim.in_(claims))
    if uow.update(delete(_DUTY).where(held)) != len(duties):
        raise _lost()


class Agenda:
    """Claims due duties and keeps account of failed ones."""

    def __init__(
        self, database: Database, clock: Clock, *, may_go_on: Callable[[], None] = lambda: None
    ) -> None:
        """Work on `database` by the office's `clock`; what `may_go_on` raises lets nothing be claimed."""
        self._database = database
        self._clock = clock
        self._may_go_on = may_go_on

    def claim(self, *, limit: int, lease: timedelta, action: str | None = None) -> list[Duty]:
        """Take up to `limit` due duties for `lease`, oldest first; no two workers get the same one.

        With `action`, only those of this name.

        A duty that was claimed too often without being fulfilled or released has killed its workers:
        it is given up instead.
        """
        self._may_go_on()
        now, token = self._clock(), new_id()
        asked = _claimable(now) if action is None else and_(_claimable(now), _DUTY.c.action == action)
        due = select(_DUTY.c.id).where(asked).order_by(_DUTY.c.due_at, _DUTY.c.id).limit(limit)
        chosen = (
            due.with_for_update(skip_locked=True).cte("due").prefix_with("MATERIALIZED", dialect="postgresql")
        )
        taking = (
            update(_DUTY)
            .where(_DUTY.c.id.in_(select(chosen.c.id)))
            .values(claim=token, claimed_until=now + lease, attempts=_DUTY.c.attempts + 1)
            .returning(*_COLUMNS)
        )
        with self._database.write() as uow:
            rows = uow.execute(taking).all()
            uow.commit()
        duties = sorted((_duty(row) for row in rows), key=lambda duty: (duty.due_at, duty.id))
        for duty in duties:
            if duty.attempts > ATTEMPTS_MAX:
                self.release(duty, error="claimed too often and never finished", dead=True)
        return [duty for duty in duties if duty.attempts <= ATTEMPTS_MAX]

    def take(self, key: str, *, lease: timedelta) -> Duty | None:
        """Take the duty of one `key` for `lease`, if it is due and nobody holds it.

        One that was claimed too often is given up, as by `claim`.
        """
        self._may_go_on()
        now = self._clock()
        taking = (
            update(_DUTY)
            .where(_DUTY.c.key == key, _claimable(now))
            .values(claim=new_id(), claimed_until=now + lease, attempts=_DUTY.c.attempts + 1)
            .returning(*_COLUMNS)
        )
        with self._database.write() as uow:
            row = uow.execute(taking).first()
            if row is not None:
                uow.commit()
        duty = None if row is None else _duty(row)
        if duty is not None and duty.attempts > ATTEMPTS_MAX:
            self.release(duty, error="claimed too often and never finished", dead=True)
            return None
        return duty

    def release(
        self, duty: Duty, *, error: str, retry_at: datetime | None = None, dead: bool = False
    ) -> bool:
        """Give a duty back after a failure; return whether it was still ours.

        Args:
            duty: The claimed duty.
            error: What went wrong, without personal data.
            retry_at: When to try again; by default after `BACKOFF`.
            dead: Give it up at once; also done after `ATTEMPTS_MAX` tries.
        """
        now = self._clock()
        wait = BACKOFF[min(duty.attempts, len(BACKOFF)) - 1]
        values: dict[str, Any] = {"claim": None, "claimed_until": None, "last_error": error[:ERROR_MAX_CHARS]}
        if dead or duty.attempts >= ATTEMPTS_MAX:
            values["dead_at"] = now
        else:
            values["due_at"] = retry_at or now + wait
        with self._database.write() as uow:
            held = uow.update(update(_DUTY).where(_held(duty)).values(values))
            uow.commit()
        return held == 1

    def revive(self, key: str) -> bool:
        """Let a duty that was given up be tried again from now; return whether there was one."""
        statement = (
            update(_DUTY)
            .where(_DUTY.c.key == key, _DUTY.c.dead_at.is_not(None))
            .values(dead_at=None, attempts=0, due_at=self._clock())
        )
        with self._database.write() as uow:
            revived = uow.update(statement)
            uow.commit()
        return revived == 1

    def move(self, key: str, *, later: bool, to: datetime, within: timedelta) -> datetime | None:
        """Put a duty off, or bring it forward; return when it was due, or nothing if there is none to move.

        One that a worker holds, that was given up, or that is not due on the other side of `to`, stays.

        Args:
            key: Which duty.
            later: Whether it is put off.
            to: When it is due then.
            within: How far from its first due time it may be put off, all times together.
        """
        now = self._clock()
        other_side = _DUTY.c.due_at < to if later else _DUTY.c.due_at > to
        unheld = or_(_DUTY.c.claimed_until.is_(None), _DUTY.c.claimed_until <= now)
        lawful = and_(_DUTY.c.key == key, _DUTY.c.dead_at.is_(None), unheld, other_side)
        with self._database.write() as uow:
            query = select(_DUTY.c.due_at, _DUTY.c.payload).where(lawful)
            row = uow.execute(query.with_for_update()).one_or_none()
            if row is None:
                return None
            former: datetime = row.due_at
            values: dict[str, Any] = {"due_at": to}
            if later:
                first = _first_due(row)
                if to > first + within:
                    return None
                values["payload"] = {**row.payload, FIRST_DUE: first.isoformat()}
            if uow.update(update(_DUTY).where(lawful).values(values)) != 1:
                return None
            uow.commit()
        return former

    def first_due(self, key: str) -> datetime | None:
        """Return when a duty was due before anybody put it off, if it is there."""
        query = select(_DUTY.c.due_at, _DUTY.c.payload).where(_DUTY.c.key == key)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _first_due(row)

    def due_count(self) -> int:
        """Return how many duties could be claimed now."""
        query = select(func.count()).select_from(_DUTY).where(_claimable(self._clock()))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def oldest_due(self) -> datetime | None:
        """Return since when the oldest duty is due that nobody holds, if there is one."""
        query = select(func.min(_DUTY.c.due_at)).where(_claimable(self._clock()))
        with self._database.read() as connection:
            due_at: datetime | None = connection.execute(query).scalar_one()
            return due_at

    def dead_count(self) -> int:
        """Return how many duties were given up."""
        query = select(func.count()).select_from(_DUTY).where(_DUTY.c.dead_at.is_not(None))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())

    def dead(self) -> list[Duty]:
        """Return the duties that were given up, oldest first."""
        return self._read(select(*_COLUMNS).where(_DUTY.c.dead_at.is_not(None)).order_by(_DUTY.c.dead_at))

    def next_due(self, subject: str) -> datetime | None:
        """Return when the next duty about `subject` is due, if there is one."""
        query = select(func.min(_DUTY.c.due_at)).where(_DUTY.c.subject == subject, _DUTY.c.dead_at.is_(None))
        with self._database.read() as connection:
            due_at: datetime | None = connection.execute(query).scalar_one()
            return due_at

    def _read(self, query: Select[Any]) -> list[Duty]:
        with self._database.read() as connection:
            return [_duty(row) for row in connection.execute(query)]


def _first_due(row: Any) -> datetime:
    told = row.payload.get(FIRST_DUE)
    planned: datetime = row.due_at if told is None else datetime.fromisoformat(told)
    return planned


def _lost() -> LeaseLostError:
    msg = "This duty was taken over by another worker or settled meanwhile."
    return LeaseLostError(msg, mend="Nothing to do: its present state stands.")


def _claimable(now: datetime) -> ColumnElement[bool]:
    unheld = or_(_DUTY.c.claimed_until.is_(None), _DUTY.c.claimed_until <= now)
    return and_(_DUTY.c.dead_at.is_(None), _DUTY.c.due_at <= now, unheld)


def _held(duty: Duty) -> ColumnElement[bool]:
    return and_(_DUTY.c.id == duty.id, _DUTY.c.claim == duty.claim)


def _duty(row: Row[Any]) -> Duty:
    return Duty(**row._asdict())
