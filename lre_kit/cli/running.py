"""``lre serve``, ``work`` and ``console``: the faces, found through their doors."""

from contextlib import ExitStack

import click

from lre_kit.cli.operator_session import operator_session
from lre_kit.cli.shared import json_option, opened_office, shown
from lre_kit.faces import load_face
from lre_kit.observing.logs import set_up
from lre_kit.operators.rules import View
from lre_kit.settings import Settings

_VIEWS = click.Choice([view.value for view in View])


def _set_up_log(settings: Settings) -> None:
    if settings.log_form != "plain":
        set_up(settings.log_form)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--jobs/--no-jobs", default=True, show_default=True, help="Do the jobs in this process too.")
def serve_command(*, host: str, port: int, jobs: bool) -> None:
    """Serve the pages and, unless told otherwise, do the jobs in the same process.

    \b
    Example:
      LRE_HOME=office LRE_SMTP_HOST=mail.example.org lre serve --port 8000
    """
    with ExitStack() as stack:
        office = stack.enter_context(opened_office())
        _set_up_log(office.settings)
        if jobs:
            office.status.watch.start()
            stack.enter_context(load_face("jobs")(office))
        click.echo(f"Serving {office.settings.base_url} on {host}:{port}; Ctrl-C stops.")
        load_face("serve")(load_face("web")(office), host=host, port=port)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end (for cron); needs no broker.")
def work_command(*, once: bool) -> None:
    """Do the jobs of the office: notices, closings, proofs, log and time stamps.

    \b
    Examples:
      LRE_BROKER_URL=redis://127.0.0.1:6379/0 lre work
      lre work --once
    """
    with opened_office() as office:
        _set_up_log(office.settings)
        if once:
            office.run_until_idle()
        else:
            office.status.watch.start()
            load_face("work")(office)


@click.command()
@click.option("--lang", type=click.Choice(["fr", "en"]), help="Language of the console.")
@click.option("--operator", envvar="LRE_OPERATOR", help="Who works at it; by default the system's user.")
@click.option("--screen", type=_VIEWS, default="today", show_default=True, help="Screen to begin with.")
@click.option("--read-only", is_flag=True, help="Only look: the database itself refuses every write.")
@click.option(
    "--theme",
    type=click.Choice(["dark", "light", "contrast"]),
    envvar="LRE_CONSOLE_THEME",
    help="Colours; by default as the terminal's background is. NO_COLOR takes them away.",
)
@click.option("--serve", is_flag=True, help="Serve it to browsers; operators sign in first.")
@click.option("--host", default="127.0.0.1", show_default=True, help="With --serve: address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True, help="With --serve.")
@click.option("--public-url", metavar="URL", help="With --serve: where browsers find it, behind TLS.")
@click.option("--plain", type=_VIEWS, metavar="SCREEN", help="Write this screen as text instead, and end.")
@click.option("--text", default="", metavar="TEXT", help="With --plain: only lines with this text.")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="With --plain.")
@click.option("--line", metavar="ID", help="With --plain: only this line, with all that is told of it.")
@json_option
def console_command(
    *,
    lang: str | None,
    operator: str | None,
    screen: str,
    read_only: bool,
    theme: str | None,
    serve: bool,
    host: str,
    port: int,
    public_url: str | None,
    plain: str | None,
    text: str,
    limit: int,
    line: str | None,
    as_json: bool,
) -> None:
    """Open the operators' console, or write one of its screens as text or JSON.

    \b
    Screens: today, letters, agenda, reviews, consents, post, log, trail, identifiers, keys, regimes, two,
    orders, webhooks, api-keys, bulk, requests, announcements.

    \b
    Examples:
      LRE_HOME=office lre console --lang fr --operator anne
      lre console --plain letters --text dupont --json
      lre console --serve --public-url https://console.example.org
    """
    if serve:
        told = {"--theme": theme, "--screen": screen}
        more = [part for option, value in told.items() if value for part in (option, value)]
        more += ["--read-only"] if read_only else []
        with opened_office() as office:
            load_face("console").serve(
                office, host=host, port=port, public_url=public_url, more=more, language=lang,
                say=lambda url: click.echo(f"Serving the console on {url}; Ctrl-C stops."),
            )  # fmt: skip
        return
    face = load_face("console")
    with ExitStack() as stack:
        office = stack.enter_context(opened_office())
        looked_at = stack.enter_context(opened_office(read_only=True)) if read_only else office
        entrance = office.operators.entrance
        if plain is None:
            face(
                looked_at, language=lang, operator=operator, start=screen, entrance=entrance,
                is_read_only=read_only, theme=theme,
            )  # fmt: skip
            return
        session = stack.enter_context(operator_session(office, operator))
        written = face.plain(
            looked_at, plain, session, language=lang, text=text, limit=limit, line_id=line, as_json=as_json
        )
    click.echo(shown(written))
