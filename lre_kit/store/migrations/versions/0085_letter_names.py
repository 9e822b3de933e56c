"""Who deposited a letter, and to whom it went in any spelling, is found without reading all letters."""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0071"
branch_labels = None
depends_on = None

IS_NAMED = sa.text("deposited_by IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_letter_deposited_by",
        "letter",
        ["deposited_by"],
        sqlite_where=IS_NAMED,
        postgresql_where=IS_NAMED,
    )
    op.create_index("ix_letter_recipient_folded", "letter", [sa.text("lower(recipient_email)")])


def downgrade() -> None:
    op.drop_index("ix_letter_recipient_folded", "letter")
    op.drop_index("ix_letter_deposited_by", "letter")
