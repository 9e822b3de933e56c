"""The table of announcements."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class AnnouncementRow(SQLModel, table=True):
    """One announcement."""

    __tablename__ = "announcement"

    id: str = Field(primary_key=True, max_length=32)
    kind: str = Field(max_length=12)
    places: str = Field(max_length=80)
    """Places, a blank between two."""
    text_fr: str = Field(max_length=2000)
    text_en: str = Field(max_length=2000)
    begins_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    by: str = Field(max_length=100)
    made_at: datetime = Field(sa_type=UtcDateTime)
