"""``lre regime``: what is required at a date, and what a date will change."""

from datetime import datetime, time, timedelta
from typing import Any

import click

from lre_kit.cli.shared import json_option, opened_office, print_json, print_table, read_settings
from lre_kit.clock import PARIS, iso, now
from lre_kit.errors import InputError, RequirementError
from lre_kit.identifiers.derogation_files import policy_of
from lre_kit.law.derogation_text import derogation_values, suspension_values
from lre_kit.law.derogations import Policy
from lre_kit.law.products import Product
from lre_kit.law.requirements import Role, RoleRequirements, for_role

SERIALS_SHOWN = 20
"""Serials in the table; JSON has all."""


class BadDateError(InputError):
    """A date is none, or lies where the command cannot look."""

    slug = "bad-date"


@click.group("regime")
def regime_command() -> None:
    """What the law asks: by product and role, with derogations, at a date.

    \b
    The office's own derogations and suspensions stand in derogations.toml in its folder.
    """


@regime_command.command("show")
@click.option("--at", "day", metavar="DATE", help="Day (YYYY-MM-DD, in Paris) or instant; by default now.")
@json_option
def show_command(*, day: str | None, as_json: bool) -> int:
    """Show what is required of senders and recipients, derogations in force, suspensions.

    Needs no office.

    \b
    Examples:
      lre regime show
      lre regime show --at 2020-04-15 --json
    """
    at = _instant(day) if day else now()
    policy = _policy()
    try:
        roles = [(p, r, for_role(p, r, at, derogations=policy)) for p in Product for r in Role]
    except RequirementError as error:
        raise BadDateError(error.problem, mend="Give a later day: the first rules are of 2019.") from error
    held = policy.in_force(at)
    suspensions = [one for one in policy.suspensions if one.in_force(at)]
    if as_json:
        required: dict[str, dict[str, Any]] = {product.value: {} for product in Product}
        for product, role, found in roles:
            required[product.value][role.value] = _values(found)
        print_json(
            {
                "at": iso(at),
                "required": required,
                "derogations": [derogation_values(one) for one in held],
                "suspensions": [suspension_values(one) for one in suspensions],
            }
        )
        return 0
    print_table(
        f"Required on {at.astimezone(PARIS):%Y-%m-%d} (Paris)",
        ("Product", "Role", "Level", "Proofing", "Methods", "Eased by"),
        [_row(product, role, found) for product, role, found in roles],
    )
    for one in held:
        note = f" ({one.note})" if one.note else ""
        click.echo(f"Derogation {one.id} up to {one.valid_until}, included: {one.title.en}{note}")
    for suspension in suspensions:
        kinds = ", ".join(sorted(suspension.kinds))
        click.echo(f"Suspension {suspension.id} up to {suspension.period.valid_until}, included: {kinds}")
    if not held and not suspensions:
        click.echo("No derogation and no suspension is in force.")
    return 0


@regime_command.command("simulate")
@click.option("--at", "day", metavar="DATE", required=True, help="Day (YYYY-MM-DD, in Paris) or instant.")
@json_option
def simulate_command(*, day: str, as_json: bool) -> int:
    """Show what changes between now and DATE: means that end, people without address, requirements.

    Nothing is changed.

    \b
    Example:
      lre regime simulate --at 2026-12-31
    """
    from lre_kit.identifiers.high_water import latest_seen
    from lre_kit.identifiers.simulation import changes_between, endings
    from lre_kit.parties.addresses import AddressBook

    at, present = _instant(day), now()
    if at < present - timedelta(days=1):
        msg = f"The date {day[:40]} lies in the past."
        raise BadDateError(msg, mend="Give today or a later day; lre regime show looks back.")
    policy = _policy()
    with opened_office() as office:
        found = endings(
            office.database,
            policy,
            now=present,
            at=at,
            addresses=AddressBook(office.database, clock=office.clock),
        )
        seen = latest_seen(office.database)
    changes = changes_between(policy, now=present, at=at, not_after_seen=seen)
    if as_json:
        print_json(
            {
                "at": iso(at),
                "endings": [
                    {
                        "derogation": one.derogation,
                        "ends_at": iso(one.ends_at),
                        "identifiers": len(one.serials),
                        "serials": one.serials,
                        "parties": one.parties,
                        "parties_without_address": one.without_address,
                    }
                    for one in found
                ],
                "changes": [
                    {
                        "product": one.product.value,
                        "role": one.role.value,
                        "before": _values(one.before),
                        "after": _values(one.after),
                    }
                    for one in changes
                ],
            }
        )
        return 0
    if not found and not changes:
        click.echo(f"Nothing changes up to {at.astimezone(PARIS):%Y-%m-%d} (Paris).")
        return 0
    for one in found:
        lacking = "not known" if one.without_address is None else str(one.without_address)
        click.echo(
            f"{one.derogation} ends at {iso(one.ends_at)}: means that end: {len(one.serials)}, "
            f"people: {one.parties}, without a confirmed address: {lacking}"
        )
        for serial in one.serials[:SERIALS_SHOWN]:
            click.echo(f"  {serial}")
        if len(one.serials) > SERIALS_SHOWN:
            click.echo(f"  … {len(one.serials) - SERIALS_SHOWN} more; --json lists all.")
    if changes:
        rows = [
            (when, *_row(one.product, one.role, found_))
            for one in changes
            for when, found_ in (("now", one.before), ("then", one.after))
        ]
        print_table(
            "Requirements that change",
            ("When", "Product", "Role", "Level", "Proofing", "Methods", "Eased by"),
            rows,
        )
    return 0


def _policy() -> Policy:
    return policy_of(read_settings())


def _instant(text: str) -> datetime:
    """Return an instant; a day stands for its noon in Paris, for no rule begins or ends there."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        msg = f"{text[:40]!r} is no date."
        raise BadDateError(msg, mend="Write it as YYYY-MM-DD, such as 2026-12-31.") from error
    if found.tzinfo is None and found.time() != time(0):
        msg = f"The instant {text[:40]!r} has no time zone."
        raise BadDateError(msg, mend="Add one, such as +01:00 or Z, or give the day alone.")
    if not 1971 <= found.year < 9000:
        msg = f"The year {found.year} is too far away."
        raise BadDateError(msg, mend="Give a year between 1971 and 8999.")
    if found.tzinfo is None:
        return found.replace(hour=12, tzinfo=PARIS)
    return found


def _values(found: RoleRequirements) -> dict[str, Any]:
    return {
        "level": found.level.value if found.level else None,
        "proofing_level": found.proofing_level.value if found.proofing_level else None,
        "proofing_methods": sorted(found.proofing_methods) if found.proofing_level else [],
        "two_categories": found.two_categories,
        "dynamic": found.dynamic,
        "freshness_s": int(found.freshness.total_seconds()),
        "proofing_years": found.proofing_years,
        "derogation": found.derogation,
        "reference": found.reference,
    }


def _row(product: Product, role: Role, found: RoleRequirements) -> tuple[str, ...]:
    return (
        product.value,
        role.value,
        found.level.value if found.level else "–",
        found.proofing_level.value if found.proofing_level else "–",
        ", ".join(sorted(found.proofing_methods)) if found.proofing_level else "–",
        found.derogation or "",
    )
