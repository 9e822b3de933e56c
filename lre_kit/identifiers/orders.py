"""Ordering an identification means: from the wish in one's profile to the first use.

An order waits for the proofing of the identity, is made by a duty, handed over to the post room or put
into a registered letter, confirmed as delivered, and ends when the means is first used. The plain codes
exist in memory and in the spooled sheet only; the sheet's destruction is an act in the order's history.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from lre_kit.clock import Clock
from lre_kit.identifiers.high_water import latest_seen, mark
from lre_kit.identifiers.making import plan_making
from lre_kit.identifiers.means import State
from lre_kit.identifiers.order_book import ORDER, OrderBook, add_event, open_key
from lre_kit.identifiers.order_ports import Actor, Addresses, Proofings, Register
from lre_kit.identifiers.order_rows import OrderRow
from lre_kit.identifiers.order_rules import (
    NOT_ORDERED,
    ONE_OPEN,
    ORDERABLE,
    carries,
    expect_confirmed,
    issued_under,
)
from lre_kit.identifiers.order_values import (
    BEFORE_APPROVAL,
    KindSuspendedError,
    Offer,
    Order,
    OrderAct,
    OrderOpenError,
    OrderRefusedError,
    OrderState,
    Proofed,
)
from lre_kit.identifiers.spool import Spool
from lre_kit.law.derogations import SHIPPED, Delivery, Policy
from lre_kit.parties.standing import all_ids
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UniqueViolation, UnitOfWork


class Orders:
    """Takes orders and moves them."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        register: Register,
        addresses: Addresses,
        proofings: Proofings,
        spool: Spool,
        policy: Policy = SHIPPED,
        kinds: frozenset[str] = ORDERABLE,
        deliveries: frozenset[Delivery] = frozenset(Delivery),
    ) -> None:
        """Work on `database` by the office's clock.

        Args:
            database: Where orders are kept.
            clock: The office's clock.
            register: The register of identifiers.
            addresses: Knows confirmed postal addresses.
            proofings: Knows proofings in force.
            spool: Where sheets wait.
            policy: Derogations and suspensions.
            kinds: Kinds that this office makes.
            deliveries: Ways of delivery it has; a derogation may allow more.
        """
        self._database = database
        self._clock = clock
        self._register = register
        self._addresses = addresses
        self._proofings = proofings
        self._spool = spool
        self._policy = policy
        self._kinds = kinds
        self._deliveries = deliveries
        self.book = OrderBook(database)

    def may_order(self, kind: str, party_id: str, at: datetime | None = None) -> Offer:
        """Tell whether a person can order a kind of means; a suspended one answers its public message.

        Args:
            kind: Kind of means.
            party_id: Who orders.
            at: Instant; by default now.
        """
        now = at or self._clock()
        seen = latest_seen(self._database)
        if kind not in self._kinds:
            return Offer(kind=kind, allowed=False, message=NOT_ORDERED)
        if message := self._policy.suspended(kind, now, not_after_seen=seen):
            return Offer(kind=kind, allowed=False, message=message)
        if any(order.kind == kind for order in self.book.open_of(party_id)):
            return Offer(kind=kind, allowed=False, message=ONE_OPEN)
        deliveries = self._policy.deliveries(now, not_after_seen=seen)
        return Offer(kind=kind, allowed=True, deliveries=carries(kind, deliveries & self._deliveries))

    def order(
        self,
        party_id: str,
        kind: str,
        delivery: Delivery = Delivery.POST,
        address: Mapping[str, Any] | None = None,
        *,
        actor: Actor,
        also: Callable[[UnitOfWork], None] | None = None,
    ) -> Order:
        """Take an order; with a proofing in force it is approved at once, else it waits for one.

        Args:
            party_id: Who will hold the means.
            kind: Kind of means.
            delivery: How it reaches its holder.
            address: Where to post it: the profile's confirmed address, which is also the default.
            actor: Who orders.
            also: What belongs to the same act, such as telling the holder of it.

        Raises:
            KindSuspendedError: The kind cannot be ordered at present.
            OrderRefusedError: The kind is not ordered, the delivery not allowed, or no address is known.
            OrderOpenError: There is an open order of this kind already.
        """
        now = self._clock()
        known = self._addresses.confirmed([party_id]).get(party_id)
        proofed = self._proofings.in_force(party_id)
        order_id = new_id()
        with self._database.write() as uow:
            seen = mark(uow, now)
            self._check(kind, delivery, at=now, seen=seen)
            if delivery is Delivery.POST:
                expect_confirmed(address, known)
            uow.serialise(f"order:{open_key(party_id, kind)}")
            uow.add(
                OrderRow,
                id=order_id,
                party_id=party_id,
                kind=kind,
                delivery=delivery.value,
                state=OrderState.REQUESTED.value,
                open_key=open_key(party_id, kind),
                cause="ordered",
                address=dict(known) if known else None,
                created_at=now,
            )
            add_event(
                uow,
                order_id,
                seq=1,
                act=OrderAct.REQUEST,
                state=OrderState.REQUESTED,
                at=now,
                actor=actor,
            )
            if also is not None:
                also(uow)
            try:
                uow.flush()
                if proofed:
                    self._decide(uow, self.book.locked(uow, order_id), proofed, at=now, seen=seen)
                uow.commit()
            except UniqueViolation as violation:
                msg = "An order of this kind is open already."
                raise OrderOpenError(msg, mend="Wait for it, or cancel it first.") from violation
        return self.book.by_id(order_id)

    def identifying(self, uow: UnitOfWork, party_id: str, *, in_review: bool = False) -> None:
        """Note that a person began identifying, or that the case went to the reviewers."""
        act = OrderAct.REVIEW if in_review else OrderAct.IDENTIFY
        for order in self._waiting_orders(uow, party_id):
            if in_review or order.state is not OrderState.IN_REVIEW:
                self.book.move(uow, order, act, at=self._clock(), actor=_holder(party_id))

    def proofing_decided(self, uow: UnitOfWork, party_id: str, proofing: Proofed) -> None:
        """Approve or refuse the orders of a person that wait for this proofing."""
        now = self._clock()
        seen = mark(uow, now)
        for order in self._waiting_orders(uow, party_id):
            self._decide(uow, order, proofing, at=now, seen=seen)

    def tracked(self, order_id: str, number: str, *, actor: Actor) -> Order:
        """Record the post's tracking number."""
        number = number.strip()
        if not number or len(number) > 100 or not number.isprintable():
            msg = "This tracking number cannot be one."
            raise OrderRefusedError(msg, mend="Type the number of the post's receipt.")
        return self._act(order_id, OrderAct.TRACK, actor=actor, values={"reference": number})

    def delivered(self, order_id: str, *, actor: Actor, reason: str = "") -> Order:
        """Confirm that the means was handed to its holder."""
        with self._database.write() as uow:
            order = self.book.locked(uow, order_id)
            self.book.move(uow, order, OrderAct.DELIVER, at=self._clock(), actor=actor, reason=reason)
            # What was suspended on its way stays so; its holder brings it back.
            if order.identifier_id and self._register.by_id(order.identifier_id).state == State.ISSUED:
                self._register.change(uow, order.identifier_id, "deliver", actor=actor, reason=reason)
            uow.commit()
        return self.book.by_id(order_id)

    def first_use(self, uow: UnitOfWork, identifier_id: str) -> None:
        """End the order of an identifier that was used for the first time; later uses change nothing."""
        found = self.book.locked_where(
            uow, ORDER.c.identifier_id == identifier_id, ORDER.c.open_key.is_not(None)
        )
        for order in found:
            holder = _holder(order.party_id)
            if order.state in {OrderState.DELIVERING, OrderState.DELIVERED}:
                self.book.move(uow, order, OrderAct.ACTIVATE, at=self._clock(), actor=holder)

    def destroy_spool(self, order_id: str, *, actor: Actor) -> Order:
        """Destroy the spooled sheet once it is printed, and record that it was; twice changes nothing."""
        self._spool.destroy(order_id)
        if self.book.by_id(order_id).spool_destroyed_at is not None:
            return self.book.by_id(order_id)
        values = {"spool_destroyed_at": self._clock()}
        return self._act(order_id, OrderAct.DESTROY_SPOOL, actor=actor, values=values)

    def cancel(self, order_id: str, *, actor: Actor, reason: str = "") -> Order:
        """Cancel an open order; a means that was made for it is revoked, and its sheet destroyed."""
        with self._database.write() as uow:
            order = self.book.locked(uow, order_id)
            self._cancel(uow, order, actor=actor, reason=reason)
            uow.commit()
        if order.digest:
            return self.destroy_spool(order_id, actor=actor)
        return self.book.by_id(order_id)

    def report_lost(
        self, identifier_id: str, *, actor: Actor, also: Callable[[UnitOfWork], None] | None = None
    ) -> Offer:
        """Revoke a lost or stolen means at once; the person's other means keep working.

        Args:
            identifier_id: The means.
            actor: Who reports it.
            also: What belongs to the same act, such as telling the holder of it.

        Returns:
            Whether a new one can be ordered.
        """
        identifier = self._register.by_id(identifier_id)
        self.withdraw(identifier_id, actor=actor, reason="reported lost", also=also)
        return self.may_order(str(identifier.kind), identifier.party_id)

    def withdraw(
        self,
        identifier_id: str,
        *,
        actor: Actor,
        reason: str,
        also: Callable[[UnitOfWork], None] | None = None,
    ) -> None:
        """Revoke a means at once; an open order that it was made for is cancelled, its sheet destroyed.

        Args:
            identifier_id: The means.
            actor: Who acts.
            reason: Why, for both histories.
            also: What else belongs into the transaction.

        Raises:
            UnlawfulActError: It was revoked or expired already.
        """
        with self._database.write() as uow:
            # Orders come before means everywhere: two that lock both never wait for each other.
            mine = (ORDER.c.identifier_id == identifier_id, ORDER.c.open_key.is_not(None))
            orders = self.book.locked_where(uow, *mine)
            self._register.change(uow, identifier_id, "revoke", actor=actor, reason=reason)
            for order in orders:
                self.book.move(uow, order, OrderAct.CANCEL, at=self._clock(), actor=actor, reason=reason)
            if also is not None:
                also(uow)
            uow.commit()
        for order in orders:
            self.destroy_spool(order.id, actor=actor)

    def address_confirmed(self, uow: UnitOfWork, party_id: str, address: Mapping[str, Any]) -> None:
        """Give a newly confirmed address to the orders that wait for one, and let them be made."""
        now = self._clock()
        waiting = (ORDER.c.party_id == party_id, ORDER.c.open_key.is_not(None), ORDER.c.address.is_(None))
        for order in self.book.locked_where(uow, *waiting):
            if order.delivery is not Delivery.POST or order.identifier_id:
                continue
            actor = _holder(party_id)
            values = {"address": dict(address)}
            state = self.book.move(uow, order, OrderAct.READDRESS, at=now, actor=actor, values=values)
            if state is OrderState.APPROVED:
                plan_making(uow, order.id, due_at=now)

    def _check(self, kind: str, delivery: Delivery, *, at: datetime, seen: datetime) -> None:
        if kind not in self._kinds:
            raise OrderRefusedError(NOT_ORDERED.en, mend="Order paper codes, or a secret on paper.")
        if message := self._policy.suspended(kind, at, not_after_seen=seen):
            raise KindSuspendedError(message)
        allowed = self._policy.deliveries(at, not_after_seen=seen) & self._deliveries
        if delivery not in carries(kind, allowed):
            msg = "A means is delivered inside a letter only while a derogation allows it."
            raise OrderRefusedError(msg, mend="Let it be posted to the confirmed address.")

    def _waiting_orders(self, uow: UnitOfWork, party_id: str) -> list[Order]:
        states = [state.value for state in BEFORE_APPROVAL]
        mine = ORDER.c.party_id.in_(all_ids(uow.connection, party_id))
        return self.book.locked_where(uow, mine, ORDER.c.state.in_(states))

    def _decide(
        self, uow: UnitOfWork, order: Order, proofed: Proofed, *, at: datetime, seen: datetime
    ) -> None:
        actor = {"role": "provider", "proofing": proofed.id}
        if proofed.level is None:
            self.book.move(uow, order, OrderAct.REFUSE, at=at, actor=actor, reason=proofed.reason)
            return
        derogation = issued_under(proofed, order.delivery, policy=self._policy, at=at, seen=seen)
        values = {"proofing_id": proofed.id, "level": proofed.level.value, "derogation": derogation}
        self.book.move(uow, order, OrderAct.APPROVE, at=at, actor=actor, values=values)
        plan_making(uow, order.id, due_at=at)

    def _act(
        self, order_id: str, act: OrderAct, *, actor: Actor, values: Mapping[str, Any] | None = None
    ) -> Order:
        with self._database.write() as uow:
            order = self.book.locked(uow, order_id)
            self.book.move(uow, order, act, at=self._clock(), actor=actor, values=values)
            uow.commit()
        return self.book.by_id(order_id)

    def _cancel(self, uow: UnitOfWork, order: Order, *, actor: Actor, reason: str) -> None:
        self.book.move(uow, order, OrderAct.CANCEL, at=self._clock(), actor=actor, reason=reason)
        if order.identifier_id:
            self._register.change(
                uow, order.identifier_id, "revoke", actor=actor, reason="its order was cancelled"
            )


def _holder(party_id: str) -> Actor:
    return {"role": "holder", "party": party_id}
