"""``lre templates``: templates of letters, and the letterhead, from the command line."""

from pathlib import Path

import click

from lre_kit.cli.contacts import of_option, owner_of
from lre_kit.cli.shared import json_option, opened_file, opened_office, print_json, print_table
from lre_kit.errors import InputError
from lre_kit.mailmerge.setting import Setter
from lre_kit.mailmerge.values import LOGO_MAX_BYTES, TEXT_MAX_CHARS, Letterhead, Template, TemplateText
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient

ENTRY_BYTES = 4 * TEXT_MAX_CHARS + 1
"""What is read of a file of text, in bytes."""


@click.group("templates", short_help="Templates of letters and the letterhead: list, add, preview.")
def templates_command() -> None:
    """Templates of letters: text that names columns in braces, and the letterhead above it."""


def template_called(office: PostOffice, owner: str, name: str) -> Template:
    """Return a template by its name or id.

    Raises:
        NotFoundError: There is none.
    """
    found = office.templates.all(owner)
    named = (each for each in found if each.text.name.casefold() == name.casefold())
    return next(named, None) or office.templates.by_id(owner, name)


def letterhead_for(office: PostOffice, owner: str, name: str) -> Letterhead:
    """Return an owner's letterhead; if they made none, their name alone."""
    return office.templates.letterhead(owner) or Letterhead(name=name)


@templates_command.command("list")
@of_option
@json_option
def list_command(*, of: str, as_json: bool) -> None:
    """List templates with the columns they name.

    \b
    Example:
      lre templates list --of me@example.org
    """
    with opened_office() as office:
        found = office.templates.all(owner_of(of))
    if as_json:
        print_json([_plain(each) for each in found])
        return
    rows = [(each.id, each.text.name, each.text.subject, ", ".join(each.text.columns)) for each in found]
    print_table(f"{len(rows)} templates", ("Id", "Name", "Subject", "Columns"), rows)


@templates_command.command("add")
@click.argument("file", metavar="FILE")
@of_option
@click.option("--name", help="What it is called (default: the file's name).")
@click.option("--subject", default="", help="The letters' subject; it may name columns.")
@json_option
def add_command(*, file: str, of: str, name: str | None, subject: str, as_json: bool) -> None:
    """Keep the text of FILE (UTF-8) as a template; one of the same name is changed.

    \b
    Example:
      lre templates add reminder.md --of me@example.org --subject "Rent of {month}"
    """
    owner = owner_of(of)
    with opened_file(file) as stream:
        raw = stream.read(ENTRY_BYTES)
    try:
        text = TemplateText(name=name or Path(file).stem, subject=subject, text=raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        msg = f"{file} is not written in UTF-8."
        raise InputError(msg, mend="Save it as UTF-8.") from error
    with opened_office() as office:
        named = [each for each in office.templates.all(owner) if each.text.name == text.name]
        if named:
            made = office.templates.change(owner, named[0].id, text, version=named[0].version)
        else:
            made = office.templates.add(owner, text)
    if as_json:
        print_json(_plain(made))
    else:
        click.echo(f"Kept as {made.id}. Columns: {', '.join(made.text.columns) or 'none'}.")


@templates_command.command("preview")
@click.argument("name", metavar="NAME")
@of_option
@click.option("--out", required=True, metavar="FILE", help="The PDF to write.")
@click.option(
    "--value", "values", multiple=True, metavar="COLUMN=TEXT", help="A value; else its name stands."
)
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
def preview_command(*, name: str, of: str, out: str, values: tuple[str, ...], language: str) -> None:
    """Write the letter that the template NAME makes.

    \b
    Example:
      lre templates preview reminder --of me@example.org --value name=Ada --out letter.pdf
    """
    owner = owner_of(of)
    with opened_office() as office:
        template = template_called(office, owner, name).text
        told = {column: f"{{{column}}}" for column in template.columns if column != "date"}
        told |= {key.casefold(): value for key, _, value in (each.partition("=") for each in values)}
        with Setter(template, letterhead_for(office, owner, of), at=office.clock()) as setter:
            someone = Recipient(name=told.get("name", "Recipient"), email="name@example.org")
            Path(out).write_bytes(setter.pdf(someone, told, language=language))
    click.echo(f"Written: {out}")


@templates_command.command("remove")
@click.argument("name", metavar="NAME")
@of_option
def remove_command(*, name: str, of: str) -> None:
    """Remove the template NAME; sendings that are prepared keep their text.

    \b
    Example:
      lre templates remove reminder --of me@example.org
    """
    owner = owner_of(of)
    with opened_office() as office:
        office.templates.remove(owner, template_called(office, owner, name).id)
    click.echo("Removed.")


@templates_command.command("letterhead")
@of_option
@click.option("--name", required=True, help="The sender's name.")
@click.option("--line", "lines", multiple=True, help="A line of the address or contact.")
@click.option("--signature", default="", help="What stands below the text.")
@click.option("--logo", metavar="FILE", help="A small PNG or JPEG picture.")
def letterhead_command(
    *, of: str, name: str, lines: tuple[str, ...], signature: str, logo: str | None
) -> None:
    """Keep what stands at the head of the letters.

    \b
    Example:
      lre templates letterhead --of me@example.org --name "Étude Faÿ" --line "1 rue Haute" \\
        --line "75001 PARIS" --logo logo.png
    """
    picture = None
    if logo is not None:
        with opened_file(logo) as stream:
            picture = stream.read(LOGO_MAX_BYTES + 1)
    head = Letterhead(name=name, lines=lines, signature=signature.replace("\\n", "\n"), logo=picture)
    with opened_office() as office:
        office.templates.set_letterhead(owner_of(of), head)
    click.echo("Kept.")


def _plain(template: Template) -> dict[str, object]:
    text = template.text
    return {
        "id": template.id,
        "name": text.name,
        "subject": text.subject,
        "text": text.text,
        "columns": list(text.columns),
        "version": template.version,
    }
