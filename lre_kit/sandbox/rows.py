"""Tables of a sandbox: that the office is one, where its clock stands, and the mail that was caught."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class SandboxRow(SQLModel, table=True):
    """That this office is a sandbox, for ever; one row, or none."""

    __tablename__ = "sandbox"

    id: int = Field(primary_key=True)
    """Always 1."""
    began_at: datetime = Field(sa_type=UtcDateTime)
    """When it became one, by the machine's clock."""
    machine_at: datetime = Field(sa_type=UtcDateTime)
    """Instant of the machine's clock at which the office's was set."""
    office_at: datetime = Field(sa_type=UtcDateTime)
    """What the office's clock showed then."""
    day_lasts_s: float = 86_400.0
    """Seconds of the machine's clock that a day of the office lasts."""


class SandboxMailRow(SQLModel, table=True):
    """One message that a sandbox caught instead of sending it."""

    __tablename__ = "sandbox_mail"
    __table_args__ = (
        Index("ix_sandbox_mail_letter", "letter_id", "id"),
        Index("ix_sandbox_mail_recipient", "recipient", "id"),
    )

    id: str = Field(primary_key=True, max_length=32)
    message_id: str = Field(unique=True, max_length=200)
    """Of the message; the same one handed over twice is caught once."""
    letter_id: str | None = Field(default=None, max_length=32)
    """The letter that its link leads to, if it has one."""
    recipient: str = Field(max_length=320)
    return_path: str = Field(default="", max_length=320)
    subject: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    sent_at: datetime = Field(sa_type=UtcDateTime)
    """When, by the office's clock."""
    caught_at: datetime = Field(sa_type=UtcDateTime)
    """When, by the machine's."""
