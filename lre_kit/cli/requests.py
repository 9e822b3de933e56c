"""``lre requests``: what people ask of the office; who takes it, answers it, closes it."""

from pathlib import Path
from typing import BinaryIO

import click

from lre_kit.cli.operator_acts import act, by_option
from lre_kit.cli.operator_session import operator_session
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table, shown
from lre_kit.errors import MissingFileError
from lre_kit.office import PostOffice
from lre_kit.operators.errors import NotAllowedError
from lre_kit.operators.rules import Act, may
from lre_kit.support.values import Direction, RequestInfo, RequestState

_ARROWS = {Direction.IN: "they", Direction.OUT: "we", Direction.NOTE: "note"}


@click.group("requests")
def requests_command() -> None:
    """Requests that people make on the office's pages: list, show, assign, answer, close.

    \b
    Example:
      lre requests list --state open
      lre requests answer K7RW-P3XA --template delay
    """


@requests_command.command("list")
@click.option("--state", type=click.Choice([state.value for state in RequestState]), help="Only these.")
@click.option("--of", "assigned", metavar="NAME", help="Only this operator's.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.option("--before", metavar="ID", help="Go on after the last one of the page before.")
@json_option
def list_command(
    *, state: str | None, assigned: str | None, limit: int, before: str | None, as_json: bool
) -> None:
    """List requests, the newest first; nothing of who asks or what.

    \b
    Example:
      lre requests list --state open
    """
    with opened_office(read_only=True) as office:
        found = office.support.desk.page(
            limit=limit,
            before=before,
            state=RequestState(state) if state else None,
            assigned_to=assigned,
        )
    if as_json:
        print_json([_as_json(info) for info in found])
        return
    heads = ("Reference", "Made (Paris)", "What", "From", "State", "Whose", "Messages")
    print_table(f"{len(found)} requests", heads, [_row(info) for info in found])


@requests_command.command("show")
@click.argument("reference")
@by_option
@json_option
def show_command(*, reference: str, actor: str | None, as_json: bool) -> None:
    """Open the request REFERENCE: who asks, and all that was said.

    \b
    Example:
      lre requests show K7RW-P3XA
    """
    with opened_office() as office:
        info = office.support.desk.by_reference(reference)
        with operator_session(office, actor) as session:
            if not session.is_local and not may(session.roles, Act.ANSWER_REQUEST):
                raise NotAllowedError(Act.ANSWER_REQUEST)
        request = office.support.desk.show(info.id)
    asking = request.asking
    if as_json:
        said = [
            {"direction": s.direction.value, "at": s.at, "by": s.by, "sent_at": s.sent_at, "text": s.text}
            for s in request.said
        ]
        asker = {
            name: getattr(asking, name) for name in ("name", "email", "organisation", "volume", "number")
        }
        print_json({**_as_json(info), "asker": asker, "said": said})
        return
    click.echo(shown(f"{info.reference}  {info.kind.value}, {info.side.value}, {info.state.value}"))
    click.echo(shown(f"{asking.name} <{asking.email}>, {info.language}"))
    told = {"Organisation": asking.organisation, "Letters a year": asking.volume, "Letter": asking.number}
    for head, value in told.items():
        if value:
            click.echo(shown(f"{head}: {value}"))
    for each in request.said:
        left = "" if each.direction is not Direction.OUT or each.sent_at else " (leaves soon)"
        click.echo(shown(f"\n— {_ARROWS[each.direction]} {each.by} {paris_text(each.at)}{left}\n{each.text}"))


@requests_command.command("assign")
@click.argument("reference")
@click.option("--to", metavar="NAME", help="Whose it becomes (default: who acts); empty: nobody's.")
@by_option
def assign_command(*, reference: str, to: str | None, actor: str | None) -> None:
    """Hand the request REFERENCE over to an operator.

    \b
    Example:
      lre requests assign K7RW-P3XA --to anne
    """
    with opened_office() as office:
        info = _found(office, reference)
        act(office, Act.ASSIGN_REQUEST, info.id, actor=actor, facts={} if to is None else {"to": to})
        whose = office.support.desk.info(info.id).assigned_to
    click.echo(shown(f"{info.reference} is {whose or 'nobody'}'s."))


@requests_command.command("answer")
@click.argument("reference")
@click.option("--text", metavar="TEXT", help="The answer.")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="A file that holds it."
)
@click.option("--template", metavar="NAME", help="An answer of the kit or of LRE_SUPPORT_ANSWERS.")
@click.option("--note", is_flag=True, help="Keep it as a note for the next operator: it is not sent.")
@by_option
def answer_command(
    *,
    reference: str,
    text: str | None,
    file: Path | None,
    template: str | None,
    note: bool,
    actor: str | None,
) -> None:
    """Answer the request REFERENCE by e-mail.

    \b
    Example:
      lre requests answer K7RW-P3XA --template lost-identifier
    """
    given = [each for each in (text, file, template) if each is not None]
    if len(given) != 1 or (note and template):
        raise click.UsageError("Give one of --text, --file or --template (a note is no template).")
    facts = {"text": _read(file) if file is not None else text or ""}
    facts |= {"template": template} if template else {}
    with opened_office() as office:
        info = _found(office, reference)
        act(office, Act.NOTE_REQUEST if note else Act.ANSWER_REQUEST, info.id, actor=actor, facts=facts)
    click.echo(f"{info.reference}: {'noted' if note else 'the answer leaves with the next duties'}.")


@requests_command.command("close")
@click.argument("reference")
@by_option
def close_command(*, reference: str, actor: str | None) -> None:
    """Close the request REFERENCE; a reply opens it again.

    \b
    Example:
      lre requests close K7RW-P3XA
    """
    with opened_office() as office:
        info = _found(office, reference)
        act(office, Act.CLOSE_REQUEST, info.id, actor=actor)
    click.echo(f"{info.reference} is closed.")


@requests_command.command("take")
@click.argument("file", type=click.File("rb"))
def take_command(*, file: BinaryIO) -> None:
    """Take in a mail that answers a request, from FILE or from standard input (-), as mail servers pipe it.

    \b
    Example:
      lre requests take - < reply.eml
    """
    with opened_office() as office:
        taken = office.support.mail.take(file.read())
    click.echo("Taken in." if taken else "This mail answers no request.")
    if not taken:
        raise click.exceptions.Exit(1)


@requests_command.command("templates")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True)
def templates_command(*, language: str) -> None:
    """List the answers to begin from.

    \b
    Example:
      lre requests templates --language en
    """
    with opened_office(read_only=True) as office:
        for name in office.support.templates.names(language):
            click.echo(shown(name))


def _found(office: PostOffice, reference: str) -> RequestInfo:
    return office.support.desk.by_reference(reference)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MissingFileError(f"{file} cannot be read.", mend="Name a text file in UTF-8.") from error


def _as_json(info: RequestInfo) -> dict[str, object]:
    return {
        "id": info.id,
        "reference": info.reference,
        "kind": info.kind.value,
        "side": info.side.value,
        "state": info.state.value,
        "language": info.language,
        "assigned_to": info.assigned_to,
        "made_at": info.made_at,
        "changed_at": info.changed_at,
        "messages": info.messages,
    }


def _row(info: RequestInfo) -> tuple[str, ...]:
    return (
        info.reference,
        paris_text(info.made_at),
        info.kind.value,
        info.side.value,
        info.state.value,
        info.assigned_to or "–",
        str(info.messages),
    )
