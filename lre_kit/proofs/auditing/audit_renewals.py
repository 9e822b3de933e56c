"""The audit's part about renewals of time stamps: recomputed from checkpoints and tokens."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Protocol

from cryptography import x509
from sqlalchemy import Connection, select

from lre_kit.errors import TimestampRejectedError
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.log.log import WIDTH, split_tile
from lre_kit.proofs.log.renewal_store import NAME_CHARS
from lre_kit.proofs.log.sequencer import stamp_name
from lre_kit.proofs.rows import CheckpointRow, RenewalLeafRow, RenewalRow, RenewalTileRow
from lre_kit.proofs.stamping.renewal import renewal_leaf, stamped_digest
from lre_kit.proofs.stamping.timestamp import TimestampInfo, check_token
from lre_kit.store.inserts import table_of

_CHECKPOINT, _RENEWAL, _LEAF, _TILE = (
    table_of(row) for row in (CheckpointRow, RenewalRow, RenewalLeafRow, RenewalTileRow)
)


UNCOVERED: Mapping[str, frozenset[str]] = {
    "renewal": frozenset({"created_at", "stamped_at"}),
}
"""Columns whose change the audit cannot see."""


class Findings(Protocol):
    """Where findings go: the audit's report."""

    def add(self, table: str, row_id: object, column: str, problem: str) -> None:
        """Add a finding."""


def audit_renewals(
    connection: Connection, anchors: Sequence[x509.Certificate], report: Findings, *, now: datetime
) -> None:
    """Check every renewal: its leaves, its tree, its token, and that nothing is left without one.

    Args:
        connection: A snapshot of the database.
        anchors: Roots that tokens may lead to.
        report: Where findings go.
        now: The present instant, for certificates that ended.
    """
    infos: dict[str, TimestampInfo] = {}
    for row in connection.execute(select(_RENEWAL).order_by(_RENEWAL.c.id)).all():
        leaves = _leaves(connection, row.id, row.authority, report)
        _compare_tiles(connection, row.id, leaves, report, is_stamped=row.token is not None)
        if len(leaves) != row.size:
            report.add("renewal", row.id, "size", f"{len(leaves)} checkpoints stand in it, not {row.size}")
        if row.token is None:
            continue
        if row.root != merkle.root(leaves):
            report.add("renewal", row.id, "root", "is not that of the checkpoints it covers")
        try:
            info = check_token(row.token, stamped_digest(len(leaves), merkle.root(leaves)), anchors=anchors)
        except TimestampRejectedError as error:
            report.add("renewal", row.id, "token", f"{error.check}: {error.problem}")
            continue
        infos[row.id] = info
        if row.stamp_id != stamp_name(info):
            report.add("renewal", row.id, "stamp_id", "is not that of the token")
    _ended(connection, infos, report, now=now)


def renewed_checkpoints(connection: Connection) -> frozenset[int]:
    """Return the sizes of the checkpoints whose token was renewed."""
    query = select(_LEAF.c.checkpoint_size).join_from(_LEAF, _RENEWAL, _RENEWAL.c.id == _LEAF.c.renewal_id)
    return frozenset(connection.execute(query.where(_RENEWAL.c.token.is_not(None))).scalars())


def _leaves(connection: Connection, renewal_id: str, authority: str, report: Findings) -> list[bytes]:
    """Return a renewal's leaf hashes, computed anew from the checkpoints and their tokens."""
    leaves: list[bytes] = []
    for place, (leaf, note, tokens) in enumerate(_covered(connection, renewal_id)):
        size, generation, index, named = leaf
        if index != place:
            report.add("renewal_leaf", f"{size}/{generation}", "leaf_index", f"is {index} instead of {place}")
        if generation != len(tokens):
            report.add("renewal_leaf", f"{size}/{generation}", "generation", "a renewal before it is missing")
        if (named or "")[:NAME_CHARS] != authority:
            report.add("renewal", renewal_id, "authority", f"is not whose token checkpoint {size} had")
        leaves.append(renewal_leaf(note, tokens))
    return leaves


def _covered(
    connection: Connection, renewal_id: str
) -> Iterator[tuple[tuple[int, int, int, str | None], str, list[bytes]]]:
    """Yield each leaf of a renewal with its checkpoint's note and the tokens before, the oldest first."""
    earlier, before = _LEAF.alias("earlier"), _RENEWAL.alias("before")
    query = (
        select(
            _LEAF.c.leaf_index, _LEAF.c.generation, _CHECKPOINT.c.size, _CHECKPOINT.c.note,
            _CHECKPOINT.c.token, _CHECKPOINT.c.stamp_id,
            before.c.token.label("later_token"), before.c.stamp_id.label("later_stamp_id"),
        )
        .join_from(_LEAF, _CHECKPOINT, _CHECKPOINT.c.size == _LEAF.c.checkpoint_size)
        .join(
            earlier,
            (earlier.c.checkpoint_size == _LEAF.c.checkpoint_size)
            & (earlier.c.generation < _LEAF.c.generation),
            isouter=True,
        )
        .join(before, before.c.id == earlier.c.renewal_id, isouter=True)
        .where(_LEAF.c.renewal_id == renewal_id)
        .order_by(_LEAF.c.leaf_index, earlier.c.generation)
        .execution_options(yield_per=500)
    )  # fmt: skip
    for index, group in groupby(connection.execute(query), key=lambda row: row.leaf_index):
        rows = list(group)
        first, last = rows[0], rows[-1]
        later = [row.later_token or b"" for row in rows if row.later_stamp_id is not None]
        leaf = (first.size, first.generation, index, last.later_stamp_id or first.stamp_id)
        yield leaf, first.note, [first.token or b"", *later]


def _compare_tiles(
    connection: Connection, renewal_id: str, leaves: Sequence[bytes], report: Findings, *, is_stamped: bool
) -> None:
    query = select(_TILE).where(_TILE.c.renewal_id == renewal_id).order_by(_TILE.c.level, _TILE.c.position)
    level, hashes = 0, list(leaves)
    for number, rows in groupby(connection.execute(query), key=lambda row: row.level):
        tiles = list(rows)
        held = [one for tile in tiles for one in split_tile(tile.hashes)]
        in_order = all(tile.position == place for place, tile in enumerate(tiles))
        if number != level or held != hashes or not in_order:
            report.add(
                "renewal_tile", f"{renewal_id}/{number}", "hashes", "does not follow from what it covers"
            )
            return
        whole = len(hashes) - len(hashes) % WIDTH
        level, hashes = level + 1, [merkle.root(hashes[i : i + WIDTH]) for i in range(0, whole, WIDTH)]
    if hashes and (is_stamped or level == 0):
        report.add("renewal_tile", f"{renewal_id}/{level}", "hashes", "is gone")


def _ended(
    connection: Connection, infos: dict[str, TimestampInfo], report: Findings, *, now: datetime
) -> None:
    """Report checkpoints whose newest token's certificate has ended without a renewal."""
    newest = (
        select(_LEAF.c.renewal_id)
        .join_from(_LEAF, _RENEWAL, _RENEWAL.c.id == _LEAF.c.renewal_id)
        .where(_LEAF.c.checkpoint_size == _CHECKPOINT.c.size, _RENEWAL.c.token.is_not(None))
        .order_by(_LEAF.c.generation.desc())
        .limit(1)
        .correlate(_CHECKPOINT)
        .scalar_subquery()
    )
    query = select(_CHECKPOINT.c.size, newest.label("renewal_id")).where(_CHECKPOINT.c.token.is_not(None))
    for row in connection.execute(query.order_by(_CHECKPOINT.c.size)):
        info = infos.get(row.renewal_id)
        if info is not None and info.certificate.not_valid_after_utc < now:
            report.add("log_checkpoint", row.size, "token", "its last renewal's certificate has ended")
