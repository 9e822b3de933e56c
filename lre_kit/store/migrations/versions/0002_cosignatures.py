"""Cosignatures of witnesses on the log's checkpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_cosignature",
        sa.Column("checkpoint_size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(300), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("cosigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["checkpoint_size"], ["log_checkpoint.size"]),
        sa.PrimaryKeyConstraint("checkpoint_size", "witness"),
    )


def downgrade() -> None:
    op.drop_table("log_cosignature")
