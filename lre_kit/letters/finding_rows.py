"""The table of the words that letters are found by."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, String
from sqlmodel import Field, SQLModel

from lre_kit.letters.values import Letter
from lre_kit.letters.words import WORD_MAX_CHARS, WORDS_MAX, cut, words_of
from lre_kit.store.columns import UtcDateTime

WORD = String(WORD_MAX_CHARS).with_variant(String(WORD_MAX_CHARS, collation="C"), "postgresql")
"""Words are compared by their code points: in a language's own order a beginning is no range."""


NOBODYS = ""
"""Stands for the sender in words that are not found by senders."""


class LetterWordRow(SQLModel, table=True):
    """One word of one letter: its sender's words lie together, each with its newest letter first.

    A projection of the letter's row, written with it; it goes when the letter does. Words of the sender's own
    name and address are `NOBODYS`: operators find letters by them, and no sender all of theirs.
    """

    __tablename__ = "letter_word"
    __table_args__ = (
        Index("ix_letter_word_letter", "letter_id"),
        # By which operators find letters of everybody.
        Index("ix_letter_word_everybody", "word", "deposited_at", "letter_id"),
    )

    sender_ref: str = Field(primary_key=True, max_length=200)
    word: str = Field(sa_column=Column(WORD, primary_key=True, nullable=False))
    deposited_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    letter_id: str = Field(primary_key=True, foreign_key="letter.id", max_length=32)


def words_rows(letter: Letter) -> Iterator[dict[str, Any]]:
    """Yield the rows of a letter's words."""
    texts = (letter.recipient.name, letter.recipient.email, letter.subject, letter.reference)
    kept = {"deposited_at": letter.deposited_at, "letter_id": letter.id}
    words = words_of(number=letter.number, texts=texts)
    for word in words:
        yield {"sender_ref": letter.sender.ref, "word": word, **kept}
    for word in sender_words(letter.sender.name, letter.sender.email):
        if word not in words:
            yield {"sender_ref": NOBODYS, "word": word, **kept}


def sender_words(name: str, email: str) -> list[str]:
    """Return the words that operators find a sender's letters by."""
    return list(dict.fromkeys([*cut(name), *cut(email)]))[:WORDS_MAX]
