"""Tables of consents: as they stand, their journal, and scans of those collected on paper."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class ConsentRow(SQLModel, table=True):
    """A consent as it stands now: a projection of its journal, changed in the same transaction."""

    __tablename__ = "consent"
    __table_args__ = (
        UniqueConstraint("sender_ref", "recipient_key", "regime", name="uq_consent_holder"),
        Index("ix_consent_list", "sender_ref", "id"),
        Index("ix_consent_recipient", "recipient_key"),
    )

    id: str = Field(primary_key=True, max_length=32)
    sender_ref: str = Field(max_length=200)
    sender_name: str
    sender_email: str
    recipient_key: str = Field(max_length=320)
    recipient_name: str
    recipient_email: str
    regime: str = Field(max_length=20)
    state: str = Field(max_length=12)
    language: str = Field(max_length=2)
    channel: str = Field(max_length=8)
    phone: str | None = Field(default=None, max_length=20)
    round: int = 0
    version: int = 0
    asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    method: str = Field(default="", max_length=40)
    wording: str = Field(max_length=40)
    wording_digest: str = Field(max_length=64)
    evidence_id: str | None = Field(default=None, max_length=32)


class ConsentEventRow(SQLModel, table=True):
    """One act in a consent's journal; nothing is ever changed or removed here."""

    __tablename__ = "consent_event"
    __table_args__ = (UniqueConstraint("consent_id", "seq", name="uq_consent_event_seq"),)

    id: str = Field(primary_key=True, max_length=32)
    consent_id: str = Field(foreign_key="consent.id", max_length=32)
    seq: int
    name: str = Field(max_length=40)
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    actor: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    evidence_id: str = Field(foreign_key="evidence.id", max_length=32)


class ConsentScanRow(SQLModel, table=True):
    """The scan of a consent given on paper; its bytes lie encrypted in the content store."""

    __tablename__ = "consent_scan"

    id: str = Field(primary_key=True, max_length=32)
    consent_id: str = Field(foreign_key="consent.id", max_length=32, index=True)
    name: str
    media_type: str = Field(max_length=100)
    size_bytes: int
    digest_hex: str = Field(max_length=64)
    blob_key: str = Field(max_length=200)
    wrapped_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    key_id: str = Field(max_length=64)
    kept_at: datetime = Field(sa_type=UtcDateTime)


class ConsentCodeRow(SQLModel, table=True):
    """One e-mailed one-time code for answering a request: hashed, counted, used once."""

    __tablename__ = "consent_code"

    id: str = Field(primary_key=True, max_length=32)
    consent_id: str = Field(foreign_key="consent.id", max_length=32, index=True)
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hashed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    attempts: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
