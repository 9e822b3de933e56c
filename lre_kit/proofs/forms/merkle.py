"""The Merkle tree of RFC 9162 §2.1 (the same as RFC 6962 §2.1): pure functions of hashes.

``root({}) = SHA256("")``, ``leaf = SHA256(0x00 ‖ data)``, ``node = SHA256(0x01 ‖ left ‖ right)``;
a tree of n leaves splits at the largest power of two below n. Subtrees are asked for through a
function, so that a tree of any size is proved from the few hashes its store hands out.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_BYTES = 32
"""Length of every hash, in bytes."""

EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves."""

Subtree = Callable[[int, int], bytes]
"""``subtree(level, index)``: root of the index-th perfect subtree of 2^level leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    return tree_root(len(leaves), of_leaves(leaves))


def of_leaves(leaves: Sequence[bytes]) -> Subtree:
    """Return the subtree function of leaf hashes held in memory."""

    def subtree(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        return node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))

    return subtree


def tree_root(size: int, subtree: Subtree) -> bytes:
    """Return the root of a tree of `size` leaves."""
    return _range_root(0, size, subtree) if size else EMPTY_ROOT


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """Return PATH(index, D[size]), nearest hash first (RFC 9162 §2.1.3.1).

    Raises:
        ValueError: There is no such leaf.
    """
    if not 0 <= index < size:
        msg = f"no leaf {index} in a tree of {size}"
        raise ValueError(msg)
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        split = begin + _split(end - begin)
        if index < split:
            path.append(_range_root(split, end, subtree))
            end = split
        else:
            path.append(_range_root(begin, split, subtree))
            begin = split
    return path[::-1]


def consistency_path(old: int, new: int, subtree: Subtree) -> list[bytes]:
    """Return PROOF(old, D[new]) (RFC 9162 §2.1.4.1).

    Raises:
        ValueError: Not 0 < old ≤ new.
    """
    if not 0 < old <= new:
        msg = f"no consistency from {old} to {new}"
        raise ValueError(msg)
    path: list[bytes] = []
    begin, end, known = 0, new, True
    while old != end:
        split = begin + _split(end - begin)
        if old <= split:
            path.append(_range_root(split, end, subtree))
            end = split
        else:
            path.append(_range_root(begin, split, subtree))
            begin, known = split, False
    if not known:
        path.append(_range_root(begin, end, subtree))
    return path[::-1]


def path_root(*, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root an inclusion path leads to, or nothing if it is no path of such a tree."""
    if not 0 <= index < size:
        return None
    place, last, reached = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if place % 2 or place == last:
            reached = node_hash(sibling, reached)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        place, last = place >> 1, last >> 1
    return reached if last == 0 else None


def verify_inclusion(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Tell whether a leaf hash is the one at `index` under `root` (RFC 9162 §2.1.3.2)."""
    return path_root(leaf=leaf, index=index, size=size, path=path) == root


def verify_consistency(
    *, old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Tell whether the tree of `old` leaves begins the tree of `new` (RFC 9162 §2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    if not path:
        return False
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    place, last = old - 1, new - 1
    while place % 2:
        place, last = place >> 1, last >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place % 2 or place == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(begin: int, end: int, subtree: Subtree) -> bytes:
    """Return the root over leaves begin … end − 1, where begin is a multiple of the covering power."""
    count = end - begin
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return subtree(level, begin >> level)
    split = begin + _split(count)
    return node_hash(_range_root(begin, split, subtree), _range_root(split, end, subtree))
