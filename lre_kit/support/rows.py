"""Tables of requests; who asks and what is said is encrypted under a key of each request."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class SupportRequestRow(SQLModel, table=True):
    """One request."""

    __tablename__ = "support_request"
    __table_args__ = (
        Index("ix_support_request_list", "state", "id"),
        Index("ix_support_request_asker", "asker", "id"),
    )

    id: str = Field(primary_key=True, max_length=32)
    reference: str = Field(max_length=9, unique=True)
    kind: str = Field(max_length=12)
    side: str = Field(max_length=12)
    state: str = Field(max_length=12)
    language: str = Field(max_length=2)
    assigned_to: str = Field(default="", max_length=60)
    asker: str = Field(max_length=64)
    """Keyed digest of the address that asked: finds a person's requests, names nobody."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    messages: int = 0
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    wrapped_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SupportMessageRow(SQLModel, table=True):
    """One message of a request."""

    __tablename__ = "support_message"
    __table_args__ = (Index("ix_support_message_of", "request_id", "id"),)

    id: str = Field(primary_key=True, max_length=32)
    request_id: str = Field(foreign_key="support_request.id", max_length=32)
    direction: str = Field(max_length=4)
    by: str = Field(default="", max_length=60)
    at: datetime = Field(sa_type=UtcDateTime)
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    mail_id: str | None = Field(default=None, max_length=200, unique=True)
    """Message-ID of what goes out, digest of what came in: makes each one, and finds replies."""
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
