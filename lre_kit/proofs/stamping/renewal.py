"""Renewal of time stamps, as pure rules: what a renewal covers and how it is checked by hashing.

A token is worth something while its certificate is valid. Before that ends, a new token is made
over the checkpoint *and every token it has*, in the manner of RFC 4998 §5.2; so a chain of tokens
leads from the first to the present, each made while the one before it was good. One renewal serves
all checkpoints of an authority's certificate: it stamps the root of a Merkle tree (RFC 9162 §2.1).

What is hashed, all lengths and counts as eight bytes, most significant first::

    archive digest = SHA-256("lre-kit/renewal-leaf/1" ‖ 0x00 ‖ part(note) ‖ part(token 1) ‖ …)
    part(x)        = length of x ‖ x
    leaf           = SHA-256(0x00 ‖ archive digest)                       (RFC 9162 §2.1.1)
    stamped digest = SHA-256("lre-kit/renewal-root/1" ‖ 0x00 ‖ size ‖ root)

The leaf binds the note and the tokens themselves, not the hashes that earlier renewals were made
over: should SHA-256 weaken, a renewal under another function would stand by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from lre_kit.proofs.forms.merkle import leaf_hash, path_root

LEAF_TAG = b"lre-kit/renewal-leaf/1\x00"
"""What an archive digest begins with, so that it can be taken for nothing else."""

ROOT_TAG = b"lre-kit/renewal-root/1\x00"
"""What the stamped statement begins with."""

LENGTH_BYTES = 8
"""Bytes of a length or count."""

RENEWALS_MAX = 64
"""Most renewals read in one exhibit: a century's, and more."""

PATH_MAX = 64
"""Longest inclusion path read: a tree of 2^64 leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """One renewal as an exhibit carries it."""

    index: int
    """Place of the checkpoint's leaf in the renewal's tree, from 0."""
    size: int
    """Leaves of the renewal's tree."""
    path: tuple[bytes, ...]
    """Inclusion path (RFC 9162 §2.1.3)."""
    token: bytes
    """TimeStampToken over the stamped digest of size and root."""


def archive_digest(note: str, tokens: Sequence[bytes]) -> bytes:
    """Return the digest of a checkpoint and of all tokens it has so far, the oldest first."""
    digest = sha256(LEAF_TAG)
    for part in (note.encode(), *tokens):
        digest.update(_number(len(part)))
        digest.update(part)
    return digest.digest()


def renewal_leaf(note: str, tokens: Sequence[bytes]) -> bytes:
    """Return the leaf hash of a checkpoint in a renewal's tree."""
    return leaf_hash(archive_digest(note, tokens))


def stamped_digest(size: int, root: bytes) -> bytes:
    """Return the digest that a renewal's token is made over."""
    return sha256(ROOT_TAG + _number(size) + root).digest()


def covered_digest(note: str, tokens: Sequence[bytes], renewal: Renewal) -> bytes | None:
    """Return the digest a renewal's token must be over to cover this checkpoint and its tokens.

    Args:
        note: The checkpoint.
        tokens: The tokens it had before this renewal, the oldest first.
        renewal: The renewal.

    Returns:
        The digest, or nothing if the path cannot be one of a tree of that size.
    """
    if renewal.size >> (8 * LENGTH_BYTES):
        return None
    root = path_root(
        leaf=renewal_leaf(note, tokens), index=renewal.index, size=renewal.size, path=renewal.path
    )
    return None if root is None else stamped_digest(renewal.size, root)


def _number(value: int) -> bytes:
    return value.to_bytes(LENGTH_BYTES, "big")
