"""Tables of address books."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class ContactRow(SQLModel, table=True):
    """One entry of an address book."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_name", "owner_ref", "name_key", "id"),
        Index("ix_contact_email", "owner_ref", "email_key"),
    )

    id: str = Field(primary_key=True, max_length=32)
    owner_ref: str = Field(max_length=200)
    """Whose book it stands in: a sender's reference, or an organisation's id."""
    name: str = Field(max_length=200)
    name_key: str = Field(max_length=600)
    """The name without case and accents: lists are in its order, twins share it."""
    email: str = Field(max_length=254)
    email_key: str = Field(max_length=600)
    """What the spellings of one mailbox share (`lre_kit.parties.emails.key_of`)."""
    postal: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    capacity: str = Field(max_length=16)
    capacity_basis: str = Field(max_length=200)
    language: str = Field(max_length=2)
    reference: str = Field(max_length=100)
    version: int
    """Grows with each change: who changes says which one they looked at."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class ContactGroupRow(SQLModel, table=True):
    """A named list of entries, to send to."""

    __tablename__ = "contact_group"
    __table_args__ = (UniqueConstraint("owner_ref", "name_key", name="uq_contact_group_name"),)

    id: str = Field(primary_key=True, max_length=32)
    owner_ref: str = Field(max_length=200)
    name: str = Field(max_length=100)
    name_key: str = Field(max_length=300)


class ContactMemberRow(SQLModel, table=True):
    """An entry's place in a group."""

    __tablename__ = "contact_member"
    __table_args__ = (Index("ix_contact_member_contact", "contact_id"),)

    group_id: str = Field(primary_key=True, foreign_key="contact_group.id", max_length=32)
    contact_id: str = Field(primary_key=True, foreign_key="contact.id", max_length=32)
