"""The post room: postings, batches, what carriers say, pictures, ranges of item numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

TABLES: tuple[str, ...] = ("letter_post", "post_batch", "post_item", "post_news", "post_file", "post_range")
"""Tables in the order in which they may be made; in the other order they may be dropped."""


def upgrade() -> None:
    op.create_table(
        "letter_post",
        sa.Column("letter_id", sa.String(32), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"]),
        sa.PrimaryKeyConstraint("letter_id"),
    )
    op.create_table(
        "post_batch",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("open_key", sa.String(12), nullable=True),
        sa.Column("provider", sa.String(40), nullable=False),
        sa.Column("reference", sa.String(100), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("manifest_digest", sa.String(64), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("handed_over_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("open_key", name="uq_post_batch_open"),
    )
    op.create_index("ix_post_batch_state", "post_batch", ["state"])
    op.create_table(
        "post_item",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("letter_id", sa.String(32), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.String(12), nullable=False),
        sa.Column("item_number", sa.String(20), nullable=True),
        sa.Column("batch_id", sa.String(32), nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("reprints", sa.Integer(), nullable=False),
        sa.Column("print_key", sa.String(200), nullable=False),
        sa.Column("print_digest", sa.String(64), nullable=False),
        sa.Column("print_bytes", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("handed_over_at", INSTANT, nullable=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("last_code", sa.String(40), nullable=False),
        sa.Column("news_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(20), nullable=True),
        sa.Column("outcome_at", INSTANT, nullable=True),
        sa.Column("missing_at", INSTANT, nullable=True),
        sa.Column("error", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("item_number", name="uq_post_item_number"),
        sa.UniqueConstraint("letter_id", "attempt", name="uq_post_item_attempt"),
    )
    op.create_index("ix_post_item_batch", "post_item", ["batch_id", "position"])
    op.create_index("ix_post_item_state", "post_item", ["state", "handed_over_at"])
    op.create_table(
        "post_news",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("raw_code", sa.String(40), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("happened_at", INSTANT, nullable=True),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("digest_hex", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["post_item.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("item_id", "digest_hex", name="uq_post_news"),
    )
    op.create_table(
        "post_file",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("item_id", sa.String(32), nullable=False),
        sa.Column("letter_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("media_type", sa.String(100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("digest_hex", sa.String(64), nullable=False),
        sa.Column("blob_key", sa.String(200), nullable=False),
        sa.Column("comparison", sa.String(12), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["post_item.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("item_id", "kind", "digest_hex", name="uq_post_file"),
    )
    op.create_index("ix_post_file_letter_id", "post_file", ["letter_id"])
    op.create_table(
        "post_range",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("service", sa.String(2), nullable=False),
        sa.Column("country", sa.String(2), nullable=False),
        sa.Column("first_serial", sa.Integer(), nullable=False),
        sa.Column("last_serial", sa.Integer(), nullable=False),
        sa.Column("next_serial", sa.Integer(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("service", "country", "first_serial", name="uq_post_range"),
    )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
