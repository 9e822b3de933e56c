"""``lre identifiers``: identification means, and what operators do with them.

What is listed names means by their numbers, and parties in JSON; only ``compare`` prints names.
"""

import getpass
from typing import Any

import click

from lre_kit.cli.operator_session import done_as_operator
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.identifier_values import Identifier
from lre_kit.identifiers.means import FINAL
from lre_kit.identifiers.operator_lists import means_to_compare, newest_means
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act

_LIMIT = 100
_OF_MEANS = (
    *("id", "serial", "party_id", "kind", "state", "level", "derogation", "created_at", "activated_at"),
    *("last_used_at", "expires_at", "ended_at", "replaced_by"),
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

reason_option = click.option("--reason", required=True, help="Why; it stands in the history.")
"""The same option on every act on a means."""

limit_option = click.option(
    "--limit", type=click.IntRange(1, 10_000), default=_LIMIT, show_default=True, help="Most that are listed."
)


def actor_of(operator: str) -> dict[str, str]:
    """Return who acts, for histories.

    Raises:
        UsageError: Nobody is named.
    """
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
    """Identification means: list, compare, accept, suspend, resume, revoke, lift a lock."""


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


_DESK_ACTS = {
    "activate": Act.ACCEPT_MEANS,
    "suspend": Act.SUSPEND_MEANS,
    "resume": Act.RESUME_MEANS,
    "revoke": Act.REVOKE_MEANS,
}


def _act(serial: str, act: str, *, operator: str, reason: str) -> None:
    name = actor_of(operator)["name"]
    with opened_office() as office:
        found = _by_serial(office, serial)
        if act == "revoke" and found.state in FINAL:
            click.echo(f"{found.serial} was {found.state.value} already; nothing was changed.")
            return
        means, desk = found.id, office.people.means_desk
        if act in _DESK_ACTS:
            done_as_operator(
                office,
                _DESK_ACTS[act],
                means,
                name=name,
                reason=reason,
                direct=lambda: desk.act(means, act, operator=name, reason=reason),
            )
        else:
            desk.act(means, act, operator=name, reason=reason)
        found = office.people.register.by_id(means)
    click.echo(f"{found.serial} is {found.state.value}.")


@identifiers_command.command("deliver")
@click.argument("serial", metavar="SERIAL")
@reason_option
@operator_option
def deliver_command(*, serial: str, reason: str, operator: str) -> None:
    """Record that the means with this SERIAL was handed to its holder; its open order moves with it.

    \b
    Example:
      lre identifiers deliver 7K3M-9QXA-2PVD --reason "handed over at the counter"
    """
    _act(serial, "deliver", operator=operator, reason=reason)


@identifiers_command.command("activate")
@click.argument("serial", metavar="SERIAL")
@reason_option
@operator_option
def activate_command(*, serial: str, reason: str, operator: str) -> None:
    """Accept the certificate or electronic identity with this SERIAL, whose names were not clear.

    Compare the names first: lre identifiers compare SERIAL. To refuse it, revoke it. Other means become
    active when their holder uses them.

    \b
    Example:
      lre identifiers activate 7K3M-9QXA-2PVD --reason "name of marriage, seen on the title"
    """
    _act(serial, "activate", operator=operator, reason=reason)


@identifiers_command.command("suspend")
@click.argument("serial", metavar="SERIAL")
@reason_option
@operator_option
def suspend_command(*, serial: str, reason: str, operator: str) -> None:
    """Suspend the means with this SERIAL, used or not; only an operator brings it back.

    \b
    Example:
      lre identifiers suspend 7K3M-9QXA-2PVD --reason "envelope came back open"
    """
    _act(serial, "suspend", operator=operator, reason=reason)


@identifiers_command.command("resume")
@click.argument("serial", metavar="SERIAL")
@reason_option
@operator_option
def resume_command(*, serial: str, reason: str, operator: str) -> None:
    """Bring the suspended means with this SERIAL back to where it stood.

    \b
    Example:
      lre identifiers resume 7K3M-9QXA-2PVD --reason "its holder called and has it"
    """
    _act(serial, "resume", operator=operator, reason=reason)


@identifiers_command.command("revoke")
@click.argument("serial", metavar="SERIAL")
@reason_option
@operator_option
def revoke_command(*, serial: str, reason: str, operator: str) -> None:
    """Revoke the means with this SERIAL, for ever; its open order is cancelled and its holder told.

    \b
    Example:
      lre identifiers revoke 7K3M-9QXA-2PVD --reason "returned by the post"
    """
    _act(serial, "revoke", operator=operator, reason=reason)


@identifiers_command.command("waiting")
@limit_option
@json_option
def waiting_command(*, limit: int, as_json: bool) -> None:
    """List certificates and electronic identities that wait for somebody to compare names, oldest first.

    \b
    Example:
      lre identifiers waiting
    """
    with opened_office() as office:
        found = means_to_compare(office.database, limit=limit)
    if as_json:
        print_json([_plain_means(each) for each in found])
        return
    rows = [(each.serial, each.kind.value, each.label, paris_text(each.created_at)) for each in found]
    print_table(f"{len(rows)} means to compare", ("Serial", "Kind", "Issuer", "Shown (Paris)"), rows)


@identifiers_command.command("compare")
@click.argument("serial", metavar="SERIAL")
@json_option
def compare_command(*, serial: str, as_json: bool) -> None:
    """Show the names in the certificate or electronic identity with this SERIAL beside its holder's.

    The only command here that prints names: they are what is to be compared.

    \b
    Example:
      lre identifiers compare 7K3M-9QXA-2PVD
    """
    with opened_office() as office:
        found = office.people.means_desk.compare(_by_serial(office, serial).id)
    if as_json:
        print_json({"serial": found.means.serial, "told": dict(found.told), "known": dict(found.known)})
        return
    parts = dict.fromkeys([*found.known, *found.told])
    rows = [(part, found.told.get(part, "–"), found.known.get(part, "–")) for part in parts]
    print_table(found.means.serial, ("Part", "In the means", "Known here"), rows)


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
