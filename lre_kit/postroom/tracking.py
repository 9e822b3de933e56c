"""What the carrier says of a posting, kept as it came; what it says of the end becomes an act of the letter.

The raw code is always kept. A code becomes an outcome only if its table tells one, and only if the posting
has no end yet: what comes twice is known, what comes late changes nothing, what contradicts the end is
reported.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from lre_kit.clock import Clock, iso
from lre_kit.errors import UnlawfulActError
from lre_kit.law.carrier_codes import CarrierStatus, status_of
from lre_kit.letters import commands
from lre_kit.letters.desk import Desk
from lre_kit.letters.effects import PROVIDER
from lre_kit.letters.phases import Phase
from lre_kit.letters.state import LetterState
from lre_kit.postroom.batches import TRACK
from lre_kit.postroom.items import NEWS, change_item, item_by_id, oldest_first
from lre_kit.postroom.ports import Tracker
from lre_kit.postroom.rows import PostNewsRow
from lre_kit.postroom.values import CarrierNews, ItemState, PostItem
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database, UnitOfWork

CODE_MAX_CHARS, LABEL_MAX_CHARS = 40, 200
"""Longest code and label kept."""

_ENDS = frozenset({"delivered", "refused", "unclaimed", "unknown_at_address", "undeliverable"})


class Taken(StrEnum):
    """What became of one thing the carrier said."""

    RECORDED = "recorded"
    """It became an act of the letter."""
    NOTED = "noted"
    """It is kept; it says nothing of the end."""
    KNOWN = "known"
    """It was said before."""
    LATE = "late"
    """It speaks of a time before what is known; kept."""
    UNKNOWN_CODE = "unknown_code"
    """No table has this code; kept raw."""
    CONTRADICTS = "contradicts"
    """The posting has another end already; kept, and for an operator to look at."""


class Tracking:
    """Takes what carriers say."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        settings: Settings,
        desk: Desk,
        tracker: Callable[[], Tracker | None],
    ) -> None:
        """Work by the office's clock; `tracker` opens the carrier's tracking, if one is set."""
        self._database = database
        self._clock = clock
        self._settings = settings
        self._desk = desk
        self._tracker = tracker

    def take(self, item: PostItem, news: CarrierNews, *, actor: Mapping[str, Any] = PROVIDER) -> Taken:
        """Take one thing the carrier said of a posting."""
        status = status_of(news.source, news.raw_code)
        with self._database.read() as connection:
            known = select(NEWS.c.id).where(NEWS.c.item_id == item.id, NEWS.c.digest_hex == _digest(news))
            if connection.execute(known).first() is not None:
                return Taken.KNOWN
        outcome = status.outcome
        if outcome is None:
            return self._note(
                item, news, status, Taken.UNKNOWN_CODE if status is CarrierStatus.UNKNOWN else Taken.NOTED
            )
        command = commands.RecordPaperOutcome(
            outcome=commands.PaperOutcome(outcome),
            raw_code=news.raw_code[:CODE_MAX_CHARS],
            source=news.source,
            carrier_time=iso(news.happened_at) if news.happened_at else "",
            attempt=item.attempt,
        )

        def choose(state: LetterState) -> commands.Command | None:
            # The same thing said in other words (a notice left, then waiting to be picked up) is no new act.
            return None if state.phase is _PHASE_OF.get(outcome) else command

        def also(uow: UnitOfWork, _: LetterState) -> None:
            now = self._clock()
            self._keep(uow, item, news, status)
            ended: dict[str, Any] = {"missing_at": None}
            if outcome != "notice_left":
                ended |= {"outcome": outcome, "outcome_at": now}
            change_item(uow, item.id, **ended)

        before = item.outcome
        try:
            self._desk.paper_act(item.letter_id, choose, actor=actor, also=also)
        except UnlawfulActError:
            is_other = before in _ENDS and outcome in _ENDS and before != outcome
            return self._note(item, news, status, Taken.CONTRADICTS if is_other else Taken.LATE)
        return Taken.RECORDED

    def _note(self, item: PostItem, news: CarrierNews, status: CarrierStatus, taken: Taken) -> Taken:
        with self._database.write() as uow:
            self._keep(uow, item, news, status, is_newest=taken in {Taken.NOTED, Taken.UNKNOWN_CODE})
            uow.commit()
        return taken

    def _keep(
        self,
        uow: UnitOfWork,
        item: PostItem,
        news: CarrierNews,
        status: CarrierStatus,
        *,
        is_newest: bool = True,
    ) -> None:
        now = self._clock()
        uow.add_missing(
            PostNewsRow,
            id=new_id(),
            item_id=item.id,
            source=news.source,
            raw_code=news.raw_code[:CODE_MAX_CHARS],
            label=news.label[:LABEL_MAX_CHARS],
            happened_at=news.happened_at,
            status=status.value,
            told_at=now,
            digest_hex=_digest(news),
        )
        if is_newest and oldest_first(news.happened_at or now) >= oldest_first(item.news_at):
            newest = {"status": status.value, "last_code": news.raw_code[:CODE_MAX_CHARS]}
            change_item(uow, item.id, **newest, news_at=news.happened_at or now)

    def poll(self, duty: Duty) -> None:
        """Ask the carrier for news of the posting a duty names; ask again later unless it came to an end."""
        with self._database.read() as connection:
            item = item_by_id(connection, duty.subject)
        tracker = self._tracker()
        if tracker is not None and item.item_number and item.state is ItemState.HANDED_OVER:
            for news in tracker.news(item.item_number):
                self.take(item, news)
                with self._database.read() as connection:
                    item = item_by_id(connection, item.id)
        with self._database.write() as uow:
            fulfil(uow, duty)
            if tracker is not None and item.outcome not in _ENDS and item.state is ItemState.HANDED_OVER:
                number = int(duty.key.rpartition(":")[2]) + 1
                due_at = self._clock() + self._settings.post_tracking_every
                plan(uow, key=f"{TRACK}:{item.id}:{number}", due_at=due_at, action=TRACK, subject=item.id)
            uow.commit()

    def history(self, item_id: str) -> Sequence[tuple[CarrierNews, CarrierStatus]]:
        """Return all that was said of a posting, oldest first."""
        query = select(NEWS).where(NEWS.c.item_id == item_id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        rows = sorted(rows, key=lambda row: (oldest_first(row.happened_at or row.told_at), row.id))
        return [
            (
                CarrierNews(
                    source=row.source, raw_code=row.raw_code, label=row.label, happened_at=row.happened_at
                ),
                CarrierStatus(row.status),
            )
            for row in rows
        ]


_PHASE_OF = {
    "notice_left": Phase.NOTICE_LEFT,
    "returned": Phase.RETURNED,
    "delivered": Phase.DELIVERED_ON_PAPER,
    "refused": Phase.REFUSED_ON_PAPER,
    "unclaimed": Phase.UNCLAIMED_ON_PAPER,
    "unknown_at_address": Phase.UNKNOWN_AT_ADDRESS,
    "undeliverable": Phase.UNDELIVERABLE,
}


def _digest(news: CarrierNews) -> str:
    at = iso(news.happened_at) if news.happened_at else ""
    return hashlib.sha256(f"{news.source}\n{news.raw_code}\n{at}".encode()).hexdigest()
