"""Accounts that their owners closed."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "closed_at")
