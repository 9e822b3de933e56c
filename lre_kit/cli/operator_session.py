"""Operators at the command line: the system's user where the office says so, else who signs in."""

from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getuser

import click

from lre_kit.errors import LreError
from lre_kit.office import PostOffice
from lre_kit.operators.values import OperatorSession


@contextmanager
def operator_session(office: PostOffice, name: str | None = None) -> Iterator[OperatorSession]:
    """Yield an operator's session, and end it after.

    Args:
        office: Where they work.
        name: Who works; by default the system's user, or who is typed.

    Raises:
        SignInError: Name, password and code do not belong together.
    """
    entrance = office.operators.entrance
    if entrance.is_local:
        yield entrance.local(name or getuser())
        return
    called = name or click.prompt("Operator", err=True)
    password = click.prompt("Password", hide_input=True, err=True)
    session = entrance.sign_in(called, password, click.prompt("Code", err=True))
    try:
        yield session
    finally:
        try:
            entrance.end(session)
        except LreError as error:
            # It runs out by itself.
            click.echo(f"lre: the session could not be ended: {error.problem}", err=True)
