"""The table of prepared letters; what is in one is encrypted, and erased once it is settled."""

from datetime import datetime

from sqlalchemy import JSON, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class PreparedRow(SQLModel, table=True):
    """One prepared letter."""

    __tablename__ = "prepared_letter"
    __table_args__ = (Index("ix_prepared_waiting", "organisation_id", "state", "id"),)

    id: str = Field(primary_key=True, max_length=32)
    organisation_id: str = Field(foreign_key="party.id", max_length=32)
    prepared_by: str = Field(foreign_key="party.id", max_length=32, index=True)
    state: str = Field(max_length=12)
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """What the letter says of its recipient, its subject and its terms, encrypted under its key."""
    documents: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Names of the documents, in order; empty once it is settled."""
    wrapped_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    created_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_by: str | None = Field(default=None, foreign_key="party.id", max_length=32)
    reason: str = Field(default="", max_length=300)
    """Why it was declined."""
