"""Content that no row names: left by whoever died between content and commit, removed here.

Nobody can read it (its key was never kept), but it takes room. It is removed a day after it was
written, so a deposit that is under way is never touched.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from lre_kit.clock import Clock
from lre_kit.letters.rows import DocumentRow
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.blobs import BlobStore, FolderBlobs
from lre_kit.store.content_owner import check_content
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

ACTION = "sweep_content"
"""Name of the duty."""

GRACE = timedelta(days=1)
"""Age from which content without a letter is left over."""

EVERY = timedelta(days=1)
"""Span between two sweeps."""

Named = Callable[[Connection, Sequence[str]], set[str]]
"""Returns which of some keys of the content store a row still names."""

_BATCH = 500


def named_by(*columns: Any) -> Named:
    """Return what looks keys up in columns that hold them whole."""

    def named(connection: Connection, keys: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for column in columns:
            found |= set(connection.scalars(select(column).where(column.in_(keys))))
        return found

    return named


LETTERS: Mapping[str, Named] = {"letters/": named_by(table_of(DocumentRow).c.blob_key)}
"""Where letters' documents lie, and what names them."""


class Leftovers:
    """Finds and removes content that no row names."""

    def __init__(
        self, database: Database, blobs: BlobStore, *, clock: Clock, named: Mapping[str, Named] = LETTERS
    ) -> None:
        """Look in `blobs` for what `database` does not know, below each prefix of `named`."""
        self._named = named
        self._database = database
        self._blobs = blobs
        self._clock = clock

    def sweep(self, duty: Duty | None = None) -> int:
        """Remove what is left over and return how many pieces it was; plan the next sweep with `duty`.

        Raises:
            ForeignContentError: The content store is not this office's; nothing is removed.
        """
        check_content(self._database, self._blobs)
        before = self._clock() - GRACE
        removed = 0
        for prefix, named in self._named.items():
            old = (key for key, put_at in self._blobs.keys(prefix) if put_at < before)
            while keys := tuple(islice(old, _BATCH)):
                removed += self._remove(keys, named)
        if isinstance(self._blobs, FolderBlobs):
            removed += self._blobs.discard_unfinished(before=before)
        if duty is not None:
            with self._database.write() as uow:
                fulfil(uow, duty)
                plan_sweep(uow, clock=self._clock)
                uow.commit()
        return removed

    def _remove(self, keys: tuple[str, ...], named: Named) -> int:
        with self._database.read() as connection:
            kept = named(connection, keys)
        left = set(keys) - kept
        for key in left:
            self._blobs.delete(key)
        return len(left)


def plan_sweep(uow: UnitOfWork, *, clock: Clock) -> None:
    """Put the next sweep on the agenda, once."""
    due_at = clock() + EVERY
    plan(uow, key=f"{ACTION}:{due_at:%Y-%m-%d}", due_at=due_at, action=ACTION, subject="content")
