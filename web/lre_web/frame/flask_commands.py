"""``flask lre …``: the office's chores inside the host's own application.

Workers started here hear the host's hooks and signals, which those of ``lre work`` do not know of.
"""

import json
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup
from pydantic import SecretStr

from lre_kit.doctor import examine
from lre_kit.faces import load_face
from lre_kit.hosting.settings_check import PREFIX, doubts
from lre_kit.office import PostOffice
from lre_kit.settings import Settings
from lre_web.mounting import Mounted
from lre_web.translations import export, faults_of, left_of


def add_commands(app: Flask, mount: Mounted) -> None:
    """Add the group named as the mount, such as ``flask lre``, to the application's commands."""
    group = AppGroup(mount.name, help="The office of electronic registered letters mounted here.")
    office = mount.office

    @group.command("config")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
    def config_command(*, as_json: bool) -> None:
        """List every setting in force, secrets masked, and what may surprise."""
        _config(office.settings, as_json=as_json)

    @group.command("check")
    def check_command() -> None:
        """Check all that a deposit needs; the exit code is 1 if something is not well."""
        _check(office)

    @group.command("work")
    @click.option("--once", is_flag=True, help="Do what is due now, then end (for cron); needs no broker.")
    def work_command(*, once: bool) -> None:
        """Do the office's jobs in this application, so that its hooks and signals hear of them."""
        if once:
            office.run_until_idle()
        else:
            load_face("work")(office)

    @group.command("ready")
    def ready_command() -> None:
        """Tell whether the office may be given work; the exit code is 1 if not."""
        _ready(office)

    words = AppGroup("words", help="The pages' words as files of translators.")
    group.add_command(words)

    @words.command("export")
    @click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
    def export_command(folder: Path) -> None:
        """Write lre.pot, fr.po and en.po into FOLDER."""
        for path in export(folder):
            click.echo(path)

    @words.command("check")
    @click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
    @click.option("--language", default="fr", help="Language of the files.")
    def check_words_command(files: tuple[Path, ...], language: str) -> None:
        """Tell what is wrong with translators' FILES and what they leave; exit code 1 if anything."""
        _check_words(files, language)

    app.cli.add_command(group)


def _check_words(files: tuple[Path, ...], language: str) -> None:
    faults = 0
    for path in files:
        wrong, left = faults_of(path, language), left_of(path, language)
        faults += len(wrong) + len(left)
        for each in wrong:
            click.echo(f"{path.name}: {each}")
        for each in left:
            click.echo(f"{path.name}: “{each}” is not translated")
    if faults:
        raise SystemExit(1)
    click.echo("Every sentence is there.")


def _config(settings: Settings, *, as_json: bool) -> None:
    told = list_settings(settings)
    surprises = [(each.name, f"{each.problem} {each.mend}") for each in doubts(settings)]
    if as_json:
        found = {"settings": told, "doubts": dict(surprises)}
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for name, value in told.items():
        click.echo(f"{name}={value}")
    for name, words in surprises:
        click.echo(f"{name}: {words}", err=True)


def _check(office: PostOffice) -> None:
    findings = examine(office.settings, clock=office.clock)
    for finding in findings:
        mark = "well" if finding.well else "NOT WELL"
        click.echo(f"{mark:8}  {finding.name}: {finding.found} {finding.mend}".rstrip())
    if not all(finding.well for finding in findings):
        raise click.exceptions.Exit(1)


def _ready(office: PostOffice) -> None:
    found = office.health.readiness()
    for check in found.checks:
        age = f", the oldest waits since {check.age_s:.0f} s" if check.age_s is not None else ""
        mark = "well" if check.is_well else "NOT WELL"
        click.echo(f"{mark:8}  {check.name} {check.found}{age}")
    if not found.is_ready:
        raise click.exceptions.Exit(1)


def list_settings(settings: Settings) -> dict[str, str]:
    """Return every setting by its variable; secrets, and passwords inside addresses, are masked."""
    told = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        text = "" if value is None else str(value)
        if isinstance(value, SecretStr):
            text = "set" if value.get_secret_value() else ""
        elif "://" in text and "@" in text:
            scheme, _, rest = text.partition("://")
            text = f"{scheme}://…@{rest.rpartition('@')[2]}"
        told[PREFIX + name.upper()] = text
    return told
