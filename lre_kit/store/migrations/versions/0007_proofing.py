"""Identity proofings and the cases they are decided in."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


TABLES: tuple[str, ...] = (
    "identity_case",
    "identity_media",
    "identity_verdict",
    "identity_proofing",
    "identity_case_event",
    "identity_callback",
)
"""Tables in the order in which they may be made; in the other order they may be dropped."""


def upgrade() -> None:
    op.create_table(
        "identity_case",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("party_id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(120), nullable=False),
        sa.Column("open_key", sa.String(160), nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("consent_wording", sa.String(), nullable=False),
        sa.Column("title_kind", sa.String(20), nullable=True),
        sa.Column("challenge", sa.JSON(), nullable=False),
        sa.Column("again", sa.JSON(), nullable=False),
        sa.Column("flags", sa.JSON(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("wrapped_face_key", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("document_hash", sa.String(64), nullable=True),
        sa.Column("provider", sa.String(40), nullable=True),
        sa.Column("claimed_by", sa.String(64), nullable=True),
        sa.Column("claimed_until", INSTANT, nullable=True),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=True),
        sa.Column("answer_by", INSTANT, nullable=True),
        sa.Column("alarm_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("face_erased_at", INSTANT, nullable=True),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_key"),
    )
    op.create_index("ix_identity_case_document_hash", "identity_case", ["document_hash"])
    op.create_index("ix_identity_case_party_id", "identity_case", ["party_id"])
    op.create_index("ix_identity_case_queue", "identity_case", ["state", "submitted_at"])
    op.create_table(
        "identity_media",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("upload_digest", sa.String(64), nullable=False),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("blob_key", sa.String(200), nullable=False),
        sa.Column("hints", sa.JSON(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("replaced_at", INSTANT, nullable=True),
        sa.Column("erased_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["identity_case.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_identity_media_case_id", "identity_media", ["case_id"])
    op.create_index("ix_identity_media_upload_digest", "identity_media", ["upload_digest"])
    op.create_table(
        "identity_verdict",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("reason", sa.String(1000), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("level", sa.String(12), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["identity_case.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "round", "operator", name="uq_identity_verdict_operator"),
    )
    op.create_table(
        "identity_proofing",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("party_id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("given_names", sa.String(200), nullable=False),
        sa.Column("family_name", sa.String(200), nullable=False),
        sa.Column("usage_name", sa.String(200), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("title_kind", sa.String(20), nullable=True),
        sa.Column("title_issuer", sa.String(3), nullable=True),
        sa.Column("title_expiry", sa.Date(), nullable=True),
        sa.Column("document_last4", sa.String(4), nullable=True),
        sa.Column("document_hash", sa.String(64), nullable=True),
        sa.Column("operators", sa.JSON(), nullable=False),
        sa.Column("evidence_digest", sa.String(64), nullable=False),
        sa.Column("derogation", sa.String(60), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("valid_until", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["identity_case.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id"),
    )
    op.create_index("ix_identity_proofing_document_hash", "identity_proofing", ["document_hash"])
    op.create_index("ix_identity_proofing_party", "identity_proofing", ["party_id", "at"])
    op.create_table(
        "identity_case_event",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(24), nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["identity_case.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "seq", name="uq_identity_case_event_seq"),
    )
    op.create_table(
        "identity_callback",
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("event_id", sa.String(100), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("body_digest", sa.String(64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["identity_case.id"]),
        sa.PrimaryKeyConstraint("provider", "event_id"),
    )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
