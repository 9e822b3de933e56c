"""What senders want to be told of by mail, and what they will be told next."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0060"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "news_wish",
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("paces", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("owner_ref"),
    )
    op.create_table(
        "news_item",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.Column("what", sa.String(60), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("is_daily", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_news_item_owner_ref", "news_item", ["owner_ref"])


def downgrade() -> None:
    for table in ("news_item", "news_wish"):
        op.drop_table(table)
