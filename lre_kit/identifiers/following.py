"""Following a means that travels inside a registered letter: its order ends as the letter ends."""

from collections.abc import Callable

from lre_kit.clock import Clock
from lre_kit.identifiers.following_plan import LOOK_AGAIN, plan_following
from lre_kit.identifiers.order_ports import OFFICE, Fate
from lre_kit.identifiers.order_values import OrderState
from lre_kit.identifiers.orders import Orders
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database, UnitOfWork

_ON_THE_WAY = frozenset({OrderState.DELIVERING, OrderState.DELIVERED})


class Following:
    """Carries the duty out; it may run twice, or die at any line."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        orders: Orders,
        fate_of: Callable[[str], Fate],
        tell_revoked: Callable[[UnitOfWork, str], None],
    ) -> None:
        """Wire it.

        Args:
            database: Where orders are kept.
            clock: The office's clock.
            orders: The orders.
            fate_of: Tells what became of a letter, by its number.
            tell_revoked: Plans telling the holder of a means, by its id, that it was revoked.
        """
        self._database = database
        self._clock = clock
        self._orders = orders
        self._fate_of = fate_of
        self._tell_revoked = tell_revoked

    def run(self, duty: Duty) -> None:
        """Note the delivery, or cancel the order and revoke the means that nobody received.

        A means whose letter was refused or not claimed reached nobody, and its holder can order anew.
        """
        order = self._orders.book.by_id(duty.subject)
        fate = Fate.LOST
        if order.state in _ON_THE_WAY and order.reference and order.identifier_id:
            identifier_id = order.identifier_id
            fate = self._fate_of(order.reference)
            if fate is Fate.RECEIVED and order.state is OrderState.DELIVERING:
                self._orders.delivered(order.id, actor=OFFICE, reason="its letter was received")
            elif fate is Fate.LOST:
                self._orders.withdraw(
                    identifier_id,
                    actor=OFFICE,
                    reason="its letter was not received",
                    also=lambda uow: self._tell_revoked(uow, identifier_id),
                )
        with self._database.write() as uow:
            fulfil(uow, duty)
            if fate is Fate.UNDER_WAY:
                plan_following(uow, order.id, due_at=self._clock() + LOOK_AGAIN)
            uow.commit()
