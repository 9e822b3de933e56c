"""Acts at the command line that always go by the operators' desk, so that each stands in the journal."""

from collections.abc import Mapping
from typing import Any

import click

from lre_kit.cli.operator_session import operator_session
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act

by_option = click.option(
    "--by", "actor", metavar="NAME", help="Who acts (default: the system's user, or who signs in)."
)
"""The same option on every command by which operators act."""


def act(
    office: PostOffice,
    which: Act,
    subject_id: str,
    *,
    actor: str | None,
    facts: Mapping[str, Any] | None = None,
    reason: str = "",
) -> Any:
    """Let an operator act, and return what came of it.

    Raises:
        LreError: As the desk or the kernel's service says.
    """
    with operator_session(office, actor) as session:
        return office.operators.desk.act(session, which, subject_id, reason=reason, facts=facts).answer
