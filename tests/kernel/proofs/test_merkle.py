"""RFC 9162 §2.1: public vectors, the negative families, and properties."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.proofs.forms import merkle

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "merkle.json").read_text(encoding="utf-8")
)
LEAVES = [merkle.leaf_hash(bytes.fromhex(text)) for text in VECTORS["leaves"]]
SUBTREE = merkle.of_leaves(LEAVES)


def hashes(texts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


def test_leaf_hashes_are_the_published_ones() -> None:
    assert hashes(VECTORS["leaf_hashes"]) == LEAVES


@pytest.mark.parametrize("size", range(9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert merkle.root(LEAVES[:size]).hex() == VECTORS["roots"][size]


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=str)
def test_inclusion_paths_are_the_published_ones(case: dict[str, Any]) -> None:
    index, size, path = case["index"], case["size"], hashes(case["path"])
    assert merkle.inclusion_path(index, size, SUBTREE) == path
    root = merkle.root(LEAVES[:size])
    assert merkle.verify_inclusion(leaf=LEAVES[index], index=index, size=size, path=path, root=root)


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=str)
def test_consistency_paths_are_the_published_ones(case: dict[str, Any]) -> None:
    old, new, path = case["old"], case["new"], hashes(case["path"])
    assert merkle.consistency_path(old, new, SUBTREE) == path
    roots = {"old_root": merkle.root(LEAVES[:old]), "new_root": merkle.root(LEAVES[:new])}
    assert merkle.verify_consistency(old=old, new=new, path=path, **roots)


def damaged(path: list[bytes]) -> list[list[bytes]]:
    """Return the ways a path is usually wrong: cut, empty, a bit off, something added or swapped."""
    ways = [path[:-1], path[1:], [], [*path, b""], [b"", *path], [*path, path[-1]], [path[0], *path]]
    ways += [[*path[:i], bytes([h[0] ^ 1]) + h[1:], *path[i + 1 :]] for i, h in enumerate(path)]
    ways.append(path[::-1])
    return [way for way in ways if way != path]


@given(st.integers(2, 70), st.data())
def test_a_true_inclusion_is_verified_and_every_damage_refused(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(index, size, merkle.of_leaves(leaves))
    true = {"leaf": leaves[index], "index": index, "size": size, "path": path, "root": merkle.root(leaves)}
    assert merkle.verify_inclusion(**true)
    for way in damaged(path):
        assert not merkle.verify_inclusion(**(true | {"path": way}))
    for wrong in (index + 1, index - 1, index ^ 1, index + size, -1):
        if wrong != index:
            assert not merkle.verify_inclusion(**(true | {"index": wrong}))
    assert not merkle.verify_inclusion(**(true | {"leaf": true["root"]}))


@given(st.integers(1, 70), st.data())
def test_a_true_consistency_is_verified_and_every_damage_refused(new: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(new)]
    old = data.draw(st.integers(1, new))
    path = merkle.consistency_path(old, new, merkle.of_leaves(leaves))
    old_root, new_root = merkle.root(leaves[:old]), merkle.root(leaves)
    true = {"old": old, "new": new, "path": path, "old_root": old_root, "new_root": new_root}
    assert merkle.verify_consistency(**true)
    if old == new:
        assert not merkle.verify_consistency(**(true | {"path": [new_root]}))
        return
    for way in damaged(path):
        assert not merkle.verify_consistency(**(true | {"path": way}))
    assert not merkle.verify_consistency(**(true | {"old_root": new_root, "new_root": old_root}))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (5, 4)])
def test_a_leaf_that_is_not_there_has_no_path(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_path(index, size, SUBTREE)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_a_consistency_that_cannot_be_is_refused(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no consistency"):
        merkle.consistency_path(old, new, SUBTREE)


@given(st.integers(1, 700), st.data())
def test_another_projects_verifier_accepts_our_paths_and_refuses_changed_ones(
    size: int, data: st.DataObject
) -> None:
    """F15.05: sigstore checks Rekor's log with it; it has no notion of our leaves but their bytes."""
    theirs = pytest.importorskip("sigstore._internal.merkle")
    errors = pytest.importorskip("sigstore.errors")
    leaves = [number.to_bytes(4, "big") for number in range(size)]
    hashed = [merkle.leaf_hash(leaf) for leaf in leaves]
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(index, size, merkle.of_leaves(hashed))

    def accepted(hashes: list[bytes], *, at: int = index, root_hash: bytes = merkle.root(hashed)) -> bool:
        proof = SimpleNamespace(log_index=at, tree_size=size, hashes=hashes, root_hash=root_hash)
        entry = SimpleNamespace(
            _inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=leaves[index], log_index=at)
        )
        try:
            theirs.verify_merkle_inclusion(entry)
        except errors.VerificationError:
            return False
        return True

    assert accepted(path)
    assert not accepted([*path, bytes(32)])
    assert not accepted(path, root_hash=bytes(32))
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        changed = [*path[:place], bytes(32), *path[place + 1 :]]
        assert not accepted(changed)
