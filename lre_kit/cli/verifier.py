"""``lre verifier export``."""

from pathlib import Path
from typing import Literal

import click


@click.group()
def verifier_command() -> None:
    """The verifier page: one HTML file that checks evidence in any recent browser."""


@verifier_command.command("export")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("lre-verifier.html"),
    show_default=True,
    help="File to write.",
)
@click.option("--trust", type=click.Path(path_type=Path), help="Folder of trust anchors to put inside.")
@click.option(
    "--lang",
    "language",
    type=click.Choice(["fr", "en"]),
    default="fr",
    show_default=True,
    help="Language it begins in.",
)
def export_command(*, out: Path, trust: Path | None, language: Literal["fr", "en"]) -> int:
    """Write the verifier page to a file.

    It opens from the disk, sends nothing and needs no network. Without --trust, whoever uses it
    must choose the provider's trust anchors.

    \b
    Examples:
      lre verifier export --trust out/trust
      lre verifier export --out verify.html --lang en
    """
    from lre_kit.proofs.verifying.verifier import verifier_html

    out.write_bytes(verifier_html(trust, language))
    inside = f"with the trust anchors of {trust}" if trust else "without trust anchors"
    click.echo(f"Wrote {out}, {inside}.")
    return 0
