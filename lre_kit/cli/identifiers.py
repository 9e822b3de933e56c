"""``lre identifiers`` and ``lre orders``: identification means and their way to people.

What is listed names means and orders by their numbers, and parties in JSON; names and addresses are
never printed.
"""

import getpass
from collections.abc import Callable, Sequence
from typing import Any

import click

from lre_kit.carriers.holder_mail import Told
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import FINAL
from lre_kit.identifiers.operator_lists import newest_means, newest_orders, open_order_of
from lre_kit.identifiers.order_values import Order, OrderState
from lre_kit.office import PostOffice

_LIMIT = 100
_OF_MEANS = (
    *("id", "serial", "party_id", "kind", "state", "level", "derogation", "created_at", "activated_at"),
    *("last_used_at", "expires_at", "ended_at", "replaced_by"),
)
_OF_ORDERS = (
    *("id", "party_id", "kind", "delivery", "state", "cause", "level", "derogation", "identifier_id"),
    *("reference", "created_at", "spool_destroyed_at", "ended_at"),
)


def _operator() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


operator_option = click.option(
    "--operator", default=_operator, metavar="NAME", help="Who acts, for the history; by default $USER."
)
"""The same option on every command that changes something."""

limit_option = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=_LIMIT, show_default=True, help="Most that are listed."
)


def _actor(operator: str) -> dict[str, str]:
    if not operator.strip():
        raise click.UsageError("Nobody is named as acting: give --operator NAME.")
    return {"role": "operator", "name": operator.strip()[:100]}


def _by_serial(office: PostOffice, serial: str) -> Identifier:
    found = office.people.register.by_serial(serial)
    if found is None:
        raise NotFoundError(
            "There is no such identification means.", mend="List them with: lre identifiers list."
        )
    return found


# --- identification means ---------------------------------------------------------------------------


@click.group()
def identifiers_command() -> None:
    """Identification means: list, read the history of one, revoke, lift a lock."""


@identifiers_command.command("list")
@click.option("--party", metavar="PARTY", help="Only the means of this party, by its number.")
@click.option("--serial", metavar="SERIAL", help="Only the means with this serial.")
@limit_option
@json_option
def list_command(*, party: str | None, serial: str | None, limit: int, as_json: bool) -> None:
    """List identification means, newest first.

    \b
    Example:
      lre identifiers list --serial 7K3M-9QXA-2PVD --json
    """
    with opened_office() as office:
        if serial is not None:
            found = [_by_serial(office, serial)]
            found = [each for each in found if party in {None, each.party_id}]
        else:
            found = newest_means(office.database, limit=limit, party_id=party)
    if as_json:
        print_json([_plain_means(each) for each in found])
        return
    columns = ("Serial", "Kind", "State", "Level", "Issued (Paris)", "Last used (Paris)")
    rows = [
        (
            each.serial,
            each.kind.value,
            each.state.value,
            each.level.value if each.level else "–",
            paris_text(each.created_at),
            paris_text(each.last_used_at) if each.last_used_at else "–",
        )
        for each in found
    ]
    print_table(f"{len(rows)} identification means", columns, rows)


def _plain_means(one: Identifier) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _OF_MEANS}


@identifiers_command.command("history")
@click.argument("serial", metavar="SERIAL")
@json_option
def history_command(*, serial: str, as_json: bool) -> None:
    """Tell what happened to the means with this SERIAL.

    \b
    Example:
      lre identifiers history 7K3M-9QXA-2PVD
    """
    with opened_office() as office:
        found = _by_serial(office, serial)
        history = office.people.register.history(found.id)
    if as_json:
        names = ("seq", "name", "occurred_at", "actor", "reason")
        print_json([{name: getattr(event, name) for name in names} for event in history])
        return
    rows = [
        (paris_text(event.occurred_at), event.name, str(event.actor.get("role", "–")), event.reason)
        for event in history
    ]
    print_table(f"{found.serial}: {found.state.value}", ("When (Paris)", "Act", "By", "Reason"), rows)


@identifiers_command.command("revoke")
@click.argument("serial", metavar="SERIAL")
@click.option("--reason", required=True, help="Why; it stands in the history.")
@operator_option
def revoke_command(*, serial: str, reason: str, operator: str) -> None:
    """Revoke the means with this SERIAL, for ever; its open order is cancelled and its holder told.

    \b
    Example:
      lre identifiers revoke 7K3M-9QXA-2PVD --reason "returned by the post"
    """
    actor = _actor(operator)
    with opened_office() as office:
        found, people = _by_serial(office, serial), office.people
        if found.state in FINAL:
            click.echo(f"{found.serial} was {found.state.value} already; nothing was changed.")
            return
        order_id = open_order_of(office.database, found.id)
        if order_id is not None:
            people.ordering.orders.cancel(order_id, actor=actor, reason=reason)
        with office.database.write() as uow:
            if order_id is None:
                people.register.change(uow, found.id, "revoke", actor=actor, reason=reason)
            people.holder_notices.plan(uow, found.party_id, Told.REVOKED, serial=found.serial)
            uow.commit()
    click.echo(f"{found.serial} is revoked.")


@identifiers_command.command("unlock")
@click.argument("serial", metavar="SERIAL")
def unlock_command(*, serial: str) -> None:
    """Forget the wrong answers counted at the means with this SERIAL, after a lock.

    \b
    Example:
      lre identifiers unlock 7K3M-9QXA-2PVD
    """
    with opened_office() as office:
        found = _by_serial(office, serial)
        office.people.throttle.forget(f"identifier:{found.id}")
    click.echo(f"The wrong answers counted at {found.serial} are forgotten.")


# --- orders -----------------------------------------------------------------------------------------


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
    actor = _actor(operator)
    with opened_office() as office:
        order = act(office, actor)
    destroyed = " Its sheet is destroyed." if order.spool_destroyed_at else ""
    click.echo(f"Order {order.id} is {order.state.value}.{destroyed}")
