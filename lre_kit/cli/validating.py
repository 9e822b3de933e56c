"""``lre validate-integration``: checks of a host's code against a sandbox and of its receiver."""

from collections.abc import Iterator
from dataclasses import asdict

import click

from lre_kit.cli.shared import json_option, print_json, print_table, shown
from lre_kit.errors import InputError
from lre_kit.validating.findings import Finding, Verdict
from lre_kit.webhooks.sending import TIMEOUT_S

FAILED = 1
"""Exit code where a check failed."""


@click.command("validate-integration")
@click.argument("url", metavar="URL", required=False)
@click.option("--key", envvar="LRE_API_KEY", metavar="KEY", help="Key of the sandbox; better as LRE_API_KEY.")
@click.option("--webhook-url", default="", metavar="URL", help="Where your receiver of webhooks listens.")
@click.option("--webhook-secret", envvar="LRE_WEBHOOK_SECRET", metavar="SECRET",
              help="The whsec_… that it holds; better as LRE_WEBHOOK_SECRET.")  # fmt: skip
@json_option
def validate_integration_command(
    *, url: str | None, key: str | None, webhook_url: str, webhook_secret: str | None, as_json: bool
) -> int:
    """Check an integration against the sandbox at URL, and a receiver of webhooks.

    Exit 0 when no check failed, 1 when one did. Needs no office of its own; nothing real is ever sent: where
    the office is no sandbox, no letter is deposited.

    \b
    Examples:
      LRE_API_KEY=lre_live_… lre validate-integration https://try.example/lre
      LRE_WEBHOOK_SECRET=whsec_… lre validate-integration --webhook-url https://me.example/hooks/lre
    """
    if url is None and not webhook_url:
        raise InputError("There is nothing to check.", mend="Give the sandbox's URL, or --webhook-url.")
    if url is not None and not key:
        raise InputError("There is no key.", mend="Set LRE_API_KEY to a key of the sandbox.")
    if webhook_url and not webhook_secret:
        raise InputError("The receiver's secret is missing.", mend="Set LRE_WEBHOOK_SECRET to its whsec_….")
    found = list(_findings(url, key or "", webhook_url, webhook_secret or ""))
    if as_json:
        print_json([asdict(each) for each in found])
    else:
        _print(found)
    return FAILED if any(each.verdict is Verdict.FAILED for each in found) else 0


def _findings(url: str | None, key: str, webhook_url: str, secret: str) -> Iterator[Finding]:
    from lre_kit.client import LreClient
    from lre_kit.client.transport import StandardTransport, usual_transport
    from lre_kit.validating.office import OfficeChecks
    from lre_kit.validating.receiver import Receiver

    number = ""
    if url is not None:
        with LreClient(url, key, transport=usual_transport()) as client:
            checks = OfficeChecks(client, webhook_url=webhook_url)
            yield from checks.findings()
            number = checks.number
    if webhook_url:
        transport = StandardTransport(timeout_s=TIMEOUT_S)
        yield from Receiver(webhook_url, secret, transport=transport, number=number).findings()


def _print(found: list[Finding]) -> None:
    failed = [each for each in found if each.verdict is Verdict.FAILED]
    title = f"{len(found)} checks, {len(failed)} failed"
    rows = [(each.verdict.value, each.what, each.seen) for each in found]
    print_table(title, ("", "What should hold", "Seen"), rows)
    for each in failed:
        click.echo(shown(f"{each.name}: {each.mend}"))
