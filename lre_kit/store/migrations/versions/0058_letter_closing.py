"""Letters by phase and by when their windows close, in one index instead of the phase alone."""

from alembic import op

revision = "0058"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_letter_closing", "letter", ["phase", "window_closes_at"])
    op.drop_index("ix_letter_phase", "letter")


def downgrade() -> None:
    op.create_index("ix_letter_phase", "letter", ["phase"])
    op.drop_index("ix_letter_closing", "letter")
