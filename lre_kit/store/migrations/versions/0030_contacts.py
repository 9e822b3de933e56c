"""Address books of senders, and their sending groups."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0057"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_key", sa.String(600), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.String(600), nullable=False),
        sa.Column("postal", sa.JSON(), nullable=True),
        sa.Column("capacity", sa.String(16), nullable=False),
        sa.Column("capacity_basis", sa.String(200), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("reference", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_contact_name", "contact", ["owner_ref", "name_key", "id"])
    op.create_index("ix_contact_email", "contact", ["owner_ref", "email_key"])
    op.create_table(
        "contact_group",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_ref", "name_key", name="uq_contact_group_name"),
    )
    op.create_table(
        "contact_member",
        sa.Column("group_id", sa.String(32), nullable=False),
        sa.Column("contact_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["contact_group.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.PrimaryKeyConstraint("group_id", "contact_id"),
    )
    op.create_index("ix_contact_member_contact", "contact_member", ["contact_id"])


def downgrade() -> None:
    op.drop_table("contact_member")
    op.drop_table("contact_group")
    op.drop_table("contact")
