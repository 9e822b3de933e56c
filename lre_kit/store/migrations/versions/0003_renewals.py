"""Renewals of time stamps: their tokens, the trees these cover, where each checkpoint stands."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "renewal",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("authority", sa.String(32), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=True),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("stamp_id", sa.String(120), nullable=True),
        sa.Column("stamped_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("stamp_id", name="uq_renewal_stamp"),
    )
    op.create_index(
        "uq_renewal_open",
        "renewal",
        ["authority"],
        unique=True,
        sqlite_where=sa.text("token IS NULL"),
        postgresql_where=sa.text("token IS NULL"),
    )
    op.create_table(
        "renewal_leaf",
        sa.Column("checkpoint_size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("renewal_id", sa.String(32), nullable=False),
        sa.Column("leaf_index", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["checkpoint_size"], ["log_checkpoint.size"]),
        sa.ForeignKeyConstraint(["renewal_id"], ["renewal.id"]),
        sa.PrimaryKeyConstraint("checkpoint_size", "generation"),
        sa.UniqueConstraint("renewal_id", "leaf_index", name="uq_renewal_leaf_index"),
    )
    op.create_table(
        "renewal_tile",
        sa.Column("renewal_id", sa.String(32), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["renewal_id"], ["renewal.id"]),
        sa.PrimaryKeyConstraint("renewal_id", "level", "position"),
    )


def downgrade() -> None:
    for name in ("renewal_tile", "renewal_leaf", "renewal"):
        op.drop_table(name)
