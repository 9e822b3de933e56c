"""``lre letters hold|release|holds|purge`` and ``lre subject-access``: what is kept, how long, of whom."""

from dataclasses import asdict
from getpass import getuser
from pathlib import Path

import click

from lre_kit.cli.operator_session import done_as_operator
from lre_kit.cli.shared import (
    json_option,
    letter_called,
    opened_office,
    paris_text,
    print_json,
    print_table,
    shown,
)
from lre_kit.errors import NotFoundError
from lre_kit.operators.rules import Act
from lre_kit.subject_access import SubjectAccess
from lre_kit.subject_access_file import write_known

_actor_option = click.option(
    "--by", "actor", metavar="NAME", help="Who asks for it (default: the system's user)."
)


@click.command("hold")
@click.argument("number")
@click.option("--reason", required=True, metavar="TEXT", help="Why, such as the number of a lawsuit.")
@_actor_option
def hold_command(*, number: str, reason: str, actor: str | None) -> None:
    """Put letter NUMBER on legal hold: nothing of it is purged.

    \b
    Example:
      lre letters hold 7K3M-9QXA-2PVD-ZC04 --reason "Lawsuit 24/0193"
    """
    with opened_office() as office:
        letter = letter_called(office, number)
        who = actor or getuser()
        if not done_as_operator(
            office,
            Act.HOLD,
            letter.id,
            name=actor,
            reason=reason,
            direct=lambda: office.desk.hold(letter.id, reason=reason, actor=who),
        ):
            return
    click.echo(f"{letter.number} is on hold.")


@click.command("release")
@click.argument("number")
@click.option("--reason", required=True, metavar="TEXT", help="Why it may be purged again.")
@_actor_option
def release_command(*, number: str, reason: str, actor: str | None) -> None:
    """Release the legal hold on letter NUMBER.

    \b
    Example:
      lre letters release 7K3M-9QXA-2PVD-ZC04 --reason "Judged"
    """
    with opened_office() as office:
        letter = letter_called(office, number)
        who = actor or getuser()
        if not done_as_operator(
            office,
            Act.RELEASE_HOLD,
            letter.id,
            name=actor,
            reason=reason,
            direct=lambda: office.desk.release_hold(letter.id, reason=reason, actor=who),
        ):
            return
    click.echo(f"{letter.number} is on hold no longer.")


@click.command("holds")
@click.argument("number")
@json_option
def holds_command(*, number: str, as_json: bool) -> None:
    """List the holds on letter NUMBER, the oldest first.

    \b
    Example:
      lre letters holds 7K3M-9QXA-2PVD-ZC04
    """
    with opened_office() as office:
        letter = letter_called(office, number)
        found = office.desk.holds.of(letter.id)
    if as_json:
        print_json([asdict(hold) for hold in found])
        return
    rows = [
        (
            paris_text(hold.placed_at),
            hold.actor,
            hold.reason,
            paris_text(hold.released_at) if hold.released_at else "–",
            hold.released_by,
            hold.release_reason,
        )
        for hold in found
    ]
    heads = ("Placed (Paris)", "By", "Why", "Released (Paris)", "By", "Why")
    print_table(f"{len(rows)} holds on {letter.number}", heads, rows)


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Only say how many letters' contents would be erased.")
@json_option
def purge_command(*, dry_run: bool, as_json: bool) -> None:
    """Erase the contents whose span is over, now (the office does so once a day).

    \b
    Example:
      lre letters purge --dry-run
    """
    with opened_office() as office:
        count = office.retention.due() if dry_run else office.retention.purge()
    if as_json:
        print_json({"letters": count, "erased": not dry_run})
    elif dry_run:
        click.echo(f"Letters whose content would be erased: {count}.")
    else:
        click.echo(f"Letters whose content was erased: {count}.")


@click.command()
@click.argument("email", metavar="ADDRESS")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE.zip",
    help="The file to write; whoever reads it reads all.",
)  # fmt: skip
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
def subject_access_command(*, email: str, out: Path, language: str) -> None:
    """Write all that is known of the person with ADDRESS (GDPR art. 15) to a file: JSON and text.

    Make sure first that it is that person who asks.

    \b
    Example:
      lre subject-access jean@example.net --out jean.zip
    """
    with opened_office() as office:
        asked = office.support.keeping
        known = SubjectAccess(office.database, clock=office.clock, requests=asked).of(email)
    if known.is_empty:
        msg = "Nothing is known under this address."
        raise NotFoundError(msg, mend="Check its spelling; only confirmed addresses and letters count.")
    write_known(known, out, language=language)
    click.echo(shown(f"Written to {out}."))
