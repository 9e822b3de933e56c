"""The mark of a sandbox, its clock, and the mail it caught."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0030"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sandbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("machine_at", INSTANT, nullable=False),
        sa.Column("office_at", INSTANT, nullable=False),
        sa.Column("day_lasts_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "sandbox_mail",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("message_id", sa.String(200), nullable=False),
        sa.Column("letter_id", sa.String(32), nullable=True),
        sa.Column("recipient", sa.String(320), nullable=False),
        sa.Column("return_path", sa.String(320), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.Column("caught_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id"),
    )
    op.create_index("ix_sandbox_mail_letter", "sandbox_mail", ["letter_id", "id"])
    op.create_index("ix_sandbox_mail_recipient", "sandbox_mail", ["recipient", "id"])


def downgrade() -> None:
    op.drop_table("sandbox_mail")
    op.drop_table("sandbox")
