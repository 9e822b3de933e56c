"""Tables of bulk sendings; what a line says of its recipient is encrypted, and erased at the end."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class BulkRow(SQLModel, table=True):
    """One bulk sending."""

    __tablename__ = "bulk"
    __table_args__ = (Index("ix_bulk_sender", "sender_ref", "id"),)

    id: str = Field(primary_key=True, max_length=32)
    sender_ref: str = Field(max_length=200)
    sender_name: str
    sender_email: str
    title: str = Field(max_length=200)
    product: str = Field(max_length=16)
    subject: str
    language: str = Field(max_length=2)
    state: str = Field(max_length=12)
    lines: int
    documents: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Names of the documents, in order."""
    identified: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    """How the sender was identified when they started it."""
    files: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    """Names of the files that single lines name, in order; they lie behind the documents."""
    merge: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    """The template and its letterhead as they were when it was prepared, encrypted."""
    paper: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    """How its letters are printed, and the time to choose."""
    prepared_by: str | None = Field(default=None, max_length=32)
    """The member who prepared it for somebody who may send it."""
    acting_person: str | None = Field(default=None, max_length=32)
    """Who started it in another party's name."""
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it was first started: the day that merged letters bear."""
    wrapped_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    round: int = 0
    """Which run of its duty comes next: what makes the duty one."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class BulkLineRow(SQLModel, table=True):
    """One line: a letter to be, or one that was sent."""

    __tablename__ = "bulk_line"
    __table_args__ = (Index("ix_bulk_line_waiting", "bulk_id", "state", "line"),)

    bulk_id: str = Field(primary_key=True, foreign_key="bulk.id", max_length=32)
    line: int = Field(primary_key=True)
    state: str = Field(max_length=12)
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    letter_id: str | None = Field(default=None, foreign_key="letter.id", max_length=32)
    error: str = Field(default="", max_length=500)
