"""``lre serve``, ``work`` and ``console``: the faces, found through their doors."""

import click

from lre_kit.cli.shared import opened_office
from lre_kit.faces import load_face


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
    from contextlib import ExitStack

    with ExitStack() as stack:
        office = stack.enter_context(opened_office())
        if jobs:
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
        if once:
            office.run_until_idle()
        else:
            load_face("work")(office)


@click.command()
@click.option("--lang", type=click.Choice(["fr", "en"]), help="Language of the console.")
@click.option("--operator", envvar="LRE_OPERATOR", help="Who works at it; by default the system's user.")
def console_command(*, lang: str | None, operator: str | None) -> None:
    """Open the operators' console.

    \b
    Example:
      LRE_HOME=office lre console --lang fr --operator anne
    """
    with opened_office() as office:
        load_face("console")(office, language=lang, operator=operator)
