"""Identification means, their history, challenges and authentications."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)


TABLES: tuple[str, ...] = (
    "identifier",
    "identifier_event",
    "paper_code",
    "identifier_challenge",
    "authentication",
    "throttle",
)
"""Tables in the order in which they may be made; in the other order they may be dropped."""


def upgrade() -> None:
    op.create_table(
        "identifier",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("serial", sa.String(20), nullable=False),
        sa.Column("party_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("label", sa.String(100), nullable=False),
        sa.Column("proofing_id", sa.String(32), nullable=True),
        sa.Column("level", sa.String(12), nullable=True),
        sa.Column("derogation", sa.String(60), nullable=True),
        sa.Column("subject_key", sa.String(200), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("replaced_by", sa.String(32), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("activated_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("serial"),
        sa.UniqueConstraint("kind", "subject_key", name="uq_identifier_subject"),
    )
    op.create_index("ix_identifier_party_id", "identifier", ["party_id"])
    op.create_index("ix_identifier_derogation", "identifier", ["derogation", "state"])
    op.create_table(
        "identifier_event",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("identifier_id", sa.String(32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.ForeignKeyConstraint(["identifier_id"], ["identifier.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("identifier_id", "seq", name="uq_identifier_event_seq"),
    )
    op.create_table(
        "paper_code",
        sa.Column("identifier_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("hashed", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["identifier_id"], ["identifier.id"]),
        sa.PrimaryKeyConstraint("identifier_id", "number"),
    )
    op.create_table(
        "identifier_challenge",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("party_id", sa.String(32), nullable=True),
        sa.Column("identifier_id", sa.String(32), nullable=True),
        sa.Column("means", sa.String(40), nullable=False),
        sa.Column("purpose", sa.String(120), nullable=False),
        sa.Column("binding", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_identifier_challenge_party_id", "identifier_challenge", ["party_id"])
    op.create_index("ix_identifier_challenge_identifier_id", "identifier_challenge", ["identifier_id"])
    op.create_table(
        "authentication",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("party_id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(120), nullable=False),
        sa.Column("means", sa.String(40), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("dynamic", sa.Boolean(), nullable=False),
        sa.Column("identifier_id", sa.String(32), nullable=True),
        sa.Column("vouched", sa.String(12), nullable=True),
        sa.Column("derogation", sa.String(60), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_authentication_party", "authentication", ["party_id", "at"])
    op.create_table(
        "throttle",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("blocked_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)
