"""What people see of a bulk sending."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lre_kit.errors import LreError
from lre_kit.law.products import Product


class BulkState(StrEnum):
    """Where a bulk sending stands."""

    DRAFT = "draft"
    """Its table was checked; nothing was sent."""
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    DONE = "done"
    DROPPED = "dropped"
    """It was a draft for too long."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it is sent any more."""
        return self in {BulkState.STOPPED, BulkState.DONE, BulkState.DROPPED}


class LineState(StrEnum):
    """What became of one line."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkWish:
    """What all letters of a bulk sending have in common."""

    product: Product = Product.SIMPLE
    subject: str = ""
    language: str = "fr"
    title: str = ""
    """What its sender calls it; no recipient sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """What is wrong with one line of a table."""

    line: int
    error: LreError


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport:
    """What a check found: how many lines can be sent, and what is wrong with the others.

    Attributes:
        lines: Lines of the table, empty ones left out.
        problems: One for each line that cannot be sent, in order.
        bulk_id: The draft that was kept; none if there is a problem, or nothing to send.
    """

    lines: int
    problems: tuple[LineProblem, ...]
    bulk_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """A bulk sending as it stands."""

    id: str
    title: str
    product: Product
    state: BulkState
    created_at: datetime
    ended_at: datetime | None
    lines: int
    counts: Mapping[LineState, int]

    @property
    def done(self) -> int:
        """Lines that are behind it, sent or not."""
        return self.lines - self.counts.get(LineState.WAITING, 0)
