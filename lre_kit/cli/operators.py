"""``lre operator``: who works at the console, with which roles.

Passwords never pass the command line: a first one is made and shown once, and replaced at the first sign-in.
"""

from dataclasses import asdict
from getpass import getuser

import click

from lre_kit.cli.operator_session import operator_session
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table, shown
from lre_kit.operators.rules import RULES, Role
from lre_kit.operators.values import Enrolment

_roles = click.Choice([role.value for role in Role])
_why = click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the journal.")


@click.group()
def operator_command() -> None:
    """Operators of the console: add, list, give roles, disable, reset; agree to acts that take two.

    They sign in where LRE_OPERATOR_ENTRANCE is “accounts”. All of it stands in the operators' journal.
    """


@operator_command.command("add")
@click.argument("name")
@click.option("--role", "roles", type=_roles, multiple=True, required=True, help="May be given again.")
@click.option("--reason", default="", metavar="TEXT", help="Why; stands in the journal.")
@json_option
def add_command(*, name: str, roles: tuple[str, ...], reason: str, as_json: bool) -> None:
    """Add operator NAME. Their first password and the secret of their codes are shown this once.

    \b
    Example:
      lre operator add anne.roy --role clerk --role auditor
    """
    with opened_office() as office:
        made = office.operators.book.add(name, roles, by=getuser(), reason=reason)
        is_local = office.operators.entrance.is_local
    _show(made, as_json=as_json)
    if is_local:
        click.echo("They sign in once LRE_OPERATOR_ENTRANCE is set to accounts.", err=True)


@operator_command.command("list")
@json_option
def list_command(*, as_json: bool) -> None:
    """List the operators by name.

    \b
    Example:
      lre operator list --json
    """
    with opened_office() as office:
        found = office.operators.book.all()
    if as_json:
        print_json([asdict(operator) for operator in found])
        return
    rows = [
        (
            operator.name,
            ", ".join(role.value for role in operator.roles),
            operator.state.value,
            paris_text(operator.last_sign_in_at) if operator.last_sign_in_at else "–",
        )
        for operator in found
    ]
    print_table(f"{len(rows)} operators", ("Name", "Roles", "State", "Signed in (Paris)"), rows)


@operator_command.command("role")
@click.argument("name")
@click.argument("roles", type=_roles, nargs=-1, required=True, metavar="ROLE…")
@_why
def role_command(*, name: str, roles: tuple[str, ...], reason: str) -> None:
    """Give operator NAME these roles and no others; their sessions end.

    \b
    Example:
      lre operator role anne.roy clerk key-holder --reason "Takes over from Paul"
    """
    with opened_office() as office:
        operator = office.operators.book.set_roles(name, roles, by=getuser(), reason=reason)
    click.echo(f"{operator.name}: {', '.join(role.value for role in operator.roles)}.")


@operator_command.command("disable")
@click.argument("name")
@_why
def disable_command(*, name: str, reason: str) -> None:
    """Let operator NAME sign in no more; their sessions end. “reset” enables them again.

    \b
    Example:
      lre operator disable paul.lenoir --reason "Left on 31 March"
    """
    with opened_office() as office:
        operator = office.operators.book.disable(name, by=getuser(), reason=reason)
    click.echo(f"{operator.name} is disabled.")


@operator_command.command("reset")
@click.argument("name")
@_why
@json_option
def reset_command(*, name: str, reason: str, as_json: bool) -> None:
    """Give operator NAME a first password and a secret anew, and enable them; their sessions end.

    \b
    Example:
      lre operator reset anne.roy --reason "Lost her telephone"
    """
    with opened_office() as office:
        made = office.operators.book.reset(name, by=getuser(), reason=reason)
    _show(made, as_json=as_json)


@operator_command.command("waiting")
@json_option
def waiting_command(*, as_json: bool) -> None:
    """List the acts that wait for a second operator.

    \b
    Example:
      lre operator waiting
    """
    with opened_office(read_only=True) as office:
        found = office.operators.two_people.waiting()
    if as_json:
        print_json([{name: getattr(one, name) for name in _OF_PROPOSALS} for one in found])
        return
    rows = [
        (one.id, RULES[one.act].english, shown(one.label), one.proposed_by, shown(one.reason))
        for one in found
    ]
    print_table(f"{len(rows)} acts wait", ("Proposal", "Act", "About", "Proposed by", "Reason"), rows)


_OF_PROPOSALS = ("id", "act", "subject", "label", "reason", "proposed_by", "proposed_at", "expires_at")


@operator_command.command("agree")
@click.argument("proposal")
@click.option("--by", "name", metavar="NAME", help="Who agrees; by default it is asked for.")
@click.option("--reason", default="", metavar="TEXT", help="Why; stands in the journal.")
def agree_command(*, proposal: str, name: str | None, reason: str) -> None:
    """Agree to PROPOSAL as the second operator, and carry it out. Who proposed it cannot.

    \b
    Example:
      lre operator agree 01a22b13d86b703c9a7be17faa890e20 --by paul
    """
    with opened_office() as office, operator_session(office, name) as session:
        found = office.operators.two_people.by_id(proposal)
        office.operators.desk.agree(session, proposal, reason=reason)
    click.echo(shown(f"Done: {RULES[found.act].english}, {found.label}."))


@operator_command.command("decline")
@click.argument("proposal")
@click.option("--by", "name", metavar="NAME", help="Who declines; by default it is asked for.")
@_why
def decline_command(*, proposal: str, name: str | None, reason: str) -> None:
    """Decline PROPOSAL, or take back your own; nothing is done.

    \b
    Example:
      lre operator decline 01a22b13d86b703c9a7be17faa890e20 --by paul --reason "Wrong letter"
    """
    with opened_office() as office, operator_session(office, name) as session:
        found = office.operators.two_people.by_id(proposal)
        office.operators.desk.decline(session, proposal, reason=reason)
    click.echo(shown(f"Declined: {RULES[found.act].english}, {found.label}."))


def _show(made: Enrolment, *, as_json: bool) -> None:
    if as_json:
        told = {"password": made.password, "secret": made.secret, "uri": made.uri}
        print_json({"name": made.operator.name, "roles": list(made.operator.roles)} | told)
        return
    import segno

    click.echo(f"Operator {made.operator.name}. What follows is shown this once: hand it over in person.")
    click.echo(f"First password: {made.password}")
    click.echo(f"Secret of the codes, for an authenticator app: {made.secret}")
    segno.make(made.uri, error="m").terminal(compact=True)
