"""The operators' journal: each act is a row and sealed evidence in the log of the letters.

What is to be done is written before it is done, and what became of it after: an act that nobody finished
stands there as begun. Evidence names operator, act, subject and reason; personal data stays out of it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, update

from lre_kit.clock import iso
from lre_kit.errors import NotFoundError, UnlawfulActError
from lre_kit.operators.rows import OperatorActRow
from lre_kit.operators.values import ActEntry, Outcome
from lre_kit.proofs.sealing.recorder import Recorder
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.unit import UnitOfWork

UNFINISHED_AFTER = timedelta(minutes=15)
"""Age from which an act that was begun is taken for one whose process died: acts take seconds, the
longest, an audit, some minutes."""

INTERRUPTED = "interrupted"
"""Stands for a refusal's slug where an act's process died before it was done."""

LATE = "late"
"""Ends the name of an act that came to another end than the one it was settled as before."""

URI = "urn:lre-kit:operator-act:"
"""Begin of the event's name in evidence: acts of operators are none of EN 319 522."""

ACT = table_of(OperatorActRow)
_COLUMNS = tuple(ACT.c[name] for name in ActEntry.__slots__)


class OperatorJournal:
    """Writes acts in the transactions it is handed, and reads them."""

    def __init__(self, database: Database, *, recorder: Recorder) -> None:
        """Seal with `recorder`."""
        self._database = database
        self._recorder = recorder

    def begin(
        self,
        uow: UnitOfWork,
        act: str,
        *,
        subject: str,
        label: str,
        operator: str,
        reason: str,
        at: datetime,
        second: str = "",
        told: Mapping[str, Any] | None = None,
        outcome: Outcome = Outcome.BEGUN,
        error: str = "",
    ) -> str:
        """Queue an act, and return its id.

        Args:
            uow: The transaction.
            act: Its name.
            subject: What it is about: kind and id.
            label: The same for people, such as a letter's number.
            operator: Who acts.
            reason: Why.
            at: When.
            second: Who agreed, if it takes two.
            told: Facts for the evidence, never personal data.
            outcome: `Outcome.BEGUN`, or what became of it where that is known in this transaction.
            error: Slug of the refusal, if it was refused.
        """
        act_id = new_id()
        facts: dict[str, Any] = {"Subject": subject, "Operator": operator, "Reason": reason, "Act": act_id}
        facts |= {"Second": second} if second else {}
        facts |= {"Facts": dict(told)} if told else {}
        facts |= {"Error": error} if error else {}
        evidence_id = self._record(uow, act, outcome, facts, at=at)
        uow.add(
            OperatorActRow,
            id=act_id,
            act=act,
            subject=subject,
            label=label,
            operator=operator,
            second=second,
            reason=reason,
            outcome=outcome.value,
            error=error,
            at=at,
            ended_at=None if outcome is Outcome.BEGUN else at,
            evidence_id=evidence_id,
            end_evidence_id=None,
        )
        return act_id

    def end(
        self,
        uow: UnitOfWork,
        act_id: str,
        outcome: Outcome,
        *,
        at: datetime,
        error: str = "",
        told: Mapping[str, Any] | None = None,
    ) -> None:
        """Queue what became of an act that was begun.

        One that somebody settled meanwhile, for its process seemed dead, stays as settled; where it came to
        another end, that has a line of its own.
        """
        row = uow.execute(select(*_COLUMNS).where(ACT.c.id == act_id).with_for_update()).one()
        if row.outcome != Outcome.BEGUN.value:
            if row.outcome != outcome.value:
                self.begin(
                    uow, f"{row.act}.{LATE}", subject=row.subject, label=row.label, operator=row.operator,
                    second=row.second, reason=row.reason, at=at, outcome=outcome, error=error,
                    told={"Ended": act_id, "Settled": row.outcome},
                )  # fmt: skip
            return
        facts: dict[str, Any] = {"Act": act_id} | ({"Error": error} if error else {})
        facts |= {"Facts": dict(told)} if told else {}
        evidence_id = self._record(uow, row.act, outcome, facts, at=at)
        values = {"outcome": outcome.value, "error": error, "ended_at": at, "end_evidence_id": evidence_id}
        uow.defer(update(ACT).where(ACT.c.id == act_id).values(**values))

    def settle(self, act_id: str, *, is_done: bool, at: datetime) -> None:
        """Take down what became of an act whose process died: as somebody found it.

        Raises:
            NotFoundError: There is no such act.
            UnlawfulActError: Its outcome is known, or it may still be under way.
        """
        with self._database.write() as uow:
            query = select(*_COLUMNS).where(ACT.c.id == act_id).with_for_update()
            row = uow.execute(query).first()
            if row is None:
                raise NotFoundError("There is no such act.", mend="Look at the journal again.")
            if row.outcome != Outcome.BEGUN.value:
                msg = "The outcome of this act is known."
                raise UnlawfulActError(msg, mend="Nothing needs to be done.")
            if at - row.at < UNFINISHED_AFTER or row.subject.startswith("bulk:"):
                msg = "This act may still be under way."
                raise UnlawfulActError(msg, mend="Look again in a while.")
            error = "" if is_done else INTERRUPTED
            self.end(uow, act_id, Outcome.DONE if is_done else Outcome.REFUSED, at=at, error=error)
            uow.commit()

    def page(self, *, limit: int, before: str | None = None, text: str = "") -> list[ActEntry]:
        """Return acts, the newest first.

        Args:
            limit: How many at most.
            before: Id of the last one of the page before.
            text: Part of an operator's name, of the act's name or of its label.
        """
        query = select(*_COLUMNS).where(*_found(text))
        if before is not None:
            query = query.where(ACT.c.id < before)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(ACT.c.id.desc()).limit(limit))
            return [_entry(row) for row in rows]

    def by_id(self, act_id: str) -> ActEntry:
        """Return one act.

        Raises:
            NotFoundError: There is none.
        """
        with self._database.read() as connection:
            row = connection.execute(select(*_COLUMNS).where(ACT.c.id == act_id)).first()
        if row is None:
            raise NotFoundError("There is no such act.", mend="Look at the journal again.")
        return _entry(row)

    def count(self, *, text: str = "") -> int:
        """Return how many acts `page` would go through."""
        with self._database.read() as connection:
            query = select(func.count()).select_from(ACT).where(*_found(text))
            return int(connection.execute(query).scalar_one())

    def of(self, subject: str) -> list[ActEntry]:
        """Return the acts on one subject, the first first."""
        query = select(*_COLUMNS).where(ACT.c.subject == subject).order_by(ACT.c.id)
        with self._database.read() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def _record(
        self, uow: UnitOfWork, act: str, outcome: Outcome, facts: Mapping[str, Any], *, at: datetime
    ) -> str:
        issuer = self._recorder.issuer
        record = {
            "version": issuer.version,
            "ERDSEventId": f"{URI}{act}",
            "EventTime": iso(at),
            "EvidenceIssuerPolicyID": {"PolicyID": [issuer.policy]},
            "EvidenceIssuerDetails": {"Identity": {"LegalName": issuer.name}},
            "Extensions": {**facts, "Outcome": outcome.value},
        }
        return self._recorder.record_apart(uow, record, at=at)


def unfinished(at: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions that an act was begun long enough ago, and nobody wrote what became of it."""
    return [
        ACT.c.outcome == Outcome.BEGUN.value,
        ACT.c.at <= at - UNFINISHED_AFTER,
        ~ACT.c.subject.startswith("bulk:"),
    ]


def last_done(connection: Connection, subject: str) -> ActEntry | None:
    """Return the last act that was done on a subject, if there is one."""
    done = (ACT.c.subject == subject, ACT.c.outcome == Outcome.DONE.value)
    row = connection.execute(select(*_COLUMNS).where(*done).order_by(ACT.c.id.desc()).limit(1)).first()
    return _entry(row) if row is not None else None


def _found(text: str) -> list[Any]:
    if not text:
        return []
    found = [ACT.c[name].icontains(text, autoescape=True) for name in ("operator", "second", "act", "label")]
    return [found[0] | found[1] | found[2] | found[3]]


def _entry(row: Any) -> ActEntry:
    return ActEntry(**row._asdict() | {"outcome": Outcome(row.outcome)})
