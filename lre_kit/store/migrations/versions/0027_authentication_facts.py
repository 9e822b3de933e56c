"""What an authentication relied on is kept with it: revocation lists, a responder's answer."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("authentication", sa.Column("facts", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column("authentication", "facts")
