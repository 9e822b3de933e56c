"""Tables of identity proofing: cases, pictures, verdicts, results."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class IdentityCaseRow(SQLModel, table=True):
    """One person's request to be identified, for one purpose.

    What is personal lies in `sealed` and in the content store, under the two keys of the case; without
    the keys nothing of it can be read.
    """

    __tablename__ = "identity_case"
    __table_args__ = (Index("ix_identity_case_queue", "state", "submitted_at"),)

    id: str = Field(primary_key=True, max_length=32)
    party_id: str = Field(max_length=32, index=True)
    purpose: str = Field(max_length=120)
    open_key: str | None = Field(default=None, max_length=160, unique=True)
    state: str = Field(max_length=12)
    language: str = Field(max_length=2)
    consent_wording: str
    title_kind: str | None = Field(default=None, max_length=20)
    challenge: list[str] = Field(sa_column=Column(JSON, nullable=False))
    again: list[str] = Field(sa_column=Column(JSON, nullable=False))
    flags: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    round: int = 1
    uploads: int = 0
    wrapped_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    wrapped_face_key: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    sealed: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    document_hash: str | None = Field(default=None, max_length=64, index=True)
    provider: str | None = Field(default=None, max_length=40)
    claimed_by: str | None = Field(default=None, max_length=64)
    claimed_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str = Field(default="", max_length=1000)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    submitted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    answer_by: datetime | None = Field(default=None, sa_type=UtcDateTime)
    alarm_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    face_erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IdentityMediaRow(SQLModel, table=True):
    """One picture or film of a case; the row outlives what it names, for its digest."""

    __tablename__ = "identity_media"

    id: str = Field(primary_key=True, max_length=32)
    case_id: str = Field(foreign_key="identity_case.id", max_length=32, index=True)
    part: str = Field(max_length=16)
    round: int
    digest: str = Field(max_length=64)
    upload_digest: str = Field(max_length=64, index=True)
    media_type: str = Field(max_length=40)
    size: int
    blob_key: str = Field(max_length=200)
    hints: list[str] = Field(sa_column=Column(JSON, nullable=False))
    added_at: datetime = Field(sa_type=UtcDateTime)
    replaced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    erased_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IdentityVerdictRow(SQLModel, table=True):
    """One operator's verdict; never changed, never removed."""

    __tablename__ = "identity_verdict"
    __table_args__ = (UniqueConstraint("case_id", "round", "operator", name="uq_identity_verdict_operator"),)

    id: str = Field(primary_key=True, max_length=32)
    case_id: str = Field(foreign_key="identity_case.id", max_length=32)
    round: int
    operator: str = Field(max_length=64)
    verdict: str = Field(max_length=12)
    reason: str = Field(max_length=1000)
    checks: dict[str, bool] = Field(sa_column=Column(JSON, nullable=False))
    level: str | None = Field(default=None, max_length=12)
    at: datetime = Field(sa_type=UtcDateTime)


class IdentityProofingRow(SQLModel, table=True):
    """The result of a proofing: attributes, level and how it was done; no picture, no full number."""

    __tablename__ = "identity_proofing"
    __table_args__ = (Index("ix_identity_proofing_party", "party_id", "at"),)

    id: str = Field(primary_key=True, max_length=32)
    party_id: str = Field(max_length=32)
    case_id: str = Field(foreign_key="identity_case.id", max_length=32, unique=True)
    level: str = Field(max_length=12)
    method: str = Field(max_length=40)
    given_names: str = Field(max_length=200)
    family_name: str = Field(max_length=200)
    usage_name: str = Field(max_length=200)
    birth_date: date | None = None
    title_kind: str | None = Field(default=None, max_length=20)
    title_issuer: str | None = Field(default=None, max_length=3)
    title_expiry: date | None = None
    document_last4: str | None = Field(default=None, max_length=4)
    document_hash: str | None = Field(default=None, max_length=64, index=True)
    operators: list[str] = Field(sa_column=Column(JSON, nullable=False))
    evidence_digest: str = Field(max_length=64)
    derogation: str | None = Field(default=None, max_length=60)
    at: datetime = Field(sa_type=UtcDateTime)
    valid_until: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IdentityCaseEventRow(SQLModel, table=True):
    """One act in a case's history; its facts hold no personal datum."""

    __tablename__ = "identity_case_event"
    __table_args__ = (UniqueConstraint("case_id", "seq", name="uq_identity_case_event_seq"),)

    id: str = Field(primary_key=True, max_length=32)
    case_id: str = Field(foreign_key="identity_case.id", max_length=32)
    seq: int
    name: str = Field(max_length=24)
    actor: str = Field(max_length=80)
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_type=UtcDateTime)


class IdentityCallbackRow(SQLModel, table=True):
    """A provider's message that was taken, so that it is taken once."""

    __tablename__ = "identity_callback"

    provider: str = Field(primary_key=True, max_length=40)
    event_id: str = Field(primary_key=True, max_length=100)
    case_id: str = Field(foreign_key="identity_case.id", max_length=32)
    body_digest: str = Field(max_length=64)
    at: datetime = Field(sa_type=UtcDateTime)
