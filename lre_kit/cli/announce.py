"""``lre announce``: what pages tell everybody for some time."""

import click

from lre_kit.announcements.values import Announcement, AnnouncementKind, Place
from lre_kit.cli.operator_acts import act, by_option
from lre_kit.cli.shared import json_option, opened_office, paris_text, print_json, print_table
from lre_kit.operators.rules import Act


@click.group("announce")
def announce_command() -> None:
    """Announcements on the pages: add, list, end.

    \b
    Example:
      lre announce add --place deposit --fr "…" --en "…" --until 2026-12-24T18:00+01:00
    """


@announce_command.command("add")
@click.option("--fr", required=True, metavar="TEXT", help="What it says in French (Markdown).")
@click.option("--en", required=True, metavar="TEXT", help="What it says in English.")
@click.option(
    "--place", "places", multiple=True, type=click.Choice([place.value for place in Place]), default=["all"],
    show_default=True, help="Where it shows; may be given several times.",
)  # fmt: skip
@click.option("--measure", is_flag=True, help="An exceptional measure, shown first.")
@click.option("--from", "begins", metavar="INSTANT", help="From when (default: now).")
@click.option("--until", "ends", metavar="INSTANT", help="Until when, exclusive (default: until you end it).")
@by_option
def add_command(
    *, fr: str, en: str, places: tuple[str, ...], measure: bool, begins: str | None, ends: str | None,
    actor: str | None,
) -> None:  # fmt: skip
    """Put an announcement up. Instants carry a zone: 2026-12-24T18:00+01:00.

    \b
    Example:
      lre announce add --place recipient --fr "Bonjour" --en "Hello" --until 2026-12-24T18:00+01:00
    """
    kind = AnnouncementKind.MEASURE if measure else AnnouncementKind.INFO
    facts = {"kind": kind.value, "places": " ".join(places), "fr": fr, "en": en}
    facts |= {name: value for name, value in (("begins_at", begins), ("ends_at", ends)) if value}
    with opened_office() as office:
        made = act(office, Act.PUBLISH_ANNOUNCEMENT, "new", actor=actor, facts=facts)
    click.echo(f"Announced: {made}.")


@announce_command.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
def list_command(*, limit: int, as_json: bool) -> None:
    """List announcements, the newest first.

    \b
    Example:
      lre announce list
    """
    with opened_office(read_only=True) as office:
        found = office.announcements.page(limit=limit)
    if as_json:
        print_json([_as_json(each) for each in found])
        return
    rows = [
        (
            each.id,
            each.kind.value,
            " ".join(sorted(each.places)),
            paris_text(each.begins_at),
            paris_text(each.ends_at) if each.ends_at else "–",
            each.by,
            each.words.en,
        )
        for each in found
    ]
    heads = ("Id", "Kind", "Where", "From (Paris)", "Until (Paris)", "By", "Words")
    print_table(f"{len(rows)} announcements", heads, rows)


@announce_command.command("end")
@click.argument("announcement_id", metavar="ID")
@by_option
def end_command(*, announcement_id: str, actor: str | None) -> None:
    """Take announcement ID down now.

    \b
    Example:
      lre announce end 0192f0aa4c7d7e0f8a5b6c7d8e9f0a1b
    """
    with opened_office() as office:
        act(office, Act.END_ANNOUNCEMENT, announcement_id, actor=actor)
    click.echo("It shows no longer.")


def _as_json(each: Announcement) -> dict[str, object]:
    return {
        "id": each.id,
        "kind": each.kind.value,
        "places": sorted(each.places),
        "fr": each.words.fr,
        "en": each.words.en,
        "begins_at": each.begins_at,
        "ends_at": each.ends_at,
        "by": each.by,
    }
