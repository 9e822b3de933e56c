"""``lre operator``: who works at the console, with which roles.

Passwords never pass the command line: a first one is made and shown once, and replaced at the first sign-in.
"""

from dataclasses import asdict
from getpass import getuser

import click

from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.operators.rules import Role
from lre_kit.operators.values import Enrolment

_roles = click.Choice([role.value for role in Role])
_why = click.option("--reason", required=True, metavar="TEXT", help="Why; stands in the journal.")


@click.group()
def operator_command() -> None:
    """Operators of the console: add, list, give roles, disable, reset.

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
