"""Tables of the post room: postings, batches, what the carrier said, pictures, ranges of numbers."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class PostItemRow(SQLModel, table=True):
    """One posting of a letter: printed, put into a batch, handed over, followed."""

    __tablename__ = "post_item"
    __table_args__ = (
        UniqueConstraint("letter_id", "attempt", name="uq_post_item_attempt"),
        UniqueConstraint("item_number", name="uq_post_item_number"),
        Index("ix_post_item_batch", "batch_id", "position"),
        Index("ix_post_item_state", "state", "handed_over_at"),
    )

    id: str = Field(primary_key=True, max_length=32)
    letter_id: str = Field(foreign_key="letter.id", max_length=32)
    attempt: int
    state: str = Field(max_length=12)
    address: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    options: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    sheets: int = 0
    pages: int = 0
    envelope: str = Field(default="", max_length=12)
    item_number: str | None = Field(default=None, max_length=20)
    batch_id: str | None = Field(default=None, max_length=32)
    position: int | None = None
    reprints: int = 0
    print_key: str = Field(default="", max_length=200)
    print_digest: str = Field(default="", max_length=64)
    print_bytes: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    handed_over_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    status: str = Field(default="", max_length=20)
    last_code: str = Field(default="", max_length=40)
    news_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str | None = Field(default=None, max_length=20)
    outcome_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    missing_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str = Field(default="", max_length=200)


class PostBatchRow(SQLModel, table=True):
    """A batch; at most one is open at a time (`open_key`)."""

    __tablename__ = "post_batch"
    __table_args__ = (UniqueConstraint("open_key", name="uq_post_batch_open"),)

    id: str = Field(primary_key=True, max_length=32)
    number: str = Field(unique=True, max_length=32)
    state: str = Field(max_length=12, index=True)
    open_key: str | None = Field(default=None, max_length=12)
    provider: str = Field(default="", max_length=40)
    reference: str = Field(default="", max_length=100)
    items: int = 0
    manifest_digest: str = Field(default="", max_length=64)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    handed_over_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PostNewsRow(SQLModel, table=True):
    """One thing the carrier said of an item, as it came; said again it is not kept twice."""

    __tablename__ = "post_news"
    __table_args__ = (UniqueConstraint("item_id", "digest_hex", name="uq_post_news"),)

    id: str = Field(primary_key=True, max_length=32)
    item_id: str = Field(foreign_key="post_item.id", max_length=32)
    source: str = Field(max_length=20)
    raw_code: str = Field(max_length=40)
    label: str = Field(max_length=200)
    happened_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    status: str = Field(max_length=20)
    told_at: datetime = Field(sa_type=UtcDateTime)
    digest_hex: str = Field(max_length=64)


class PostFileRow(SQLModel, table=True):
    """A picture of the paper leg; its bytes lie encrypted in the content store."""

    __tablename__ = "post_file"
    __table_args__ = (UniqueConstraint("item_id", "kind", "digest_hex", name="uq_post_file"),)

    id: str = Field(primary_key=True, max_length=32)
    item_id: str = Field(foreign_key="post_item.id", max_length=32)
    letter_id: str = Field(max_length=32, index=True)
    kind: str = Field(max_length=20)
    media_type: str = Field(max_length=100)
    size_bytes: int
    digest_hex: str = Field(max_length=64)
    blob_key: str = Field(max_length=200)
    comparison: str = Field(default="", max_length=12)
    received_at: datetime = Field(sa_type=UtcDateTime)


class PostRangeRow(SQLModel, table=True):
    """A range of S10 serials given to the office; `next_serial` only grows."""

    __tablename__ = "post_range"
    __table_args__ = (UniqueConstraint("service", "country", "first_serial", name="uq_post_range"),)

    id: str = Field(primary_key=True, max_length=32)
    service: str = Field(max_length=2)
    country: str = Field(max_length=2)
    first_serial: int
    last_serial: int
    next_serial: int
    added_at: datetime = Field(sa_type=UtcDateTime)
