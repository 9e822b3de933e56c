"""The entrance of ``lre``: lists the commands without importing them, turns errors into exit codes.

Exit codes: 0 done (for ``verify``: passed), 1 failed, 2 indeterminate, 64 usage, 65–78 as
``sysexits.h`` has them (65 input, 66 missing file, 67 no such letter, 69 missing extra, 70 the
office's own data or keys, 74 files, 75 unavailable, 78 configuration).
"""

import gc
import sys
from importlib import import_module

import click

from lre_kit.errors import LreError
from lre_kit.failpoints import arm_from_environment

USAGE = 64
"""Exit code for a command line that cannot be understood (EX_USAGE)."""

SOFTWARE = 70
"""Exit code for errors without a code of their own (EX_SOFTWARE): 1 is kept for a check that failed."""

IO = 74
"""Exit code when the system refuses to read or write a file (EX_IOERR)."""

GC_THRESHOLD = 50_000
"""Objects between two searches for garbage: starting makes hundreds of thousands, and none is garbage."""

_COMMANDS = {
    "init": ("lre_kit.cli.office", "Prepare an office: keys, tables, folders."),
    "doctor": ("lre_kit.cli.office", "Check all that a deposit needs, and say how to mend it."),
    "serve": ("lre_kit.cli.running", "Serve the pages, and do the jobs in the same process."),
    "work": ("lre_kit.cli.running", "Do the jobs of an office that others serve."),
    "console": ("lre_kit.cli.running", "Open the operators' console."),
    "deposit": ("lre_kit.cli.letters", "Deposit a letter."),
    "letters": ("lre_kit.cli.letters", "List letters, newest first; hold, release, purge them."),
    "show": ("lre_kit.cli.letters", "Show one letter and its timeline."),
    "export": ("lre_kit.cli.letters", "Write a letter's evidence, proofs and bundle to a folder."),
    "correct-address": ("lre_kit.cli.letters", "Send a letter's notice to a corrected address."),
    "withdraw": ("lre_kit.cli.letters", "Take a letter back whose notice has not left."),
    "verify": ("lre_kit.cli.verifying", "Verify a proof offline: bundle, evidence file or PDF."),
    "log": ("lre_kit.cli.verifying", "The transparency log: audit it."),
    "keys": ("lre_kit.cli.keys", "The office's keys: list, rotate, request and install certificates."),
    "operator": (
        "lre_kit.cli.operators",
        "Operators of the console: add, list, give roles, disable, reset.",
    ),
    "accounts": ("lre_kit.cli.accounts", "Accounts of lre serve: list, give a role, end sessions."),
    "parties": ("lre_kit.cli.parties", "Who the office knows: list, show, merge, correct, history."),
    "identifiers": (
        "lre_kit.cli.identifiers",
        "Identification means: list, compare, suspend, revoke.",
    ),
    "orders": ("lre_kit.cli.orders", "Orders of identification means: list, track, deliver, print."),
    "bulk": ("lre_kit.cli.bulk", "Letters in bulk: check, start, pause, stop, result."),
    "templates": ("lre_kit.cli.templates", "Templates of letters, and the letterhead."),
    "contacts": ("lre_kit.cli.contacts", "Address books: list, add, import, export, groups, twins."),
    "webhook": ("lre_kit.cli.webhook", "Webhooks: add, list, test, replay, rotate, disable, deliveries."),
    "sandbox": ("lre_kit.cli.sandbox", "An office to try out with: begin, clock, caught mail."),
    "validate-integration": ("lre_kit.cli.validating", "Check an integration against a sandbox."),
    "api-key": ("lre_kit.cli.api_keys", "Keys with which other programs use the API: new, list, revoke."),
    "mail": ("lre_kit.cli.mail", "Delivery reports that come back, and the key that signs mail."),
    "post": ("lre_kit.cli.post", "The post room: batches, numbers, tracking, what comes back."),
    "status": ("lre_kit.cli.status", "How each service is; incidents and maintenance: announce, end."),
    "announce": ("lre_kit.cli.announce", "What pages tell everybody for some time: add, list, end."),
    "requests": ("lre_kit.cli.requests", "Requests to the office: list, show, assign, answer, close."),
    "subject-access": ("lre_kit.cli.retention", "Write all that is known of a person to a file."),
    "consents": ("lre_kit.cli.consents", "Consents to receive electronically: ask, list, export."),
    "regime": ("lre_kit.cli.regime", "What the law asks at a date, and what a date will change."),
    "verifier": ("lre_kit.cli.verifier", "Write the page that checks evidence in a browser."),
    "demo": ("lre_kit.cli.demo", "Watch letters travel from deposit to verified proofs."),
    "completion": ("lre_kit.cli.completion", "Print the completion script for your shell."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names in the order of a letter's life."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return a command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        found = getattr(import_module(module), f"{cmd_name.replace('-', '_')}_command")
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in _COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try: lre demo --headless   ·   lre COMMAND --help shows examples.",
)
@click.version_option(package_name="lre-kit", prog_name="lre")
def cli() -> None:
    """Electronic registered letters you run yourself, with proofs anyone can check offline.

    Settings come from the environment (LRE_HOME, LRE_DATABASE_URL, LRE_SMTP_HOST, …).

    Exit codes: 0 done, 1 a check failed, 2 indeterminate (verify only), 64 wrong usage, 65 to 78
    what went wrong; standard error then says what and how to mend it, with a slug for programs.
    """


def main() -> None:
    """Run ``lre`` and exit with its code; errors of the kit become two sentences, never a traceback."""
    gc.set_threshold(GC_THRESHOLD)
    try:
        arm_from_environment()
        result = cli.main(prog_name="lre", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.UsageError as error:
        error.show()
        sys.exit(USAGE)
    except click.exceptions.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except LreError as error:
        _say(error.problem, error.mend, error.slug)
        sys.exit(error.exit_code)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        _say(f"The system refuses{where}: {error.strerror or error}.", "Check paths, rights and space.", "io")
        sys.exit(IO)


def _say(problem: str, mend: str, slug: str) -> None:
    from lre_kit.cli.shared import shown

    click.echo(shown(f"lre: {problem}\n     {mend}  [{slug}]"), err=True)
