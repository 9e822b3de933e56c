"""What an act on many things is: the frozen list, how far it has come, what became of each."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lre_kit.operators.rules import Act


class BulkState(StrEnum):
    """Where an act on many stands."""

    PROPOSED = "proposed"
    RUNNING = "running"
    DONE = "done"
    DECLINED = "declined"


class ItemState(StrEnum):
    """What became of one thing."""

    PENDING = "pending"
    BEGUN = "begun"
    DONE = "done"
    SKIPPED = "skipped"
    """The office refused it as things stand, or somebody was quicker."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A list as it stood when it was frozen."""

    act: Act
    text: str = field(repr=False)
    subjects: tuple[str, ...] = field(repr=False)

    @property
    def count(self) -> int:
        """How many things are in it."""
        return len(self.subjects)

    @property
    def digest(self) -> str:
        """SHA-256 of its ids, one a line, in hexadecimal."""
        return digest_of(self.subjects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """An act on many, and how far it has come."""

    id: str
    act: Act
    view: str
    filter_text: str = field(repr=False)
    count: int
    digest: str
    reason: str
    operator: str
    second: str
    state: BulkState
    at: datetime
    ended_at: datetime | None
    done: int = 0
    skipped: int = 0
    failed: int = 0

    @property
    def settled(self) -> int:
        """How many things something became of."""
        return self.done + self.skipped + self.failed


def digest_of(subjects: Sequence[str]) -> str:
    """Return the digest of ids in their order."""
    return hashlib.sha256("".join(f"{subject}\n" for subject in subjects).encode()).hexdigest()
