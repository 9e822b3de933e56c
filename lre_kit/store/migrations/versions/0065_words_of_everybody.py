"""Words that operators find letters of everybody by, those of their senders among them."""

import sqlalchemy as sa
from alembic import op

from lre_kit.letters.finding_rows import NOBODYS, sender_words
from lre_kit.letters.words import words_of

revision = "0065"
down_revision = "0080"
branch_labels = None
depends_on = None

BATCH = 2000


def upgrade() -> None:
    _fill()
    op.create_index("ix_letter_word_everybody", "letter_word", ["word", "deposited_at", "letter_id"])


def _fill() -> None:
    """Cut the senders' words of the letters that are there, some thousand at a time."""
    names = (
        "id number sender_name sender_email recipient_name recipient_email subject reference deposited_at"
    ).split()
    # Instants go back in as the database gave them: their form is its own.
    letter = sa.table("letter", *(sa.column(name) for name in names))
    words = sa.table(
        "letter_word", *(sa.column(name) for name in "sender_ref word deposited_at letter_id".split())
    )
    connection, last = op.get_bind(), ""
    while True:
        query = sa.select(letter).where(letter.c.id > last).order_by(letter.c.id).limit(BATCH)
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].id
        found = []
        for row in rows:
            texts = (row.recipient_name, row.recipient_email, row.subject, row.reference)
            known = set(words_of(number=row.number, texts=texts))
            found += [
                {"sender_ref": NOBODYS, "word": word, "deposited_at": row.deposited_at, "letter_id": row.id}
                for word in sender_words(row.sender_name, row.sender_email)
                if word not in known
            ]
        if found:
            connection.execute(words.insert(), found)


def downgrade() -> None:
    op.drop_index("ix_letter_word_everybody", "letter_word")
    op.execute(sa.text("DELETE FROM letter_word WHERE sender_ref = ''"))
