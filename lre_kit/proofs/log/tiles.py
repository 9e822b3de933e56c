"""Tiles of a published log (C2SP tlog-tiles, height 8): their paths, and which a size needs.

A tile of level 0 holds leaf hashes; one of level n the roots of full tiles of level n − 1. What is
full never changes; the last tile of a level is partial and is named with its width. Beside each tile
of level 0 stands a bundle of the entries themselves. All functions are pure.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lre_kit.errors import IntegrityError
from lre_kit.proofs.forms.merkle import HASH_BYTES

WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""

LEVEL_MAX = 63
"""Highest level a path may name."""

SIZE_MAX = 1 << 62
"""Largest log that is read, in entries: far more than there will be."""

PATH_MAX = 100
"""Longest path read, in characters."""

ENTRY_MAX_BYTES = 0xFFFF
"""Longest entry a bundle can hold, in bytes."""

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<position>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?",
    re.ASCII,
)


class TilePathError(IntegrityError):
    """A path names no tile."""

    slug = "tile-path-invalid"


class BundleError(IntegrityError):
    """An entry bundle cannot be read."""

    slug = "entry-bundle-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A tile, or the bundle of entries that goes with one of level 0."""

    level: int
    position: int
    """Index within its level, from 0."""
    width: int = WIDTH
    """Hashes or entries it holds: 256 when full."""
    is_bundle: bool = False

    @property
    def is_full(self) -> bool:
        """Whether it holds all it can hold, and so never changes."""
        return self.width == WIDTH

    @property
    def full(self) -> "Tile":
        """The full tile at the same place."""
        return Tile(level=self.level, position=self.position, is_bundle=self.is_bundle)

    @property
    def bundle(self) -> "Tile":
        """The bundle that goes with this tile of level 0."""
        return Tile(level=0, position=self.position, width=self.width, is_bundle=True)

    @property
    def start(self) -> int:
        """Index in its level of its first hash."""
        return self.position * WIDTH

    @property
    def full_path(self) -> str:
        """The path of the full tile at the same place."""
        groups = [f"{self.position % 1000:03}"]
        rest = self.position // 1000
        while rest:
            groups.append(f"x{rest % 1000:03}")
            rest //= 1000
        name = "entries" if self.is_bundle else str(self.level)
        return f"tile/{name}/{'/'.join(reversed(groups))}"

    @property
    def partial_folder(self) -> str:
        """The folder of all partial tiles of this place, with its slash."""
        return f"{self.full_path}.p/"

    @property
    def path(self) -> str:
        """Its path below the log's prefix, such as ``tile/0/x001/x234/067.p/5``."""
        return self.full_path if self.is_full else f"{self.partial_folder}{self.width}"


def parse_path(path: str) -> Tile:
    """Read a path in its one form.

    Raises:
        TilePathError: It names no tile, or names one in another form.
    """
    found = _PATH.fullmatch(path) if len(path) <= PATH_MAX else None
    if found is not None:
        is_bundle = found["level"] == "entries"
        made = Tile(
            level=0 if is_bundle else int(found["level"]),
            position=int(re.sub(r"[x/]", "", found["position"])),
            width=int(found["width"] or WIDTH),
            is_bundle=is_bundle,
        )
        if made.level <= LEVEL_MAX and made.width <= WIDTH and made.path == path:
            return made
    msg = f"“{path[:PATH_MAX]}” is not the path of a tile."
    raise TilePathError(msg, mend="Paths look like tile/0/x001/067 or tile/entries/067.p/5.")


def needed_tiles(size: int, *, beyond: int = 0) -> Iterator[Tile]:
    """Yield the tiles of a log of `size` entries that one of `beyond` entries does not have.

    They come level by level from 0, each level from the left: what a tile of level n says is in
    those of level n − 1 that came before it.

    Args:
        size: Entries of the log.
        beyond: Entries of an earlier state of it whose tiles are there.

    Raises:
        ValueError: Not 0 ≤ beyond ≤ size.
    """
    if not 0 <= beyond <= size:
        msg = f"no tiles from {beyond} to {size}"
        raise ValueError(msg)
    level, count, before = 0, size, beyond
    while count > before:
        for position in range(before // WIDTH, -(-count // WIDTH)):
            yield Tile(level=level, position=position, width=min(WIDTH, count - position * WIDTH))
        level, count, before = level + 1, count // WIDTH, before // WIDTH


def tile_at(level: int, position: int, *, size: int) -> Tile | None:
    """Return the tile at a place of a log of `size` entries, with its width there, or nothing."""
    width = min(WIDTH, (size >> (8 * level)) - position * WIDTH)
    return Tile(level=level, position=position, width=width) if width > 0 else None


def right_edge(size: int) -> Iterator[Tile]:
    """Yield the partial tiles of a log of `size` entries, from level 0 up."""
    level = 0
    while count := size >> (8 * level):
        if count % WIDTH:
            yield Tile(level=level, position=count // WIDTH, width=count % WIDTH)
        level += 1


def outgrown(old: int, new: int) -> Iterator[Tile]:
    """Yield the places, bundles too, whose partial tiles of a log of `old` are full in one of `new`."""
    for tile in right_edge(old):
        if (new >> (8 * tile.level)) >= tile.start + WIDTH:
            yield tile.full
            if tile.level == 0:
                yield tile.bundle.full


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the bundle of entries: each behind its length in two bytes.

    Raises:
        ValueError: An entry is too long.
    """
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > ENTRY_MAX_BYTES:
            msg = f"an entry of {len(entry)} bytes"
            raise ValueError(msg)
        parts += (len(entry).to_bytes(2, "big"), entry)
    return b"".join(parts)


def read_bundle(raw: bytes, *, width: int) -> list[bytes]:
    """Return the entries of a bundle that must hold `width` of them.

    Raises:
        BundleError: It does not, or has something behind them.
    """
    entries: list[bytes] = []
    place = 0
    while place < len(raw) and len(entries) < width:
        length = int.from_bytes(raw[place : place + 2], "big")
        entry = raw[place + 2 : place + 2 + length]
        if place + 2 > len(raw) or len(entry) != length:
            break
        entries.append(entry)
        place += 2 + length
    if place != len(raw) or len(entries) != width:
        msg = f"This is not a bundle of {width} entries."
        raise BundleError(msg, mend="Fetch it again from its log.")
    return entries


def tile_bytes(width: int) -> int:
    """Return the length of a tile of so many hashes, in bytes."""
    return width * HASH_BYTES
