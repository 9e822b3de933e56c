"""Tables of identification means and of the challenges made with them."""

from datetime import datetime

from sqlalchemy import Column, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class CodeRow(SQLModel, table=True):
    """One e-mailed one-time code: bound to a letter, hashed, counted, used once."""

    __tablename__ = "email_code"

    id: str = Field(primary_key=True, max_length=32)
    letter_id: str = Field(foreign_key="letter.id", max_length=32, index=True)
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hashed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    attempts: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
