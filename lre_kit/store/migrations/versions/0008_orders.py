"""Orders of identification means, ends of derogations, the latest instant seen."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


TABLES: tuple[str, ...] = (
    "identifier_order",
    "identifier_order_event",
    "identifier_replaced",
    "derogation_notice",
    "high_water",
)
"""Tables in the order in which they may be made; in the other order they may be dropped."""


def upgrade() -> None:
    op.create_table(
        "identifier_order",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("party_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("delivery", sa.String(10), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("open_key", sa.String(60), nullable=True),
        sa.Column("cause", sa.String(100), nullable=False),
        sa.Column("address", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("proofing_id", sa.String(32), nullable=True),
        sa.Column("level", sa.String(12), nullable=True),
        sa.Column("derogation", sa.String(60), nullable=True),
        sa.Column("identifier_id", sa.String(32), nullable=True),
        sa.Column("digest", sa.String(64), nullable=True),
        sa.Column("reference", sa.String(100), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("spool_destroyed_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_key", name="uq_identifier_order_open"),
    )
    op.create_index("ix_identifier_order_party", "identifier_order", ["party_id", "created_at"])
    op.create_index("ix_identifier_order_identifier_id", "identifier_order", ["identifier_id"])
    op.create_table(
        "identifier_order_event",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("order_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["identifier_order.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("order_id", "seq", name="uq_identifier_order_event_seq"),
    )
    op.create_table(
        "identifier_replaced",
        sa.Column("identifier_id", sa.String(32), nullable=False),
        sa.Column("order_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["identifier_order.id"]),
        sa.PrimaryKeyConstraint("identifier_id"),
    )
    op.create_index("ix_identifier_replaced_order_id", "identifier_replaced", ["order_id"])
    op.create_table(
        "derogation_notice",
        sa.Column("derogation", sa.String(60), nullable=False),
        sa.Column("party_id", sa.String(32), nullable=False),
        sa.Column("stage", sa.String(10), nullable=False),
        sa.Column("planned_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("derogation", "party_id", "stage"),
    )
    op.create_table(
        "high_water",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("latest", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
