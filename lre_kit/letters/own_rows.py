"""Tables of what people say beside the journal: views, notes, drafts, and “this is not for me”."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class SavedViewRow(SQLModel, table=True):
    """One way to look at the list, under a name."""

    __tablename__ = "saved_view"

    id: str = Field(primary_key=True, max_length=32)
    owner_ref: str = Field(max_length=200, index=True)
    name: str = Field(max_length=60)
    query: str = Field(max_length=500)
    created_at: datetime = Field(sa_type=UtcDateTime)


class LetterNoteRow(SQLModel, table=True):
    """One note of the sender's on a letter; no recipient sees it, and it goes when the letter does."""

    __tablename__ = "letter_note"

    id: str = Field(primary_key=True, max_length=32)
    letter_id: str = Field(foreign_key="letter.id", max_length=32, index=True)
    author: str = Field(max_length=200)
    body: str = Field(max_length=1000)
    written_at: datetime = Field(sa_type=UtcDateTime)


class LetterDraftRow(SQLModel, table=True):
    """One letter somebody began to write: what they typed."""

    __tablename__ = "letter_draft"
    __table_args__ = (Index("ix_letter_draft_owner", "owner_ref", "changed_at"),)

    id: str = Field(primary_key=True, max_length=32)
    owner_ref: str = Field(max_length=200)
    fields: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    changed_at: datetime = Field(sa_type=UtcDateTime)


class DraftDocumentRow(SQLModel, table=True):
    """One document of a letter somebody began to write; its content lies encrypted under a key of its own."""

    __tablename__ = "letter_draft_document"

    id: str = Field(primary_key=True, max_length=32)
    draft_id: str = Field(foreign_key="letter_draft.id", max_length=32, index=True)
    name: str = Field(max_length=150)
    media_type: str = Field(max_length=100)
    size_bytes: int = Field(sa_type=BigInteger)
    wrapped_key: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class MisdirectedRow(SQLModel, table=True):
    """Somebody who holds a letter's link said that the letter is not for them."""

    __tablename__ = "letter_misdirected"

    letter_id: str = Field(primary_key=True, foreign_key="letter.id", max_length=32)
    said_at: datetime = Field(sa_type=UtcDateTime)
