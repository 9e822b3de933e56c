"""What operators are, the sessions they work in, what they did, and what waits for a second one."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lre_kit.operators.errors import OperatorInputError
from lre_kit.operators.rules import Act, Role
from lre_kit.parties.characters import has_hidden_characters

REASON_MAX_CHARS = 500
"""Longest reason kept, in characters."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])")


class OperatorState(StrEnum):
    """Whether an operator may sign in."""

    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """An operator's account."""

    id: str
    name: str
    roles: tuple[Role, ...]
    state: OperatorState
    created_at: datetime
    last_sign_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a new operator is given, this once: a first password, and the secret of their codes."""

    operator: Operator
    password: str = field(repr=False)
    secret: str = field(repr=False)
    """As apps read it, in groups of four."""
    uri: str = field(repr=False)
    """For a QR code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSession:
    """Somebody at work. The token is held here only; the office keeps a digest of it.

    A local session has none: who may open the office's files works in it under the system's name, where the
    settings say so.
    """

    name: str
    roles: tuple[Role, ...]
    is_local: bool
    token: str = field(default="", repr=False)


class Outcome(StrEnum):
    """What became of an act."""

    BEGUN = "begun"
    """It was begun; if this stands for long, whoever carried it out died: look at what it was about."""
    DONE = "done"
    REFUSED = "refused"
    """The office refused it; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActEntry:
    """A line of the operators' journal."""

    id: str
    act: str
    subject: str
    label: str
    operator: str
    second: str
    """Who agreed, where it takes two; “alone” where the office works with one."""
    reason: str
    outcome: Outcome
    error: str
    """Slug of the refusal."""
    at: datetime
    ended_at: datetime | None


class ProposalState(StrEnum):
    """Where an act that takes two stands."""

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An act that waits for a second operator."""

    id: str
    act: Act
    subject: str
    label: str
    facts: Mapping[str, Any] = field(repr=False)
    reason: str
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    state: ProposalState
    decided_by: str
    decided_at: datetime | None
    decision_reason: str

    def is_open(self, at: datetime) -> bool:
        """Answer whether it can still be agreed to."""
        return self.state is ProposalState.OPEN and at < self.expires_at


def checked_operator_name(text: str) -> str:
    """Return an operator's name in kept form: lower case.

    Raises:
        OperatorInputError: It cannot be one.
    """
    name = unicodedata.normalize("NFKC", text).strip().lower()
    if not _NAME.fullmatch(name):
        msg = "This cannot be an operator's name."
        raise OperatorInputError(msg, mend="Use 2 to 40 of a-z, 0-9, dot, hyphen and underscore: anne.roy")
    return name


def checked_roles(roles: Iterable[str]) -> tuple[Role, ...]:
    """Return roles, each once, in their own order.

    Raises:
        OperatorInputError: One is not known, or none is given.
    """
    known = {role.value: role for role in Role}
    asked = set(roles)
    if unknown := sorted(asked - known.keys()):
        msg = f"There is no role “{unknown[0][:40]}”."
        raise OperatorInputError(msg, mend=f"The roles are: {', '.join(known)}.")
    if not asked:
        msg = "An operator needs at least one role."
        raise OperatorInputError(msg, mend=f"The roles are: {', '.join(known)}.")
    return tuple(role for role in Role if role.value in asked)


def checked_reason(text: str, *, is_asked: bool = True) -> str:
    """Return a reason as one plain line.

    Raises:
        OperatorInputError: It is empty though one is asked for, too long, or holds hidden characters.
    """
    line = " ".join(text.split())
    if is_asked and not line:
        msg = "This act needs a reason."
        raise OperatorInputError(msg, mend="Say why in a few words, without personal data.")
    if len(line) > REASON_MAX_CHARS or has_hidden_characters(line):
        msg = "The reason is too long, or holds hidden characters."
        raise OperatorInputError(msg, mend=f"Type one plain line of at most {REASON_MAX_CHARS} characters.")
    return line
