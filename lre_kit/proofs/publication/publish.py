"""Publishing the log as static files (C2SP tlog-tiles): tiles, entry bundles, and last the checkpoint.

Only stamped checkpoints are published, and none before all its tiles are there. What is published is
never changed: a file that is there already must be the same. So dying anywhere, and publishing
again, are harmless. One publication goes on at a time. A published checkpoint that the database does
not know of, as after a restored backup, stops publication: going on would fork the log.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, select, text

from lre_kit.errors import IntegrityError
from lre_kit.failpoints import declare, failpoint
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.forms.note import Checkpoint, NoteError, open_note
from lre_kit.proofs.log.log import Log, split_tile, stored_subtree
from lre_kit.proofs.log.stamped import StampedCheckpoint, newest_stamped
from lre_kit.proofs.log.tiles import Tile, needed_tiles, outgrown, tile_bytes, write_bundle
from lre_kit.proofs.publication.public_target import CHECKPOINT, PublicTarget
from lre_kit.proofs.rows import LogEntryRow, TileRow
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

declare("publish.before_tiles", "publish.before_checkpoint", "publish.after_checkpoint")

_TILE, _ENTRY = table_of(TileRow), table_of(LogEntryRow)


class PublicLogError(IntegrityError):
    """What is published is not what this office's log says; nothing more is published until it is seen to."""

    slug = "public-log-differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What a publication did."""

    size: int
    """Entries under the published checkpoint; 0 while there is none."""
    files: int
    """Files written."""
    is_busy: bool = False
    """Another process was publishing, so nothing was done."""


def publish(database: Database, log: Log, target: PublicTarget) -> Published:
    """Publish the newest stamped checkpoint and all that it needs and that is not there yet.

    Args:
        database: The office's.
        log: Its log; its key must have signed what is published already.
        target: Where to.

    Raises:
        PublicLogError: What is there is not of this log, or of another state of it.
        BlobUnavailableError: The target cannot be read or written.
        StoreUnavailableError: The database does not answer.
    """
    with _alone(database) as hold:
        if hold is None:
            return Published(size=0, files=0, is_busy=True)
        with database.read() as connection:
            newest = newest_stamped(connection)
        held = target.get(CHECKPOINT)
        before = _head_of(held, log) if held is not None else None
        if newest is None:
            if before is not None:
                raise _ahead(before, 0)
            return Published(size=0, files=0)
        _compare(database, before, newest)
        failpoint("publish.before_tiles")
        start = before.size if before else 0
        files = sum(_publish_tile(database, tile, target) for tile in needed_tiles(newest.size, beyond=start))
        failpoint("publish.before_checkpoint")
        content = newest.cosigned.encode()
        if held != content:
            hold()
            target.put(CHECKPOINT, content)
            files += 1
        failpoint("publish.after_checkpoint")
        for place in outgrown(start, newest.size):
            target.discard(place.partial_folder)
    return Published(size=newest.size, files=files)


def published_head(target: PublicTarget, log: Log) -> Checkpoint | None:
    """Return the tree head that is published, or nothing if there is none.

    Raises:
        PublicLogError: It is not this log's.
        BlobUnavailableError: The target cannot be read.
    """
    held = target.get(CHECKPOINT)
    return _head_of(held, log) if held is not None else None


def _head_of(raw: bytes, log: Log) -> Checkpoint:
    try:
        head = Checkpoint.parse(open_note(raw.decode(), log.verifiers))
    except (NoteError, UnicodeDecodeError) as error:
        msg = "The published checkpoint is not one this log signed."
        raise PublicLogError(
            msg, mend="See who wrote it; set LRE_PUBLIC_LOG_URL to a place of this log alone."
        ) from error
    if head.origin != log.origin:
        msg = f"The published checkpoint is of {head.origin}."
        raise PublicLogError(msg, mend="Set LRE_PUBLIC_LOG_URL to a place of this log alone.")
    return head


def _ahead(before: Checkpoint, size: int) -> PublicLogError:
    return PublicLogError(
        f"A checkpoint of {before.size} entries is published, and this database knows of {size}.",
        mend="If a backup was restored, restore a newer one: going on would fork the log.",
    )


def _compare(database: Database, before: Checkpoint | None, newest: StampedCheckpoint) -> None:
    """Refuse unless the stored log leads to what is published and to what is to be."""
    if before is not None and before.size > newest.size:
        raise _ahead(before, newest.size)
    with database.read() as connection:
        subtree = stored_subtree(connection)
        if before is not None and merkle.tree_root(before.size, subtree) != before.root:
            msg = f"The first {before.size} entries of the log are not those that were published."
            raise PublicLogError(msg, mend="Run: lre log audit. Going on would fork the log.")
        if merkle.tree_root(newest.size, subtree) != newest.root:
            msg = f"The first {newest.size} entries of the log are not those that were signed."
            raise PublicLogError(msg, mend="Run: lre log audit.")


def _publish_tile(database: Database, tile: Tile, target: PublicTarget) -> int:
    with database.read() as connection:
        hashes = _hashes(connection, tile)
        bundle = _bundle(connection, tile, hashes) if tile.level == 0 else None
    files = _put_new(target, tile.path, hashes)
    return files + (0 if bundle is None else _put_new(target, tile.bundle.path, bundle))


def _put_new(target: PublicTarget, path: str, content: bytes) -> int:
    held = target.get(path)
    if held is None:
        target.put(path, content)
        return 1
    if held != content:
        msg = f"The published file {path} is not what the log says."
        raise PublicLogError(msg, mend="Run: lre log audit; if the log is sound, see who changed the file.")
    return 0


def _hashes(connection: Connection, tile: Tile) -> bytes:
    query = select(_TILE.c.hashes).where(_TILE.c.level == tile.level, _TILE.c.position == tile.position)
    # The stored tile may have grown since the checkpoint; the published one is as wide as it was then.
    hashes: bytes = (connection.execute(query).scalar_one_or_none() or b"")[: tile_bytes(tile.width)]
    if len(hashes) != tile_bytes(tile.width):
        msg = f"Tile {tile.level}/{tile.position} of the log is cut short or missing."
        raise PublicLogError(msg, mend="Run: lre log audit.")
    return hashes


def _bundle(connection: Connection, tile: Tile, hashes: bytes) -> bytes:
    query = (
        select(_ENTRY.c.commitment)
        .where(_ENTRY.c.log_index >= tile.start, _ENTRY.c.log_index < tile.start + tile.width)
        .order_by(_ENTRY.c.log_index)
    )
    entries: list[bytes] = list(connection.execute(query).scalars())
    if [merkle.leaf_hash(entry) for entry in entries] != split_tile(hashes):
        msg = f"The entries from {tile.start} on are not those the log was built from."
        raise PublicLogError(msg, mend="Run: lre log audit.")
    return write_bundle(entries)


@contextmanager
def _alone(database: Database) -> Iterator[Callable[[], None] | None]:
    """Let one publication of an office go on at a time; give nothing if another one does.

    Otherwise gives a function that raises if the hold was lost meanwhile. On SQLite no transaction is
    open: the office goes on writing.
    """
    if database.kind == "postgresql":
        lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended('lre-kit public log', 0))")
        with database.read() as connection:
            if not connection.execute(lock).scalar():
                yield None
                return
            yield lambda: _still_there(connection)
        return
    import fcntl

    with open(f"{database.engine.url.database}-publishing", "ab") as file:  # noqa: PTH123 - a name, not a path
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield lambda: None


def _still_there(connection: Connection) -> None:
    connection.execute(text("SELECT 1"))
