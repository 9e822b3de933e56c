"""The book of orders: rows and their histories, read and moved. The rules are in `orders`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select, update

from lre_kit.identifiers.order_ports import Actor
from lre_kit.identifiers.order_rows import OrderEventRow, OrderRow
from lre_kit.identifiers.order_values import (
    ENDED,
    Order,
    OrderAct,
    OrderEvent,
    OrderState,
    UnknownOrderError,
    next_order_state,
)
from lre_kit.law.assurance import Level
from lre_kit.law.derogations import Delivery
from lre_kit.parties.standing import all_ids
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

ORDER = table_of(OrderRow)
EVENT = table_of(OrderEventRow)
REASON_MAX_CHARS = 500
"""Longest reason kept beside an act."""

_COLUMNS = tuple(ORDER.c[name] for name in Order.__slots__)


class OrderBook:
    """Reads orders, and moves one inside a unit of work."""

    def __init__(self, database: Database) -> None:
        """Read from `database`."""
        self._database = database

    def by_id(self, order_id: str) -> Order:
        """Return an order.

        Raises:
            UnknownOrderError: There is none.
        """
        found = self._read(ORDER.c.id == order_id)
        if not found:
            raise _unknown()
        return found[0]

    def of(self, party_id: str) -> list[Order]:
        """Return a person's orders, newest first."""
        return self._read(ORDER.c.party_id.in_(self._ids(party_id)))

    def open_of(self, party_id: str) -> list[Order]:
        """Return a person's open orders, newest first."""
        return self._read(ORDER.c.party_id.in_(self._ids(party_id)), ORDER.c.open_key.is_not(None))

    def _ids(self, party_id: str) -> tuple[str, ...]:
        with self._database.read() as connection:
            return all_ids(connection, party_id)

    def waiting_for_address(self, limit: int = 1000) -> list[Order]:
        """Return orders that stand still because no confirmed address is known, oldest first."""
        found = self._read(*waiting(), limit=limit, newest_first=False)
        return [order for order in found if order.waits_for_address]

    def history(self, order_id: str) -> list[OrderEvent]:
        """Return what happened to an order, oldest first."""
        query = select(EVENT).where(EVENT.c.order_id == order_id).order_by(EVENT.c.seq)
        with self._database.read() as connection:
            return [
                OrderEvent(
                    seq=row.seq,
                    name=OrderAct(row.name),
                    state=OrderState(row.state),
                    occurred_at=row.occurred_at,
                    actor=row.actor,
                    reason=row.reason,
                )
                for row in connection.execute(query)
            ]

    def locked(self, uow: UnitOfWork, order_id: str) -> Order:
        """Return an order that nobody else can move until this unit of work ends.

        Raises:
            UnknownOrderError: There is none.
        """
        query = select(*_COLUMNS).where(ORDER.c.id == order_id).with_for_update()
        row = uow.execute(query).first()
        if row is None:
            raise _unknown()
        return order_of(row)

    def locked_where(self, uow: UnitOfWork, *conditions: ColumnElement[bool]) -> list[Order]:
        """Return orders that nobody else can move until this unit of work ends, in a fixed sequence."""
        query = select(*_COLUMNS).where(*conditions).order_by(ORDER.c.id).with_for_update()
        return [order_of(row) for row in uow.execute(query)]

    def move(
        self,
        uow: UnitOfWork,
        order: Order,
        act: OrderAct,
        *,
        at: datetime,
        actor: Actor,
        reason: str = "",
        values: Mapping[str, Any] | None = None,
    ) -> OrderState:
        """Move a locked order by an act, with its history; return its new state.

        Raises:
            UnlawfulActError: Its state does not allow the act.
        """
        state = next_order_state(order.state, act)
        changes: dict[str, Any] = {"state": state.value, **(values or {})}
        if state in ENDED and order.is_open:
            changes |= {"open_key": None, "ended_at": at}
        uow.defer(update(ORDER).where(ORDER.c.id == order.id).values(changes))
        last = uow.execute(select(func.max(EVENT.c.seq)).where(EVENT.c.order_id == order.id)).scalar()
        add_event(uow, order.id, seq=(last or 0) + 1, act=act, state=state, at=at, actor=actor, reason=reason)
        return state

    def _read(
        self, *conditions: ColumnElement[bool], limit: int | None = None, newest_first: bool = True
    ) -> list[Order]:
        place = (ORDER.c.created_at, ORDER.c.id)
        order = [column.desc() for column in place] if newest_first else list(place)
        query = select(*_COLUMNS).where(*conditions).order_by(*order).limit(limit)
        with self._database.read() as connection:
            return [order_of(row) for row in connection.execute(query)]


def waiting() -> Iterable[ColumnElement[bool]]:
    """Return the conditions of an order that stands still for want of an address."""
    return (
        ORDER.c.state == OrderState.APPROVED.value,
        ORDER.c.delivery == Delivery.POST.value,
        or_(ORDER.c.address.is_(None)),
    )


def open_key(party_id: str, kind: str) -> str:
    """Return what only one open order may hold."""
    return f"{party_id}:{kind}"


def add_event(
    uow: UnitOfWork,
    order_id: str,
    *,
    seq: int,
    act: OrderAct,
    state: OrderState,
    at: datetime,
    actor: Actor,
    reason: str = "",
) -> None:
    """Append one act to an order's history."""
    uow.add(
        OrderEventRow,
        id=new_id(),
        order_id=order_id,
        seq=seq,
        name=act.value,
        state=state.value,
        occurred_at=at,
        actor=dict(actor),
        reason=reason[:REASON_MAX_CHARS],
    )


def order_of(row: Row[Any]) -> Order:
    """Return an order from its columns."""
    values = row._asdict()
    level = values.pop("level")
    return Order(
        **values
        | {
            "level": Level(level) if level else None,
            "delivery": Delivery(values["delivery"]),
            "state": OrderState(values["state"]),
        }
    )


def _unknown() -> UnknownOrderError:
    return UnknownOrderError("There is no such order.", mend="Look at the list of orders.")
