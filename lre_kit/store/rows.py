"""Tables of the store itself: the agenda and the office's own facts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class DutyRow(SQLModel, table=True):
    """Something that must happen later; deleted in the transaction that fulfils it.

    `key` makes a duty unique (``close:<letter>:<notice>``), so planning twice plans once.
    `claimed_until` is a lease: a worker that dies lets go of the duty when it runs out;
    `claim` is the fencing token only the present holder knows.
    """

    __tablename__ = "agenda"
    __table_args__ = (
        Index(
            "ix_agenda_due",
            "due_at",
            "id",
            sqlite_where=text("dead_at IS NULL"),
            postgresql_where=text("dead_at IS NULL"),
        ),
        Index(
            "ix_agenda_dead",
            "dead_at",
            "id",
            sqlite_where=text("dead_at IS NOT NULL"),
            postgresql_where=text("dead_at IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=32)
    key: str = Field(unique=True, max_length=120)
    due_at: datetime = Field(sa_type=UtcDateTime)
    action: str = Field(max_length=40)
    subject: str = Field(max_length=64, index=True)
    payload: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    attempts: int = 0
    claim: str | None = Field(default=None, max_length=32)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_error: str | None = Field(default=None)
    dead_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OfficeRow(SQLModel, table=True):
    """One fact about the office, such as its log's origin."""

    __tablename__ = "office"

    name: str = Field(primary_key=True, max_length=60)
    value: str
