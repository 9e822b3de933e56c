"""``lre accounts``: who may log in to ``lre serve``, with which role, and an end to their sessions.

No password passes through the command line: people set theirs by the link they get by mail.
"""

from dataclasses import asdict

import click

from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.errors import NotFoundError
from lre_kit.office import PostOffice
from lre_kit.parties.account_book import AccountBook
from lre_kit.parties.account_values import ROLES
from lre_kit.parties.sessions import Sessions


@click.group()
def accounts_command() -> None:
    """Accounts of lre serve: list, give a role, end sessions.

    People make and recover their accounts on the pages; passwords never pass here.
    """


def _book(office: PostOffice) -> AccountBook:
    return AccountBook(office.database, sessions=Sessions(office.database, clock=office.clock))


@accounts_command.command("list")
@json_option
def list_command(*, as_json: bool) -> None:
    """List the accounts, oldest first.

    \b
    Example:
      lre accounts list --json
    """
    with opened_office() as office:
        book = _book(office)
        found = [(account, len(book.sessions.list_of(account.id))) for account in book.all()]
    if as_json:
        print_json([asdict(account) | {"sessions": sessions} for account, sessions in found])
        return
    rows = [
        (account.email, account.name, account.role or "–", str(sessions), paris_text(account.created_at))
        for account, sessions in found
    ]
    print_table(f"{len(rows)} accounts", ("Address", "Name", "Role", "Sessions", "Made (Paris)"), rows)


@accounts_command.command("role")
@click.argument("email", metavar="ADDRESS")
@click.argument("role", type=click.Choice([role or "none" for role in ROLES]))
def role_command(*, email: str, role: str) -> None:
    """Give the account of ADDRESS a role, or take it away with “none”; its sessions end.

    \b
    Example:
      lre accounts role claire@example.org reviewer
    """
    with opened_office() as office:
        account = _book(office).set_role(email, "" if role == "none" else role)
    click.echo(f"{account.email} has {'the role ' + account.role if account.role else 'no role'} now.")


@accounts_command.command("end-sessions")
@click.argument("email", metavar="ADDRESS")
def end_sessions_command(*, email: str) -> None:
    """End all sessions of the account of ADDRESS; it may log in again.

    \b
    Example:
      lre accounts end-sessions claire@example.org
    """
    with opened_office() as office:
        book = _book(office)
        account = book.by_email(email)
        if account is None:
            raise NotFoundError("There is no such account.", mend="List them with: lre accounts list.")
        ended = book.sessions.end_all(account.id)
    click.echo(f"{ended} sessions ended.")
