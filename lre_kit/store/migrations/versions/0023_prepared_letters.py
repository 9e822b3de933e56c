"""Letters that members of an organisation prepare, and that wait for a signature."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0020"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "prepared_letter",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organisation_id", sa.String(32), nullable=False),
        sa.Column("prepared_by", sa.String(32), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("documents", sa.JSON(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by", sa.String(32), nullable=True),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["party.id"]),
        sa.ForeignKeyConstraint(["prepared_by"], ["party.id"]),
        sa.ForeignKeyConstraint(["ended_by"], ["party.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_prepared_waiting", "prepared_letter", ["organisation_id", "state", "id"])
    op.create_index("ix_prepared_letter_prepared_by", "prepared_letter", ["prepared_by"])


def downgrade() -> None:
    op.drop_table("prepared_letter")
