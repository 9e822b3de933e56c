"""Tables of the API: its keys, the answers kept for who asks again, and documents that come in parts."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class ApiKeyRow(SQLModel, table=True):
    """One key of the API; its secret is kept as a keyed digest only."""

    __tablename__ = "api_key"
    __table_args__ = (
        Index("ix_api_key_owner", "owner_ref", "id"),
        Index("ix_api_key_client", "client_id", "issuer"),
    )

    id: str = Field(primary_key=True, max_length=32)
    prefix: str = Field(unique=True, max_length=16)
    secret_digest: str = Field(max_length=64)
    owner_ref: str = Field(max_length=200)
    owner_name: str
    owner_email: str
    name: str = Field(max_length=100)
    kind: str = Field(max_length=8)
    scopes: list[str] = Field(sa_column=Column(JSON, nullable=False))
    team: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """Mailboxes that a key for a team may write to, beside its owner's."""
    issuer: str | None = Field(default=None, max_length=300)
    """Who issues the access tokens that stand for it; it then has no secret."""
    client_id: str | None = Field(default=None, max_length=255)
    """What that issuer calls its client."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    window_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the minute began in which requests are counted now."""
    window_count: int = 0


class ApiAnswerRow(SQLModel, table=True):
    """What was answered to a request with an idempotency key, or that it is being carried out."""

    __tablename__ = "api_answer"
    __table_args__ = (Index("ix_api_answer_created", "created_at"),)

    id: str = Field(primary_key=True, max_length=64)
    """Digest of caller and idempotency key."""
    fingerprint: str = Field(max_length=64)
    claim: str = Field(max_length=32)
    claimed_until: datetime = Field(sa_type=UtcDateTime)
    subject: str = Field(default="", max_length=200)
    """What the act was about, written in the act's own transaction: it was carried out."""
    status: int | None = None
    headers: dict[str, str] | None = Field(default=None, sa_column=Column(JSON, nullable=True))
    body: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    created_at: datetime = Field(sa_type=UtcDateTime)


class ApiUploadRow(SQLModel, table=True):
    """A document that comes in parts, before a deposit names it."""

    __tablename__ = "api_upload"
    __table_args__ = (Index("ix_api_upload_owner", "owner_ref"), Index("ix_api_upload_expires", "expires_at"))

    id: str = Field(primary_key=True, max_length=32)
    owner_ref: str = Field(max_length=200)
    name: str = Field(max_length=255)
    length: int = Field(sa_column=Column(BigInteger, nullable=False))
    received: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    parts: int = 0
    wrapped_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class ApiUploadPartRow(SQLModel, table=True):
    """One part of an upload."""

    __tablename__ = "api_upload_part"

    upload_id: str = Field(primary_key=True, foreign_key="api_upload.id", max_length=32)
    seq: int = Field(primary_key=True)
    size_bytes: int = Field(sa_column=Column(BigInteger, nullable=False))
    blob_key: str = Field(unique=True, max_length=200)
