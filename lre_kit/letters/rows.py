"""Tables of a letter: its projection, its documents, its journal."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class LetterRow(SQLModel, table=True):
    """A letter as it stands now: a projection of its journal, updated in the same transaction."""

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("sender_ref", "idempotency_key", name="uq_letter_idempotency"),
        Index("ix_letter_sender_list", "sender_ref", "deposited_at", "id"),
        Index("ix_letter_list", "deposited_at", "id"),
        Index("ix_letter_closing", "phase", "window_closes_at"),
        Index("ix_letter_sender_phase", "sender_ref", "phase", "deposited_at", "id"),
        Index("ix_letter_recipient", "recipient_email", "deposited_at", "id"),
        Index("ix_letter_sender_window", "sender_ref", "phase", "window_closes_at"),
        Index("ix_letter_recipient_folded", text("lower(recipient_email)")),
        Index(
            "ix_letter_deposited_by",
            "deposited_by",
            sqlite_where=text("deposited_by IS NOT NULL"),
            postgresql_where=text("deposited_by IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=32)
    number: str = Field(unique=True, max_length=32)
    product: str = Field(max_length=16)
    phase: str = Field(max_length=40)
    version: int
    language: str = Field(max_length=2)
    sender_ref: str = Field(max_length=200)
    sender_name: str
    sender_email: str
    deposited_by: str | None = Field(default=None, max_length=32)
    recipient_name: str
    recipient_email: str
    recipient_capacity: str = Field(
        default="consumer", max_length=16, sa_column_kwargs={"server_default": "consumer"}
    )
    capacity_basis: str = Field(default="", sa_column_kwargs={"server_default": ""})
    subject: str
    requirements: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    claim: str = Field(max_length=40)
    wrapped_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    key_id: str = Field(max_length=64)
    idempotency_key: str | None = Field(default=None, max_length=200)
    request_digest: str = Field(max_length=64)
    notices: int = 0
    deposited_at: datetime = Field(sa_type=UtcDateTime)
    notified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    window_closes_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    proof_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reference: str = Field(default="", max_length=100, sa_column_kwargs={"server_default": ""})
    notify_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    pre_notice_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    pre_notice_state: str | None = Field(default=None, max_length=12)
    pre_notice_settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class LetterPostRow(SQLModel, table=True):
    """Where a letter goes on paper and how it is printed; only letters that go or may go by post have one."""

    __tablename__ = "letter_post"

    letter_id: str = Field(primary_key=True, foreign_key="letter.id", max_length=32)
    address: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    options: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    pages: int
    sheets: int


class DocumentRow(SQLModel, table=True):
    """One document of a letter; its bytes lie encrypted in the content store."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("letter_id", "position", name="uq_document_position"),)

    id: str = Field(primary_key=True, max_length=32)
    letter_id: str = Field(foreign_key="letter.id", max_length=32)
    position: int
    name: str
    media_type: str = Field(max_length=100)
    size_bytes: int
    digest_hex: str = Field(max_length=64)
    blob_key: str = Field(max_length=200)


class EventRow(SQLModel, table=True):
    """One act in a letter's journal, in the words of EN 319 522.

    `exclusive` is the last guard against two ends: C.3, C.4 and C.5 all carry ``decision``,
    and no letter may hold that word twice.
    """

    __tablename__ = "event"
    __table_args__ = (
        UniqueConstraint("letter_id", "seq", name="uq_event_seq"),
        UniqueConstraint("letter_id", "exclusive", name="uq_event_exclusive"),
    )

    id: str = Field(primary_key=True, max_length=32)
    letter_id: str = Field(foreign_key="letter.id", max_length=32)
    seq: int
    name: str = Field(max_length=60)
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    exclusive: str | None = Field(default=None, max_length=20)
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    actor: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
