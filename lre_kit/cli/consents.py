"""``lre consents``: ask, take in from paper, list, show, withdraw, export."""

import csv
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from datetime import date
from functools import partial
from pathlib import Path
from typing import TextIO

import click

from lre_kit.cli.operator_session import done_as_operator
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table, shown
from lre_kit.consents.desk import PaperConsent
from lre_kit.consents.register import Filter
from lre_kit.consents.sheets import LineAnswer, ask_lines, export_lines, read_lines
from lre_kit.consents.values import ConsentInputError, ConsentRequest
from lre_kit.csv_tables import SheetLine, neutral
from lre_kit.errors import InputError, LreError
from lre_kit.law.consents import ConsentRegime, ConsentState
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act
from lre_kit.parties.values import Sender

_REGIME = click.option(
    "--regime",
    type=click.Choice([regime.value for regime in ConsentRegime]),
    default=ConsentRegime.CPCE_L100.value,
    show_default=True,
    help="The text the consent answers to.",
)
_LANGUAGE = click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
_ENCODING = click.option(
    "--encoding",
    type=click.Choice(["utf-8", "cp1252", "latin-1"]),
    default="utf-8",
    show_default=True,
    help="How the file is written; never guessed.",
)
_FROM = click.option("--from", "from_email", metavar="ADDRESS", help="Sender's e-mail address.")
_FROM_NAME = click.option("--from-name", metavar="NAME", help="Sender's name (default: the address).")
_SENDER = click.option(
    "--sender", "sender_ref", metavar="REF", help="The sender's own id (default: cli:ADDRESS)."
)


@click.group()
def consents_command() -> None:
    """Consents to receive electronically: ask, take in, list, withdraw, export."""


def _sender(from_email: str | None, from_name: str | None, sender_ref: str | None) -> Sender:
    if not from_email:
        raise ConsentInputError("It is not said who asks.", mend="Give the sender's address: --from.")
    return Sender(
        ref=sender_ref or f"cli:{from_email}", name=from_name or from_email, email=from_email
    ).checked()


def _ref(from_email: str | None, sender_ref: str | None) -> str:
    if not (from_email or sender_ref):
        raise ConsentInputError("It is not said whose consents.", mend="Give --from or --sender.")
    return sender_ref or f"cli:{from_email}"


@consents_command.command("ask")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--to", "to_email", metavar="ADDRESS", help="Ask one recipient.")
@click.option("--to-name", metavar="NAME", help="Their name (default: the address).")
@click.option("--phone", metavar="NUMBER", help="Send the request there by SMS, if the office can.")
@_FROM
@_FROM_NAME
@_SENDER
@_REGIME
@_LANGUAGE
@_ENCODING
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write what became of each line there."
)
@json_option
def ask_command(
    *,
    file: Path | None,
    to_email: str | None,
    to_name: str | None,
    phone: str | None,
    from_email: str | None,
    from_name: str | None,
    sender_ref: str | None,
    regime: str,
    language: str,
    encoding: str,
    report: Path | None,
    as_json: bool,
) -> None:
    """Ask one recipient (--to) or those of a CSV FILE (columns email, name, language, phone).

    \b
    Example:
      lre consents ask --from me@example.org --from-name "Étude Faÿ" --to you@example.net
      lre consents ask clients.csv --from me@example.org --report report.csv
    """
    if (file is None) == (to_email is None):
        raise ConsentInputError("It is not said whom to ask.", mend="Give either --to or a CSV file.")
    sender, under = _sender(from_email, from_name, sender_ref), ConsentRegime(regime)
    with opened_office() as office:
        if to_email is not None:
            request = ConsentRequest(
                name=to_name or to_email, email=to_email, regime=under, language=language, phone=phone
            )
            info = office.consents.desk.ask(sender, request)
            if as_json:
                print_json({"reference": info.id, "state": info.state.value})
            else:
                click.echo(f"Asked as {info.id}. Follow it with: lre consents show {info.id}")
            return
        assert file is not None
        ask = partial(office.consents.desk.ask_many, sender)
        with file.open("rb") as stream:
            answers = ask_lines(read_lines(stream, encoding=encoding), ask, regime=under, language=language)
            _report(answers, report, as_json=as_json)


def _report(answers: Iterator[LineAnswer], report: Path | None, *, as_json: bool) -> None:
    """Write what became of each line as it comes; only counts are kept."""
    done = failed = 0
    stream: TextIO = report.open("w", encoding="utf-8", newline="") if report else sys.stderr
    with closing(stream) if report else _left_open():
        writer = csv.writer(stream)
        if report:
            writer.writerow(("line", "outcome", "reference", "problem", "mend"))
        for one in answers:
            done, failed = done + (one.error is None), failed + (one.error is not None)
            problem, mend = (one.error.problem, one.error.mend) if one.error else ("", "")
            if report:
                cells: Sequence[str] = (str(one.number), one.outcome, one.reference, problem, mend)
                writer.writerow([neutral(cell) for cell in cells])
            elif one.error:
                stream.write(shown(f"line {one.number}: {problem} {mend}  [{one.outcome}]\n"))
    if as_json:
        print_json({"done": done, "failed": failed})
    else:
        click.echo(f"{done} lines done, {failed} not.")


class _left_open:  # noqa: N801 - reads as what it does
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@consents_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--scans",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of the scans that the file names.",
)
@click.option("--vouched-by", required=True, metavar="NAME", help="Who saw the papers and answers for them.")
@_FROM
@_FROM_NAME
@_SENDER
@_REGIME
@_LANGUAGE
@_ENCODING
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write what became of each line there."
)
@json_option
def import_command(
    *,
    file: Path,
    scans: Path,
    vouched_by: str,
    from_email: str | None,
    from_name: str | None,
    sender_ref: str | None,
    regime: str,
    language: str,
    encoding: str,
    report: Path | None,
    as_json: bool,
) -> None:
    """Take in consents given on paper from a CSV FILE (columns email, name, given_on, scan).

    \b
    Example:
      lre consents import papers.csv --scans scans/ --vouched-by "Claire Morin" --from me@example.org
    """
    sender, under = _sender(from_email, from_name, sender_ref), ConsentRegime(regime)
    with opened_office() as office, file.open("rb") as stream:
        lines = read_lines(stream, encoding=encoding)
        _report(
            (_take_in(office, sender, line, scans, vouched_by, under, language) for line in lines),
            report,
            as_json=as_json,
        )


def _take_in(  # noqa: PLR0917 - the parts of one line
    office: PostOffice,
    sender: Sender,
    line: SheetLine,
    scans: Path,
    vouched_by: str,
    regime: ConsentRegime,
    language: str,
) -> LineAnswer:
    try:
        if line.error is not None:
            raise line.error
        name = line.fields.get("scan", "")
        place = scans / name
        if not name or Path(name).name != name or not place.is_file():
            raise ConsentInputError("The scan of this line is not in the folder.", mend="Put it there.")
        with place.open("rb") as scan:
            info = office.consents.desk.take_in_paper(
                sender,
                PaperConsent(
                    request=ConsentRequest(
                        name=line.fields.get("name") or line.fields.get("email", ""),
                        email=line.fields.get("email", ""),
                        regime=regime,
                        language=line.fields.get("language") or language,
                    ),
                    given_on=_day(line.fields.get("given_on", "")),
                    vouched_by=vouched_by,
                    scan_name=name,
                    scan=scan,
                ),
                actor={"role": "sender", "party": sender.ref},
            )
    except (InputError, LreError) as error:
        return LineAnswer(number=line.number, error=error)
    return LineAnswer(number=line.number, reference=info.id)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = "The day of this line is not one."
        raise ConsentInputError(msg, mend="Write it like 2026-11-23 in the column given_on.") from error


@consents_command.command("list")
@_FROM
@_SENDER
@click.option("--state", type=click.Choice([state.value for state in ConsentState]))
@click.option("--search", default="", metavar="TEXT", help="Part of the recipient's name or address.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
def list_command(
    *,
    from_email: str | None,
    sender_ref: str | None,
    state: str | None,
    search: str,
    limit: int,
    as_json: bool,
) -> None:
    """List a sender's consents, the newest first.

    \b
    Example:
      lre consents list --from me@example.org --state given
    """
    which = Filter(state=ConsentState(state) if state else None, text=search)
    with opened_office() as office:
        found = office.consents.register.page(_ref(from_email, sender_ref), which, limit=limit)
    if as_json:
        print_json([asdict(info) for info in found])
        return
    rows = [
        (
            info.id,
            info.recipient_email,
            info.recipient_name,
            info.state.value,
            paris_text(info.decided_at or info.asked_at) if info.decided_at or info.asked_at else "–",  # type: ignore[arg-type]
        )
        for info in found
    ]
    print_table(f"{len(rows)} consents", ("Reference", "Address", "Name", "State", "Since (Paris)"), rows)


@consents_command.command("show")
@click.argument("reference")
@click.option(
    "--bundle",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write its evidence and proof there (ZIP).",
)
@json_option
def show_command(*, reference: str, bundle: Path | None, as_json: bool) -> None:
    """Show a consent and its history; with --bundle, write what proves it.

    \b
    Example:
      lre consents show 019a… --bundle consent.zip && lre verify consent.zip
    """
    with opened_office() as office:
        info = office.consents.register.by_id(reference)
        history = office.consents.register.history(reference)
        if bundle is not None:
            bundle.write_bytes(office.consents.proofs.bundle_zip(reference))
    if as_json:
        print_json(asdict(info) | {"history": [asdict(event) for event in history]})
        return
    click.echo(
        shown(f"{info.recipient_name} <{info.recipient_email}>: {info.state.value} ({info.regime.value})")
    )
    rows = [(str(e.seq), e.name, paris_text(e.occurred_at), str(e.actor.get("role", ""))) for e in history]
    print_table(info.id, ("No.", "Act", "When (Paris)", "By"), rows)


@consents_command.command("withdraw")
@click.argument("reference")
@click.option("--reason", required=True, metavar="TEXT", help="How the withdrawal came: a letter, a call.")
def withdraw_command(*, reference: str, reason: str) -> None:
    """Note a withdrawal that came another way than by the link; it is about sendings to come.

    \b
    Example:
      lre consents withdraw 019a… --reason "letter of 12 November"
    """
    with opened_office() as office:
        actor = {"role": "operator"}
        done = done_as_operator(
            office,
            Act.WITHDRAW_CONSENT,
            reference,
            reason=reason,
            direct=lambda: office.consents.desk.withdraw_for(reference, actor=actor, reason=reason),
        )
    if done:
        click.echo("Withdrawn.")


@consents_command.command("export")
@_FROM
@_SENDER
@click.option("--state", type=click.Choice([state.value for state in ConsentState]))
def export_command(*, from_email: str | None, sender_ref: str | None, state: str | None) -> None:
    """Write a sender's consents as CSV to standard output; no cell is a formula.

    \b
    Example:
      lre consents export --from me@example.org > consents.csv
    """
    which = Filter(state=ConsentState(state) if state else None)
    with opened_office() as office:
        for line in export_lines(office.consents.register.all(_ref(from_email, sender_ref), which)):
            click.echo(line, nl=False)
