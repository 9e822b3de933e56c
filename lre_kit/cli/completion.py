"""``lre completion``: the script that lets a shell complete our commands."""

import click
from click.shell_completion import get_completion_class

from lre_kit.errors import InputError


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    Examples:
      lre completion bash > ~/.local/share/bash-completion/completions/lre
      lre completion fish > ~/.config/fish/completions/lre.fish
    """
    from lre_kit.cli.main import cli

    found = get_completion_class(shell)
    if found is None:
        msg = f"No completion is known for {shell}."
        raise InputError(msg, mend="Use bash, zsh or fish.")
    click.echo(found(cli, {}, "lre", "_LRE_COMPLETE").source())
