"""One act on an identity case: its lock, its row and its sealed facts, in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, update

from lre_kit.clock import Clock
from lre_kit.parties.proofing_cases import CASE, add_event, case_lock, case_row, media_rows, view_of
from lre_kit.parties.proofing_errors import CaseClosedError
from lre_kit.parties.proofing_images import CaseImages
from lre_kit.parties.proofing_values import CaseState, CaseView
from lre_kit.store.database import Database, UnitOfWork


@dataclass(kw_only=True)
class Act:
    """An act under way; `save` what changed, then commit."""

    uow: UnitOfWork
    images: CaseImages
    row: Row[Any]
    facts: dict[str, Any]
    now: datetime

    def save(self, *, facts: bool = False, **values: Any) -> None:
        """Change the case's columns, and seal its facts anew if asked to."""
        if facts:
            values["sealed"] = self.images.seal(self.row.id, self.row.wrapped_key, self.facts)
        if values:
            self.uow.execute(update(CASE).where(CASE.c.id == self.row.id).values(**values))

    def event(self, name: str, **facts: Any) -> None:
        """Write the person's act into the case's history."""
        add_event(self.uow, self.row.id, name, actor="person", at=self.now, facts=facts)

    def view(self) -> CaseView:
        """Return the case as it stands now."""
        return current_view(self.uow, self.images, self.row.id)


class Acts:
    """Begins acts of the person whose case it is."""

    def __init__(self, database: Database, *, clock: Clock, images: CaseImages) -> None:
        """Work on `database`."""
        self._database = database
        self._clock = clock
        self._images = images

    @contextmanager
    def collecting(self, case_id: str, *, party_id: str) -> Iterator[Act]:
        """Begin an act on a case that still collects; nothing is kept without a commit.

        Raises:
            NotFoundError: No such case of this party.
            CaseClosedError: It was submitted, ended or ran out of time.
        """
        with self._database.write() as uow:
            uow.serialise(case_lock(case_id))
            row = case_row(uow, case_id, party_id=party_id)
            now = self._clock()
            check_collecting(row, now)
            facts = self._images.unseal(row.id, row.wrapped_key, row.sealed) or {}
            yield Act(uow=uow, images=self._images, row=row, facts=facts, now=now)


def check_collecting(row: Row[Any], now: datetime) -> None:
    """Refuse an act on a case that takes nothing more.

    Raises:
        CaseClosedError: It was submitted, ended or ran out of time.
    """
    if not CaseState(row.state).is_collecting:
        msg = "This identity case takes nothing more."
        raise CaseClosedError(msg, mend="Look at its state; begin a new case if it ended.")
    if row.expires_at <= now:
        msg = "This identity case was not finished in time."
        raise CaseClosedError(msg, mend="Begin a new case.")


def current_view(source: UnitOfWork | Connection, images: CaseImages, case_id: str) -> CaseView:
    """Return a case as it stands."""
    row = case_row(source, case_id)
    facts = images.unseal(row.id, row.wrapped_key, row.sealed)
    return view_of(row, media_rows(source, case_id), facts)
