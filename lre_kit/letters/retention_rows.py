"""Tables of retention: legal holds on letters, and contents that were erased."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class HoldRow(SQLModel, table=True):
    """One legal hold on one letter: who placed it and why, who released it and why.

    `open_key` is the letter's id as long as it holds: a letter is held once or not at all.
    """

    __tablename__ = "letter_hold"

    id: str = Field(primary_key=True, max_length=32)
    letter_id: str = Field(foreign_key="letter.id", max_length=32, index=True)
    open_key: str | None = Field(default=None, max_length=32, unique=True)
    reason: str = Field(max_length=500)
    actor: str = Field(max_length=200)
    placed_at: datetime = Field(sa_type=UtcDateTime)
    released_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    released_by: str = Field(default="", max_length=200)
    release_reason: str = Field(default="", max_length=500)


class ErasureRow(SQLModel, table=True):
    """One letter whose content's key was destroyed; `removed_at` is empty while its files are still there."""

    __tablename__ = "content_erasure"
    __table_args__ = (
        Index(
            "ix_content_erasure_waiting",
            "letter_id",
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    letter_id: str = Field(primary_key=True, foreign_key="letter.id", max_length=32)
    erased_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
