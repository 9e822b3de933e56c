"""``lre contacts``: a sender's address book from the command line."""

from typing import Any

import click

from lre_kit.cli.shared import json_option, opened_file, opened_office, print_json, print_table
from lre_kit.contacts.values import Card, Contact, ImportReport
from lre_kit.law.consents import Capacity
from lre_kit.office import PostOffice
from lre_kit.parties.addresses import PostalAddress

FAULTY = 1
"""Exit code when a line of the table cannot be kept."""

PAGE = 500
"""Entries read at a time."""

of_option = click.option(
    "--of", "of", required=True, metavar="ADDRESS",
    help="Whose book: the sender's e-mail address, or the id of an account's party or organisation.",
)  # fmt: skip


@click.group("contacts", short_help="Address books: list, add, import, export, groups, twins.")
def contacts_command() -> None:
    """Address books of senders: entries, sending groups, tables in and out."""


def owner_of(of: str) -> str:
    """Return whose book it is: what `lre deposit` sends as has a book of its own."""
    return f"cli:{of}" if "@" in of else of


@contacts_command.command("list")
@of_option
@click.option("--text", default="", help="Part of a name, an e-mail address or a reference.")
@click.option("--group", "group_name", help="Only the entries of this group.")
@click.option("--limit", type=click.IntRange(1, PAGE), default=50, show_default=True)
@json_option
def list_command(*, of: str, text: str, group_name: str | None, limit: int, as_json: bool) -> None:
    """List entries in the order of their names, with how their consent stands.

    \b
    Example:
      lre contacts list --of me@example.org --text ada
    """
    owner = owner_of(of)
    with opened_office() as office:
        group_id = _group(office, owner, group_name) if group_name else None
        found = office.contacts.book.page(owner, text=text, group_id=group_id, limit=limit)
        consents = office.contacts.book.consents(owner, found)
    if as_json:
        print_json([_plain(each) | {"consent": consents[each.id].value} for each in found])
        return
    rows = [
        (each.id, each.card.name, each.card.email, consents[each.id].value.replace("_", " "))
        for each in found
    ]
    print_table(f"{len(rows)} entries", ("Id", "Name", "E-mail", "Consent"), rows)


@contacts_command.command("add")
@of_option
@click.option("--name", required=True)
@click.option("--email", default="")
@click.option("--postal-line", "lines", multiple=True, help="A line of the postal address, the name first.")
@click.option("--country", default="FR", show_default=True, help="Country of the postal address.")
@click.option(
    "--capacity", type=click.Choice([each.value for each in Capacity]), default=Capacity.CONSUMER.value,
    show_default=True,
)  # fmt: skip
@click.option("--basis", default="", metavar="TEXT", help="Why they are no consumer.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@click.option("--reference", default="", metavar="TEXT", help="Your own; no recipient sees it.")
@json_option
def add_command(
    *,
    of: str,
    name: str,
    email: str,
    lines: tuple[str, ...],
    country: str,
    capacity: str,
    basis: str,
    language: str,
    reference: str,
    as_json: bool,
) -> None:
    """Add an entry; others that may be the same person are named, and left alone.

    \b
    Example:
      lre contacts add --of me@example.org --name "Ada Lovelace" --email ada@example.net
    """
    owner = owner_of(of)
    card = Card(
        name=name,
        email=email,
        postal=PostalAddress(lines=lines, country=country) if lines else None,
        capacity=Capacity(capacity),
        capacity_basis=basis,
        language=language,
        reference=reference,
    )
    with opened_office() as office:
        made = office.contacts.book.add(owner, card)
        twins = office.contacts.book.twins_of(owner, made)
    if as_json:
        print_json(_plain(made) | {"twins": [each.id for each in twins]})
        return
    click.echo(f"Added as {made.id}.")
    for each in twins:
        click.echo(f"Note: {each.id} may be the same person; nothing was joined.", err=True)


@contacts_command.command("remove")
@click.argument("contact_id", metavar="ID")
@of_option
def remove_command(*, contact_id: str, of: str) -> None:
    """Remove the entry with this ID; letters that were sent stay as they are.

    \b
    Example:
      lre contacts remove 01a20aab --of me@example.org
    """
    with opened_office() as office:
        office.contacts.book.remove(owner_of(of), contact_id)
    click.echo("Removed.")


@contacts_command.command("import")
@click.argument("table", metavar="TABLE")
@of_option
@click.option("--group", "group_name", help="Put all of them into this group; it is made if there is none.")
@click.option("--replace", is_flag=True, help="Let lines that say something else change the book.")
@click.option("--check", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--encoding", type=click.Choice(["utf-8", "cp1252"]), default="utf-8", show_default=True)
@json_option
def import_command(
    *,
    table: str,
    of: str,
    group_name: str | None,
    replace: bool,
    check: bool,
    encoding: str,
    as_json: bool,
) -> None:
    """Add the entries of TABLE (CSV or XLSX), all of them or none; no address changes unless you say so.

    \b
    Example:
      lre contacts import tenants.csv --of me@example.org --group Tenants
    """
    owner = owner_of(of)
    with opened_office() as office, opened_file(table) as stream:
        sheets = office.contacts.sheets
        lines = sheets.read(stream, encoding=encoding, limit=office.settings.bulk_lines_max)
        if check:
            report = sheets.check(owner, lines)
        else:
            group_id = _group(office, owner, group_name, make=True) if group_name else None
            report = sheets.take_in(owner, lines, group_id=group_id, replace_differing=replace)
    _tell(report, replaced=replace and not check, as_json=as_json)


@contacts_command.command("export")
@of_option
@click.option("--group", "group_name", help="Only the entries of this group.")
def export_command(*, of: str, group_name: str | None) -> None:
    """Print a book as CSV; no cell of it is a formula.

    \b
    Example:
      lre contacts export --of me@example.org > book.csv
    """
    owner = owner_of(of)
    with opened_office() as office:
        group_id = _group(office, owner, group_name) if group_name else None
        for line in office.contacts.sheets.lines(owner, group_id=group_id):
            click.echo(line, nl=False)


@contacts_command.command("groups")
@of_option
@json_option
def groups_command(*, of: str, as_json: bool) -> None:
    """List the sending groups of a book.

    \b
    Example:
      lre contacts groups --of me@example.org
    """
    with opened_office() as office:
        found = office.contacts.groups.all(owner_of(of))
    if as_json:
        print_json([{"id": each.id, "name": each.name, "size": each.size} for each in found])
        return
    rows = [(each.id, each.name, str(each.size)) for each in found]
    print_table(f"{len(rows)} groups", ("Id", "Name", "Entries"), rows)


@contacts_command.command("twins")
@of_option
@json_option
def twins_command(*, of: str, as_json: bool) -> None:
    """List entries that may be one person; nothing is joined. Their owner joins them on the pages.

    \b
    Example:
      lre contacts twins --of me@example.org
    """
    with opened_office() as office:
        pairs = office.contacts.book.twins(owner_of(of))
    if as_json:
        print_json([[_plain(each) for each in pair] for pair in pairs])
        return
    rows = [
        (each.id, str(number), each.card.name, each.card.email)
        for number, pair in enumerate(pairs, start=1)
        for each in pair
    ]
    print_table(f"{len(pairs)} sets of twins", ("Id", "Set", "Name", "E-mail"), rows)


def _group(office: PostOffice, owner: str, name: str, *, make: bool = False) -> str:
    groups = office.contacts.groups
    found = next((each.id for each in groups.all(owner) if each.name.casefold() == name.casefold()), None)
    if found is not None:
        return found
    return groups.add(owner, name).id if make else groups.by_id(owner, name).id


def _tell(report: ImportReport, *, replaced: bool, as_json: bool) -> None:
    problems = [
        {"line": line, "slug": each.slug, "problem": each.problem, "mend": each.mend}
        for line, each in report.problems.items()
    ]
    if as_json:
        differing = [
            {"line": each.line, "id": each.contact_id, "fields": list(each.fields)}
            for each in report.differing
        ]
        counts = {"lines": report.lines, "added": report.added, "same": report.same}
        print_json(counts | {"differing": differing, "problems": problems})
    else:
        for line, wrong in report.problems.items():
            click.echo(f"Line {line}: {wrong.problem} {wrong.mend}", err=True)
        what = "changed" if replaced else "left as it is"
        for each in report.differing:
            click.echo(f"Line {each.line}: the book said something else ({', '.join(each.fields)}); {what}.")
        said = f"{report.lines} lines: {report.added} new, {report.same} there already"
        click.echo(f"{said}, {len(report.differing)} different, {len(problems)} wrong.")
    if problems:
        raise click.exceptions.Exit(FAULTY)


def _plain(contact: Contact) -> dict[str, Any]:
    return {"id": contact.id, **contact.card.to_json(), "version": contact.version}
