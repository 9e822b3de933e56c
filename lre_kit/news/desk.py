"""What senders chose, and the news of their letters that come of it: kept with the event, in its transaction.

An event, the piece of news and the duty to tell of it are written together or not at all. News of the day are
told in one message each morning, each other one by itself; what was told is erased.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select

from lre_kit.clock import Clock, iso
from lre_kit.law.consents import ConsentAct
from lre_kit.news.rows import NewsItemRow, NewsWishRow
from lre_kit.news.values import OF_CONSENTS, OF_LETTERS, NewsKind, Pace, Wishes
from lre_kit.preparing.digest import next_morning
from lre_kit.proofs.sealing.recorder import Recorded
from lre_kit.store.agenda import plan
from lre_kit.store.columns import among, new_id
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

TELL = "tell_news"
"""Action of the duty that tells of one piece of news."""

TELL_DAY = "tell_news_of_day"
"""Action of the duty that tells of a day's news."""

UNTIL = "until"
"""Name in that duty's payload under which stands when the day's news end."""

LAG = timedelta(minutes=5)
"""Time between the end of a day's news and their message: acts under way then are written by now."""

_WISH, _ITEM = table_of(NewsWishRow), table_of(NewsItemRow)


class NewsDesk:
    """Keeps what senders chose."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        """Work on `database`."""
        self._database = database
        self._clock = clock

    def wishes(self, owner_ref: str) -> Wishes:
        """Return what somebody chose, or what holds for whoever chose nothing."""
        with self._database.read() as connection:
            return _wishes_of(connection, [owner_ref]).get(owner_ref, Wishes())

    def choose(self, owner_ref: str, wishes: Wishes) -> None:
        """Keep what somebody chose; it holds for what happens from now on.

        Raises:
            InputError: One of them cannot be chosen.
        """
        kept = wishes.checked()
        with self._database.write() as uow:
            uow.serialise(f"news:{owner_ref}")
            uow.execute(delete(_WISH).where(_WISH.c.owner_ref == owner_ref))
            uow.add(
                NewsWishRow,
                owner_ref=owner_ref,
                paces={kind.value: pace.value for kind, pace in kept.paces.items()},
                language=kept.language,
                changed_at=self._clock(),
            )
            uow.commit()


def tell_letters(uow: UnitOfWork, recorded: Sequence[Recorded]) -> None:
    """Keep the news that events of letters are, in the transaction that records them."""
    news = [each for each in recorded if each.event.name in OF_LETTERS]
    if not news:
        return
    wishes = _wishes_of(uow.connection, {each.letter.sender.ref for each in news})
    for letter, _, event, _ in news:
        ref = letter.sender.ref
        if ref in wishes:
            keep(
                uow, wishes[ref], ref, OF_LETTERS[event.name], letter.id, event.name.value, event.occurred_at
            )


def tell_consent(
    uow: UnitOfWork, consent: Mapping[str, Any], act: ConsentAct, at: datetime, actor: Mapping[str, Any]
) -> None:
    """Keep the news that an act on a consent is, in its transaction; what senders do is no news to them."""
    if act not in OF_CONSENTS or actor.get("role") == "sender":
        return
    ref = consent["sender_ref"]
    if found := _wishes_of(uow.connection, [ref]):
        keep(uow, found[ref], ref, NewsKind.CONSENT, consent["id"], act.value, at)


def forget_wishes(uow: UnitOfWork, owner_refs: Sequence[str]) -> None:
    """Let go of what these senders chose, and of the news they were not told yet."""
    for table in (_WISH, _ITEM):
        uow.execute(delete(table).where(table.c.owner_ref.in_(owner_refs)))


def keep(  # noqa: PLR0917 - the columns of one row
    uow: UnitOfWork, wishes: Wishes, owner_ref: str, kind: NewsKind, about: str, what: str, at: datetime
) -> None:
    """Queue a piece of news and the duty to tell of it, as its owner chose."""
    pace = wishes.of(kind)
    if pace is Pace.OFF:
        return
    item_id, is_daily = new_id(), pace is Pace.DAILY
    uow.add(
        NewsItemRow,
        id=item_id,
        owner_ref=owner_ref,
        kind=kind.value,
        about=about,
        what=what,
        at=at,
        is_daily=is_daily,
    )
    if is_daily:
        morning = next_morning(at)
        # The day is in the key: what comes while a morning's message is sent waits for the next.
        key = f"{TELL_DAY}:{morning:%Y%m%d}:{hashlib.sha256(owner_ref.encode()).hexdigest()[:32]}"
        # So is its end: a message that is tried again tells of the same news.
        payload = {UNTIL: iso(morning)}
        plan(uow, key=key, due_at=morning + LAG, action=TELL_DAY, subject=item_id, payload=payload)
    else:
        plan(uow, key=f"{TELL}:{item_id}", due_at=at, action=TELL, subject=item_id)


def _wishes_of(connection: Connection, owner_refs: Collection[str]) -> dict[str, Wishes]:
    query = select(_WISH).where(among(connection, _WISH.c.owner_ref, sorted(owner_refs)))
    return {
        row.owner_ref: Wishes(
            paces={NewsKind(kind): Pace(pace) for kind, pace in row.paces.items()}, language=row.language
        )
        for row in connection.execute(query)
    }
