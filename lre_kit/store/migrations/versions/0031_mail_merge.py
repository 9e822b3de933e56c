"""Templates and letterheads; bulk sendings from a template, with files of lines, for others."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0058"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
COLUMNS = ("files", "merge", "paper", "prepared_by", "acting_person", "started_at")


def upgrade() -> None:
    op.create_table(
        "letter_template",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("name_key", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("owner_ref", "name_key", name="uq_letter_template_name"),
    )
    op.create_table(
        "letterhead",
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("signature", sa.String(200), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("owner_ref"),
    )
    op.add_column("bulk", sa.Column("files", sa.JSON(), nullable=True))
    op.add_column("bulk", sa.Column("merge", sa.LargeBinary(), nullable=True))
    op.add_column("bulk", sa.Column("paper", sa.JSON(), nullable=True))
    op.add_column("bulk", sa.Column("prepared_by", sa.String(32), nullable=True))
    op.add_column("bulk", sa.Column("acting_person", sa.String(32), nullable=True))
    op.add_column("bulk", sa.Column("started_at", INSTANT, nullable=True))


def downgrade() -> None:
    for column in COLUMNS:
        op.drop_column("bulk", column)
    op.drop_table("letterhead")
    op.drop_table("letter_template")
