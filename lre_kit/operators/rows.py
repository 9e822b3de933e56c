"""Tables of operators: accounts, sessions, the journal of their acts, acts that wait for a second one."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class OperatorRow(SQLModel, table=True):
    """Who may sign in to the console, with which roles; never deleted, since the journal names them."""

    __tablename__ = "operator"

    id: str = Field(primary_key=True, max_length=32)
    name: str = Field(unique=True, max_length=40)
    roles: list[str] = Field(sa_column=Column(JSON, nullable=False))
    state: str = Field(max_length=12)
    password_hash: str = Field(max_length=200)
    password_is_first: bool
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """Secret of the codes, encrypted under a key derived from the office's pepper."""
    next_step: int
    """Least time step whose code is still taken: each is used at most once."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_sign_in_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OperatorSessionRow(SQLModel, table=True):
    """An operator at work; the token itself is only in their console."""

    __tablename__ = "operator_session"

    id: str = Field(primary_key=True, max_length=32)
    token_hash: str = Field(unique=True, max_length=64)
    operator_id: str = Field(foreign_key="operator.id", max_length=32, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OperatorActRow(SQLModel, table=True):
    """One act of an operator: written before it is carried out, and again with what became of it."""

    __tablename__ = "operator_act"
    __table_args__ = (Index("ix_operator_act_subject", "subject", "id"),)

    id: str = Field(primary_key=True, max_length=32)
    act: str = Field(max_length=40)
    subject: str = Field(max_length=160)
    label: str = Field(max_length=160)
    operator: str = Field(max_length=100)
    second: str = Field(max_length=100)
    reason: str = Field(max_length=500)
    outcome: str = Field(max_length=12)
    error: str = Field(max_length=60)
    at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    evidence_id: str = Field(foreign_key="evidence.id", unique=True, max_length=32)
    end_evidence_id: str | None = Field(default=None, foreign_key="evidence.id", unique=True, max_length=32)


class TwoPeopleRow(SQLModel, table=True):
    """An act that takes two; one of a kind is open per subject (`open_key`)."""

    __tablename__ = "two_people"
    __table_args__ = (UniqueConstraint("open_key", name="uq_two_people_open"),)

    id: str = Field(primary_key=True, max_length=32)
    act: str = Field(max_length=40)
    subject: str = Field(max_length=160)
    label: str = Field(max_length=160)
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = Field(max_length=500)
    proposed_by: str = Field(max_length=40)
    proposed_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    state: str = Field(max_length=12)
    open_key: str | None = Field(default=None, max_length=210)
    decided_by: str = Field(max_length=40)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    decision_reason: str = Field(max_length=500)


class OperatorBulkRow(SQLModel, table=True):
    """An act on many things: the list as it was frozen, and how far it has come."""

    __tablename__ = "operator_bulk"

    id: str = Field(primary_key=True, max_length=32)
    act: str = Field(max_length=40)
    view: str = Field(max_length=20)
    filter_text: str = Field(max_length=200)
    """Emptied once it is over: it may name people."""
    total: int
    digest: str = Field(max_length=64)
    """SHA-256 of the ids in the list's order, one a line."""
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = Field(max_length=500)
    operator: str = Field(max_length=100)
    is_local: bool
    second: str = Field(max_length=100)
    state: str = Field(max_length=12)
    round: int
    act_id: str | None = Field(default=None, max_length=32)
    at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OperatorBulkItemRow(SQLModel, table=True):
    """One thing of an act on many."""

    __tablename__ = "operator_bulk_item"

    bulk_id: str = Field(primary_key=True, foreign_key="operator_bulk.id", max_length=32)
    place: int = Field(primary_key=True)
    subject: str = Field(max_length=160)
    state: str = Field(max_length=12)
    error: str = Field(max_length=60)


class OperatorFilterRow(SQLModel, table=True):
    """A filter an operator keeps for a screen."""

    __tablename__ = "operator_filter"
    __table_args__ = (UniqueConstraint("operator", "view", "name", name="uq_operator_filter"),)

    id: str = Field(primary_key=True, max_length=32)
    operator: str = Field(max_length=100)
    view: str = Field(max_length=20)
    name: str = Field(max_length=60)
    text: str = Field(max_length=200)
