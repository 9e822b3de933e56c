"""``lre api-key``: keys with which other programs use the API in a sender's name."""

import click

from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.integration.values import ApiKey, KeyInputError, KeyKind, KeyWish, Scope
from lre_kit.office import PostOffice
from lre_kit.parties.account_book import AccountBook
from lre_kit.parties.sessions import Sessions
from lre_kit.parties.values import Sender

from_option = click.option("--from", "from_email", required=True, metavar="ADDRESS", help="Whose key.")


@click.group("api-key", short_help="Keys of the API: new, list, revoke.")
def api_key_command() -> None:
    """Keys of the API: another program sends letters with one, in its owner's name."""


@api_key_command.command("new")
@click.argument("name", metavar="NAME")
@from_option
@click.option("--from-name", metavar="NAME", help="Owner's name (default: the account's, or the address).")
@click.option("--ref", metavar="REF", help="Owner's id in the host application, where that logs people in.")
@click.option(
    "--kind", type=click.Choice([each.value for each in KeyKind]), default="live", show_default=True
)
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice([each.value for each in Scope]),
    help="What it opens; several times for several (default: everything).",
)  # fmt: skip
@click.option("--team", multiple=True, metavar="ADDRESS", help="Mailbox a key of kind “team” may write to.")
@click.option("--days", type=int, default=365, show_default=True, help="Days until it expires; 0: never.")
@click.option(
    "--client", nargs=2, metavar="ISSUER CLIENT",
    help="Access tokens of this client stand for the key; ISSUER is a slug of LRE_API_ISSUERS.",
)  # fmt: skip
@json_option
def new_command(
    *,
    name: str,
    from_email: str,
    from_name: str | None,
    ref: str | None,
    kind: str,
    scopes: tuple[str, ...],
    team: tuple[str, ...],
    days: int,
    client: tuple[str, str] | None,
    as_json: bool,
) -> None:
    """Make a key called NAME and print it: it is shown this once.

    With --client there is nothing to show: that client of an authorization server sends its access tokens.

    \b
    Examples:
      lre api-key new accounting --from me@example.org --scope letters:read
      lre api-key new erp --from me@example.org --client id erp-prod
    """
    with opened_office() as office:
        wish = KeyWish(
            name=name,
            kind=KeyKind(kind),
            scopes=frozenset(Scope(each) for each in scopes) or frozenset(Scope),
            team=team,
            days=days or None,
            client=(_issuer(office, client[0]), client[1]) if client is not None else None,
        )
        made = office.integration.keys.create(_owner(office, from_email, from_name, ref), wish)
    if as_json:
        print_json({**_plain(made.key), "key": made.text or None})
        return
    if client is not None:
        click.echo(f"{made.key.prefix}: access tokens of {client[1]} act for {made.key.owner.email}.")
        return
    click.echo(made.text)
    click.echo("Keep it now: only its beginning can be shown again.", err=True)


@api_key_command.command("list")
@click.option("--from", "from_email", metavar="ADDRESS", help="Only this owner's keys.")
@json_option
def list_command(*, from_email: str | None, as_json: bool) -> None:
    """List keys, the newest first: their beginnings, never their secrets.

    \b
    Example:
      lre api-key list --from me@example.org
    """
    with opened_office() as office:
        keys = office.integration.keys
        found = keys.of(_owner(office, from_email).ref) if from_email else keys.all()
        now = office.clock()
    if as_json:
        print_json([_plain(each) for each in found])
        return
    rows = [
        (
            each.prefix,
            each.name,
            each.owner.email,
            each.kind.value,
            "in force" if each.is_in_force(now) else "over",
            paris_text(each.expires_at) if each.expires_at else "never",
            paris_text(each.last_used_at) if each.last_used_at else "never",
        )
        for each in found
    ]
    heads = ("Key", "Name", "Owner", "Kind", "State", "Expires (Paris)", "Last used (Paris)")
    print_table(f"{len(rows)} keys", heads, rows)


@api_key_command.command("revoke")
@click.argument("key", metavar="KEY")
def revoke_command(*, key: str) -> None:
    """End a key at once; KEY is its beginning as `lre api-key list` shows it, or the whole of it.

    \b
    Example:
      lre api-key revoke 5f1c09aa73de
    """
    marks = key.split("_")
    with opened_office() as office:
        ended = office.integration.keys.revoke(marks[2] if len(marks) == 4 else key)
    click.echo(f"{ended.prefix} is revoked.")


def _owner(office: PostOffice, email: str, name: str | None = None, ref: str | None = None) -> Sender:
    """Return who has an address here: the party of its account, or the sender of ``lre deposit``."""
    book = AccountBook(office.database, sessions=Sessions(office.database, clock=office.clock))
    account = book.by_email(email) if ref is None else None
    if account is not None:
        return Sender(ref=account.party_id, name=name or account.name, email=account.email)
    return Sender(ref=ref or f"cli:{email}", name=name or email, email=email)


def _issuer(office: PostOffice, slug: str) -> str:
    found = [each.issuer for each in office.integration.issuers if each.slug == slug]
    if not found:
        msg = f"No issuer is called “{slug}”."
        raise KeyInputError(msg, mend="Give a slug of the file that LRE_API_ISSUERS names.")
    return found[0]


def _plain(key: ApiKey) -> dict[str, object]:
    return {
        "prefix": key.prefix,
        "name": key.name,
        "owner": key.owner.email,
        "kind": key.kind.value,
        "scopes": sorted(scope.value for scope in key.scopes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
        "client": key.client,
    }
