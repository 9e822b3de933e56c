"""``lre bulk``: letters in bulk from a table of recipients."""

import time
from contextlib import ExitStack
from pathlib import Path

import click

from lre_kit.bulk.files import line_files
from lre_kit.bulk.results import result_lines
from lre_kit.bulk.tables import read_recipients
from lre_kit.bulk.values import Bulk, BulkReport, BulkWish, MergeWish
from lre_kit.cli.contacts import owner_of
from lre_kit.cli.shared import (
    json_option,
    opened_file,
    opened_office,
    paris_text,
    print_json,
    print_table,
    progress_bar,
)
from lre_kit.cli.templates import letterhead_for, template_called
from lre_kit.law.paper import PrintOptions
from lre_kit.law.products import parse_product
from lre_kit.letters.paper import PaperWish
from lre_kit.letters.values import Upload
from lre_kit.office import PostOffice
from lre_kit.parties.values import Sender

FAULTY = 1
"""Exit code when a line of the table cannot be sent."""

encoding_option = click.option(
    "--encoding", type=click.Choice(["utf-8", "cp1252"]), default="utf-8", show_default=True,
    help="How a CSV table is written.",
)  # fmt: skip
from_option = click.option("--from", "from_email", required=True, metavar="ADDRESS", help="The sender.")


template_option = click.option(
    "--template", metavar="NAME", help="Make each line's letter from this template (lre templates)."
)
FILES_HELP = "A file that lines name in the column document, or a ZIP of them; repeatable."
product_option = click.option(
    "--product", default="simple", show_default=True, help="simple, qualified, hybrid or optimal."
)


@click.group("bulk", short_help="Letters in bulk: check, start, pause, stop, result.")
def bulk_command() -> None:
    """Letters in bulk: one table of recipients, the same documents, a letter for each."""


@bulk_command.command("check")
@click.argument("table", metavar="TABLE")
@product_option
@encoding_option
@template_option
@click.option("--from", "from_email", metavar="ADDRESS", help="The sender: their template, their consents.")
@click.option("--files", "line_paths", multiple=True, metavar="FILE", help=FILES_HELP)
@json_option
def check_command(
    *,
    table: str,
    product: str,
    encoding: str,
    template: str | None,
    from_email: str | None,
    line_paths: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check every line of TABLE (CSV or XLSX); nothing is kept or sent.

    \b
    Example:
      lre bulk check recipients.csv --from me@example.org --product qualified
      lre bulk check rents.csv --template reminder --from me@example.org
    """
    wanted = parse_product(product)
    with opened_office() as office, ExitStack() as stack:
        stream = stack.enter_context(opened_file(table))
        limit = office.settings.bulk_lines_max
        lines = read_recipients(stream, encoding=encoding, limit=limit, product=wanted)
        files = stack.enter_context(line_files(_uploads(line_paths, stack), limit=limit))
        wish = BulkWish(product=wanted, merge=_merge(office, template, from_email or "", None))
        sender = _sender(from_email, None) if from_email else None
        _, report = office.bulk.check(lines, wish, files=files, sender=sender)
    _tell(report, as_json=as_json)
    if not report.problems and not as_json:
        click.echo(f"All {report.lines} lines can be sent.")


@bulk_command.command("start")
@click.argument("table", metavar="TABLE")
@click.argument("files", nargs=-1, metavar="[FILE]…")
@from_option
@click.option("--from-name", metavar="NAME", help="Sender's name (default: the address).")
@click.option("--title", default="", help="What you call it; no recipient sees it.")
@click.option("--subject", default="", help="For lines that name none; hidden until acceptance.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
@template_option
@click.option("--files", "line_paths", multiple=True, metavar="FILE", help=FILES_HELP)
@click.option("--colour", is_flag=True, help="Print in colour, where it goes by post.")
@click.option("--single-sided", is_flag=True, help="Print on one side of each sheet.")
@click.option("--choice-days", type=int, help="Days to choose between electronic and paper.")
@product_option
@encoding_option
@json_option
def start_command(
    *,
    table: str,
    files: tuple[str, ...],
    from_email: str,
    from_name: str | None,
    title: str,
    subject: str,
    language: str,
    template: str | None,
    line_paths: tuple[str, ...],
    colour: bool,
    single_sided: bool,
    choice_days: int | None,
    product: str,
    encoding: str,
    as_json: bool,
) -> None:
    """Send FILE…, or what a template makes, to every recipient of TABLE; the jobs send them one by one.

    \b
    Example:
      lre bulk start recipients.csv notice.pdf --from me@example.org --title "Spring notice"
      lre bulk start rents.csv --template reminder --from me@example.org
    """
    wanted = parse_product(product)
    with opened_office() as office, ExitStack() as stack:
        stream = stack.enter_context(opened_file(table))
        sender = _sender(from_email, from_name)
        wish = BulkWish(
            product=wanted,
            subject=subject,
            language=language,
            title=title,
            merge=_merge(office, template, from_email, from_name),
            paper=PaperWish(
                options=PrintOptions(colour=colour, duplex=not single_sided), choice_days=choice_days
            ),
        )
        limit = office.settings.bulk_lines_max
        lines = read_recipients(stream, encoding=encoding, limit=limit, product=wanted)
        documents, own = _uploads(files, stack), _uploads(line_paths, stack)
        report = office.bulk.draft(sender, lines, documents, wish, files=own)
        if report.bulk_id is None:
            _tell(report, as_json=as_json)
            return
        bulk = office.bulk.start(report.bulk_id, sender_ref=sender.ref)
    for each in report.problems:
        click.echo(f"Line {each.line} is not sent: {each.error.problem} {each.error.mend}", err=True)
    if as_json:
        print_json(_plain(bulk))
    else:
        count = bulk.lines - len(report.problems)
        click.echo(f"{count} letters are being sent. Follow it with: lre bulk status {bulk.id}")


def _sender(email: str, name: str | None) -> Sender:
    return Sender(ref=f"cli:{email}", name=name or email, email=email)


def _uploads(names: tuple[str, ...], stack: ExitStack) -> list[Upload]:
    opened = [(name, stack.enter_context(opened_file(name))) for name in names]
    return [Upload(name=Path(name).name, stream=file) for name, file in opened]


def _merge(
    office: PostOffice, template: str | None, from_email: str, from_name: str | None
) -> MergeWish | None:
    if template is None:
        return None
    owner = owner_of(from_email)
    found = template_called(office, owner, template).text
    return MergeWish(template=found, head=letterhead_for(office, owner, from_name or from_email))


@bulk_command.command("list")
@from_option
@json_option
def list_command(*, from_email: str, as_json: bool) -> None:
    """List the bulk sendings of a sender, the newest first.

    \b
    Example:
      lre bulk list --from me@example.org
    """
    with opened_office() as office:
        found = office.bulk.of(f"cli:{from_email}")
    if as_json:
        print_json([_plain(each) for each in found])
        return
    rows = [
        (each.id, each.title, each.state.value, f"{each.done} of {each.lines}", paris_text(each.created_at))
        for each in found
    ]
    print_table(f"{len(rows)} bulk sendings", ("Id", "Title", "State", "Done", "Made (Paris)"), rows)


@bulk_command.command("status")
@click.argument("bulk_id", metavar="ID")
@click.option("--watch", is_flag=True, help="Show a bar until it is finished.")
@json_option
def status_command(*, bulk_id: str, watch: bool, as_json: bool) -> None:
    """Show how far the bulk sending with this ID is.

    \b
    Example:
      lre bulk status 01a20aab --watch
    """
    with opened_office() as office:
        bulk = office.bulk.by_id(bulk_id)
        with progress_bar("Sending", shown=watch) as advance:
            while watch and not bulk.state.has_ended:
                advance(bulk.done, bulk.lines)
                time.sleep(1)
                bulk = office.bulk.by_id(bulk_id)
    _say(bulk, as_json=as_json)


def _act(bulk_id: str, act: str) -> None:
    with opened_office() as office:
        bulk = getattr(office.bulk, act)(bulk_id, sender_ref=office.bulk.owner(bulk_id))
    _say(bulk, as_json=False)


@bulk_command.command("pause")
@click.argument("bulk_id", metavar="ID")
def pause_command(*, bulk_id: str) -> None:
    """Send no further line of the bulk sending with this ID until it is resumed.

    \b
    Example:
      lre bulk pause 01a20aab
    """
    _act(bulk_id, "pause")


@bulk_command.command("resume")
@click.argument("bulk_id", metavar="ID")
def resume_command(*, bulk_id: str) -> None:
    """Go on with the paused bulk sending with this ID.

    \b
    Example:
      lre bulk resume 01a20aab
    """
    _act(bulk_id, "start")


@bulk_command.command("stop")
@click.argument("bulk_id", metavar="ID")
def stop_command(*, bulk_id: str) -> None:
    """Stop the bulk sending with this ID for good; what was sent is sent.

    \b
    Example:
      lre bulk stop 01a20aab
    """
    _act(bulk_id, "stop")


@bulk_command.command("result")
@click.argument("bulk_id", metavar="ID")
def result_command(*, bulk_id: str) -> None:
    """Print what became of each line of the bulk sending with this ID, as CSV.

    \b
    Example:
      lre bulk result 01a20aab > result.csv
    """
    with opened_office() as office:
        office.bulk.by_id(bulk_id)
        for line in result_lines(office.database, bulk_id):
            click.echo(line, nl=False)


def _tell(report: BulkReport, *, as_json: bool) -> None:
    """Print what is wrong with the lines of a table; then the command ends as failed."""
    problems = [
        {"line": each.line, "slug": each.error.slug, "problem": each.error.problem, "mend": each.error.mend}
        for each in report.problems
    ]
    if as_json:
        print_json({"lines": report.lines, "problems": problems})
    else:
        for each in report.problems:
            click.echo(f"Line {each.line}: {each.error.problem} {each.error.mend}", err=True)
    if problems:
        if not as_json:
            click.echo(f"{len(problems)} of {report.lines} lines cannot be sent; nothing was sent.", err=True)
        raise click.exceptions.Exit(FAULTY)


def _say(bulk: Bulk, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(bulk))
        return
    counts = ", ".join(f"{count} {state.value}" for state, count in bulk.counts.items())
    click.echo(f"{bulk.state.value}: {bulk.done} of {bulk.lines} lines ({counts}).")


def _plain(bulk: Bulk) -> dict[str, object]:
    return {
        "id": bulk.id,
        "title": bulk.title,
        "state": bulk.state.value,
        "lines": bulk.lines,
        "done": bulk.done,
        "counts": {state.value: count for state, count in bulk.counts.items()},
    }
