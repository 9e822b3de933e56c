"""Tables of webhooks: endpoints, their secrets, deliveries and each try of them."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class WebhookEndpointRow(SQLModel, table=True):
    """One endpoint of a sender."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (Index("ix_webhook_endpoint_sender", "sender_ref", "state"),)

    id: str = Field(primary_key=True, max_length=8)
    """Eight hexadecimal digits: the last of each of its deliveries' ids."""
    sender_ref: str = Field(max_length=200)
    owner_name: str
    owner_email: str
    language: str = Field(max_length=2)
    url: str
    description: str = Field(default="", max_length=200)
    types: str = Field(default="")
    """Types wanted, a blank before and after each; empty: all."""
    state: str = Field(max_length=12)
    made_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_why: str | None = Field(default=None, max_length=12)
    last_success_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = 0
    resting_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    replays: int = 0
    """Replays asked for so far: what makes each one's deliveries its own."""


class WebhookSecretRow(SQLModel, table=True):
    """One secret of an endpoint, wrapped by the office's key-encryption key."""

    __tablename__ = "webhook_secret"

    id: str = Field(primary_key=True, max_length=32)
    endpoint_id: str = Field(foreign_key="webhook_endpoint.id", max_length=8, index=True)
    wrapped_secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    wrapped_seed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    public_key: str = Field(max_length=60)
    made_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Until when it signs; none for the present one."""


class WebhookDeliveryRow(SQLModel, table=True):
    """One event for one endpoint; written in the transaction of the act."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index("ix_webhook_delivery_order", "endpoint_id", "letter_id", "state"),
        Index("ix_webhook_delivery_list", "endpoint_id", "id"),
    )

    id: str = Field(primary_key=True, max_length=32)
    endpoint_id: str = Field(foreign_key="webhook_endpoint.id", max_length=8)
    message_id: str = Field(max_length=32)
    letter_id: str | None = Field(default=None, foreign_key="letter.id", max_length=32)
    seq: int = 0
    replay: int = 0
    """Which replay of the endpoint it belongs to; 0: none."""
    type: str = Field(max_length=40)
    state: str = Field(max_length=12)
    attempts: int = 0
    made_at: datetime = Field(sa_type=UtcDateTime)
    first_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    next_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WebhookAttemptRow(SQLModel, table=True):
    """One try of a delivery."""

    __tablename__ = "webhook_attempt"

    delivery_id: str = Field(primary_key=True, foreign_key="webhook_delivery.id", max_length=32)
    number: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    status: int | None = None
    failure: str = Field(default="", max_length=12)
    took_ms: int
