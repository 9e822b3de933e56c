"""A log recomputed from its entries, in memory that does not grow with it.

Kept is the open tile of each level: that is enough for the root, and to go on from there.
"""

from collections.abc import Iterator, Sequence

from lre_kit.proofs.forms import merkle
from lre_kit.proofs.log.log import tiled_subtree
from lre_kit.proofs.log.tiles import WIDTH, Tile


class Frontier:
    """The right edge of a log of `size` entries."""

    def __init__(self, edge: Sequence[tuple[int, Sequence[bytes]]] = (), *, size: int = 0) -> None:
        """Begin at a size.

        Args:
            edge: Level and hashes of each partial tile of a log of `size` entries.
            size: Entries before the first that will come.
        """
        self.size = size
        self._open: dict[int, list[bytes]] = {level: list(hashes) for level, hashes in edge}

    def push(self, leaves: Sequence[bytes]) -> Iterator[tuple[Tile, bytes]]:
        """Take leaf hashes; yield each tile of level 1 and above that became full, with its hashes.

        Take what it yields until the end: leaves are taken as it goes.
        """
        for leaf in leaves:
            self.size += 1
            level, carried = 0, leaf
            while True:
                held = self._open.setdefault(level, [])
                held.append(carried)
                if len(held) < WIDTH:
                    break
                if level:
                    position = (self.size >> (8 * (level + 1))) - 1
                    yield Tile(level=level, position=position), b"".join(held)
                carried = merkle.root(held)
                held.clear()
                level += 1

    def root(self) -> bytes:
        """Return the root of all leaves so far."""
        return merkle.tree_root(self.size, tiled_subtree(self._tile))

    def open_tiles(self) -> Iterator[tuple[Tile, bytes]]:
        """Yield the partial tiles of level 1 and above, with their hashes."""
        for level, held in sorted(self._open.items()):
            if level and held:
                position = self.size >> (8 * (level + 1))
                yield Tile(level=level, position=position, width=len(held)), b"".join(held)

    def _tile(self, level: int, position: int) -> bytes:
        assert position == self.size >> (8 * (level + 1))
        return b"".join(self._open[level])
