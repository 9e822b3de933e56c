"""The table of the words that letters are found by."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, String
from sqlmodel import Field, SQLModel

from lre_kit.letters.values import Letter
from lre_kit.letters.words import WORD_MAX_CHARS, words_of
from lre_kit.store.columns import UtcDateTime

WORD = String(WORD_MAX_CHARS).with_variant(String(WORD_MAX_CHARS, collation="C"), "postgresql")
"""Words are compared by their code points: in a language's own order a beginning is no range."""


class LetterWordRow(SQLModel, table=True):
    """One word of one letter: its sender's words lie together, each with its newest letter first.

    A projection of the letter's row, written with it; it goes when the letter does.
    """

    __tablename__ = "letter_word"
    __table_args__ = (Index("ix_letter_word_letter", "letter_id"),)

    sender_ref: str = Field(primary_key=True, max_length=200)
    word: str = Field(sa_column=Column(WORD, primary_key=True, nullable=False))
    deposited_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    letter_id: str = Field(primary_key=True, foreign_key="letter.id", max_length=32)


def words_rows(letter: Letter) -> Iterator[dict[str, Any]]:
    """Yield the rows of a letter's words."""
    texts = (letter.recipient.name, letter.recipient.email, letter.subject, letter.reference)
    for word in words_of(number=letter.number, texts=texts):
        yield {
            "sender_ref": letter.sender.ref,
            "word": word,
            "deposited_at": letter.deposited_at,
            "letter_id": letter.id,
        }
