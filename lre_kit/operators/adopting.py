"""Rules of the office's own, drafted in a file, looked at, and adopted by two.

A draft is the whole of ``derogations.toml``, made from what the file said then: once the file says something
else it cannot be adopted, for it would undo that unseen. What it would change is told before anybody adopts
it; the former file is kept beside the new one. Processes that run read it when they start again, as with
keys.
"""

import fcntl
import hashlib
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lre_kit.errors import ConfigurationError
from lre_kit.identifiers.derogation_files import FILE_NAME, policy_of
from lre_kit.identifiers.spool import write_atomically
from lre_kit.law.derogation_text import policy_from
from lre_kit.law.derogations import Policy
from lre_kit.operators.errors import OperatorInputError
from lre_kit.settings import Settings

if TYPE_CHECKING:
    from lre_kit.identifiers.simulation import Change, Ending
    from lre_kit.office import PostOffice

DRAFT_MAX_CHARS = 100_000
"""Longest draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What a draft would bring.

    Attributes:
        added: Rules that are not in force in the office today, by id.
        removed: Rules that would be no more, by id.
        endings: Derogations that end up to the instant looked at, with whose means end.
        changes: Requirements that differ at that instant between the rules of today and the draft's.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    endings: "tuple[Ending, ...]"
    changes: "tuple[Change, ...]"


def present_rules(settings: Settings) -> bytes:
    """Return the office's file of rules as it is now; without one, nothing.

    Raises:
        ConfigurationError: It cannot be read.
    """
    path = settings.home / FILE_NAME
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        msg = f"The file {path} cannot be read: {error.strerror}."
        raise ConfigurationError(msg, mend="See that the office's user can read it.") from error


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of rules, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def expect_base(settings: Settings, base: str) -> None:
    """Refuse a draft that was not made from the present rules.

    Args:
        settings: The office's.
        base: The digest of the file it was made from.

    Raises:
        OperatorInputError: They were changed since.
    """
    if digest_of(present_rules(settings)) != base:
        msg = "The rules were changed since this draft was made; adopting it would undo that."
        mend = "Draft again from the rules of today, and propose that."
        raise OperatorInputError(msg, mend=mend)


def drafted(text: str) -> Policy:
    """Return the rules a draft says.

    Raises:
        OperatorInputError: It is too long, no TOML, or a rule in it cannot be one; says which.
    """
    if len(text) > DRAFT_MAX_CHARS:
        msg = "This draft is too long."
        raise OperatorInputError(msg, mend=f"Use at most {DRAFT_MAX_CHARS} characters.")
    try:
        kept: Any = tomllib.loads(text)
    except ValueError as error:
        msg = f"The draft is no TOML: {error}."
        raise OperatorInputError(msg, mend="Correct it; nothing was changed.") from error
    try:
        return policy_from(kept)
    except ConfigurationError as error:
        raise OperatorInputError(error.problem, mend=error.mend) from error


def simulated(office: "PostOffice", text: str, *, at: datetime) -> Simulated:
    """Return what a draft would bring up to an instant; nothing is changed.

    Raises:
        OperatorInputError: As for `drafted`.
    """
    from lre_kit.identifiers.simulation import Change, endings
    from lre_kit.law.products import Product
    from lre_kit.law.requirements import Role, for_role

    wanted, present = drafted(text), policy_of(office.settings)
    were, will = _ids(present), _ids(wanted)
    changes = [
        Change(product=product, role=role, before=before, after=after)
        for product in Product
        for role in Role
        for before in [for_role(product, role, at, derogations=present)]
        for after in [for_role(product, role, at, derogations=wanted)]
        if before != after
    ]
    found = endings(office.database, wanted, now=office.clock(), at=at, addresses=office.people.addresses)
    return Simulated(
        added=tuple(sorted(will - were)),
        removed=tuple(sorted(were - will)),
        endings=tuple(found),
        changes=tuple(changes),
    )


def adopt(settings: Settings, text: str, *, base: str) -> str:
    """Put a draft in the place of the office's rules, and return its SHA-256 in hexadecimal.

    Args:
        settings: The office's.
        text: The draft.
        base: The digest of the file it was made from.

    Raises:
        OperatorInputError: As for `drafted` and `expect_base`; nothing was changed then.
        ConfigurationError: The office's folder cannot be written to.
    """
    drafted(text)
    content = text.encode()
    path = settings.home / FILE_NAME
    try:
        with _one_at_a_time(settings):
            expect_base(settings, base)
            if path.exists():
                former = path.read_bytes()
                path.with_name(f"derogations-{digest_of(former)[:12]}.toml").write_bytes(former)
            write_atomically(path, content)
    except OSError as error:
        msg = f"The file {path} cannot be written: {error.strerror}."
        raise ConfigurationError(msg, mend="See that the office's folder can be written to.") from error
    return digest_of(content)


@contextmanager
def _one_at_a_time(settings: Settings) -> Iterator[None]:
    """Let nobody else adopt between the look at the present rules and the writing of the new ones."""
    with (settings.home / f".{FILE_NAME}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ids(policy: Policy) -> set[str]:
    return {one.id for one in policy.derogations} | {one.id for one in policy.suspensions}
