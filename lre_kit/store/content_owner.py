"""Whose content a store keeps: two offices on one bucket would remove each other's letters as left over."""

from sqlalchemy import literal, select, table

from lre_kit.errors import ConfigurationError, NotFoundError
from lre_kit.store.blobs import BlobStore
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of
from lre_kit.store.rows import OfficeRow

MARK = "office"
"""Key in the content store under which the office's mark lies."""

_NAME = "content_mark"
_OFFICE = table_of(OfficeRow)


class ForeignContentError(ConfigurationError):
    """The content store is another office's, or holds content of nobody knows whom."""

    slug = "foreign-content"


def claim_content(database: Database, blobs: BlobStore) -> None:
    """Mark a content store as this office's; twice changes nothing.

    Raises:
        ForeignContentError: It is marked as another office's; or it holds letters, unmarked, and this
            office has none.
        BlobUnavailableError: The store cannot be reached.
    """
    if _read_mark(blobs) is None:
        held = next(iter(blobs.keys("letters/")), None) is not None
        if held and not _has_letters(database):
            raise _foreign("The content store holds letters, and this office has none.")
        with database.write() as uow:
            uow.add_missing(OfficeRow, name=_NAME, value=new_id())
            uow.commit()
        blobs.put(MARK, [(_own_mark(database) or "").encode()])
    check_content(database, blobs)


def check_content(database: Database, blobs: BlobStore) -> None:
    """Check that a content store is this office's, before anything in it is removed.

    Raises:
        ForeignContentError: It is not, or it was never marked.
        BlobUnavailableError: The store cannot be reached.
    """
    mark = _own_mark(database)
    if mark is None or _read_mark(blobs) != mark:
        raise _foreign("The content store is not marked as this office's.")


def _read_mark(blobs: BlobStore) -> str | None:
    try:
        return b"".join(blobs.get(MARK)).decode(errors="replace")
    except NotFoundError:
        return None


def _own_mark(database: Database) -> str | None:
    with database.read() as connection:
        found = connection.execute(select(_OFFICE.c.value).where(_OFFICE.c.name == _NAME)).scalar()
    return str(found) if found is not None else None


def _has_letters(database: Database) -> bool:
    with database.read() as connection:
        return (
            connection.execute(select(literal(1)).select_from(table("document")).limit(1)).first() is not None
        )


def _foreign(problem: str) -> ForeignContentError:
    mend = "Give each office a folder, bucket or prefix of its own (LRE_BLOB_URL), then run `lre init`."
    return ForeignContentError(problem, mend=mend)
