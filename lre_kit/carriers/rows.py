"""Table of the delivery reports that came back."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class MailReportRow(SQLModel, table=True):
    """A report as it was judged; the message itself is not kept."""

    __tablename__ = "mail_report"

    id: str = Field(primary_key=True, max_length=32)
    digest: str = Field(unique=True, max_length=64)
    """SHA-256 of the message: the same one twice counts once."""
    kind: str = Field(max_length=20)
    outcome: str = Field(max_length=20)
    letter_id: str | None = Field(default=None, foreign_key="letter.id", max_length=32, index=True)
    notice: int | None = None
    status: str = Field(max_length=12)
    words: str = Field(max_length=400)
    received_at: datetime = Field(sa_type=UtcDateTime)
