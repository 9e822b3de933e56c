"""Tables of what senders want to be told of, and of what they will be told next."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class NewsWishRow(SQLModel, table=True):
    """What one sender chose; who chose nothing has none."""

    __tablename__ = "news_wish"

    owner_ref: str = Field(primary_key=True, max_length=200)
    paces: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    language: str = Field(default="", max_length=2)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class NewsItemRow(SQLModel, table=True):
    """One piece of news that a sender was not told of yet; it names nobody."""

    __tablename__ = "news_item"

    id: str = Field(primary_key=True, max_length=32)
    owner_ref: str = Field(max_length=200, index=True)
    kind: str = Field(max_length=20)
    about: str = Field(max_length=32)
    """Id of the letter, or of the consent."""
    what: str = Field(max_length=60)
    """The event's name, or the act's."""
    at: datetime = Field(sa_type=UtcDateTime)
    is_daily: bool
