"""``lre demo``."""

import shlex
import tempfile
from functools import partial
from pathlib import Path

import click

from lre_kit.cli.shared import command_text, paris_text, print_table, read_settings
from lre_kit.clock import now
from lre_kit.errors import MissingFileError, NotAPdfError


@click.command()
@click.argument("file", required=False, metavar="[FILE]")
@click.option("--headless", is_flag=True, help="Play everybody's part and end by itself.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder to make (default: a fresh one).")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="For the pages.")
def demo_command(*, file: str | None, headless: bool, out: Path | None, port: int) -> int:
    """Watch letters travel: deposit, notice, acceptance, refusal, non-claim, proofs, verification.

    Without --headless, serves the pages and a development mailbox: play sender and recipient in
    two browser tabs. Without FILE a two-page PDF is made.

    \b
    Examples:
      lre demo --headless --out out
      lre demo letter.pdf --headless --out out
      lre demo
    """
    folder = out or Path(tempfile.mkdtemp(prefix="lre-demo-"))
    if not headless:
        from lre_kit.demo.play import play

        play(folder, port=port, say=click.echo)
        return 0
    from lre_kit.demo.sample import sample_pdf

    pdf = _read(file) if file else sample_pdf(now())
    return _headless(pdf, Path(file).name if file else "letter.pdf", folder)


def _read(file: str) -> bytes:
    """Return a PDF's bytes; looked at before anything is made, so that a wrong file leaves no folder."""
    from lre_kit.letters.inspection import Inspection
    from lre_kit.letters.values import READ_BYTES

    path = Path(file)
    inspection = Inspection(path.name, max_bytes=read_settings().document_max_bytes)
    try:
        with path.open("rb") as stream:
            content = b"".join(inspection.passing(iter(partial(stream.read, READ_BYTES), b"")))
    except OSError as error:
        msg = f"The file {file} cannot be read: {error.strerror}."
        raise MissingFileError(msg, mend="Check its name and that you may read it.") from error
    if inspection.conclude() != "application/pdf":
        msg = f"“{inspection.name}” is not a PDF."
        raise NotAPdfError(msg, mend="Give a PDF, or nothing: then a sample is made.")
    return content


def _headless(pdf: bytes, name: str, folder: Path) -> int:
    from lre_kit.demo.headless import run

    outcomes = run(pdf, name, out=folder, say=click.echo)
    worst = 0
    for outcome in outcomes:
        letter = outcome.letter
        click.echo(f"\n{letter.number} to {letter.recipient.name}: {letter.phase.value}")
        for path, report in outcome.reports:
            click.echo(f"  {report.result.value:<8} {path}")
            worst = max(worst, report.exit_code)
        rows = [(paris_text(at), event) for at, event in outcome.timeline]
        print_table("Timeline", ("When (Paris)", "Event"), rows)
    first = outcomes[0].folder
    click.echo(f"\nProofs lie in {folder}; look at {first / 'proofs'}")
    lre = shlex.quote(command_text())
    bundle, trust = (shlex.quote(str(place)) for place in (first / "bundle", folder / "trust"))
    click.echo(f"Check one yourself:   {lre} verify {bundle} --trust {trust}")
    click.echo(f"Next: {lre} demo (or make play) to be sender and recipient in two browser tabs.")
    return worst
