"""The sender's own reference of a letter, and when its notice leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter", sa.Column("reference", sa.String(100), nullable=False, server_default=""))
    op.add_column("letter", sa.Column("notify_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("letter") as batch:
        batch.drop_column("notify_at")
        batch.drop_column("reference")
