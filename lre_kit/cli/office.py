"""``lre init`` and ``lre doctor``."""

from dataclasses import asdict

import click

from lre_kit.cli.shared import json_option, print_json, print_table, read_settings
from lre_kit.doctor import examine
from lre_kit.setup import prepare


@click.command()
def init_command() -> None:
    """Prepare the office that LRE_HOME names: keys, tables, folders. Safe to run again.

    \b
    Example:
      LRE_HOME=office lre init
    """
    settings = read_settings()
    for line in prepare(settings):
        click.echo(line)
    click.echo("Next: lre doctor, then lre serve")


@click.command()
@json_option
def doctor_command(*, as_json: bool) -> int:
    """Check all that a deposit needs; exit 0 when every check is well, 1 when one is not.

    \b
    Example:
      lre doctor --json
    """
    findings = examine(read_settings())
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [("✓" if f.well else "✗", f.name, f.found, f.mend) for f in findings]
        print_table("What a deposit needs", ("", "Check", "Found", "How to mend it"), rows)
    return 0 if all(finding.well for finding in findings) else 1
