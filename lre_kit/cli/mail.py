"""``lre mail``: delivery reports that come back, and the key that signs mail."""

import sys
from pathlib import Path

import click

from lre_kit.carriers.delivery_reports import REPORT_MAX_BYTES
from lre_kit.cli.shared import (
    json_option,
    letter_called,
    opened_office,
    paris_text,
    print_json,
    print_table,
    read_settings,
)
from lre_kit.errors import ConfigurationError, InputError


@click.group("mail", short_help="Delivery reports, and the key that signs mail.")
def mail_command() -> None:
    """Mail: take delivery reports in, list them, make the key that signs."""


@mail_command.command("bounce")
@click.option(
    "--to", default="", metavar="ADDRESS", help="The envelope's recipient, as the mail server knows it."
)
@json_option
def bounce_command(*, to: str, as_json: bool) -> None:
    """Take one delivery report in from standard input.

    Exit code 0: it was taken, whatever it says, or was known; 75: try again later. The same report
    twice changes nothing. In Postfix's master.cf:

    \b
    Example:
      lre-bounce unix - n n - - pipe flags=Rq user=lre argv=lre mail bounce --to ${original_recipient}
    """
    raw = sys.stdin.buffer.read(REPORT_MAX_BYTES + 1)
    if not raw.strip():
        msg = "There is no message on standard input."
        raise InputError(msg, mend="Give it a whole message: lre mail bounce < report.eml")
    with opened_office() as office:
        taken = office.mail_room.bounces.take(raw, to=to)
        number = office.reading.by_id(taken.letter_id).number if taken.letter_id else None
    if as_json:
        print_json({"kind": taken.kind.value, "outcome": taken.outcome.value, "letter": number})
        return
    about = f" about letter {number}" if number else ""
    click.echo(f"A report of kind {taken.kind.value}{about}: {taken.outcome.value.replace('_', ' ')}.")


@mail_command.command("fetch")
def fetch_command() -> None:
    """Take in what lies in the mailbox of delivery reports (LRE_IMAP_HOST), now.

    The jobs do so by themselves every few minutes.

    \b
    Example:
      lre mail fetch
    """
    with opened_office() as office:
        if office.settings.imap_host is None:
            msg = "No mailbox of delivery reports is configured."
            raise ConfigurationError(msg, mend="Set LRE_IMAP_HOST, LRE_IMAP_USER and LRE_IMAP_PASSWORD.")
        count = office.mail_room.fetch()
    click.echo(f"{count} message{'' if count == 1 else 's'} read.")


@mail_command.command("reports")
@click.argument("number", required=False, metavar="[NUMBER]")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="Most to list.")
@json_option
def reports_command(*, number: str | None, limit: int, as_json: bool) -> None:
    """List delivery reports, the newest first; of the letter with this NUMBER, or all.

    \b
    Example:
      lre mail reports
    """
    with opened_office() as office:
        letter_id = letter_called(office, number).id if number else None
        found = office.mail_room.bounces.newest(limit=limit, letter_id=letter_id)
        numbers = {
            each.letter_id: office.reading.by_id(each.letter_id).number for each in found if each.letter_id
        }
    rows = [
        (numbers.get(each.letter_id or "", ""), each.kind.value, each.outcome.value, each.status, each.words)
        for each in found
    ]
    if as_json:
        names = ("letter", "kind", "outcome", "status", "words")
        print_json(
            [
                {**dict(zip(names, row, strict=True)), "received_at": each.received_at}
                for row, each in zip(rows, found, strict=True)
            ]
        )
        return
    columns = ("Letter", "Kind", "Outcome", "Status", "Words", "Received (Paris)")
    table = [(*row, paris_text(each.received_at)) for row, each in zip(rows, found, strict=True)]
    print_table(f"{len(rows)} delivery reports", columns, table)


@mail_command.command("key")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def key_command(*, file: Path) -> None:
    """Make the key that signs mail (DKIM) in FILE, if it is not there, and print its DNS record.

    \b
    Example:
      lre mail key lre-office/keys/dkim.pem
    """
    import os

    from lre_kit.carriers.dkim_signing import make_key, record_of

    settings = read_settings()
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(make_key())
    try:
        record = record_of(file.read_bytes())
    except ValueError as error:
        msg = f"{file} holds no key."
        raise InputError(msg, mend="Name another file.") from error
    domain = settings.mail_from.rpartition("@")[2]
    click.echo(f"{settings.dkim_selector}._domainkey.{domain}. IN TXT")
    click.echo(record)
    click.echo(f"Set LRE_DKIM_KEY_FILE={file} once the record is published.", err=True)
