"""``lre sandbox``: an office to try out with, its clock, and the mail it caught."""

from datetime import timedelta

import click

from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.errors import InputError
from lre_kit.sandbox.marking import begin
from lre_kit.sandbox.room import SandboxState
from lre_kit.sandbox.scripts import DOMAIN, ScriptedOutcome, parse_span


@click.group("sandbox", short_help="An office to try out with: begin, clock, caught mail.")
def sandbox_command() -> None:
    """An office to try out with: its time can be moved, its mail is caught, addresses script recipients."""


@sandbox_command.command("begin")
def begin_command() -> None:
    """Make the empty office that LRE_HOME names a sandbox, for ever.

    An office that holds letters, consents or evidence cannot become one, and a sandbox never sends a real
    letter. Restart whatever serves it.

    \b
    Example:
      LRE_HOME=try-out lre init && LRE_HOME=try-out lre sandbox begin
    """
    with opened_office() as office:
        is_new = begin(office.database, clock=office.clock)
    click.echo("This office is a sandbox now." if is_new else "This office is a sandbox already.")
    if is_new:
        outcomes = ", ".join(f"{each.value}@{DOMAIN}" for each in ScriptedOutcome)
        click.echo(f"Recipients that act by themselves: {outcomes}.")
        click.echo("Next: lre serve, lre api-key new, lre validate-integration")


@sandbox_command.command("clock")
@click.option("--advance", metavar="SPAN", help="Move it forward: a number and s, m, h or d, such as 15d.")
@click.option("--day-lasts", "day_lasts_s", type=float, metavar="SECONDS",
              help="Let a day last so long from now on: 60 makes a minute of it.")  # fmt: skip
@json_option
def clock_command(*, advance: str | None, day_lasts_s: float | None, as_json: bool) -> None:
    """Show the clock of the sandbox, and set it.

    \b
    Examples:
      lre sandbox clock
      lre sandbox clock --advance 15d
      lre sandbox clock --day-lasts 60
    """
    span = timedelta(0)
    if advance is not None:
        read = parse_span(advance.strip().lower())
        if read is None:
            msg = f"“{advance[:20]}” is no span of time."
            raise InputError(msg, mend="Write a number and s, m, h or d, such as 15d.")
        span = read
    with opened_office() as office:
        if advance is None and day_lasts_s is None:
            state = office.sandbox.state()
        else:
            state = office.sandbox.set_clock(advance=span, day_lasts_s=day_lasts_s)
    _tell(state, as_json=as_json)


@sandbox_command.command("mail")
@click.option("--to", "recipient", default="", metavar="ADDRESS", help="Only to this address.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.option("--text", "with_text", is_flag=True, help="Print the messages themselves.")
@json_option
def mail_command(*, recipient: str, limit: int, with_text: bool, as_json: bool) -> None:
    """Show the mail that the sandbox caught, the newest first.

    \b
    Example:
      lre sandbox mail --to accept@lre.test --text
    """
    with opened_office() as office:
        found = office.sandbox.mails(None, recipient=recipient, limit=limit)
    if as_json:
        names = ("id", "letter_number", "recipient", "subject", "sent_at", "text")
        print_json([{name: getattr(each, name) for name in names} for each in found])
    elif with_text:
        for each in found:
            click.echo(f"--- {each.recipient} · {paris_text(each.sent_at)} · {each.subject}\n{each.text}")
    else:
        rows = [
            (each.recipient, each.subject, paris_text(each.sent_at), each.letter_number or "")
            for each in found
        ]
        print_table(f"{len(rows)} messages", ("To", "Subject", "Sent (Paris)", "Letter"), rows)


def _tell(state: SandboxState, *, as_json: bool) -> None:
    if as_json:
        print_json({"at": state.at, "ahead_s": state.ahead_s, "day_lasts_s": state.day_lasts_s})
        return
    pace = f", a day lasts {state.day_lasts_s:g} s" if state.is_scaled else ""
    click.echo(f"{paris_text(state.at)} (Paris), {timedelta(seconds=round(state.ahead_s))} ahead{pace}")
