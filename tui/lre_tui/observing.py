"""Looking at the office from a thread: only kernel calls, only values in and out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lre_kit.errors import LreError, NotFoundError
from lre_kit.operators.errors import NotForYouError, NotSignedInError
from lre_kit.operators.values import OperatorSession
from lre_kit.proofs.keys.expiry import ExpiryWarning
from lre_tui.inert import inert
from lre_tui.lines import Line
from lre_tui.panel import Panel, Piece, Sight, story_told

COUNT_SHARE = 0.05
"""Part of the time that may go into counting: the slower a count, the rarer."""

COUNT_FRESH_S = 2.0
"""Age up to which a count is called exact, in seconds."""

KEYS_EVERY_S = 60.0
"""Seconds between two looks at keys and certificates."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page that was asked for, and what came."""

    before: Any
    limit: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one look at the office found."""

    text: str
    """The filter it was made under."""
    pages: tuple[Page, ...]
    total: int
    is_exact: bool
    """Whether `total` was counted just now."""
    chosen: tuple[str, tuple[Piece, ...]] | None
    """Id of the chosen line, and its story."""
    due: int
    dead: int
    waiting_s: float
    """Age of the evidence that has waited longest, in seconds; 0 when none waits."""
    at: datetime
    """When it was, by the office's clock."""
    warnings: tuple[ExpiryWarning, ...]
    """Certificates in use that end soon."""
    former_key: int
    """How many letters are still locked with a former key-encryption key."""


class Observer:
    """Looks at one screen of one office; used by one thread at a time."""

    def __init__(self, sight: Sight, panel: Panel) -> None:
        """Look with `sight` at `panel`."""
        self._sight = sight
        self._office = sight.office
        self._panel = panel
        self._counted_for: str | None = None
        self._total = 0
        self._counted_at_s = 0.0
        self._count_took_s = 0.0
        self._keys_at_s: float | None = None
        self._keys_took_s = 0.0
        self._has_looked = False
        self._kept: tuple[tuple[ExpiryWarning, ...], int] = ((), 0)

    def look(
        self,
        session: OperatorSession,
        *,
        text: str,
        asked: Sequence[tuple[Any, int]],
        chosen_id: str | None,
    ) -> Seen | None:
        """Read pages, count, the chosen line and the state of the jobs; nothing if the store is away.

        Args:
            session: Who looks.
            text: The filter.
            asked: Cursor and length of each page.
            chosen_id: The line that is told of.

        Raises:
            NotSignedInError: The session is over.
            NotForYouError: No role of the operator's allows it any more.
        """
        try:
            self._office.operators.desk.expect_view(session, self._panel.view)
            pages = tuple(
                Page(before, limit, tuple(self._panel.page(self._sight, text, before, limit)))
                for before, limit in asked
            )
            total, is_exact = self._count(text)
            oldest_at = self._office.sequencer.waiting().oldest_at
            now = self._office.clock()
            warnings, former_key = self._keys()
            return Seen(
                text=text,
                pages=pages,
                total=total,
                is_exact=is_exact,
                chosen=(chosen_id, self._story(chosen_id)) if chosen_id is not None else None,
                due=self._office.agenda.due_count(),
                dead=self._office.agenda.dead_count(),
                waiting_s=(now - oldest_at).total_seconds() if oldest_at else 0.0,
                at=now,
                warnings=warnings,
                former_key=former_key,
            )
        except (NotSignedInError, NotForYouError):
            raise
        except LreError:
            return None

    def _story(self, line_id: str) -> tuple[Piece, ...]:
        try:
            return story_told(self._panel, self._sight, line_id)
        except NotFoundError as gone:
            # Erased or done under the cursor: the list will say so at its next look.
            return (inert(f"{gone.problem}"),)

    def _keys(self) -> tuple[tuple[ExpiryWarning, ...], int]:
        """Return what is to be said of keys; they change in days, so they are looked at once a minute."""
        if not self._has_looked:
            # The first lines come first: over a million letters this takes longer than all the rest.
            self._has_looked = True
            return self._kept
        now_s = time.monotonic()
        if self._keys_at_s is None or now_s - self._keys_at_s >= max(KEYS_EVERY_S, self._keys_took_s * 100):
            self._kept = (tuple(self._office.expiry.warnings()), self._office.rewrapper.waiting())
            self._keys_at_s = time.monotonic()
            self._keys_took_s = self._keys_at_s - now_s
        return self._kept

    def _count(self, text: str) -> tuple[int, bool]:
        age_s = time.monotonic() - self._counted_at_s
        if self._counted_for != text or age_s * COUNT_SHARE > self._count_took_s:
            begun_s = time.monotonic()
            self._total = self._panel.count(self._sight, text)
            self._counted_for, self._counted_at_s = text, time.monotonic()
            self._count_took_s = self._counted_at_s - begun_s
            age_s = 0.0
        return self._total, age_s <= COUNT_FRESH_S
