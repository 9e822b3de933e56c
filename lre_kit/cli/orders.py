"""``lre orders``: orders of identification means on their way to people.

What is listed names orders by their numbers, and parties in JSON; names and addresses are never printed.
"""

from collections.abc import Callable, Sequence

import click

from lre_kit.cli.identifiers import actor_of, limit_option, operator_option
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.identifiers.operator_lists import newest_orders
from lre_kit.identifiers.order_values import Order, OrderState
from lre_kit.office import PostOffice

_OF_ORDERS = (
    *("id", "party_id", "kind", "delivery", "state", "cause", "level", "derogation", "identifier_id"),
    *("reference", "created_at", "spool_destroyed_at", "ended_at"),
)


@click.group()
def orders_command() -> None:
    """Orders of identification means: list, record the post's number, the delivery and the printing."""


def _print_orders(found: Sequence[Order], *, as_json: bool) -> None:
    if as_json:
        print_json([{name: getattr(order, name) for name in _OF_ORDERS} for order in found])
        return
    columns = ("Order", "Kind", "State", "Ordered (Paris)", "Sheet")
    rows = [
        (order.id, order.kind, _standing(order), paris_text(order.created_at), _sheet(order))
        for order in found
    ]
    print_table(f"{len(rows)} orders", columns, rows)


def _standing(order: Order) -> str:
    return f"{order.state.value}, no address" if order.waits_for_address else order.state.value


def _sheet(order: Order) -> str:
    if order.spool_destroyed_at is not None:
        return "destroyed"
    return "kept" if order.digest else "–"


@orders_command.command("list")
@click.option("--state", type=click.Choice([state.value for state in OrderState]), help="Only in this state.")
@limit_option
@json_option
def list_orders_command(*, state: str | None, limit: int, as_json: bool) -> None:
    """List orders, newest first.

    \b
    Example:
      lre orders list --state delivering
    """
    with opened_office() as office:
        chosen = OrderState(state) if state else None
        found = newest_orders(office.database, limit=limit, state=chosen)
    _print_orders(found, as_json=as_json)


@orders_command.command("waiting")
@json_option
def waiting_command(*, as_json: bool) -> None:
    """List orders that stand still because no confirmed address is known, oldest first.

    \b
    Example:
      lre orders waiting
    """
    with opened_office() as office:
        found = office.people.ordering.ends.waiting_for_address()
    _print_orders(found, as_json=as_json)


@orders_command.command("tracked")
@click.argument("order_id", metavar="ORDER")
@click.argument("number", metavar="NUMBER")
@operator_option
def tracked_command(*, order_id: str, number: str, operator: str) -> None:
    """Record the post's tracking NUMBER of an ORDER.

    \b
    Example:
      lre orders tracked 0196f0c2a8b17c3f 1A00123456789
    """
    _acted(
        lambda office, actor: office.people.ordering.orders.tracked(order_id, number, actor=actor), operator
    )


@orders_command.command("delivered")
@click.argument("order_id", metavar="ORDER")
@operator_option
def delivered_command(*, order_id: str, operator: str) -> None:
    """Record that the means of an ORDER was handed to its holder.

    \b
    Example:
      lre orders delivered 0196f0c2a8b17c3f
    """
    _acted(lambda office, actor: office.people.ordering.orders.delivered(order_id, actor=actor), operator)


@orders_command.command("printed")
@click.argument("order_id", metavar="ORDER")
@operator_option
def printed_command(*, order_id: str, operator: str) -> None:
    """Destroy the spooled sheet of an ORDER once it is printed, and record it.

    \b
    Example:
      lre orders printed 0196f0c2a8b17c3f
    """
    _acted(lambda office, actor: office.people.ordering.orders.destroy_spool(order_id, actor=actor), operator)


def _acted(act: Callable[[PostOffice, dict[str, str]], Order], operator: str) -> None:
    actor = actor_of(operator)
    with opened_office() as office:
        order = act(office, actor)
    destroyed = " Its sheet is destroyed." if order.spool_destroyed_at else ""
    click.echo(f"Order {order.id} is {order.state.value}.{destroyed}")
