"""Status of services, incidents and maintenance, and announcements."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0053"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "status_span",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("service", sa.String(12), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("probes", sa.Integer(), nullable=False),
        sa.Column("failure", sa.String(60), nullable=False),
        sa.Column("evidence_id", sa.String(32), nullable=True),
        sa.ForeignKeyConstraint(["evidence_id"], ["evidence.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("evidence_id"),
    )
    op.create_index("ix_status_span_service", "status_span", ["service", "began_at"])
    op.create_index("ix_status_span_state", "status_span", ["state", "began_at"])
    op.create_table(
        "status_notice",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("services", sa.String(120), nullable=False),
        sa.Column("title_fr", sa.String(200), nullable=False),
        sa.Column("title_en", sa.String(200), nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_status_notice_begins_at", "status_notice", ["begins_at"])
    op.create_table(
        "status_update",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("notice_id", sa.String(32), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("text_fr", sa.String(2000), nullable=False),
        sa.Column("text_en", sa.String(2000), nullable=False),
        sa.ForeignKeyConstraint(["notice_id"], ["status_notice.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_status_update_notice_id", "status_update", ["notice_id"])
    op.create_table(
        "announcement",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("places", sa.String(80), nullable=False),
        sa.Column("text_fr", sa.String(2000), nullable=False),
        sa.Column("text_en", sa.String(2000), nullable=False),
        sa.Column("begins_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("by", sa.String(100), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_announcement_ends_at", "announcement", ["ends_at"])


def downgrade() -> None:
    op.drop_table("announcement")
    op.drop_table("status_update")
    op.drop_table("status_notice")
    op.drop_table("status_span")
