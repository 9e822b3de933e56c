"""``lre verify`` and ``lre log audit``."""

import os
from pathlib import Path

import click

from lre_kit.cli import log as log_commands
from lre_kit.cli.shared import json_option, opened_office, print_json, print_table, progress_bar
from lre_kit.errors import MissingFileError


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--trust",
    "trusts",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Folder of trust anchors, or one of them: .pem, .vkey, .crl, a trusted list .xml.",
)
@click.option(
    "--html", type=click.Path(path_type=Path), metavar="FILE", help="Also write the report as a page."
)
@click.option(
    "--lang", type=click.Choice(["fr", "en"]), default="fr", show_default=True, help="Of that page."
)
@json_option
def verify_command(
    *, path: Path, trusts: tuple[Path, ...], html: Path | None, lang: str, as_json: bool
) -> int:
    """Verify PATH offline: a bundle, a container, an evidence file or a proof PDF.

    Needs no office, no database and no network. Exit 0 passed, 1 failed, 2 indeterminate.

    \b
    Examples:
      lre verify out/7K3M-9QXA-2PVD-ZC04/bundle --trust out/trust
      lre verify letter.asice --trust trust --trust fr-list.xml --trust tl-signer.pem
      lre verify proof-of-deposit.pdf --html report.html
    """
    from lre_kit.proofs.verifying.report_html import report_html
    from lre_kit.proofs.verifying.verify import Anchors, verify_path

    if not (path.is_file() or path.is_dir()):
        msg = f"There is no file and no folder at {path}."
        raise MissingFileError(msg, mend="Give a bundle, an .asice, an evidence .json or a proof .pdf.")
    near = None if trusts else _trust_near(path)
    places = trusts or ((near,) if near else ())
    anchors = Anchors.load(*places) if places else Anchors.none()
    report = verify_path(path, anchors)
    if html is not None:
        html.write_text(report_html(report, path.name, lang), encoding="utf-8")
    if as_json:
        print_json(report.to_json() | {"trust": [str(place) for place in places]})
    else:
        rows = [(c.result.value, c.name, c.subject, c.reason) for c in report.checks]
        print_table(f"{path}: {report.result.value}", ("Result", "Check", "Of", "Reason"), rows)
        for line in report.not_checked:
            click.echo(f"Not checked: {line}")
        if near:
            click.echo(
                f"Trust anchors came from {near}, found near the proof: "
                "compare them with the provider's published ones, then pass --trust."
            )
    return report.exit_code


def _trust_near(path: Path) -> Path | None:
    """Return ``LRE_TRUST``, or the nearest ``trust`` folder above the proof (never inside it)."""
    if named := os.environ.get("LRE_TRUST"):
        return Path(named)
    return next((p / "trust" for p in path.absolute().parents if (p / "trust").is_dir()), None)


@click.group()
def log_command() -> None:
    """Look after the transparency log."""


@log_command.command("audit")
@json_option
def audit_command(*, as_json: bool) -> int:
    """Recompute the whole log against database, content and checkpoints; exit 1 on any finding.

    \b
    Example:
      lre log audit --json
    """
    from lre_kit.proofs.auditing.audit import UNCOVERED, audit_office

    with opened_office() as office, progress_bar("Records", shown=not as_json) as progress:
        report = audit_office(office, progress=progress)
    if as_json:
        uncovered = {table: sorted(names) for table, names in UNCOVERED.items()}
        print_json(report.to_json() | {"uncovered": uncovered})
    else:
        rows = [(f.table, f.row_id, f.field, f.problem) for f in report.findings]
        if rows:
            print_table("Findings", ("Table", "Row", "Field", "Problem"), rows)
        click.echo(report.summary)
    return report.exit_code


log_commands.register(log_command)
