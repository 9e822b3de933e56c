"""Keys of the API whose holder shows access tokens of another authorization server."""

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("issuer", sa.String(300), nullable=True))
    op.add_column("api_key", sa.Column("client_id", sa.String(255), nullable=True))
    op.create_index("ix_api_key_client", "api_key", ["client_id", "issuer"])


def downgrade() -> None:
    op.drop_index("ix_api_key_client", "api_key")
    op.drop_column("api_key", "client_id")
    op.drop_column("api_key", "issuer")
