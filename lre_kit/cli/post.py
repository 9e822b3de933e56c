"""``lre post``: the post room. Addresses are never printed; postings go by the carrier's numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from lre_kit.cli.identifiers import limit_option
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.errors import MissingFileError
from lre_kit.law.carrier_codes import TABLES
from lre_kit.letters.commands import PaperFile
from lre_kit.letters.numbers import parse_number
from lre_kit.letters.reading import not_found
from lre_kit.letters.values import Upload
from lre_kit.parties.addresses import PostalAddress
from lre_kit.postroom.errors import ItemNumberError
from lre_kit.postroom.items import batches, item_by_number
from lre_kit.postroom.values import CarrierNews, PostItem

_SOURCES = click.Choice(list(TABLES))


@click.group()
def post_command() -> None:
    """The post room: batches, numbers, tracking, what comes back."""


@post_command.command("batches")
@limit_option
@json_option
def batches_command(*, limit: int, as_json: bool) -> None:
    """List batches, newest first.

    \b
    Example:
      lre post batches --json
    """
    with opened_office() as office:
        found = batches(office.database, limit=limit)
    if as_json:
        print_json([asdict(batch) for batch in found])
        return
    rows = [
        (
            batch.number,
            batch.state.value,
            str(batch.items) if batch.items else "–",
            paris_text(batch.closed_at) if batch.closed_at else "–",
            paris_text(batch.handed_over_at) if batch.handed_over_at else "–",
        )
        for batch in found
    ]
    print_table(
        f"{len(rows)} batches", ("Batch", "State", "Letters", "Closed (Paris)", "Handed over (Paris)"), rows
    )


@post_command.command("close")
@click.argument("number", metavar="BATCH")
@click.option("--manifest", type=click.Path(path_type=Path), help="Also write the manifest here (CSV).")
@json_option
def close_command(*, number: str, manifest: Path | None, as_json: bool) -> None:
    """Close BATCH: its manifest is made, and a worker will hand it over.

    \b
    Example:
      lre post close 20260112-7K3M-9QXA
    """
    with opened_office() as office:
        batch = office.post.batches.close(number)
        if manifest is not None:
            manifest.write_bytes(office.post.batches.manifest(batch.number, "csv"))
    if as_json:
        print_json(asdict(batch))
        return
    click.echo(f"Batch {batch.number}: {batch.items} letters, manifest SHA-256 {batch.manifest_digest}.")


@post_command.command("hand-over")
@click.argument("number", metavar="BATCH")
@json_option
def hand_over_command(*, number: str, as_json: bool) -> None:
    """Hand a closed BATCH to the print provider now; doing it again changes nothing.

    \b
    Example:
      lre post hand-over 20260112-7K3M-9QXA
    """
    with opened_office() as office:
        batch = office.post.batches.hand_over(number, office.post.provider)
    if as_json:
        print_json(asdict(batch))
        return
    click.echo(f"Batch {batch.number} is {batch.state.value}: the provider's reference is {batch.reference}.")


@post_command.command("reprint")
@click.argument("item", metavar="ITEM_NUMBER")
def reprint_command(*, item: str) -> None:
    """Put a posting whose print was spoiled into the open batch again, with the same number.

    \b
    Example:
      lre post reprint RK000001006FR
    """
    with opened_office() as office:
        office.post.batches.reprint(item_by_number(office.database, item).id)
    click.echo("It leaves with the next batch.")


@post_command.command("track")
@click.argument("item", metavar="ITEM_NUMBER")
@json_option
def track_command(*, item: str, as_json: bool) -> None:
    """Ask the carrier about a posting now, and show all it ever said.

    \b
    Example:
      lre post track RK000001006FR
    """
    with opened_office() as office:
        found = item_by_number(office.database, item)
        tracker = office.post.tracker
        if tracker is not None and found.item_number:
            for news in tracker.news(found.item_number):
                office.post.tracking.take(item_by_number(office.database, item), news)
        found = item_by_number(office.database, item)
        history = office.post.tracking.history(found.id)
    if as_json:
        said = [{**asdict(news), "status": status.value} for news, status in history]
        print_json({"item_number": found.item_number, "outcome": found.outcome, "news": said})
        return
    rows = [
        (
            paris_text(news.happened_at) if news.happened_at else "–",
            f"{news.source} {news.raw_code}",
            status.value,
            news.label,
        )
        for news, status in history
    ]
    print_table(
        f"{found.item_number}: {found.outcome or 'no end yet'}",
        ("When (Paris)", "Code", "Says", "Label"),
        rows,
    )


@post_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", type=_SOURCES, default="maileva", show_default=True, help="Table the codes are of.")
@json_option
@click.pass_context
def import_command(ctx: click.Context, *, file: Path, source: str, as_json: bool) -> None:
    """Take what a carrier says in FILE (CSV); each line is reported. Exit code 1 if a line was not taken.

    \b
    Example:
      lre post import tracking.csv --source maileva
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        msg = f"The file {file} cannot be read: {error.strerror}."
        raise MissingFileError(msg, mend="Check its name and that you may read it.") from error
    with opened_office() as office:
        reports = office.post.import_file(content, source=source)
    if as_json:
        print_json([asdict(report) for report in reports])
    else:
        counts = Counter(report.result for report in reports)
        for report in reports:
            if report.result in _WRONG:
                click.echo(f"line {report.line}: {report.result} {report.detail}".rstrip())
        click.echo(", ".join(f"{count} {result}" for result, count in sorted(counts.items())) or "no line")
    if any(report.result in _WRONG for report in reports):
        ctx.exit(1)


_WRONG = frozenset({"bad_line", "unknown_number", "unknown_code", "contradicts"})


@post_command.group("returns")
def returns_command() -> None:
    """What comes back: the reason on the envelope, pictures, a corrected address."""


@returns_command.command("reason")
@click.argument("item", metavar="ITEM_NUMBER")
@click.argument("code", metavar="CODE")
@click.option("--source", type=_SOURCES, default="pnd", show_default=True, help="Table the code is of.")
def reason_command(*, item: str, code: str, source: str) -> None:
    """Record the reason printed on an envelope that came back: N02, N03, N05 or N07.

    \b
    Example:
      lre post returns reason RK000001006FR N03
    """
    with opened_office() as office:
        found = item_by_number(office.database, item)
        taken = office.post.tracking.take(found, CarrierNews(source=source, raw_code=code.upper()))
    click.echo(f"{found.item_number}: {taken.value}.")


@returns_command.command("attach")
@click.argument("item", metavar="ITEM_NUMBER")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in PaperFile]),
    default="acknowledgement",
    show_default=True,
)
@click.option("--page", type=click.IntRange(1), default=1, help="For a picture of a printed page: which one.")
@json_option
def attach_command(*, item: str, file: Path, kind: str, page: int, as_json: bool) -> None:
    """Keep a scan that came back: acknowledgement, what was printed, envelope (PDF, PNG, JPEG).

    \b
    Example:
      lre post returns attach RK000001006FR scan.pdf
    """
    try:
        stream = file.open("rb")
    except OSError as error:
        msg = f"The file {file} cannot be read: {error.strerror}."
        raise MissingFileError(msg, mend="Check its name and that you may read it.") from error
    with stream, opened_office() as office:
        found = item_by_number(office.database, item)
        upload = Upload(name=file.name, stream=stream)
        kept = office.post.files.take(found, PaperFile(kind), upload, page=page)
    if as_json:
        print_json(asdict(kept))
        return
    click.echo(f"Kept: SHA-256 {kept.digest_hex}{f', {kept.comparison}' if kept.comparison else ''}.")


@returns_command.command("readdress")
@click.argument("number", metavar="LETTER")
@click.option("--line", "lines", multiple=True, required=True, help="A line of the address, the name first.")
@click.option("--country", default="FR", show_default=True)
def readdress_command(*, number: str, lines: Sequence[str], country: str) -> None:
    """Post LETTER, which came back, again to a corrected address.

    \b
    Example:
      lre post returns readdress 7K3M-9QXA-2PVD-ZC04 --line "M DUPONT" --line "69001 LYON"
    """
    kept = parse_number(number)
    if kept is None:
        raise not_found()
    with opened_office() as office:
        letter = office.reading.letter(kept)
        office.post.readdress(letter.id, PostalAddress(lines=tuple(lines), country=country))
    click.echo("It leaves with the next batch, under a number of its own.")


@post_command.command("reconcile")
@json_option
@click.pass_context
def reconcile_command(ctx: click.Context, *, as_json: bool) -> None:
    """Hold what was handed over against what came to an end. Exit code 1 if something is missing.

    \b
    Example:
      lre post reconcile
    """
    with opened_office() as office:
        found = office.post.reconciling.report()
    lists = {
        "missing": found.missing,
        "came_back": found.came_back,
        "rejected": found.rejected,
        "without_number": found.unread,
    }
    if as_json:
        counts = {"at": found.at, "delivered": found.delivered, "under_way": found.under_way}
        print_json({**counts, **{name: [_told(item) for item in items] for name, items in lists.items()}})
    else:
        click.echo(f"{found.delivered} delivered, {found.under_way} under way.")
        rows = [
            (
                item.item_number or item.id,
                what.replace("_", " "),
                item.outcome or "–",
                item.last_code or "–",
                paris_text(item.handed_over_at) if item.handed_over_at else "–",
            )
            for what, items in lists.items()
            for item in items
        ]
        columns = ("Item", "Is", "Outcome", "Last code", "Handed over (Paris)")
        print_table(f"{len(rows)} to look at", columns, rows)
    if found.missing:
        ctx.exit(1)


def _told(item: PostItem) -> dict[str, object]:
    names = ("id", "letter_id", "item_number", "attempt", "outcome", "last_code", "handed_over_at", "error")
    return {name: getattr(item, name) for name in names}


@post_command.group("numbers")
def numbers_command() -> None:
    """Ranges of item numbers (UPU S10) given by the carrier."""


@numbers_command.command("list")
@json_option
def numbers_list_command(*, as_json: bool) -> None:
    """List ranges, and what is left of them.

    \b
    Example:
      lre post numbers list
    """
    with opened_office() as office:
        ranges = office.post.numbers.ranges()
    if as_json:
        print_json([{**asdict(one), "left": one.left} for one in ranges])
        return
    rows = [
        (f"{one.service} … {one.country}", f"{one.first:08}", f"{one.last:08}", str(one.left))
        for one in ranges
    ]
    print_table(f"{len(rows)} ranges", ("Range", "First", "Last", "Left"), rows)


@numbers_command.command("add")
@click.argument("service", metavar="SERVICE")
@click.argument("first", metavar="FIRST")
@click.argument("last", metavar="LAST")
@click.option("--country", default="FR", show_default=True)
def numbers_add_command(*, service: str, first: str, last: str, country: str) -> None:
    """Add the range FIRST to LAST (eight digits, without check digit) of SERVICE, such as RK.

    \b
    Example:
      lre post numbers add RK 00000100 00000199
    """
    if not all(text.isascii() and text.isdigit() and len(text) == 8 for text in (first, last)):
        msg = "First and last are serials of eight digits."
        raise ItemNumberError(msg, mend="Leave letters and check digits out: 00000100.")
    with opened_office() as office:
        office.post.numbers.add(service, country, int(first), int(last))
    click.echo(f"Added: {int(last) - int(first) + 1} numbers.")
