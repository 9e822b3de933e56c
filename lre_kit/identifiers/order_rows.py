"""Tables of orders of identification means, of ended derogations, and of the latest instant seen."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class OrderRow(SQLModel, table=True):
    """One order of an identification means, from the wish to the first use."""

    __tablename__ = "identifier_order"
    __table_args__ = (
        UniqueConstraint("open_key", name="uq_identifier_order_open"),
        Index("ix_identifier_order_party", "party_id", "created_at"),
    )

    id: str = Field(primary_key=True, max_length=32)
    party_id: str = Field(max_length=32)
    kind: str = Field(max_length=20)
    delivery: str = Field(max_length=10)
    state: str = Field(max_length=12)
    open_key: str | None = Field(default=None, max_length=60)
    """Party and kind while the order is open: there is one at a time."""
    cause: str = Field(max_length=100)
    """What called for it: ``ordered``, or the derogation that ended."""
    address: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    proofing_id: str | None = Field(default=None, max_length=32)
    level: str | None = Field(default=None, max_length=12)
    derogation: str | None = Field(default=None, max_length=60)
    identifier_id: str | None = Field(default=None, max_length=32, index=True)
    digest: str | None = Field(default=None, max_length=64)
    """SHA-256 of the spooled PDF."""
    reference: str | None = Field(default=None, max_length=100)
    """Tracking number of the post, or number of the letter."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    spool_destroyed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OrderEventRow(SQLModel, table=True):
    """One act in an order's history."""

    __tablename__ = "identifier_order_event"
    __table_args__ = (UniqueConstraint("order_id", "seq", name="uq_identifier_order_event_seq"),)

    id: str = Field(primary_key=True, max_length=32)
    order_id: str = Field(foreign_key="identifier_order.id", max_length=32)
    seq: int
    name: str = Field(max_length=20)
    state: str = Field(max_length=12)
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    actor: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = Field(default="", max_length=500)


class ReplacedRow(SQLModel, table=True):
    """An identifier that ended, and the order of the one that replaces it."""

    __tablename__ = "identifier_replaced"

    identifier_id: str = Field(primary_key=True, max_length=32)
    order_id: str = Field(foreign_key="identifier_order.id", max_length=32, index=True)


class DerogationNoticeRow(SQLModel, table=True):
    """That a person is told of a derogation's end: once per stage."""

    __tablename__ = "derogation_notice"

    derogation: str = Field(primary_key=True, max_length=60)
    party_id: str = Field(primary_key=True, max_length=32)
    stage: str = Field(primary_key=True, max_length=10)
    planned_at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class HighWaterRow(SQLModel, table=True):
    """The latest instant at which the office acted: no rule that had ended by then holds again."""

    __tablename__ = "high_water"

    name: str = Field(primary_key=True, max_length=20)
    latest: datetime = Field(sa_type=UtcDateTime)
