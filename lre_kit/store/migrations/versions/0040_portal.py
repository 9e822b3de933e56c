"""Words that letters are found by, and what people keep or say beside the journal."""

import sqlalchemy as sa
from alembic import op

from lre_kit.letters.words import words_of

revision = "0040"
down_revision = "0031"
branch_labels = None
depends_on = None

INSTANT = sa.DateTime(timezone=True)
WORD = sa.String(40).with_variant(sa.String(40, collation="C"), "postgresql")
BATCH = 2000


def upgrade() -> None:
    op.create_index("ix_letter_sender_phase", "letter", ["sender_ref", "phase", "deposited_at", "id"])
    op.create_index("ix_letter_recipient", "letter", ["recipient_email", "deposited_at", "id"])
    op.create_index("ix_letter_sender_window", "letter", ["sender_ref", "phase", "window_closes_at"])
    words = op.create_table(
        "letter_word",
        sa.Column("sender_ref", sa.String(200), nullable=False),
        sa.Column("word", WORD, nullable=False),
        sa.Column("deposited_at", INSTANT, nullable=False),
        sa.Column("letter_id", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"]),
        sa.PrimaryKeyConstraint("sender_ref", "word", "deposited_at", "letter_id"),
    )
    _fill(words)
    op.create_index("ix_letter_word_letter", "letter_word", ["letter_id"])
    op.create_table(
        "saved_view",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", sa.String(500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_saved_view_owner_ref", "saved_view", ["owner_ref"])
    op.create_table(
        "letter_note",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("letter_id", sa.String(32), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("body", sa.String(1000), nullable=False),
        sa.Column("written_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_letter_note_letter_id", "letter_note", ["letter_id"])
    op.create_table(
        "letter_draft",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner_ref", sa.String(200), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_letter_draft_owner", "letter_draft", ["owner_ref", "changed_at"])
    op.create_table(
        "letter_misdirected",
        sa.Column("letter_id", sa.String(32), nullable=False),
        sa.Column("said_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letter.id"]),
        sa.PrimaryKeyConstraint("letter_id"),
    )


def _fill(words: sa.Table) -> None:
    """Cut the words of the letters that are there, some thousand at a time."""
    names = "id number sender_ref recipient_name recipient_email subject reference deposited_at".split()
    # Instants go back in as the database gave them: their form is its own.
    letter = sa.table("letter", *(sa.column(name) for name in names))
    bare = sa.table("letter_word", *(sa.column(column.name) for column in words.columns))
    connection, last = op.get_bind(), ""
    while True:
        query = sa.select(letter).where(letter.c.id > last).order_by(letter.c.id).limit(BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].id
        found = [
            {
                "sender_ref": row.sender_ref,
                "word": word,
                "deposited_at": row.deposited_at,
                "letter_id": row.id,
            }
            for row in rows
            for word in words_of(
                number=row.number,
                texts=(row.recipient_name, row.recipient_email, row.subject, row.reference),
            )
        ]
        connection.execute(bare.insert(), found)


def downgrade() -> None:
    for table in ("letter_misdirected", "letter_draft", "letter_note", "saved_view", "letter_word"):
        op.drop_table(table)
    op.drop_index("ix_letter_sender_window", "letter")
    op.drop_index("ix_letter_recipient", "letter")
    op.drop_index("ix_letter_sender_phase", "letter")
