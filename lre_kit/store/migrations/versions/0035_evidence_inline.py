"""Evidence stays in its row on PostgreSQL: compressing seals costs more than it saves."""

from alembic import op

revision = "0035"
down_revision = "0025"
branch_labels = None
depends_on = None

TARGET_BYTES = 4096
"""Rows up to here are kept whole; evidence is about half of it (PostgreSQL, ``toast_tuple_target``)."""


def upgrade() -> None:
    """Keep rows of evidence whole."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE evidence SET (toast_tuple_target = {TARGET_BYTES})")


def downgrade() -> None:
    """Compress them again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE evidence RESET (toast_tuple_target)")
