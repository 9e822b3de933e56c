"""Holding a posting back while it still can be: before its batch is closed."""

from sqlalchemy import select

from lre_kit.errors import UnlawfulActError
from lre_kit.postroom.rows import PostItemRow
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of

_ITEM = table_of(PostItemRow)


class PostingLeavingError(UnlawfulActError):
    """The letter lies in a closed batch: it is leaving, or has left."""

    slug = "posting-leaving"


def expect_not_leaving(uow: UnitOfWork, letter_id: str) -> None:
    """Refuse to take a letter back that lies in a closed batch.

    Raises:
        PostingLeavingError: It does.
    """
    uow.serialise("post batch")
    leaving = select(_ITEM.c.id).where(_ITEM.c.letter_id == letter_id, _ITEM.c.position.is_not(None))
    if uow.execute(leaving).first() is not None:
        msg = "The letter lies in a batch that is leaving."
        raise PostingLeavingError(msg, mend="It cannot be taken back any more.")
