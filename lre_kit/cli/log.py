"""``lre log publish``, ``show``, ``monitor`` and ``proof``: the log as others see it."""

import base64
import os
from pathlib import Path
from typing import Any

import click

from lre_kit.cli.operator_session import operator_session
from lre_kit.cli.shared import json_option, opened_office, print_json, print_table
from lre_kit.clock import iso, now
from lre_kit.errors import ConfigurationError, MissingFileError

VKEY_MAX_CHARS = 300
"""Longest verifier key read from a file, in characters."""


@click.command("publish")
@json_option
def publish_command(*, as_json: bool) -> int:
    """Publish the log as static files: what is stamped and not there yet.

    Serving and working processes do this by themselves; this is for doing it now, and for seeing why
    it fails.

    \b
    Example:
      lre log publish
    """
    from lre_kit.proofs.publication.publish import publish

    with opened_office() as office:
        target = office.publisher.target
        if target is None:
            msg = "The log is published nowhere."
            raise ConfigurationError(msg, mend="Set LRE_PUBLIC_LOG_URL, or unset it for the default folder.")
        done = publish(office.database, office.log, target)
        where = office.settings.public_log
        office.publish_log()  # asks the witnesses, and publishes what they answer
    if as_json:
        print_json({"size": done.size, "files": done.files, "is_busy": done.is_busy, "where": where})
    elif done.is_busy:
        click.echo("Another process is publishing just now.")
    else:
        click.echo(f"Published up to size {done.size}, files written: {done.files}.\n{where}")
    return 0


@click.command("show")
@json_option
def show_command(*, as_json: bool) -> int:
    """Show the newest checkpoint: size, root, who signed and cosigned it, when it was stamped.

    \b
    Example:
      lre log show --json
    """
    from lre_kit.proofs.publication.log_status import log_status

    with opened_office() as office:
        status = log_status(office)
        vkey = office.signer.vkey
        where = office.settings.public_log
    newest = status.newest
    found: dict[str, Any] = {
        "origin": status.origin,
        "vkey": vkey,
        "entries": status.entries,
        "size": newest.size if newest else None,
        "root": base64.b64encode(newest.root).decode() if newest else None,
        "stamped_at": iso(status.stamp_time) if status.stamp_time else None,
        "signatures": list(status.signatures),
        "witnesses": [{"name": c.witness.name, "at": iso(c.at)} for c in status.cosignatures],
        "published_at": where,
        "published_size": status.published_size,
        "published_problem": status.published_problem,
        "checkpoint": newest.cosigned if newest else None,
    }
    if as_json:
        print_json(found)
        return 0
    found.pop("checkpoint")
    found["signatures"] = ", ".join(status.signatures)
    found["witnesses"] = ", ".join(f"{c.witness.name} ({iso(c.at)})" for c in status.cosignatures)
    rows = [(name, str(value)) for name, value in found.items() if value not in {None, ""}]
    print_table(f"Log {status.origin}", ("What", "Value"), rows)
    return 0


@click.command("monitor")
@click.argument("place", metavar="URL")
@click.option(
    "--state",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("log-monitor.json"),
    show_default=True,
    help="File that remembers the last good checkpoint.",
)
@click.option("--vkey", type=click.Path(path_type=Path), help="File with the log's verifier key.")
@click.option("--policy", type=click.Path(path_type=Path), help="Log, witnesses and quorum (tlog-policy).")
@click.option("--full", is_flag=True, help="Recompute from the first entry on.")
@click.option("--timeout", default=20.0, show_default=True, help="Seconds to wait for each file.")
@json_option
def monitor_command(
    *,
    place: str,
    state: Path,
    vkey: Path | None,
    policy: Path | None,
    full: bool,
    timeout: float,
    as_json: bool,
) -> int:
    """Watch a published log at URL (or in a folder): has it only grown since the last look?

    Nothing is believed that can be recomputed. Exit 0: it only grew, and this is remembered; 1: it was
    changed, cut or forked, and both checkpoints are kept beside the state file; 2: it could not be read.
    Needs no office. Without --vkey or --policy, the key is log.vkey in the folder LRE_TRUST names.

    \b
    Examples:
      lre log monitor https://log.example/lre --vkey log.vkey --state lre.json
      lre log monitor office/public-log --vkey office/trust/log.vkey --full
    """
    from lre_kit.proofs.publication.monitor import Monitor
    from lre_kit.proofs.publication.monitor_source import open_source
    from lre_kit.proofs.publication.monitor_state import MonitorState
    from lre_kit.proofs.report import Result

    memory = MonitorState(state)
    remembered = memory.read()
    at = now()
    with open_source(place, timeout_s=timeout) as source:
        watched = Monitor(_policy(vkey, policy), source, full=full).look(remembered, at=at)
    report = watched.report
    evidence: Path | None = None
    if report.result is Result.PASSED and watched.note is not None:
        memory.remember(watched.note, at=at)
    elif report.result is Result.FAILED:
        problem = "; ".join(c.reason for c in report.checks if c.result is Result.FAILED)
        evidence = memory.keep_evidence(problem=problem, remembered=remembered, presented=watched.note, at=at)
    if as_json:
        print_json(
            report.to_json()
            | {
                "size": watched.seen.size if watched.seen else None,
                "remembered_size": watched.remembered.size if watched.remembered else None,
                "entries": watched.entries,
                "state": state,
                "evidence": evidence,
            }
        )
        return report.exit_code
    rows = [(c.result.value, c.name, c.reason) for c in report.checks]
    print_table(f"{place}: {report.result.value}", ("Result", "Check", "Reason"), rows)
    if evidence:
        click.echo(f"Both checkpoints are kept in {evidence}: show them to others who watch this log.")
    return report.exit_code


@click.command("proof")
@click.argument("number")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write into.")
def proof_command(*, number: str, out: Path) -> int:
    """Write a proof of logging (.tlog-proof) for each act of the letter NUMBER, and its record (.jws).

    The form is that of C2SP tlog-proof, with the cosignatures of witnesses; the extra data is the salt.

    \b
    Example:
      lre log proof 7K3M-9QXA-2PVD-ZC04 --out proofs
    """
    from lre_kit.proofs.log.stamped import cosignature_lines
    from lre_kit.proofs.packing.tlog_proof import SUFFIX, proof_of

    with opened_office() as office:
        letter = office.reading.letter(number)
        out.mkdir(parents=True, exist_ok=True)
        count = 0
        for named in office.issuer.exhibits(letter.id):
            with office.database.read() as connection:
                lines = cosignature_lines(connection, named.exhibit.size)
            stem = named.name.removesuffix(".json")
            proof = proof_of(named.exhibit, cosignature_lines=lines)
            (out / f"{stem}{SUFFIX}").write_bytes(proof.to_bytes())
            (out / f"{stem}.jws").write_text(named.exhibit.compact, encoding="ascii")
            count += 1
    click.echo(f"Proofs of logging written to {out}: {count}.")
    return 0


@click.command("rolled-back")
@click.option("--accept", is_flag=True, help="Go on from what the database holds; what it lost stays lost.")
@click.option("--reason", default="", help="Why no newer backup is put back; stands in the journal.")
@click.option("--by", default="", help="Who decides; by default the system's user.")
@json_option
def rolled_back_command(*, accept: bool, reason: str, by: str, as_json: bool) -> int:
    """Tell whether the database is older than what was signed, as after an old backup was put back.

    While it is, nothing leaves and no letter's state changes. Put a newer backup back if there is one. With
    --accept the office goes on: notices that left after the backup leave once more under the same message
    id, and what was deposited or decided since is known to its holders' proofs alone. Exit 1 while the office
    stands still.

    \b
    Examples:
      lre log rolled-back
      lre log rolled-back --accept --reason "The disk of the newer backup is broken"
    """
    with opened_office() as office:
        found = office.rollback.look()
        if found is not None and accept:
            with operator_session(office, by or None) as session:
                office.operators.go_on_after_rollback(by=session.name, reason=reason)
        waiting = office.agenda.due_count()
    if as_json:
        told = None if found is None else {"held": found.held, "signed": found.signed}
        print_json({"rolled_back": told, "accepted": found is not None and accept, "duties_due": waiting})
    elif found is None:
        click.echo("The database holds all that was signed.")
    else:
        click.echo(str(found))
        click.echo(f"Duties that are due: {waiting}. " + ("They go on now." if accept else "They wait."))
    return 0 if found is None or accept else 1


def register(group: click.Group) -> None:
    """Add the commands to ``lre log``."""
    for command in (publish_command, show_command, monitor_command, proof_command, rolled_back_command):
        group.add_command(command)


def _policy(vkey: Path | None, policy: Path | None) -> Any:
    from lre_kit.proofs.forms.note import NoteError, NoteVerifier
    from lre_kit.proofs.publication.log_policy import LogPolicy, read_policy

    read = read_policy(policy) if policy else LogPolicy()
    files = [vkey] if vkey is not None else []
    if vkey is None and not read.logs and (folder := os.environ.get("LRE_TRUST")):
        # After a rotation, what is remembered may still be signed with a former key (log-2.vkey).
        files = [Path(folder) / "log.vkey", *sorted(Path(folder).glob("log-*.vkey"))]
    for file in files:
        try:
            read.logs.append(NoteVerifier.parse(file.read_text("utf-8")[:VKEY_MAX_CHARS]))
        except (OSError, UnicodeDecodeError, NoteError) as error:
            msg = f"There is no verifier key of a log in {file}."
            raise MissingFileError(msg, mend="Fetch log.vkey from the provider's trust folder.") from error
    if not read.logs:
        msg = "No key of the log is given."
        raise ConfigurationError(msg, mend="Give --vkey with the log.vkey of the provider's trust folder.")
    return read
