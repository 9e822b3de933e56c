"""``lre status``: how each service is, and what operators announce of it."""

from typing import Any

import click

from lre_kit.cli.operator_acts import act, by_option
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table, shown
from lre_kit.operators.rules import Act
from lre_kit.status.published import status_json
from lre_kit.status.values import NoticeKind, Service

_fr = click.option("--fr", required=True, metavar="TEXT", help="What is said in French.")
_en = click.option("--en", required=True, metavar="TEXT", help="What is said in English.")


@click.group("status")
def status_command() -> None:
    """How each service is, from real probes; incidents and maintenance.

    \b
    Example:
      lre status show
    """


@status_command.command("show")
@json_option
def show_command(*, as_json: bool) -> None:
    """Show every service, outages of the last 90 days, and what is announced.

    \b
    Example:
      lre status show --json
    """
    with opened_office(read_only=True) as office:
        told = status_json(office.status.reading, now=office.clock())
        services = office.status.reading.services()
        notices = office.status.reading.notices()
    if as_json:
        print_json(told)
        return
    rows = [
        (
            each.service.value,
            each.state.value if each.state else "–",
            paris_text(each.since) if each.since else "–",
            str(sum(day.down_s for day in each.days)),
        )
        for each in services
    ]
    print_table("Services", ("Service", "State", "Since (Paris)", "Down in 90 days, s"), rows)
    for each in notices:
        ended = f"ended {paris_text(each.ended_at)}" if each.ended_at else "goes on, or comes"
        click.echo(shown(f"{each.id}  {each.kind.value}: {each.title.en} ({ended})"))


@status_command.command("probe")
@json_option
def probe_command(*, as_json: bool) -> None:
    """Look at every service once, now.

    \b
    Example:
      lre status probe
    """
    with opened_office() as office:
        found = office.status.watch.probe_now()
    if as_json:
        print_json({s.value: {"state": m.state.value, "failure": m.failure} for s, m in found.items()})
        return
    rows = [(service.value, one.state.value, one.failure or "–") for service, one in found.items()]
    print_table(f"{len(rows)} services", ("Service", "State", "What failed"), rows)


@status_command.command("announce")
@click.option(
    "--service", "services", multiple=True, required=True, type=click.Choice([s.value for s in Service]),
    help="Which service; may be given several times.",
)  # fmt: skip
@click.option("--maintenance", is_flag=True, help="Maintenance to come; by default an incident.")
@click.option("--title-fr", required=True, metavar="TEXT")
@click.option("--title-en", required=True, metavar="TEXT")
@_fr
@_en
@click.option("--from", "begins", metavar="INSTANT", help="When it begins (default: now).")
@click.option("--until", "ends", metavar="INSTANT", help="When it should end.")
@by_option
def announce_command(*, services: tuple[str, ...], maintenance: bool, actor: str | None, **told: Any) -> None:
    """Announce an incident or maintenance. Instants carry a zone: 2026-12-24T18:00+01:00.

    \b
    Example:
      lre status announce --service mail --title-fr "Retards" --title-en "Delays" --fr "…" --en "…"
    """
    kind = NoticeKind.MAINTENANCE if maintenance else NoticeKind.INCIDENT
    facts = {name: told[name] for name in ("title_fr", "title_en", "fr", "en")}
    facts |= {"kind": kind.value, "services": " ".join(services)}
    facts |= {f"{name}_at": told[name] for name in ("begins", "ends") if told[name]}
    with opened_office() as office:
        made = act(office, Act.OPEN_INCIDENT, "new", actor=actor, facts=facts)
    click.echo(f"Announced: {made}.")


@status_command.command("update")
@click.argument("notice_id", metavar="ID")
@_fr
@_en
@by_option
def update_command(*, notice_id: str, fr: str, en: str, actor: str | None) -> None:
    """Say more about incident or maintenance ID.

    \b
    Example:
      lre status update 0192f0aa4c7d7e0f8a5b6c7d8e9f0a1b --fr "…" --en "…"
    """
    with opened_office() as office:
        act(office, Act.UPDATE_INCIDENT, notice_id, actor=actor, facts={"fr": fr, "en": en})
    click.echo("Added.")


@status_command.command("end")
@click.argument("notice_id", metavar="ID")
@_fr
@_en
@by_option
def end_command(*, notice_id: str, fr: str, en: str, actor: str | None) -> None:
    """Say that incident or maintenance ID ended.

    \b
    Example:
      lre status end 0192f0aa4c7d7e0f8a5b6c7d8e9f0a1b --fr "C'est réparé." --en "It is mended."
    """
    with opened_office() as office:
        act(office, Act.END_INCIDENT, notice_id, actor=actor, facts={"fr": fr, "en": en})
    click.echo("Ended.")
