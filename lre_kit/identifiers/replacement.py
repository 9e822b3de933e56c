"""The end of a derogation: every means issued under it ends, and a new one is posted without any act.

Before the end people are told twice, and those whose address is not confirmed are asked for it. At the
end means are revoked and orders of new ones made in batches; each batch is one transaction that also
moves the duty on, so a process may die at any line and nothing is done twice.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select, update

from lre_kit.clock import Clock
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.derogation_notices import (
    DAYS_BEFORE,
    LIVE,
    DerogationNotices,
    Stage,
    plan_notices,
    stage_action,
    stage_due_at,
    stage_key,
)
from lre_kit.identifiers.high_water import mark
from lre_kit.identifiers.making import DESTROY, plan_making
from lre_kit.identifiers.order_book import ORDER, OrderBook, open_key
from lre_kit.identifiers.order_ports import OFFICE, Addresses
from lre_kit.identifiers.order_rows import ReplacedRow
from lre_kit.identifiers.order_values import BEFORE_APPROVAL, Order, OrderAct
from lre_kit.identifiers.replacing import order_anew, replacing_kind, revoke_all
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.law.derogations import SHIPPED, Delivery, Policy
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import DutyRow

END = "end_derogation"
"""Action of the duty that ends a derogation, a batch at a time."""

BATCH = 500
"""Means ended in one transaction."""

declare("derogation.batch", "derogation.batch_committed")

_IDENTIFIER = table_of(IdentifierRow)
_DUTY = table_of(DutyRow)


class DerogationEnds:
    """Plans and carries out the ends of derogations."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        addresses: Addresses,
        notices: DerogationNotices,
        policy: Policy = SHIPPED,
        batch: int = BATCH,
    ) -> None:
        """Work on `database` by the office's clock.

        Args:
            database: Where identifiers and orders are kept.
            clock: The office's clock.
            addresses: Knows confirmed postal addresses.
            notices: Tells people.
            policy: Derogations.
            batch: Means ended in one transaction.
        """
        self._database = database
        self._clock = clock
        self._addresses = addresses
        self._notices = notices
        self._policy = policy
        self._batch = batch
        self.book = OrderBook(database)

    def plan_missing(self) -> None:
        """Put the ends of known derogations on the agenda; a corrected date moves what is planned."""
        now = self._clock()
        used = self._used()
        ahead = [one for one in self._policy.derogations if one.ends_at > now or one.id in used]
        if not ahead:
            return
        with self._database.write() as uow:
            mark(uow, now)
            for derogation in ahead:
                _plan_at(
                    uow,
                    key=f"derogation-end:{derogation.id}",
                    due_at=derogation.ends_at,
                    action=END,
                    subject=derogation.id,
                )
                for stage in DAYS_BEFORE if now < derogation.ends_at else ():
                    _plan_at(
                        uow,
                        key=stage_key(derogation.id, stage),
                        due_at=stage_due_at(derogation, stage),
                        action=stage_action(stage),
                        subject=derogation.id,
                        payload={"stage": stage.value},
                    )
            uow.commit()

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {END: self.end, **self._notices.actions}

    def waiting_for_address(self) -> list[Order]:
        """Return the orders that stand still because no confirmed address is known, for operators."""
        return self.book.waiting_for_address()

    def end(self, duty: Duty) -> None:
        """End one batch of the means of a derogation, and plan the next batch until none is left."""
        now = self._clock()
        derogation = self._policy.by_id(duty.subject)
        with self._database.write() as uow:
            fulfil(uow, duty)
            # The agenda may be early (the dates were corrected), never the law.
            if derogation is None:
                # Its dates are unknown: nothing is ended on a guess. Its means do not count meanwhile.
                uow.commit()
                return
            if mark(uow, now) < derogation.ends_at:
                plan(uow, key=duty.key, due_at=derogation.ends_at, action=END, subject=duty.subject)
                uow.commit()
                return
            ended = self._end_batch(uow, duty.subject, now)
            failpoint("derogation.batch")
            if ended:
                plan(uow, key=duty.key, due_at=now, action=END, subject=duty.subject)
            uow.commit()
        failpoint("derogation.batch_committed")

    def _end_batch(self, uow: UnitOfWork, derogation: str, now: datetime) -> int:
        found = uow.execute(_live(derogation).limit(self._batch)).all()
        if not found:
            return 0
        # Orders come before means everywhere: two that lock both never wait for each other.
        keys = [open_key(row.party_id, replacing_kind(row.kind)) for row in found]
        self._open_orders(uow, keys, [row.id for row in found])
        is_found = _IDENTIFIER.c.id.in_([row.id for row in found])
        rows = uow.execute(_live(derogation).where(is_found).with_for_update()).all()
        parties = sorted({row.party_id for row in rows})
        addresses = self._addresses.confirmed(parties)
        ids = [row.id for row in rows]
        revoke_all(uow, ids, now, reason=f"the derogation {derogation} has ended")
        wanted = {open_key(row.party_id, replacing_kind(row.kind)): row for row in reversed(rows)}
        orders = self._kept_orders(uow, wanted, ids, addresses, derogation=derogation, now=now)
        missing = {key: row for key, row in wanted.items() if key not in orders}
        orders |= order_anew(uow, missing, addresses, now=now, cause=f"derogation-end:{derogation}")
        for row in rows:
            order_id = orders[open_key(row.party_id, replacing_kind(row.kind))]
            uow.add(ReplacedRow, identifier_id=row.id, order_id=order_id)
        plan_notices(uow, derogation, parties, Stage.END, now=now)
        return len(found)

    def _open_orders(self, uow: UnitOfWork, keys: Sequence[str], ended: Sequence[str]) -> list[Order]:
        is_open = ORDER.c.open_key.is_not(None)
        return self.book.locked_where(
            uow, is_open, or_(ORDER.c.open_key.in_(keys), ORDER.c.identifier_id.in_(ended))
        )

    def _kept_orders(
        self,
        uow: UnitOfWork,
        wanted: Mapping[str, Any],
        ended: Sequence[str],
        addresses: Mapping[str, Mapping[str, Any]],
        *,
        derogation: str,
        now: datetime,
    ) -> dict[str, str]:
        """Return open orders that serve as replacements; those of a means that ended are cancelled."""
        kept: dict[str, str] = {}
        for order in self._open_orders(uow, list(wanted), ended):
            key = open_key(order.party_id, order.kind)
            if order.identifier_id in ended or (order.identifier_id and order.derogation == derogation):
                self._cancel(uow, order, now, reason=f"the derogation {derogation} has ended")
                continue
            kept[key] = order.id
            if order.identifier_id:
                continue
            address = addresses.get(order.party_id)
            values: dict[str, Any] = {
                "delivery": Delivery.POST.value,
                "derogation": None,
                "address": dict(address) if address else None,
            }
            act = OrderAct.READDRESS
            if order.state in BEFORE_APPROVAL:
                # It waits for a better proofing; the one there is does for what is replaced.
                act = OrderAct.APPROVE
                row = wanted[key]
                values |= {"proofing_id": row.proofing_id, "level": row.level}
            self.book.move(uow, order, act, at=now, actor=OFFICE, values=values)
            plan_making(uow, order.id, due_at=now)
        return kept

    def _cancel(self, uow: UnitOfWork, order: Order, now: datetime, *, reason: str) -> None:
        self.book.move(uow, order, OrderAct.CANCEL, at=now, actor=OFFICE, reason=reason)
        plan(uow, key=f"{DESTROY}:{order.id}", due_at=now, action=DESTROY, subject=order.id)

    def _used(self) -> set[str]:
        query = (
            select(_IDENTIFIER.c.derogation)
            .where(_IDENTIFIER.c.derogation.is_not(None), _IDENTIFIER.c.state.in_(LIVE))
            .distinct()
        )
        with self._database.read() as connection:
            return set(connection.execute(query).scalars())


def _live(derogation: str) -> Select[Any]:
    table = _IDENTIFIER
    return (
        select(table.c.id, table.c.party_id, table.c.kind, table.c.proofing_id, table.c.level)
        .where(table.c.derogation == derogation, table.c.state.in_(LIVE))
        .order_by(table.c.id)
    )


def _plan_at(
    uow: UnitOfWork,
    *,
    key: str,
    due_at: datetime,
    action: str,
    subject: str,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Plan a duty, or move one that nobody holds to this instant."""
    plan(uow, key=key, due_at=due_at, action=action, subject=subject, payload=payload)
    uow.defer(update(_DUTY).where(_DUTY.c.key == key, _DUTY.c.claim.is_(None)).values(due_at=due_at))
