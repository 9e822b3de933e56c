"""Renewals as they are kept: planning them, gathering the trees they cover, handing out paths.

Gathering goes by tiles of 256 leaves, a transaction each, and goes on where it stopped: a
checkpoint that stands in the tree already is not taken again, because its next generation is there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes
from sqlalchemy import Connection, Row, Select, and_, delete, func, literal, select, update

from lre_kit.clock import iso
from lre_kit.proofs.forms import merkle
from lre_kit.proofs.forms.merkle import Subtree
from lre_kit.proofs.log.log import WIDTH, split_tile, tiled_subtree
from lre_kit.proofs.rows import CheckpointRow, RenewalLeafRow, RenewalRow, RenewalTileRow
from lre_kit.proofs.stamping.renewal import Renewal, renewal_leaf
from lre_kit.proofs.stamping.timestamp import TimestampInfo
from lre_kit.store.agenda import plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import UnitOfWork
from lre_kit.store.inserts import table_of

NAME_CHARS = 32
"""Hexadecimal digits that name a certificate: the first half of its SHA-256."""

SPREAD = 8
"""What is due at once although its instant is past waits for this part of the remaining time, so that
one renewal serves many checkpoints."""

_CHECKPOINT, _RENEWAL, _LEAF, _TILE = (
    table_of(row) for row in (CheckpointRow, RenewalRow, RenewalLeafRow, RenewalTileRow)
)


def authority_name(info: TimestampInfo) -> str:
    """Return the name of the certificate that signed a token."""
    return info.certificate.fingerprint(hashes.SHA256()).hex()[:NAME_CHARS]


def plan_renewal(uow: UnitOfWork, info: TimestampInfo, *, now: datetime, margin: timedelta) -> None:
    """Put the renewal of all that one certificate stamped on the agenda, once per certificate.

    Args:
        uow: The transaction that keeps a token of this certificate.
        info: What the token says.
        now: The present instant.
        margin: How long before the certificate's end the renewal is due.
    """
    name, ends_at = authority_name(info), info.certificate.not_valid_after_utc
    # A renewal that ends now either sees this token or has already left the agenda.
    _serialise(uow, name)
    due_at = max(ends_at - margin, now + max(ends_at - now, timedelta(0)) / SPREAD)
    plan(
        uow,
        key=f"restamp:{name}",
        due_at=due_at,
        action="restamp",
        subject=name,
        payload={"ends_at": iso(ends_at)},
    )


def renewals_of(connection: Connection, checkpoint_size: int) -> tuple[Renewal, ...]:
    """Return the renewals of a checkpoint's token, the oldest first."""
    query = (
        select(_LEAF.c.renewal_id, _LEAF.c.leaf_index, _RENEWAL.c.size, _RENEWAL.c.token)
        .join_from(_LEAF, _RENEWAL, _RENEWAL.c.id == _LEAF.c.renewal_id)
        .where(_LEAF.c.checkpoint_size == checkpoint_size, _RENEWAL.c.token.is_not(None))
        .order_by(_LEAF.c.generation)
    )
    return tuple(
        Renewal(
            index=row.leaf_index,
            size=row.size,
            path=tuple(
                merkle.inclusion_path(row.leaf_index, row.size, renewal_subtree(connection, row.renewal_id))
            ),
            token=row.token,
        )
        for row in connection.execute(query).all()
    )


def renewed_since(
    connection: Connection, made_at: datetime, checkpoint_sizes: Callable[[], Iterable[int]]
) -> bool:
    """Answer whether any of these checkpoints was renewed after an instant; they are rarely asked for."""
    newer = select(_RENEWAL.c.id).where(_RENEWAL.c.stamped_at > made_at)
    renewals = list(connection.execute(newer).scalars())
    if not renewals:
        return False
    query = select(_LEAF.c.checkpoint_size).where(
        _LEAF.c.renewal_id.in_(renewals), _LEAF.c.checkpoint_size.in_(list(checkpoint_sizes()))
    )
    return connection.execute(query.limit(1)).first() is not None


def renewal_subtree(connection: Connection, renewal_id: str) -> Subtree:
    """Return the subtree function of a renewal's tree."""

    def read(level: int, position: int) -> bytes:
        return _tile(connection, renewal_id, level, position)

    return tiled_subtree(read)


def open_renewal(uow: UnitOfWork, authority: str, *, now: datetime) -> str:
    """Return the id of the renewal that is under way for a certificate, begun now if none is."""
    _serialise(uow, authority)
    query = select(_RENEWAL.c.id).where(_RENEWAL.c.authority == authority, _RENEWAL.c.token.is_(None))
    found: str | None = uow.execute(query).scalar_one_or_none()
    if found is None:
        found = new_id()
        uow.add(RenewalRow, id=found, authority=authority, created_at=now)
    return found


def gather(uow: UnitOfWork, renewal_id: str, authority: str, *, after: int, first: bool) -> int | None:
    """Add the next checkpoints to a renewal's tree, at most up to the end of a tile.

    Args:
        uow: A transaction of its own.
        renewal_id: The open renewal.
        authority: Name of the certificate that ends.
        after: Size of the last checkpoint looked at; −1 begins.
        first: Take checkpoints that were never renewed; else those whose last renewal is by `authority`.

    Returns:
        Size of the last checkpoint added, or nothing when there are no more, or the renewal is closed.
    """
    _serialise(uow, authority)
    query = select(_RENEWAL.c.size).where(_RENEWAL.c.id == renewal_id, _RENEWAL.c.token.is_(None))
    held: int | None = uow.execute(query).scalar_one_or_none()
    if held is None:
        return None
    position, within = divmod(held, WIDTH)
    wanted = (_unrenewed if first else _renewed_before)(authority)
    wanted = wanted.where(_CHECKPOINT.c.size > after).order_by(_CHECKPOINT.c.size).limit(WIDTH - within)
    rows = uow.execute(wanted).all()
    if not rows:
        return None
    tile = _tile(uow.connection, renewal_id, 0, position) + b"".join(_leaves(uow.connection, rows))
    _keep_tile(uow, renewal_id, 0, position, tile)
    uow.add_all(
        RenewalLeafRow,
        [
            {
                "checkpoint_size": row.size,
                "generation": row.generation + 1,
                "renewal_id": renewal_id,
                "leaf_index": held + place,
            }
            for place, row in enumerate(rows)
        ],
    )
    uow.execute(update(_RENEWAL).where(_RENEWAL.c.id == renewal_id).values(size=held + len(rows)))
    return int(rows[-1].size)


def build(uow: UnitOfWork, renewal_id: str, authority: str) -> tuple[int, bytes]:
    """Write the upper levels of a renewal's tree from its leaves; return its size and root."""
    _serialise(uow, authority)
    size = int(uow.execute(select(_RENEWAL.c.size).where(_RENEWAL.c.id == renewal_id)).scalar_one())
    level, width = 0, size // WIDTH
    while width:
        upper: list[bytes] = []
        for position in range(width):
            upper.append(merkle.root(split_tile(_tile(uow.connection, renewal_id, level, position))))
            if len(upper) == WIDTH or position == width - 1:
                _keep_tile(uow, renewal_id, level + 1, position // WIDTH, b"".join(upper))
                upper = []
        level, width = level + 1, width // WIDTH
    root = merkle.tree_root(size, renewal_subtree(uow.connection, renewal_id))
    uow.execute(update(_RENEWAL).where(_RENEWAL.c.id == renewal_id).values(root=root))
    return size, root


def leaves_any(uow: UnitOfWork, authority: str) -> bool:
    """Answer whether any checkpoint's newest token is by this certificate: one came meanwhile."""
    _serialise(uow, authority)
    return any(
        uow.execute(query.limit(1)).first() is not None
        for query in (_unrenewed(authority), _renewed_before(authority))
    )


def drop_empty(uow: UnitOfWork, renewal_id: str) -> None:
    """Forget a renewal that covers nothing."""
    uow.defer(delete(_RENEWAL).where(_RENEWAL.c.id == renewal_id, _RENEWAL.c.size == 0))


def settle(
    uow: UnitOfWork, renewal_id: str, *, size: int, root: bytes, token: bytes, stamp_id: str, now: datetime
) -> bool:
    """Keep a renewal's token if the tree is still the one it was made for; return whether it was."""
    mine = and_(
        _RENEWAL.c.id == renewal_id,
        _RENEWAL.c.token.is_(None),
        _RENEWAL.c.size == size,
        _RENEWAL.c.root == root,
    )
    values = {"token": token, "stamp_id": stamp_id, "stamped_at": now}
    return uow.update(update(_RENEWAL).where(mine).values(values)) == 1


def _serialise(uow: UnitOfWork, authority: str) -> None:
    uow.serialise(f"restamp:{authority}")


def _unrenewed(authority: str) -> Select[Any]:
    """Return the checkpoints with a token by this certificate that stand in no renewal."""
    standing = select(_LEAF.c.generation).where(_LEAF.c.checkpoint_size == _CHECKPOINT.c.size)
    return _checkpoints(literal(0)).where(
        func.substr(_CHECKPOINT.c.stamp_id, 1, NAME_CHARS) == authority, ~standing.exists()
    )


def _renewed_before(authority: str) -> Select[Any]:
    """Return the checkpoints whose newest renewal is by this certificate."""
    newer = _LEAF.alias("newer")
    is_newer = and_(
        newer.c.checkpoint_size == _LEAF.c.checkpoint_size, newer.c.generation > _LEAF.c.generation
    )
    return (
        _checkpoints(_LEAF.c.generation)
        .join(_LEAF, _LEAF.c.checkpoint_size == _CHECKPOINT.c.size)
        .join(_RENEWAL, _RENEWAL.c.id == _LEAF.c.renewal_id)
        .where(
            func.substr(_RENEWAL.c.stamp_id, 1, NAME_CHARS) == authority,
            ~select(newer.c.generation).where(is_newer).exists(),
        )
    )


def _checkpoints(generation: Any) -> Select[Any]:
    named = (_CHECKPOINT.c[name] for name in ("size", "note", "token"))
    return select(*named, generation.label("generation")).select_from(_CHECKPOINT)


def _leaves(connection: Connection, rows: Sequence[Row[Any]]) -> list[bytes]:
    """Return the leaf hashes of checkpoints, over their notes and all tokens they have."""
    renewed = [row.size for row in rows if row.generation]
    later: dict[int, list[bytes]] = defaultdict(list)
    if renewed:
        query = (
            select(_LEAF.c.checkpoint_size, _LEAF.c.renewal_id)
            .where(_LEAF.c.checkpoint_size.in_(renewed))
            .order_by(_LEAF.c.checkpoint_size, _LEAF.c.generation)
        )
        pairs = connection.execute(query).all()
        # One renewal serves many checkpoints: its token is read once.
        wanted = {pair.renewal_id for pair in pairs}
        tokens = select(_RENEWAL.c.id, _RENEWAL.c.token).where(_RENEWAL.c.id.in_(wanted))
        found = {row.id: row.token for row in connection.execute(tokens)}
        for pair in pairs:
            later[pair.checkpoint_size].append(found[pair.renewal_id])
    return [renewal_leaf(row.note, [row.token, *later[row.size]]) for row in rows]


def _keep_tile(uow: UnitOfWork, renewal_id: str, level: int, position: int, tile: bytes) -> None:
    same = and_(_TILE.c.renewal_id == renewal_id, _TILE.c.level == level, _TILE.c.position == position)
    uow.defer(delete(_TILE).where(same))
    uow.add(RenewalTileRow, renewal_id=renewal_id, level=level, position=position, hashes=tile)


def _tile(connection: Connection, renewal_id: str, level: int, position: int) -> bytes:
    query = select(_TILE.c.hashes).where(
        _TILE.c.renewal_id == renewal_id, _TILE.c.level == level, _TILE.c.position == position
    )
    return connection.execute(query).scalar_one_or_none() or b""
