"""Operators' acts on many things, and the filters they keep."""

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0024"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "operator_bulk",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("view", sa.String(20), nullable=False),
        sa.Column("filter_text", sa.String(200), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("operator", sa.String(100), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("second", sa.String(100), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("act_id", sa.String(32), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "operator_bulk_item",
        sa.Column("bulk_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("error", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(["bulk_id"], ["operator_bulk.id"]),
        sa.PrimaryKeyConstraint("bulk_id", "place"),
    )
    op.create_table(
        "operator_filter",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("operator", sa.String(100), nullable=False),
        sa.Column("view", sa.String(20), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("text", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("operator", "view", "name", name="uq_operator_filter"),
    )


def downgrade() -> None:
    for table in ("operator_filter", "operator_bulk_item", "operator_bulk"):
        op.drop_table(table)
