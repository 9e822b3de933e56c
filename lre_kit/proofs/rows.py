"""Tables of the evidence, of the log that orders it, and of the proofs made from it."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from lre_kit.store.columns import UtcDateTime


class EvidenceRow(SQLModel, table=True):
    """The evidence of one event: canonical record and seal.

    `event_id` and `letter_id` are empty for evidence of what is no letter's, such as a consent.

    `protected` and `signature` are the JAdES parts (base64url); both empty while the seal is
    awaited. `salt` makes the record's commitment in the log mute once it is destroyed.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("event_id", name="uq_evidence_event"),
        Index("ix_evidence_letter", "letter_id", "id"),
        Index(
            "ix_evidence_unsealed",
            "id",
            sqlite_where=text("signature IS NULL"),
            postgresql_where=text("signature IS NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=32)
    event_id: str | None = Field(default=None, foreign_key="event.id", max_length=32)
    letter_id: str | None = Field(default=None, foreign_key="letter.id", max_length=32)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    record: str = Field(sa_column=Column(Text, nullable=False))
    protected: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    signature: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    salt: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class LogEntryRow(SQLModel, table=True):
    """What a sealed record leaves in the log: its commitment, and its place once it has one.

    Apart from the evidence because it is narrow: placing ten thousand records rewrites ten thousand
    short rows, not their records. `log_index` is empty until the sequencer has placed it.
    """

    __tablename__ = "log_entry"
    __table_args__ = (
        UniqueConstraint("log_index", name="uq_log_entry_index"),
        Index(
            "ix_log_entry_waiting",
            "evidence_id",
            sqlite_where=text("log_index IS NULL"),
            postgresql_where=text("log_index IS NULL"),
        ),
    )

    evidence_id: str = Field(primary_key=True, foreign_key="evidence.id", max_length=32)
    recorded_at: datetime = Field(sa_type=UtcDateTime)
    commitment: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    log_index: int | None = Field(default=None)


class TileRow(SQLModel, table=True):
    """One tile of the log: up to 256 hashes of 32 bytes at (level, position).

    Level 0 holds leaf hashes; level n holds the roots of full tiles of level n - 1
    (C2SP tlog-tiles, height 8).
    """

    __tablename__ = "log_tile"

    level: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CheckpointRow(SQLModel, table=True):
    """One signed tree head with its time stamp; `token` is empty while the stamp is awaited.

    `stamp_id` names the token by authority and serial number: no authority may give one twice.
    """

    __tablename__ = "log_checkpoint"
    __table_args__ = (UniqueConstraint("stamp_id", name="uq_checkpoint_stamp"),)

    size: int = Field(primary_key=True)
    root: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    note: str = Field(sa_column=Column(Text, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    token: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    stamp_id: str | None = Field(default=None, max_length=120)
    stamped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    last_error: str | None = Field(default=None)


class CosignatureRow(SQLModel, table=True):
    """One witness's cosignature on a checkpoint, checked before it was kept.

    `witness` is the witness's verifier key, so that the line can be checked for ever, also once the
    settings name other witnesses.
    """

    __tablename__ = "log_cosignature"

    checkpoint_size: int = Field(primary_key=True, foreign_key="log_checkpoint.size")
    witness: str = Field(primary_key=True, max_length=300)
    line: str = Field(sa_column=Column(Text, nullable=False))
    cosigned_at: datetime = Field(sa_type=UtcDateTime)


class RenewalRow(SQLModel, table=True):
    """One renewal of all checkpoints whose newest token is by one certificate.

    `token` is empty while leaves are gathered or the stamp is awaited; one renewal at a time is open
    per `authority`, which names the certificate that ends (as in ``CheckpointRow.stamp_id``).
    """

    __tablename__ = "renewal"
    __table_args__ = (
        UniqueConstraint("stamp_id", name="uq_renewal_stamp"),
        Index(
            "uq_renewal_open",
            "authority",
            unique=True,
            sqlite_where=text("token IS NULL"),
            postgresql_where=text("token IS NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=32)
    authority: str = Field(max_length=32)
    created_at: datetime = Field(sa_type=UtcDateTime)
    size: int = 0
    root: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    token: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    stamp_id: str | None = Field(default=None, max_length=120)
    stamped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RenewalLeafRow(SQLModel, table=True):
    """Where a checkpoint stands in a renewal's tree; `generation` counts its renewals from 1."""

    __tablename__ = "renewal_leaf"
    __table_args__ = (UniqueConstraint("renewal_id", "leaf_index", name="uq_renewal_leaf_index"),)

    checkpoint_size: int = Field(primary_key=True, foreign_key="log_checkpoint.size")
    generation: int = Field(primary_key=True)
    renewal_id: str = Field(foreign_key="renewal.id", max_length=32)
    leaf_index: int


class RenewalTileRow(SQLModel, table=True):
    """One tile of a renewal's tree, in the form of the log's tiles."""

    __tablename__ = "renewal_tile"

    renewal_id: str = Field(primary_key=True, foreign_key="renewal.id", max_length=32)
    level: int = Field(primary_key=True)
    position: int = Field(primary_key=True)
    hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ProofRow(SQLModel, table=True):
    """A rendered proof kept in the content store; losing it loses nothing."""

    __tablename__ = "proof"
    __table_args__ = (UniqueConstraint("letter_id", "kind", "language", name="uq_proof_kind"),)

    id: str = Field(primary_key=True, max_length=32)
    letter_id: str = Field(foreign_key="letter.id", max_length=32)
    kind: str = Field(max_length=20)
    language: str = Field(max_length=2)
    media_type: str = Field(max_length=60)
    size_bytes: int
    digest_hex: str = Field(max_length=64)
    blob_key: str = Field(max_length=200)
    made_at: datetime = Field(sa_type=UtcDateTime)
