"""Consents and their journal; evidence of what is no letter's; in which capacity one is addressed."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
TABLES = ("consent", "consent_event", "consent_scan", "consent_code")
LETTERS_OWN = ("event_id", "letter_id")


def upgrade() -> None:
    _evidence_of_letters_only(required=False)
    op.add_column(
        "letter", sa.Column("recipient_capacity", sa.String(16), nullable=False, server_default="consumer")
    )
    op.add_column("letter", sa.Column("capacity_basis", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "consent",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("sender_ref", sa.String(200), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("sender_email", sa.String(), nullable=False),
        sa.Column("recipient_key", sa.String(320), nullable=False),
        sa.Column("recipient_name", sa.String(), nullable=False),
        sa.Column("recipient_email", sa.String(), nullable=False),
        sa.Column("regime", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("channel", sa.String(8), nullable=False),
        sa.Column("phone", sa.String(20), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("wording", sa.String(40), nullable=False),
        sa.Column("wording_digest", sa.String(64), nullable=False),
        sa.Column("evidence_id", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sender_ref", "recipient_key", "regime", name="uq_consent_holder"),
    )
    op.create_index("ix_consent_list", "consent", ["sender_ref", "id"])
    op.create_index("ix_consent_recipient", "consent", ["recipient_key"])
    op.create_table(
        "consent_event",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("consent_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("evidence_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"]),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("consent_id", "seq", name="uq_consent_event_seq"),
    )
    op.create_table(
        "consent_scan",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("consent_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("digest_hex", sa.String(64), nullable=False),
        sa.Column("blob_key", sa.String(200), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("kept_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_consent_scan_consent_id", "consent_scan", ["consent_id"])
    op.create_table(
        "consent_code",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("consent_id", sa.String(32), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("hashed", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["consent_id"], ["consent.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_consent_code_consent_id", "consent_code", ["consent_id"])


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
    for column in ("capacity_basis", "recipient_capacity"):
        op.drop_column("letter", column)
    _evidence_of_letters_only(required=True)


def _evidence_of_letters_only(*, required: bool) -> None:
    """Let evidence be of no letter, or ask for one.

    SQLite cannot change a column, and copying the table would break what refers to it. That a column may
    be empty is no matter of how rows are stored, so the table's own text is changed, which SQLite allows
    for exactly this (https://www.sqlite.org/lang_altertable.html, "simpler and faster procedure").
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        for column in LETTERS_OWN:
            op.alter_column("evidence", column, existing_type=sa.String(32), nullable=not required)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    (written,) = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE name = 'evidence'").one()
    for column in LETTERS_OWN:
        strict, free = f"{column} VARCHAR(32) NOT NULL", f"{column} VARCHAR(32)"
        written = written.replace(free, strict) if required else written.replace(strict, free)
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    connection.exec_driver_sql("UPDATE sqlite_schema SET sql = ? WHERE name = 'evidence'", (written,))
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
