"""Tables of persons and organisations, their addresses, members and mandates."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class PartyRow(SQLModel, table=True):
    """A natural person or an organisation the office knows, as it stands now."""

    __tablename__ = "party"

    id: str = Field(primary_key=True, max_length=32)
    kind: str = Field(max_length=16)
    capacity: str = Field(max_length=16)
    capacity_basis: str = Field(default="", max_length=200)
    external_id: str | None = Field(default=None, max_length=200, unique=True)
    given_names: str = ""
    family_name: str = ""
    usage_name: str = ""
    legal_name: str = ""
    registration: str = Field(default="", max_length=40)
    birth_date: date | None = None
    language: str = Field(default="fr", max_length=2)
    search_key: str = ""
    version: int = 1
    merged_into: str | None = Field(default=None, max_length=32, index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class PartyEmailRow(SQLModel, table=True):
    """One e-mail address of a party; `verified_key` lets one party only have it verified."""

    __tablename__ = "party_email"
    __table_args__ = (UniqueConstraint("party_id", "key", name="uq_party_email"),)

    id: str = Field(primary_key=True, max_length=32)
    party_id: str = Field(foreign_key="party.id", max_length=32)
    address: str
    key: str = Field(max_length=254)
    verified_key: str | None = Field(default=None, max_length=254, unique=True)
    verified_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    is_primary: bool = False


class PartyAddressRow(SQLModel, table=True):
    """One postal address of a party and the time it stood; the present one has no end."""

    __tablename__ = "party_address"
    __table_args__ = (Index("ix_party_address_party", "party_id", "valid_until"),)

    id: str = Field(primary_key=True, max_length=32)
    party_id: str = Field(foreign_key="party.id", max_length=32)
    lines: list[str] = Field(sa_column=Column(JSON, nullable=False))
    country: str = Field(max_length=2)
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MembershipRow(SQLModel, table=True):
    """One person's role in one organisation, and the time it stood."""

    __tablename__ = "membership"
    __table_args__ = (Index("ix_membership_organisation", "organisation_id", "person_id"),)

    id: str = Field(primary_key=True, max_length=32)
    organisation_id: str = Field(foreign_key="party.id", max_length=32)
    person_id: str = Field(foreign_key="party.id", max_length=32, index=True)
    role: str = Field(max_length=16)
    valid_from: datetime = Field(sa_type=UtcDateTime)
    valid_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MandateRow(SQLModel, table=True):
    """A grantor's mandate for a delegate (mandataire); days are legal days, the last one included."""

    __tablename__ = "mandate"
    __table_args__ = (Index("ix_mandate_pair", "delegate_id", "grantor_id"),)

    id: str = Field(primary_key=True, max_length=32)
    grantor_id: str = Field(foreign_key="party.id", max_length=32)
    delegate_id: str = Field(foreign_key="party.id", max_length=32)
    scope: list[str] = Field(sa_column=Column(JSON, nullable=False))
    valid_from: date
    valid_until: date | None = None
    reference: str = Field(max_length=200)
    granted_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PartyChangeRow(SQLModel, table=True):
    """One change of a party, with what stood before and after."""

    __tablename__ = "party_change"
    __table_args__ = (UniqueConstraint("party_id", "seq", name="uq_party_change"),)

    id: str = Field(primary_key=True, max_length=32)
    party_id: str = Field(foreign_key="party.id", max_length=32)
    seq: int
    name: str = Field(max_length=24)
    occurred_at: datetime = Field(sa_type=UtcDateTime)
    actor: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = Field(max_length=500)
    before: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    after: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
