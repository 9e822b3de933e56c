"""The latest instant at which the office acted: a clock that is set back brings no ended rule back."""

from datetime import datetime

from sqlalchemy import select, update

from lre_kit.identifiers.order_rows import HighWaterRow
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

_MARK = table_of(HighWaterRow)
_NAME = "office"


def mark(uow: UnitOfWork, now: datetime) -> datetime:
    """Note that the office acts now, and return the latest instant it ever acted at."""
    latest: datetime | None = uow.execute(select(_MARK.c.latest).where(_MARK.c.name == _NAME)).scalar()
    if latest is None:
        uow.add_missing(HighWaterRow, name=_NAME, latest=now)
        return now
    if latest >= now:
        return latest
    uow.defer(update(_MARK).where(_MARK.c.name == _NAME, _MARK.c.latest < now).values(latest=now))
    return now


def latest_seen(database: Database) -> datetime | None:
    """Return the latest instant the office ever acted at, if it ever did."""
    with database.read() as connection:
        found: datetime | None = connection.execute(
            select(_MARK.c.latest).where(_MARK.c.name == _NAME)
        ).scalar()
        return found
