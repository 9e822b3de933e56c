"""The board of announcements: operators put them up and take them down; pages ask what shows where.

Pages call ``office.announcements.shown(Place.DEPOSIT)`` at each view: the few that have not ended are held
for `HELD` at most, so that a view costs no query. A derogation in force (`lre_kit.law.derogations`) shows
alike, on the pages that it names.
"""

import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, or_, select, update

from lre_kit.announcements.rows import AnnouncementRow
from lre_kit.announcements.values import Announcement, AnnouncementKind, Place
from lre_kit.clock import Clock
from lre_kit.errors import InputError, NotFoundError, UnlawfulActError
from lre_kit.law.derogations import Page, Policy
from lre_kit.law.periods import Words
from lre_kit.parties.characters import has_hidden_characters
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

TEXT_MAX_CHARS = 2000

HELD = timedelta(seconds=5)
"""How long what was read is shown without reading again."""

_ROW = table_of(AnnouncementRow)
_PAGES = {Place.DEPOSIT: Page.DEPOSIT, Place.IDENTIFICATION: Page.IDENTIFY}
"""Pages of derogations by place; what is ordered says it on its own page already."""


class Board:
    """Announcements of one office."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        policy: Policy,
        latest: Callable[[], datetime | None],
    ) -> None:
        """Keep them in `database`; derogations are those of `policy`."""
        self._database = database
        self._clock = clock
        self._policy = policy
        self._latest = latest
        self._read_at: float | None = None
        self._read: tuple[Announcement, ...] = ()

    def shown(self, place: Place) -> list[Announcement]:
        """Return what shows somewhere now, measures first."""
        now = self._clock()
        found = [each for each in self._held() if each.shows(place, now)]
        found += self._derogations(place, now)
        return sorted(found, key=lambda each: (each.kind is AnnouncementKind.INFO, each.begins_at, each.id))

    def publish(
        self,
        kind: AnnouncementKind,
        places: Collection[Place],
        words: Words,
        *,
        by: str,
        begins_at: datetime | None = None,
        ends_at: datetime | None = None,
    ) -> str:
        """Put one up; return its id.

        Raises:
            InputError: It shows nowhere, or ends before it begins, or its words cannot be shown.
        """
        now, made = self._clock(), new_id()
        begins = begins_at or now
        if not places:
            raise InputError("It would show nowhere.", mend=f"Name one of: {', '.join(Place)}.")
        if ends_at is not None and ends_at <= max(begins, now):
            raise InputError("It would end before it shows.", mend="Give an end in the future.")
        with self._database.write() as uow:
            uow.add(
                AnnouncementRow,
                id=made,
                kind=kind.value,
                places=" ".join(sorted(place.value for place in set(places))),
                text_fr=_checked(words.fr),
                text_en=_checked(words.en),
                begins_at=begins,
                ends_at=ends_at,
                by=by[:100],
                made_at=now,
            )
            uow.commit()
        self._read_at = None
        return made

    def end(self, announcement_id: str) -> None:
        """Take one down now.

        Raises:
            NotFoundError: There is none.
            UnlawfulActError: It ended already.
        """
        now = self._clock()
        with self._database.write() as uow:
            row = uow.execute(select(_ROW).where(_ROW.c.id == announcement_id).with_for_update()).first()
            if row is None:
                raise NotFoundError("There is no such announcement.", mend="See: lre announce list.")
            if row.ends_at is not None and row.ends_at <= now:
                raise UnlawfulActError("It ended already.", mend="Nothing to do.")
            values = {"ends_at": now, "begins_at": min(row.begins_at, now)}
            uow.defer(update(_ROW).where(_ROW.c.id == announcement_id).values(values))
            uow.commit()
        self._read_at = None

    def page(self, *, limit: int, before: str | None = None) -> list[Announcement]:
        """Return all that were ever put up, the newest first, by keyset."""
        query = select(_ROW).order_by(_ROW.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(_ROW.c.id < before)
        with self._database.read() as connection:
            return [_announcement(row) for row in connection.execute(query)]

    def _held(self) -> tuple[Announcement, ...]:
        now = time.monotonic()
        if self._read_at is None or now - self._read_at > HELD.total_seconds():
            query = select(_ROW).where(or_(_ROW.c.ends_at.is_(None), _ROW.c.ends_at > self._clock()))
            with self._database.read() as connection:
                self._read = tuple(_announcement(row) for row in connection.execute(query.limit(100)))
            self._read_at = now
        return self._read

    def _derogations(self, place: Place, now: datetime) -> list[Announcement]:
        if place not in _PAGES or not (self._policy.derogations or self._policy.suspensions):
            return []
        told = self._policy.announcements(now, {_PAGES[place]}, not_after_seen=self._latest())
        return [
            Announcement(
                id=each.id,
                kind=AnnouncementKind.MEASURE,
                places=frozenset({place}),
                words=each.words,
                begins_at=now,
                ends_at=None,
                title=each.title,
            )
            for each in told
        ]


def _announcement(row: Row[Any]) -> Announcement:
    return Announcement(
        id=row.id,
        kind=AnnouncementKind(row.kind),
        places=frozenset(map(Place, row.places.split())),
        words=Words(fr=row.text_fr, en=row.text_en),
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        by=row.by,
    )


def _checked(text: str) -> str:
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > TEXT_MAX_CHARS or has_hidden_characters(plain.replace("\n", " ")):
        msg = "The text is too long, or holds hidden characters."
        raise InputError(msg, mend=f"At most {TEXT_MAX_CHARS} characters, typed.")
    return plain
