"""Operators at the command line: the system's user where the office says so, else who signs in."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from getpass import getuser
from typing import Any

import click

from lre_kit.errors import LreError
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act
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


def done_as_operator(
    office: PostOffice,
    act: Act,
    subject_id: str,
    *,
    reason: str,
    direct: Callable[[], object],
    name: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Do what a command is for, and tell whether it was done now.

    Where the office lets the system's user work, `direct` does it. Where operators sign in, they do so here,
    and their desk judges role, reason and second person: no command is a way round it (OWASP ASVS 5 §2.3.5).

    Args:
        office: Where it is done.
        act: What is done.
        subject_id: To what, as the desk names it.
        reason: Why.
        direct: Does it without a desk.
        name: Who acts; asked for if it is not given.
        facts: What the act needs besides.

    Raises:
        LreError: As the desk or the kernel's service says.
    """
    if office.operators.entrance.is_local:
        direct()
        return True
    with operator_session(office, name) as session:
        acted = office.operators.desk.act(session, act, subject_id, reason=reason, facts=facts)
    if acted.proposal is not None:
        click.echo("It waits for a second operator, on the console's screen “For two”.")
    return acted.proposal is None
