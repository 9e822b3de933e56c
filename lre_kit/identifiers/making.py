"""Making an ordered means and handing it over: duties that may run twice, late, or die at any line."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from lre_kit.clock import Clock
from lre_kit.errors import LreError
from lre_kit.failpoints import declare, failpoint
from lre_kit.identifiers.following_plan import LOOK_AGAIN, plan_following
from lre_kit.identifiers.high_water import latest_seen, mark
from lre_kit.identifiers.order_book import OrderBook
from lre_kit.identifiers.order_ports import OFFICE, Addresses, IdentifierDelivery, Made, Maker, Parcel
from lre_kit.identifiers.order_rows import ReplacedRow
from lre_kit.identifiers.order_values import Order, OrderAct, OrderState
from lre_kit.identifiers.rows import IdentifierRow
from lre_kit.identifiers.spool import Spool
from lre_kit.law.derogations import SHIPPED, Delivery, Policy
from lre_kit.store.agenda import Duty, cancel, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

MAKE = "make_identifier"
"""Action of the duty that makes an ordered means."""

HAND_OVER = "hand_over_identifier"
"""Action of the duty that hands a made means over."""

DESTROY = "destroy_spool"
"""Action of the duty that destroys a sheet its carrier needs no more."""

ADDRESS_AGAIN = timedelta(days=1)
"""How often an order without an address looks for one."""

declare("making.spooled", "making.made", "making.handed_over")

_IDENTIFIER = table_of(IdentifierRow)
_REPLACED = table_of(ReplacedRow)


def plan_making(uow: UnitOfWork, order_id: str, *, due_at: datetime) -> None:
    """Plan the making of an approved order, or bring it forward."""
    cancel(uow, f"{MAKE}:{order_id}")
    plan(uow, key=f"{MAKE}:{order_id}", due_at=due_at, action=MAKE, subject=order_id)


class Making:
    """Carries out the duties of orders."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        makers: Mapping[str, Maker],
        deliveries: Mapping[Delivery, IdentifierDelivery],
        addresses: Addresses,
        spool: Spool,
        policy: Policy = SHIPPED,
    ) -> None:
        """Wire the duties.

        Args:
            database: Where orders are kept.
            clock: The office's clock.
            makers: Who makes each kind.
            deliveries: Who carries each way.
            addresses: Knows confirmed postal addresses.
            spool: Where sheets wait.
            policy: Derogations; a way of delivery that ended while an order waited becomes the post.
        """
        self._database = database
        self._clock = clock
        self._makers = makers
        self._deliveries = deliveries
        self._addresses = addresses
        self._spool = spool
        self._policy = policy
        self._book = OrderBook(database)

    def make(self, duty: Duty) -> None:
        """Issue the identifier of an approved order and spool its sheet.

        The codes are made and hashed before the transaction sends its first statement: it locks nothing
        meanwhile, and the order is looked at again inside. The sheet is durable under a hidden name
        before its codes are: whoever dies in between leaves a sheet of void codes.
        """
        while not self._make_once(duty):
            pass
        failpoint("making.made")

    def _make_once(self, duty: Duty) -> bool:
        """Do what the duty asks for the order as it stands; answer no if it changed meanwhile."""
        now = self._clock()
        found = self._book.by_id(duty.subject)
        order = self._as_allowed(found, now, seen=latest_seen(self._database))
        if order.state is OrderState.APPROVED and order.delivery is Delivery.POST:
            # Who has moved since the order gets the sheet at the address that is confirmed now.
            known = self._addresses.confirmed([order.party_id]).get(order.party_id)
            order = replace(order, address=known or order.address)
        made: Made | None = None
        digest = ""
        with self._database.write() as uow:
            try:
                if order.state is OrderState.APPROVED and not order.waits_for_address:
                    made = self._maker(uow, order)
                    digest = self._spool.keep(order.id, made.pdf)
                    failpoint("making.spooled")
                if self._book.locked(uow, order.id) != found:
                    self._spool.drop(order.id, digest)
                    return False
                fulfil(uow, duty)
            except LreError:
                self._spool.drop(order.id, digest)
                raise
            if made:
                mark(uow, now)
                self._enter(uow, order, made, digest, now)
            elif order.waits_for_address:
                plan(uow, key=duty.key, due_at=now + ADDRESS_AGAIN, action=MAKE, subject=order.id)
            uow.commit()
        return True

    def hand_over(self, duty: Duty) -> None:
        """Hand a made means to its carrier, which takes the same order's only once."""
        now = self._clock()
        order = self._book.by_id(duty.subject)
        reference: str | None = None
        carrier = self._deliveries[order.delivery]
        is_due = order.state is OrderState.MAKING and order.digest is not None
        if is_due:
            pdf = self._spool.read(order.id, order.digest or "")
            reference = carrier.hand_over(Parcel(order=order, pdf=pdf))
            failpoint("making.handed_over")
        with self._database.write() as uow:
            order = self._book.locked(uow, duty.subject)
            fulfil(uow, duty)
            if is_due and order.state is OrderState.MAKING:
                values = {"reference": reference} if reference else {}
                self._book.move(uow, order, OrderAct.HAND_OVER, at=now, actor=OFFICE, values=values)
                if order.delivery is Delivery.LETTER:
                    plan_following(uow, order.id, due_at=now + LOOK_AGAIN)
                if not carrier.keeps_spool:
                    plan(uow, key=f"{DESTROY}:{order.id}", due_at=now, action=DESTROY, subject=order.id)
            uow.commit()

    def destroy_spool(self, duty: Duty) -> None:
        """Destroy the sheet of a means whose carrier has it, and record that it was."""
        self._spool.destroy(duty.subject)
        now = self._clock()
        with self._database.write() as uow:
            order = self._book.locked(uow, duty.subject)
            fulfil(uow, duty)
            if order.spool_destroyed_at is None:
                values = {"spool_destroyed_at": now}
                self._book.move(uow, order, OrderAct.DESTROY_SPOOL, at=now, actor=OFFICE, values=values)
            uow.commit()

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {MAKE: self.make, HAND_OVER: self.hand_over, DESTROY: self.destroy_spool}

    def _maker(self, uow: UnitOfWork, order: Order) -> Made:
        return self._makers[order.kind](
            uow,
            party_id=order.party_id,
            kind=order.kind,
            proofing_id=order.proofing_id,
            level=order.level,
            derogation=order.derogation,
            actor={**OFFICE, "order": order.id},
        )

    def _enter(self, uow: UnitOfWork, order: Order, made: Made, digest: str, now: datetime) -> None:
        values = {
            "identifier_id": made.identifier_id,
            "digest": digest,
            "address": dict(order.address) if order.address else None,
            "delivery": order.delivery.value,
            "derogation": order.derogation,
        }
        self._book.move(uow, order, OrderAct.MAKE, at=now, actor=OFFICE, values=values)
        replaced = select(_REPLACED.c.identifier_id).where(_REPLACED.c.order_id == order.id)
        uow.defer(
            update(_IDENTIFIER).where(_IDENTIFIER.c.id.in_(replaced)).values(replaced_by=made.identifier_id)
        )
        plan(uow, key=f"{HAND_OVER}:{order.id}", due_at=now, action=HAND_OVER, subject=order.id)

    def _as_allowed(self, order: Order, now: datetime, *, seen: datetime | None) -> Order:
        """Return an order as it may be made now: what its derogation allowed ended with it."""
        held = {one.id for one in self._policy.in_force(now, not_after_seen=seen)}
        derogation = order.derogation if order.derogation in held else None
        allowed = order.delivery in self._policy.deliveries(now, not_after_seen=seen)
        return replace(order, derogation=derogation, delivery=order.delivery if allowed else Delivery.POST)
