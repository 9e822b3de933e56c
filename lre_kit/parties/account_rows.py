"""Tables of accounts: who logs in to the office itself, and their sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class AccountRow(SQLModel, table=True):
    """Who may log in, with which password; there from the moment the e-mail address was confirmed."""

    __tablename__ = "account"

    id: str = Field(primary_key=True, max_length=32)
    party_id: str = Field(max_length=32, index=True)
    email: str = Field(max_length=254)
    email_key: str = Field(unique=True, max_length=254)
    name: str = Field(max_length=200)
    language: str = Field(max_length=2)
    role: str = Field(max_length=20)
    password_hash: str = Field(max_length=200)
    password_set_at: datetime = Field(sa_type=UtcDateTime)
    password_mailed_at: datetime = Field(sa_type=UtcDateTime)
    codes_salt: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    codes_made_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AccountRequestRow(SQLModel, table=True):
    """What an e-mailed link stands for: a registration to confirm, a password to set anew; used once."""

    __tablename__ = "account_request"

    id: str = Field(primary_key=True, max_length=32)
    purpose: str = Field(max_length=12)
    email_key: str = Field(max_length=254, index=True)
    account_id: str | None = Field(default=None, max_length=32)
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    attempts: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecoveryCodeRow(SQLModel, table=True):
    """One code for the day the second factor is lost, hashed; used once."""

    __tablename__ = "account_recovery_code"

    account_id: str = Field(primary_key=True, foreign_key="account.id", max_length=32)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hashed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class GuessRow(SQLModel, table=True):
    """How often in a row somebody guessed, by a keyed digest of the account or the network."""

    __tablename__ = "account_guess"

    key: str = Field(primary_key=True, max_length=64)
    failures: int
    last_at: datetime = Field(sa_type=UtcDateTime)
    blocked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SessionRow(SQLModel, table=True):
    """One browser that is logged in; the token itself is only in that browser."""

    __tablename__ = "account_session"

    id: str = Field(primary_key=True, max_length=32)
    token_hash: str = Field(unique=True, max_length=64)
    account_id: str = Field(foreign_key="account.id", max_length=32, index=True)
    party_id: str = Field(max_length=32)
    agent: str = Field(max_length=60)
    factors: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    second_due: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
