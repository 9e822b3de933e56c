"""Tables of what people say beside the journal: views, notes, drafts, and “this is not for me”."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ColumnElement, Index, LargeBinary, and_, select
from sqlmodel import Field, SQLModel

from lre_kit.letters.phases import Phase
from lre_kit.letters.rows import LetterRow
from lre_kit.store.columns import UtcDateTime
from lre_kit.store.inserts import table_of


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
    dismissed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When an operator found that nothing is to be done; why stands in the operators' journal."""


OPEN = frozenset({Phase.NOTIFIED, Phase.CHOOSING})
"""Phases in which it can be said that a letter is not for its reader."""


def is_misdirected() -> ColumnElement[bool]:
    """Return the condition that it was said of a letter, and that an operator may still answer it."""
    said, letter = table_of(MisdirectedRow), table_of(LetterRow)
    waiting = select(said.c.letter_id).where(said.c.dismissed_at.is_(None))
    return and_(letter.c.id.in_(waiting), letter.c.phase.in_(sorted(phase.value for phase in OPEN)))
