"""Watching a published log from outside: nothing it says is believed that can be recomputed.

The tree head of the remembered checkpoint is rebuilt from the tiles, each new entry is hashed, and
the result must be the head that is signed now. Then the log has only grown. What contradicts that is
a failure, and both checkpoints are kept: two signed heads that do not agree are proof for anyone.
"""

from dataclasses import dataclass
from datetime import datetime

from lre_kit.errors import UnavailableError
from lre_kit.proofs.forms.merkle import leaf_hash
from lre_kit.proofs.forms.note import Checkpoint, NoteError, open_note
from lre_kit.proofs.log.cosignature import read_cosignatures
from lre_kit.proofs.log.frontier import Frontier
from lre_kit.proofs.log.log import split_tile
from lre_kit.proofs.log.tiles import (
    ENTRY_MAX_BYTES,
    SIZE_MAX,
    WIDTH,
    BundleError,
    Tile,
    read_bundle,
    right_edge,
    tile_at,
    tile_bytes,
)
from lre_kit.proofs.publication.log_policy import LogPolicy
from lre_kit.proofs.publication.monitor_source import LogSource
from lre_kit.proofs.publication.monitor_state import MonitorStateError
from lre_kit.proofs.publication.public_target import CHECKPOINT
from lre_kit.proofs.report import Report

CHECKPOINT_MAX_BYTES = 16 * 1024
"""Largest checkpoint read, in bytes."""


class _TileError(Exception):
    """A tile or bundle is missing or is not what it must be; `name` is the check that fails."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name
        self.problem = problem


@dataclass(slots=True)
class Watched:
    """What one look found."""

    report: Report
    remembered: Checkpoint | None = None
    """The head that was found good before."""
    seen: Checkpoint | None = None
    """The head that is signed now, if its signature is right."""
    note: str | None = None
    """What was offered as checkpoint."""
    entries: int = 0
    """New entries that were read and hashed."""


class Monitor:
    """Watches one log for one reader."""

    def __init__(
        self, policy: LogPolicy, source: LogSource, *, full: bool = False, entries: bool = True
    ) -> None:
        """Watch a log.

        Args:
            policy: Keys of the log, and the witnesses whose cosignatures are wanted.
            source: Where it is published.
            full: Recompute from the first entry, not only from the remembered checkpoint on.
            entries: Also read the entries and hash them; else leaf hashes are taken as they are.
        """
        self._policy = policy
        self._source = source
        self._full = full
        self._entries = entries

    def look(self, remembered: str | None, *, at: datetime) -> Watched:
        """Look once.

        Args:
            remembered: The checkpoint that was found good the last time, a signed note.
            at: Instant of the look.

        Returns:
            What was found; failed if the log is not what it was or not what it says, indeterminate if
            it could not be read. Only after a passed look may `note` be remembered.

        Raises:
            MonitorStateError: What is remembered is not this log's.
        """
        found = Watched(Report(at=at))
        if remembered is not None:
            try:
                found.remembered = Checkpoint.parse(open_note(remembered, self._policy.logs))
            except NoteError as error:
                msg = "The remembered checkpoint is not of a log these keys belong to."
                raise MonitorStateError(msg, mend="Name another state file for another log.") from error
        try:
            self._look(found)
        except UnavailableError as error:
            found.report.indeterminate("reading", "log", error.problem, "")
        except _TileError as error:
            found.report.failed(error.name, "log", error.problem, "HASH_FAILURE")
        return found

    def _look(self, found: Watched) -> None:
        raw = self._source.read(CHECKPOINT, limit=CHECKPOINT_MAX_BYTES)
        if raw is None:
            self._nothing_there(found)
            return
        found.note = raw[:CHECKPOINT_MAX_BYTES].decode("utf-8", "backslashreplace")
        try:
            if len(raw) > CHECKPOINT_MAX_BYTES:
                raise NoteError("The checkpoint is far too long.", mend="Ask the log's operator.")
            head = Checkpoint.parse(open_note(raw.decode(), self._policy.logs))
            self._check_origin(head, found)
        except (NoteError, UnicodeDecodeError) as error:
            why = error.problem if isinstance(error, NoteError) else "The checkpoint is not text."
            found.report.failed("checkpoint", "log", why, "SIG_CRYPTO_FAILURE")
            return
        found.seen = head
        found.report.passed("checkpoint", "log", f"signed by {head.origin}, size {head.size}")
        self._check_witnesses(found)
        old = found.remembered
        if old is not None and head.size < old.size:
            why = f"rollback: {old.size} entries were signed before, now {head.size}"
            found.report.failed("consistency", "log", why, "HASH_FAILURE")
        elif old is not None and head.size == old.size and head.root != old.root:
            why = f"fork: two different trees of {head.size} entries are signed"
            found.report.failed("consistency", "log", why, "HASH_FAILURE")
        elif old is None or head.size > old.size or self._full:
            self._recompute(found, old, head)
        else:
            found.report.passed("consistency", "log", f"still at size {head.size}")

    def _nothing_there(self, found: Watched) -> None:
        if found.remembered is None:
            found.report.indeterminate("checkpoint", "log", "there is no log here", "")
        else:
            found.report.failed("checkpoint", "log", "the checkpoint is gone", "SIGNED_DATA_NOT_FOUND")

    def _check_origin(self, head: Checkpoint, found: Watched) -> None:
        origins = {log.name for log in self._policy.logs}
        if head.origin not in origins or (found.remembered and found.remembered.origin != head.origin):
            msg = f"The checkpoint is of another log, {head.origin}."
            raise NoteError(msg, mend="Check the address.")
        if head.size > SIZE_MAX:
            msg = f"The checkpoint claims {head.size} entries."
            raise NoteError(msg, mend="Ask the log's operator.")

    def _check_witnesses(self, found: Watched) -> None:
        if not self._policy.witnesses or found.note is None:
            return
        try:
            cosigned = read_cosignatures(found.note, self._policy.keys)
        except NoteError as error:
            found.report.failed("witnesses", "log", error.problem, "SIG_CRYPTO_FAILURE")
            return
        names = ", ".join(sorted(each.witness.name for each in cosigned)) or "nobody"
        if self._policy.is_met(each.witness for each in cosigned):
            found.report.passed("witnesses", "log", f"cosigned by {names}")
        else:
            why = f"cosigned by {names}, which is not yet the quorum"
            found.report.indeterminate("witnesses", "log", why, "SIGNED_DATA_NOT_FOUND")

    def _recompute(self, found: Watched, old: Checkpoint | None, head: Checkpoint) -> None:
        """Rebuild the old head and the new one from the tiles."""
        begin = 0 if self._full or old is None else old.size
        walk = self._begin(begin, head.size)
        is_old_right = old is None or old.size > begin or walk.root() == old.root
        while walk.size < head.size:
            chunk = tile_at(0, walk.size // WIDTH, size=head.size)
            assert chunk is not None
            leaves = self._leaves(chunk)[walk.size % WIDTH :]
            stop = old.size - walk.size if old is not None and begin < old.size else 0
            if old is not None and 0 < stop <= len(leaves):
                self._push(walk, leaves[:stop], head.size)
                is_old_right = walk.root() == old.root
                leaves = leaves[stop:]
            self._push(walk, leaves, head.size)
            found.entries = walk.size - begin
        for tile, expected in walk.open_tiles():
            self._same(tile, expected)
        self._judge(found, old, head, is_old_right=is_old_right, is_new_right=walk.root() == head.root)

    def _judge(
        self,
        found: Watched,
        old: Checkpoint | None,
        head: Checkpoint,
        *,
        is_old_right: bool,
        is_new_right: bool,
    ) -> None:
        if not is_new_right:
            raise _TileError("tiles", "a tile was changed: the tiles do not lead to the signed head")
        found.report.passed("tiles", "log", f"{found.entries} entries recomputed")
        if old is None:
            found.report.passed("consistency", "log", f"first look, at size {head.size}")
        elif is_old_right:
            found.report.passed("consistency", "log", f"grew from {old.size} to {head.size}")
        else:
            why = f"fork: the first {old.size} of the {head.size} signed entries are not those signed before"
            found.report.failed("consistency", "log", why, "HASH_FAILURE")

    def _begin(self, size: int, new: int) -> Frontier:
        """Return the right edge of the log at an earlier size, read from its present tiles."""
        edge: list[tuple[int, list[bytes]]] = []
        for part in right_edge(size):
            tile = tile_at(part.level, part.position, size=new)
            assert tile is not None
            edge.append((part.level, split_tile(self._tile(tile))[: part.width]))
        return Frontier(edge, size=size)

    def _push(self, walk: Frontier, leaves: list[bytes], new: int) -> None:
        for tile, expected in walk.push(leaves):
            assert tile.start + WIDTH <= new >> (8 * tile.level)
            self._same(tile, expected)

    def _same(self, tile: Tile, expected: bytes) -> None:
        if self._tile(tile) != expected:
            raise _TileError("tiles", f"{tile.path} was changed: it does not follow from the tiles below")

    def _leaves(self, tile: Tile) -> list[bytes]:
        hashes = split_tile(self._tile(tile))
        if self._entries:
            raw, read = self._fetch(tile.bundle, limit=WIDTH * (ENTRY_MAX_BYTES + 2))
            try:
                entries = read_bundle(raw, width=read.width)[: tile.width]
            except BundleError as error:
                raise _TileError("entries", f"{read.path} was changed: it is no bundle of entries") from error
            if [leaf_hash(entry) for entry in entries] != hashes:
                raise _TileError("entries", f"{read.path} was changed: its entries are not those of the tree")
        return hashes

    def _tile(self, tile: Tile) -> bytes:
        raw, read = self._fetch(tile, limit=tile_bytes(WIDTH))
        if len(raw) != tile_bytes(read.width):
            raise _TileError("tiles", f"{read.path} was changed: its length is not that of a tile")
        return raw[: tile_bytes(tile.width)]

    def _fetch(self, tile: Tile, *, limit: int) -> tuple[bytes, Tile]:
        """Return a file and which it is: the tile asked for, or the full one at its place."""
        raw = self._source.read(tile.path, limit=limit)
        if raw is None and not tile.is_full:
            # Once a tile is full, the log may drop its partial forms (tlog-tiles, “Partial Tiles”).
            tile = tile.full
            raw = self._source.read(tile.path, limit=limit)
        if raw is None:
            raise _TileError("entries" if tile.is_bundle else "tiles", f"{tile.path} is missing")
        return raw, tile
