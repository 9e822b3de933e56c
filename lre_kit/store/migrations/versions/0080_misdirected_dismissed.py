"""What readers say of letters that are not for them can be dismissed by operators."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0076"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letter_misdirected", sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("letter_misdirected", "dismissed_at")
