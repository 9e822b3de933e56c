"""Tables of identification means and of the challenges made with them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
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


class IdentifierRow(SQLModel, table=True):
    """One identification means of one person: paper codes, a seed, a security key, a certificate, an eID."""

    __tablename__ = "identifier"
    __table_args__ = (
        UniqueConstraint("kind", "subject_key", name="uq_identifier_subject"),
        Index("ix_identifier_derogation", "derogation", "state"),
    )

    id: str = Field(primary_key=True, max_length=32)
    serial: str = Field(unique=True, max_length=20)
    party_id: str = Field(max_length=32, index=True)
    kind: str = Field(max_length=20)
    state: str = Field(max_length=12)
    label: str = Field(max_length=100)
    proofing_id: str | None = Field(default=None, max_length=32)
    level: str | None = Field(default=None, max_length=12)
    derogation: str | None = Field(default=None, max_length=60)
    subject_key: str | None = Field(default=None, max_length=200)
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    counter: int = 0
    failures: int = 0
    replaced_by: str | None = Field(default=None, max_length=32)
    created_at: datetime = Field(sa_type=UtcDateTime)
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IdentifierEventRow(SQLModel, table=True):
    """One act in an identifier's history."""

    __tablename__ = "identifier_event"
    __table_args__ = (UniqueConstraint("identifier_id", "seq", name="uq_identifier_event_seq"),)

    id: str = Field(primary_key=True, max_length=32)
    identifier_id: str = Field(foreign_key="identifier.id", max_length=32)
    seq: int
    name: str = Field(max_length=20)
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    actor: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = Field(max_length=500)


class PaperCodeRow(SQLModel, table=True):
    """One numbered code of a sheet, hashed; used at most once."""

    __tablename__ = "paper_code"

    identifier_id: str = Field(primary_key=True, foreign_key="identifier.id", max_length=32)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    hashed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    used_mark: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))


class ChallengeRow(SQLModel, table=True):
    """A question put to one person for one act: which code, which nonce; answered at most once."""

    __tablename__ = "identifier_challenge"

    id: str = Field(primary_key=True, max_length=32)
    party_id: str | None = Field(default=None, max_length=32, index=True)
    identifier_id: str | None = Field(default=None, max_length=32, index=True)
    means: str = Field(max_length=40)
    purpose: str = Field(max_length=120)
    binding: str = Field(max_length=64)
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    attempts: int = 0
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AuthenticationRow(SQLModel, table=True):
    """One factor that was shown by a person for a purpose: the trail behind what evidence says."""

    __tablename__ = "authentication"
    __table_args__ = (Index("ix_authentication_party", "party_id", "at"),)

    id: str = Field(primary_key=True, max_length=32)
    party_id: str = Field(max_length=32)
    purpose: str = Field(max_length=120)
    means: str = Field(max_length=40)
    categories: list[str] = Field(sa_column=Column(JSON, nullable=False))
    dynamic: bool
    identifier_id: str | None = Field(default=None, max_length=32)
    vouched: str | None = Field(default=None, max_length=12)
    derogation: str | None = Field(default=None, max_length=60)
    at: datetime = Field(sa_type=UtcDateTime)
    facts: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )


class ThrottleRow(SQLModel, table=True):
    """How often something was tried lately, by a keyed digest of who tries or what is tried."""

    __tablename__ = "throttle"

    key: str = Field(primary_key=True, max_length=64)
    failures: int
    since: datetime = Field(sa_type=UtcDateTime)
    blocked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
