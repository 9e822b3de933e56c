"""Documents that come over the API in parts."""

import sqlalchemy as sa
from alembic import op

from lre_kit.store.columns import UtcDateTime

revision = "0071"
down_revision = "0065"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_upload",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("length", sa.BigInteger, nullable=False),
        sa.Column("received", sa.BigInteger, nullable=False),
        sa.Column("parts", sa.Integer, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )
    op.create_index("ix_api_upload_owner", "api_upload", ["owner_ref"])
    op.create_index("ix_api_upload_expires", "api_upload", ["expires_at"])
    op.create_table(
        "api_upload_part",
        sa.Column("upload_id", sa.String(32), sa.ForeignKey("api_upload.id"), primary_key=True),
        sa.Column("seq", sa.Integer, primary_key=True),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("blob_key", sa.String(200), nullable=False, unique=True),
    )


def downgrade() -> None:
    op.drop_table("api_upload_part")
    op.drop_table("api_upload")
