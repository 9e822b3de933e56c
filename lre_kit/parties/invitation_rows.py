"""Table of invitations: what was offered to whoever reads an address, until they take it up."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class InvitationRow(SQLModel, table=True):
    """A role or a mandate offered to an address; open until it is taken up, declined, withdrawn or over."""

    __tablename__ = "invitation"

    id: str = Field(primary_key=True, max_length=32)
    kind: str = Field(max_length=10)
    grantor_id: str = Field(foreign_key="party.id", max_length=32, index=True)
    email: str = Field(max_length=254)
    email_key: str = Field(max_length=254, index=True)
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    actor: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    outcome: str = Field(default="", max_length=10)
