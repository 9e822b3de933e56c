"""By what a code of a sheet that was used is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("paper_code", sa.Column("used_mark", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("paper_code", "used_mark")
