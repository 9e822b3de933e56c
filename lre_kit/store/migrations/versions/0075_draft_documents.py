"""Documents that are kept with letters somebody began to write."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_draft_document",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("draft_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(150), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["letter_draft.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_letter_draft_document_draft_id", "letter_draft_document", ["draft_id"])


def downgrade() -> None:
    op.drop_table("letter_draft_document")
