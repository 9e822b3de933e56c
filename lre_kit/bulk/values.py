"""What people see of a bulk sending."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lre_kit.errors import ConsentMissingError, LreError
from lre_kit.law.products import Product
from lre_kit.letters.paper import PaperWish
from lre_kit.mailmerge.values import Letterhead, TemplateText


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
class MergeWish:
    """A template from which each line's letter is made, and whose letterhead it bears."""

    template: TemplateText
    head: Letterhead


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkWish:
    """What all letters of a bulk sending have in common."""

    product: Product = Product.SIMPLE
    subject: str = ""
    language: str = "fr"
    title: str = ""
    """What its sender calls it; no recipient sees it."""
    merge: MergeWish | None = None
    """A template; nothing: each gets the documents alone."""
    paper: PaperWish | None = None
    """How letters that go or may go by post are printed, and the time to choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineProblem:
    """What is wrong with one line of a table."""

    line: int
    error: LreError

    @property
    def may_pass(self) -> bool:
        """Whether it passes without a word of its sender's: the recipient may still consent."""
        return isinstance(self.error, ConsentMissingError)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkReport:
    """What a check found: how many lines can be sent, and what is wrong with the others.

    Attributes:
        lines: Lines of the table, empty ones left out.
        problems: One for each line that cannot be sent now, in order.
        bulk_id: The draft that was kept; none if there is a problem that does not pass by itself.
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
    sender_ref: str = ""
    """Whose it is: who prepared it, or an organisation."""
    is_merged: bool = False
    """Whether each line's letter is made from a template, and can be looked at before."""
    prepared_by: str | None = None
    """The member who prepared it and may not send it: it waits for one who may."""
    electronic: Product | None = None
    """What an optimal letter goes on as."""

    @property
    def identifies_as(self) -> Product:
        """The product that says how its sender must be identified."""
        return self.electronic if self.product is Product.OPTIMAL and self.electronic else self.product

    @property
    def done(self) -> int:
        """Lines that are behind it, sent or not."""
        return self.lines - self.counts.get(LineState.WAITING, 0)
