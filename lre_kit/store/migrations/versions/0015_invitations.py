"""Invitations to roles and mandates, and who deposited a letter for another."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)

TABLES: tuple[str, ...] = ("invitation",)
"""Tables in the order in which they may be made; in the other order they may be dropped."""


def upgrade() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("grantor_id", sa.String(32), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("email_key", sa.String(254), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["grantor_id"], ["party.id"]),
    )
    op.create_index("ix_invitation_grantor_id", "invitation", ["grantor_id"])
    op.create_index("ix_invitation_email_key", "invitation", ["email_key"])
    op.add_column("letter", sa.Column("deposited_by", sa.String(32), nullable=True))
    _make_keys_anew(op.get_bind())


def _make_keys_anew(connection: sa.Connection) -> None:
    """Look accounts up by what the spellings of one mailbox share; where two are one, the older one is it."""
    from lre_kit.parties.emails import key_of

    account = sa.table("account", sa.column("id"), sa.column("email"), sa.column("email_key"))
    rows = connection.execute(sa.select(account).order_by(account.c.id)).all()
    taken = {row.email_key for row in rows}
    for row in rows:
        fresh = key_of(row.email)[:254]
        if fresh not in taken:
            taken.add(fresh)
            values = sa.update(account).where(account.c.id == row.id).values(email_key=fresh)
            connection.execute(values)


def downgrade() -> None:
    op.drop_column("letter", "deposited_by")
    for name in reversed(TABLES):
        op.drop_table(name)
