"""When a recipient is told that a letter is coming, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("pre_notice_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("letter", sa.Column("pre_notice_state", sa.String(12), nullable=True))
    op.add_column("letter", sa.Column("pre_notice_settled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("letter") as batch:
        batch.drop_column("pre_notice_settled_at")
        batch.drop_column("pre_notice_state")
        batch.drop_column("pre_notice_at")
