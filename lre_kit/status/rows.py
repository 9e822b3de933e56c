"""Tables of the status: spans of time by service, what operators announce, what they add to it."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class StatusSpanRow(SQLModel, table=True):
    """A time during which every probe of a service found the same."""

    __tablename__ = "status_span"
    __table_args__ = (
        Index("ix_status_span_service", "service", "began_at"),
        Index("ix_status_span_state", "state", "began_at"),
    )

    id: str = Field(primary_key=True, max_length=32)
    service: str = Field(max_length=12)
    state: str = Field(max_length=12)
    began_at: datetime = Field(sa_type=UtcDateTime)
    last_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    probes: int
    failure: str = Field(default="", max_length=60)
    evidence_id: str | None = Field(default=None, foreign_key="evidence.id", max_length=32, unique=True)


class StatusNoticeRow(SQLModel, table=True):
    """An incident or maintenance that operators announce."""

    __tablename__ = "status_notice"

    id: str = Field(primary_key=True, max_length=32)
    kind: str = Field(max_length=12)
    services: str = Field(max_length=120)
    """Services, a blank between two."""
    title_fr: str = Field(max_length=200)
    title_en: str = Field(max_length=200)
    begins_at: datetime = Field(sa_type=UtcDateTime, index=True)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StatusUpdateRow(SQLModel, table=True):
    """One thing written about it."""

    __tablename__ = "status_update"

    id: str = Field(primary_key=True, max_length=32)
    notice_id: str = Field(foreign_key="status_notice.id", max_length=32, index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    by: str = Field(max_length=100)
    text_fr: str = Field(max_length=2000)
    text_en: str = Field(max_length=2000)
