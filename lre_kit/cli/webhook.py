"""``lre webhook``: endpoints that are told what happens to letters, and what was delivered to them."""

from datetime import datetime
from typing import Any

import click

from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.clock import as_utc
from lre_kit.errors import InputError
from lre_kit.webhooks.reading import PAGE
from lre_kit.webhooks.values import Attempt, Delivery, DeliveryState, Endpoint, EndpointWish, NewSecret, Owner

FAILED = 1
"""Exit code of a test that the endpoint did not take."""


@click.group("webhook", short_help="Webhooks: add, list, test, replay, rotate, disable, deliveries.")
def webhook_command() -> None:
    """Endpoints that are told what happens to a sender's letters."""


@webhook_command.command("add")
@click.argument("url", metavar="URL")
@click.option("--from", "from_email", required=True, metavar="ADDRESS", help="Whose letters it is told of.")
@click.option("--ref", metavar="REF", help="Their reference in the host application (default: cli:ADDRESS).")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only events of this type; repeatable.")
@click.option("--description", default="", help="Your own words for it.")
@click.option("--language", type=click.Choice(["fr", "en"]), default="fr", show_default=True,
              help="Of the mail that says it was disabled.")  # fmt: skip
@json_option
def add_command(
    *,
    url: str,
    from_email: str,
    ref: str | None,
    types: tuple[str, ...],
    description: str,
    language: str,
    as_json: bool,
) -> None:
    """Tell URL what happens to a sender's letters from now on. The secret is shown this once.

    \b
    Example:
      lre webhook add https://example.org/hooks/lre --from me@example.org --type letter.received
    """
    owner = Owner(ref=ref or f"cli:{from_email}", name=from_email, email=from_email, language=language)
    with opened_office() as office:
        made = office.webhooks.desk.add(owner, EndpointWish(url=url, description=description, types=types))
    _tell_secret(made, as_json=as_json)


@webhook_command.command("list")
@click.option("--ref", metavar="REF", help="Only this sender's.")
@json_option
def list_command(*, ref: str | None, as_json: bool) -> None:
    """List the endpoints of the office, or of one sender.

    \b
    Example:
      lre webhook list --ref cli:me@example.org
    """
    with opened_office() as office:
        found = office.webhooks.reading.every() if ref is None else office.webhooks.reading.of(ref)
    if as_json:
        print_json([_plain(each) for each in found])
        return
    rows = [
        (
            each.id,
            each.url,
            each.owner.ref,
            each.state.value + (f" ({each.disabled_why.value})" if each.disabled_why else ""),
            paris_text(each.last_success_at) if each.last_success_at else "never",
        )
        for each in found
    ]
    print_table(f"{len(rows)} endpoints", ("Id", "Address", "Sender", "State", "Last taken (Paris)"), rows)


@webhook_command.command("test")
@click.argument("endpoint_id", metavar="ID")
@json_option
@click.pass_context
def test_command(context: click.Context, *, endpoint_id: str, as_json: bool) -> None:
    """Send a test event to the endpoint with this ID now, and say what it answered.

    \b
    Example:
      lre webhook test 1f0c5a7e
    """
    with opened_office() as office:
        made = office.webhooks.test_now(endpoint_id)
    if as_json:
        print_json(_plain_delivery(made))
    else:
        click.echo("\n".join(_words(each) for each in made.attempts))
    if made.state is not DeliveryState.DELIVERED:
        context.exit(FAILED)


@webhook_command.command("replay")
@click.argument("endpoint_id", metavar="ID")
@click.option(
    "--since", required=True, metavar="INSTANT", help="From here on, such as 2026-11-24T08:00+01:00."
)
@click.option("--until", metavar="INSTANT", help="Up to here (default: now).")
@click.option("--missed", is_flag=True, help="Leave out what the endpoint took already.")
def replay_command(*, endpoint_id: str, since: str, until: str | None, missed: bool) -> None:
    """Tell the endpoint with this ID again of what happened in a span of time, marked as a replay.

    \b
    Example:
      lre webhook replay 1f0c5a7e --since 2026-11-24T08:00+01:00 --missed
    """
    begin = _instant(since)
    with opened_office() as office:
        count = office.webhooks.desk.replay(
            endpoint_id,
            since=begin,
            until=_instant(until) if until else office.clock(),
            only_missed=missed,
        )
    click.echo(f"{count} events are told again.")


@webhook_command.command("rotate")
@click.argument("endpoint_id", metavar="ID")
@json_option
def rotate_command(*, endpoint_id: str, as_json: bool) -> None:
    """Give the endpoint with this ID a fresh secret; the one before stays valid for a day.

    \b
    Example:
      lre webhook rotate 1f0c5a7e
    """
    with opened_office() as office:
        made = office.webhooks.desk.rotate(endpoint_id)
    _tell_secret(made, as_json=as_json)


@webhook_command.command("disable")
@click.argument("endpoint_id", metavar="ID")
def disable_command(*, endpoint_id: str) -> None:
    """Tell the endpoint with this ID nothing more; what waits for it is cancelled.

    \b
    Example:
      lre webhook disable 1f0c5a7e
    """
    with opened_office() as office:
        office.webhooks.desk.disable(endpoint_id)
    click.echo(f"Endpoint {endpoint_id} is disabled. Enable it with: lre webhook enable {endpoint_id}")


@webhook_command.command("enable")
@click.argument("endpoint_id", metavar="ID")
def enable_command(*, endpoint_id: str) -> None:
    """Tell the endpoint with this ID of events again, from now on; replay what it missed.

    \b
    Example:
      lre webhook enable 1f0c5a7e
    """
    with opened_office() as office:
        office.webhooks.desk.enable(endpoint_id)
    click.echo(f"Endpoint {endpoint_id} is enabled.")


@webhook_command.command("remove")
@click.argument("endpoint_id", metavar="ID")
def remove_command(*, endpoint_id: str) -> None:
    """Remove the endpoint with this ID for ever, with its secrets and its log.

    \b
    Example:
      lre webhook remove 1f0c5a7e
    """
    with opened_office() as office:
        office.webhooks.desk.remove(endpoint_id)
    click.echo(f"Endpoint {endpoint_id} is removed.")


@webhook_command.command("deliveries")
@click.argument("endpoint_id", metavar="ID")
@click.option("--state", type=click.Choice([each.value for each in DeliveryState]), help="Only those.")
@click.option("--limit", type=click.IntRange(1, 1000), default=PAGE, show_default=True)
@json_option
def deliveries_command(*, endpoint_id: str, state: str | None, limit: int, as_json: bool) -> None:
    """Show what was told the endpoint with this ID, the newest first.

    \b
    Example:
      lre webhook deliveries 1f0c5a7e --state failed
    """
    with opened_office() as office:
        found = office.webhooks.reading.deliveries(
            endpoint_id, state=DeliveryState(state) if state else None, limit=limit
        )
    if as_json:
        print_json([_plain_delivery(each) for each in found])
        return
    rows = [
        (
            each.type + (" (replay)" if each.is_replay else ""),
            each.letter_number or "",
            each.state.value,
            _words(each.attempts[-1]) if each.attempts else "",
            paris_text(each.next_at) if each.next_at else "",
            each.message_id,
        )
        for each in found
    ]
    columns = ("Event", "Letter", "State", "Last try", "Next try (Paris)", "Webhook id")
    print_table(f"{len(rows)} deliveries", columns, rows)


def _instant(text: str) -> datetime:
    try:
        return as_utc(datetime.fromisoformat(text))
    except ValueError:
        msg = f"“{text}” is no instant with an offset."
        raise InputError(msg, mend="Write it as 2026-11-24T08:00+01:00, or with Z for UTC.") from None


def _words(tried: Attempt) -> str:
    answer = str(tried.status) if tried.status is not None else tried.failure.value
    return f"Try {tried.number}: {answer}, {tried.took_ms} ms"


def _tell_secret(made: NewSecret, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(made.endpoint) | {"secret": made.secret})
        return
    click.echo(f"Endpoint:   {made.endpoint.id}")
    click.echo(f"Secret:     {made.secret}")
    click.echo(f"Public key: {made.endpoint.public_key}")
    click.echo("Keep the secret where the endpoint finds it: it is not shown again.")


def _plain(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "sender": endpoint.owner.ref,
        "description": endpoint.description,
        "types": list(endpoint.types),
        "state": endpoint.state.value,
        "disabled_why": endpoint.disabled_why.value if endpoint.disabled_why else None,
        "disabled_at": endpoint.disabled_at,
        "made_at": endpoint.made_at,
        "last_success_at": endpoint.last_success_at,
        "failures": endpoint.failures,
        "public_key": endpoint.public_key,
        "former_secret_until": endpoint.former_until,
    }


def _plain_delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.message_id,
        "type": delivery.type,
        "letter": delivery.letter_number,
        "sequence": delivery.sequence,
        "replay": delivery.is_replay,
        "state": delivery.state.value,
        "made_at": delivery.made_at,
        "ended_at": delivery.ended_at,
        "next_at": delivery.next_at,
        "attempts": [
            {
                "number": each.number,
                "at": each.at,
                "status": each.status,
                "failure": each.failure.value,
                "took_ms": each.took_ms,
            }
            for each in delivery.attempts
        ],
    }
