"""Tables of templates and letterheads; what a line of a table says is never kept here."""

from datetime import datetime

from sqlalchemy import JSON, Column, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class LetterTemplateRow(SQLModel, table=True):
    """One template."""

    __tablename__ = "letter_template"
    __table_args__ = (UniqueConstraint("owner_ref", "name_key", name="uq_letter_template_name"),)

    id: str = Field(primary_key=True, max_length=32)
    owner_ref: str = Field(max_length=200)
    """Whose it is: a sender's reference, or an organisation's id."""
    name: str = Field(max_length=100)
    name_key: str = Field(max_length=300)
    subject: str = Field(max_length=200)
    text: str = Field(sa_column=Column(Text, nullable=False))
    version: int
    changed_at: datetime = Field(sa_type=UtcDateTime)


class LetterheadRow(SQLModel, table=True):
    """What stands at the head of a sender's letters."""

    __tablename__ = "letterhead"

    owner_ref: str = Field(primary_key=True, max_length=200)
    name: str = Field(max_length=200)
    lines: list[str] = Field(sa_column=Column(JSON, nullable=False))
    signature: str = Field(max_length=200)
    logo: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
