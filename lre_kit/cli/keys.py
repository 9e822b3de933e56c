"""``lre keys``: the office's keys over its life."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from lre_kit.cli.shared import (
    json_option,
    opened_office,
    paris_text,
    print_json,
    print_table,
    progress_bar,
    read_settings,
)
from lre_kit.clock import now
from lre_kit.settings import Settings

_RESTART = "Processes that run go on with the former keys: start lre serve and lre work again."
_FINISHED = "A former change of keys had been interrupted; it is finished now, and nothing else was done."

_yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
_which = click.argument("name", type=click.Choice(["seal", "tsa"]))


@click.group("keys")
def keys_command() -> None:
    """The office's keys: list them, rotate them, ask for certificates and install them.

    \b
    seal  the electronic seal           tsa  the built-in time-stamping authority
    log   signs the log's checkpoints   kek  locks the keys of letters' contents
    """


@keys_command.command("list")
@json_option
def list_command(*, as_json: bool) -> int:
    """List all generations of all keys, with the ends of their certificates.

    \b
    Example:
      lre keys list --json
    """
    from lre_kit.proofs.keys.opening import open_keys
    from lre_kit.proofs.keys.rotation import generations
    from lre_kit.proofs.keys.token_key import TokenKey

    keys = open_keys(read_settings())
    found = generations(keys, in_token=isinstance(keys.seal_key, TokenKey))
    if as_json:
        print_json([asdict(one) for one in found])
        return 0
    rows = [
        (
            one.name,
            "in use" if one.is_current else "former",
            one.id,
            paris_text(one.ends_at) if one.ends_at else "",
            one.place or "destroyed",
        )
        for one in found
    ]
    print_table("Keys of this office", ("Key", "State", "Id", "Certificate ends", "Private key"), rows)
    return 0


@keys_command.command("rotate")
@click.argument("name", type=click.Choice(["seal", "tsa", "log", "kek"]))
@_yes_option
def rotate_command(name: Any, *, yes: bool) -> int:
    """Let a new key take over; whatever the former one made still verifies and opens.

    Seals and time stamps get a certificate of the same built-in authority; of an outside authority
    ask with "request" instead. After "kek" the keys of all letters are locked anew; interrupted,
    that goes on by itself.

    \b
    Example:
      lre keys rotate seal
    """
    from lre_kit.proofs.keys.rotation import rotate

    settings = read_settings()
    _confirm(f"Rotate the {name} key of {settings.home}?", yes=yes)
    click.echo(f"The {name} key is new." if rotate(settings, name, clock=now) else _FINISHED)
    _after_change(settings)
    return 0


@keys_command.command("request")
@_which
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The request, a new file."
)
@click.option("--new-key", is_flag=True, help="Destroy a key that waits for its certificate; make another.")
def request_command(name: Any, *, out: Path, new_key: bool) -> int:
    """Write a certificate request (PKCS#10) for an outside authority, signed by a new key.

    The key waits beside the one in use until its certificate is installed. Asking again is for the
    same key.

    \b
    Example:
      lre keys request seal --out seal.csr
    """
    from lre_kit.proofs.keys.certificate_request import request_certificate

    request_certificate(read_settings(), name, out, new_key=new_key)
    click.echo(f"Send {out} to your authority; then: lre keys install {name} CERTIFICATE --chain FILE")
    return 0


@keys_command.command("install")
@_which
@click.argument("certificate", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--chain",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Authorities above it (PEM), nearest first, up to the root.",
)
@_yes_option
def install_command(name: Any, certificate: Path, *, chain: Path | None, yes: bool) -> int:
    """Install a certificate that an outside authority issued, and the key it is for.

    It is checked first: whose key, what for, which chain, valid now.

    \b
    Example:
      lre keys install seal seal.pem --chain authorities.pem
    """
    from lre_kit.proofs.keys.certificate_request import install_certificate

    settings = read_settings()
    _confirm(f"Let this certificate take the place of the {name} certificate of {settings.home}?", yes=yes)
    done = install_certificate(settings, name, certificate, chain=chain, clock=now)
    click.echo(f"The {name} certificate is installed." if done else _FINISHED)
    _after_change(settings)
    return 0


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        click.confirm(question, abort=True)


def _after_change(settings: Settings) -> None:
    """Lock letters anew if they need it, and say what remains to be done."""
    # Opening the office plans what follows: warnings for new certificates, locking letters anew.
    with opened_office() as office:
        if waiting := office.rewrapper.waiting():
            with progress_bar("Locking letters anew", shown=True) as tell:
                done = office.rewrapper.run(tell)
            click.echo(f"{done} of {waiting} letters are locked with the present key.")
        if others := office.rewrapper.run_others():
            click.echo(f"{others} keys of identity cases and means are locked with it too.")
    click.echo(f"Trust anchors for verifiers, to be published again: {settings.home / 'trust'}")
    click.echo(_RESTART)
