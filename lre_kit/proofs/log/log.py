"""The transparency log, stored as tiles of 256 hashes (C2SP tlog-tiles, height 8).

Level 0 holds leaf hashes, level n the roots of full tiles of level n − 1. Appending reads the last
tile of each level; a proof reads about three tiles per 2^24 leaves. Leaves are salted commitments:
nothing personal is in the log, and destroying a salt makes its leaf mute.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from lre_kit.clock import Clock
from lre_kit.errors import IntegrityError
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.forms.merkle import HASH_BYTES, Subtree
from lre_kit.proofs.forms.note import Checkpoint, NoteSigner, NoteVerifier
from lre_kit.proofs.rows import TileRow
from lre_kit.store.database import Database, UnitOfWork
from lre_kit.store.inserts import table_of

HEIGHT = 8
"""Levels of the tree in one tile."""

WIDTH = 1 << HEIGHT
"""Hashes in a full tile."""

_TILE = table_of(TileRow)


class Log:
    """Appends leaves and answers for them."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        signer: NoteSigner,
        origin: str,
        former: Sequence[NoteVerifier] = (),
    ) -> None:
        """Keep the log of `origin` in `database`, its heads signed by `signer`, once by `former` keys."""
        self._database = database
        self._clock = clock
        self.signer = signer
        self.origin = origin
        self.verifiers = (NoteVerifier.parse(signer.vkey), *former)

    def append(self, uow: UnitOfWork, leaf_data: Sequence[bytes]) -> range:
        """Append leaves in a transaction that alone may append, and return their indexes."""
        first = size(uow.connection)
        hashes = [merkle.leaf_hash(data) for data in leaf_data]
        changed: dict[tuple[int, int], bytes] = {}
        place, level = first, 0
        while hashes:
            hashes, place = self._extend(uow, level, place, hashes, changed)
            level += 1
        rows = [
            {"level": level, "position": position, "hashes": tile}
            for (level, position), tile in changed.items()
        ]
        if rows:
            insert = postgresql.insert if self._database.kind == "postgresql" else sqlite.insert
            statement = insert(_TILE)
            uow.execute(
                statement.on_conflict_do_update(
                    index_elements=["level", "position"], set_={"hashes": statement.excluded.hashes}
                ),
                rows,
            )
        return range(first, first + len(leaf_data))

    def _extend(
        self,
        uow: UnitOfWork,
        level: int,
        place: int,
        hashes: Sequence[bytes],
        changed: dict[tuple[int, int], bytes],
    ) -> tuple[list[bytes], int]:
        """Write hashes to a level from `place` on; return what the next level gets, and from where."""
        position, within = divmod(place, WIDTH)
        tile = _tile(uow.connection, level, position) if within else b""
        if len(tile) != within * HASH_BYTES:
            msg = f"Tile {level}/{position} of the log holds {len(tile)} bytes, not {within * HASH_BYTES}."
            raise IntegrityError(msg, mend="Run: lre log audit")
        stream = tile + b"".join(hashes)
        upper: list[bytes] = []
        for offset in range(0, len(stream), WIDTH * HASH_BYTES):
            piece = stream[offset : offset + WIDTH * HASH_BYTES]
            changed[level, position + offset // (WIDTH * HASH_BYTES)] = piece
            if len(piece) == WIDTH * HASH_BYTES:
                upper.append(merkle.root(split_tile(piece)))
        return upper, position

    def head(self, connection: Connection) -> Checkpoint:
        """Return the present tree head."""
        count = size(connection)
        return Checkpoint(
            origin=self.origin, size=count, root=merkle.tree_root(count, stored_subtree(connection))
        )

    def inclusion(self, connection: Connection, index: int, at_size: int) -> list[bytes]:
        """Return the inclusion path of a leaf in the tree of `at_size` leaves."""
        return merkle.inclusion_path(index, at_size, stored_subtree(connection))

    def consistency(self, connection: Connection, old: int, new: int) -> list[bytes]:
        """Return the consistency path between two sizes."""
        return merkle.consistency_path(old, new, stored_subtree(connection))


def size(connection: Connection) -> int:
    """Return how many leaves the log holds: one look at its last tile."""
    query = (
        select(_TILE.c.position, func.length(_TILE.c.hashes).label("held"))
        .where(_TILE.c.level == 0)
        .order_by(_TILE.c.position.desc())
        .limit(1)
    )
    last = connection.execute(query).first()
    return 0 if last is None else last.position * WIDTH + last.held // HASH_BYTES


def stored_subtree(connection: Connection) -> Subtree:
    """Return the subtree function over stored tiles; each tile is read once per call."""
    return tiled_subtree(lambda level, position: _tile(connection, level, position))


def tiled_subtree(read: Callable[[int, int], bytes]) -> Subtree:
    """Return the subtree function over the tiles that `read` hands out by level and position, once each."""
    tiles: dict[tuple[int, int], list[bytes]] = {}

    def subtree(level: int, index: int) -> bytes:
        tile_level, above = divmod(level, HEIGHT)
        first = index << above
        key = (tile_level, first // WIDTH)
        if key not in tiles:
            tiles[key] = split_tile(read(*key))
        within = first % WIDTH
        return merkle.root(tiles[key][within : within + (1 << above)])

    return subtree


def split_tile(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    return [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]


def _tile(connection: Connection, level: int, position: int) -> bytes:
    query = select(_TILE.c.hashes).where(_TILE.c.level == level, _TILE.c.position == position)
    return connection.execute(query).scalar_one_or_none() or b""
