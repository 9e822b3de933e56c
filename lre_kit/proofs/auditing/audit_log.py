"""The audit's part about the log: tiles that follow from each other, checkpoints that follow from tiles.

Of each record the log keeps 32 bytes in memory, so a million records take 32 MB.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from sqlalchemy import Connection, select

from lre_kit.errors import TimestampRejectedError
from lre_kit.proofs.auditing import audit_renewals
from lre_kit.proofs.auditing.audit_report import AuditReport
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.forms.merkle import HASH_BYTES
from lre_kit.proofs.forms.note import Checkpoint, NoteError, NoteVerifier, open_note
from lre_kit.proofs.log.log import HEIGHT, WIDTH, split_tile
from lre_kit.proofs.log.sequencer import stamp_name
from lre_kit.proofs.rows import CheckpointRow, TileRow
from lre_kit.proofs.stamping.timestamp import check_token
from lre_kit.store.inserts import table_of

_TILE, _CHECKPOINT = table_of(TileRow), table_of(CheckpointRow)


class Leaves:
    """The log's leaf hashes and the tile roots above them, packed."""

    def __init__(self) -> None:
        """Begin empty."""
        self._levels: list[bytearray] = [bytearray()]

    def __len__(self) -> int:
        """Return how many leaves there are."""
        return len(self._levels[0]) // HASH_BYTES

    def __getitem__(self, index: int) -> bytes:
        """Return a leaf hash."""
        return self._at(0, index, 1)[0]

    def add(self, level: int, hashes: bytes) -> None:
        """Append the hashes of a tile to a level."""
        while len(self._levels) <= level:
            self._levels.append(bytearray())
        self._levels[level] += hashes

    def width(self, level: int) -> int:
        """Return how many hashes a level holds."""
        return len(self._levels[level]) // HASH_BYTES if level < len(self._levels) else 0

    def root(self, size: int) -> bytes:
        """Return the root of the tree of the first `size` leaves."""
        return merkle.tree_root(size, self._subtree)

    def tile_root(self, level: int, position: int) -> bytes:
        """Return the root of a full tile."""
        return merkle.root(self._at(level, position * WIDTH, WIDTH))

    def has(self, level: int, index: int, digest: bytes) -> bool:
        """Answer whether a level holds this hash at a place."""
        return index < self.width(level) and self._at(level, index, 1)[0] == digest

    def _subtree(self, level: int, index: int) -> bytes:
        tile_level, above = divmod(level, HEIGHT)
        # Levels above the stored ones follow from the lower; checked to agree where both are there.
        while tile_level and self.width(tile_level) < (index + 1) << above:
            tile_level, above = tile_level - 1, above + HEIGHT
        return merkle.root(self._at(tile_level, index << above, 1 << above))

    def _at(self, level: int, first: int, count: int) -> list[bytes]:
        return split_tile(bytes(self._levels[level][first * HASH_BYTES : (first + count) * HASH_BYTES]))


def read_leaves(connection: Connection, report: AuditReport) -> Leaves:
    """Return all leaf hashes, having checked that the tiles above follow from them."""
    leaves = Leaves()
    query = select(_TILE).order_by(_TILE.c.level, _TILE.c.position).execution_options(yield_per=500)
    for row in connection.execute(query):
        if row.position * WIDTH != leaves.width(row.level):
            report.add("log_tile", f"{row.level}/{row.position}", "position", "a tile before it is missing")
        leaves.add(row.level, row.hashes)
    level = 0
    while leaves.width(level):
        full = leaves.width(level) // WIDTH
        follows = all(leaves.has(level + 1, n, leaves.tile_root(level, n)) for n in range(full))
        if not follows or leaves.width(level + 1) != full:
            report.add("log_tile", level + 1, "hashes", "does not follow from the tiles below")
        level += 1
    report.log_size = len(leaves)
    return leaves


def audit_checkpoints(
    connection: Connection,
    verifiers: Sequence[NoteVerifier],
    leaves: Leaves,
    report: AuditReport,
    *,
    anchors: Sequence[x509.Certificate],
    now: datetime,
) -> None:
    """Check every checkpoint: its signature, its root, its time stamp."""
    renewed = audit_renewals.renewed_checkpoints(connection)
    newest = 0
    for row in connection.execute(select(_CHECKPOINT).order_by(_CHECKPOINT.c.size)):
        newest = row.size
        head = _compare_head(row.note, verifiers, leaves, report, row_id=row.size)
        if head is not None and (head.size, head.root) != (row.size, row.root):
            report.add("log_checkpoint", row.size, "root", "differs from the signed checkpoint")
        if row.token is None:
            continue
        try:
            info = check_token(row.token, sha256(row.note.encode()).digest(), anchors=anchors)
        except TimestampRejectedError as error:
            report.add("log_checkpoint", row.size, "token", f"{error.check}: {error.problem}")
            continue
        if row.stamp_id != stamp_name(info):
            report.add("log_checkpoint", row.size, "stamp_id", "is not that of the token")
        if info.certificate.not_valid_after_utc < now and row.size not in renewed:
            report.add("log_checkpoint", row.size, "token", "its certificate ended unrenewed")
    if newest != len(leaves):
        report.add("log_checkpoint", newest, "size", f"the log holds {len(leaves)} records, not {newest}")


def audit_anchor(place: Path, verifiers: Sequence[NoteVerifier], leaves: Leaves, report: AuditReport) -> None:
    """Compare with the newest stamped checkpoint that is kept outside the database."""
    if not place.exists():
        if len(leaves):
            report.add("log_checkpoint", place, "note", "there is no copy outside the database yet")
        return
    head = _compare_head(place.read_text(encoding="utf-8"), verifiers, leaves, report, row_id=place)
    report.anchored_size = head.size if head else 0


def _compare_head(
    note: str, verifiers: Sequence[NoteVerifier], leaves: Leaves, report: AuditReport, *, row_id: object
) -> Checkpoint | None:
    try:
        head = Checkpoint.parse(open_note(note, verifiers))
    except NoteError:
        report.add("log_checkpoint", row_id, "note", "its signature does not fit")
        return None
    if head.size > len(leaves):
        report.add(
            "log_checkpoint", row_id, "size",
            f"the log was cut: it holds {len(leaves)} records, {head.size} were signed",
        )  # fmt: skip
    elif leaves.root(head.size) != head.root:
        report.add("log_checkpoint", row_id, "root", f"the first {head.size} records are not those signed")
    return head
