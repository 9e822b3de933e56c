"""Paths of tiles have one form; a size needs exactly the tiles the specification counts."""

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lre_kit.proofs.log.tiles import (
    WIDTH,
    BundleError,
    Tile,
    TilePathError,
    needed_tiles,
    outgrown,
    parse_path,
    read_bundle,
    right_edge,
    tile_at,
    write_bundle,
)

SIZES = st.one_of(
    st.integers(0, 1000), st.integers(0, 200_000), st.sampled_from([255, 256, 257, 65_535, 65_536])
)
TILES = st.builds(
    lambda level, position, width, is_bundle: Tile(
        level=0 if is_bundle else level, position=position, width=width, is_bundle=is_bundle
    ),
    st.integers(0, 63),
    st.one_of(st.integers(0, 2000), st.integers(0, 2**60)),
    st.integers(1, WIDTH),
    st.booleans(),
)


@given(TILES)
def test_a_path_leads_back_to_its_tile(tile: Tile) -> None:
    assert parse_path(tile.path) == tile


def test_paths_are_those_of_the_specification() -> None:
    assert Tile(level=0, position=1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(level=0, position=1067).path == "tile/0/x001/067"
    assert Tile(level=2, position=0, width=1).path == "tile/2/000.p/1"
    assert Tile(level=0, position=273, width=112).bundle.path == "tile/entries/273.p/112"


@pytest.mark.parametrize(
    "path",
    [
        "", "tile/0/67", "tile/0/0067", "tile/0/x000/067", "tile/00/067", "tile/64/067", "tile/0/067.p/0",
        "tile/0/067.p/256", "tile/0/067.p/05", "tile/0/067/", "/tile/0/067", "tile/0/x067", "tile/0/001/067",
        "tile/0/067.p/", "tile/entries/x001/67", "tile/-1/067", "tile/0/٠٦٧", "tile/0/067\n", "tile/0/../067",
        "tile/0/" + "x999/" * 40 + "000",
    ],
)  # fmt: skip
def test_another_form_is_refused(path: str) -> None:
    with pytest.raises(TilePathError):
        parse_path(path)


@given(st.text(alphabet="tile/x.p0123456789entries-", max_size=40))
@example("tile/0/x001/000")
def test_whatever_is_read_as_a_path_is_in_its_one_form(path: str) -> None:
    try:
        tile = parse_path(path)
    except TilePathError:
        return
    assert tile.path == path


def test_the_example_of_the_specification() -> None:
    tiles = list(needed_tiles(70_000))
    assert sum(t.level == 0 and t.is_full for t in tiles) == 273
    assert [(t.level, t.width) for t in tiles if not t.is_full] == [(0, 112), (1, 17), (2, 1)]
    assert sum(t.level == 1 and t.is_full for t in tiles) == 1
    assert [(t.level, t.width) for t in needed_tiles(256)] == [(0, 256), (1, 1)]
    assert list(needed_tiles(0)) == []


@given(SIZES)
def test_the_tiles_of_a_size_hold_each_hash_once(size: int) -> None:
    held: dict[int, int] = {}
    for tile in needed_tiles(size):
        assert tile.start == held.get(tile.level, 0), "from the left, without a gap"
        held[tile.level] = held.get(tile.level, 0) + tile.width
        assert tile == tile_at(tile.level, tile.position, size=size)
    assert held == {level: size >> 8 * level for level in range(8) if size >> 8 * level}


@given(SIZES, SIZES)
def test_only_new_tiles_are_needed_and_all_of_them(one: int, other: int) -> None:
    old, new = sorted((one, other))
    before, after = {t.path for t in needed_tiles(old)}, {t.path for t in needed_tiles(new)}
    assert {t.path for t in needed_tiles(new, beyond=old)} == after - before


@given(SIZES)
def test_the_right_edge_is_what_is_partial(size: int) -> None:
    assert list(right_edge(size)) == [t for t in needed_tiles(size) if not t.is_full]


@given(SIZES, SIZES)
def test_what_is_outgrown_was_partial_and_is_full(one: int, other: int) -> None:
    old, new = sorted((one, other))
    assume(old != new)
    full = {t.path for t in needed_tiles(new) if t.is_full}
    was_partial = {t.full.path for t in right_edge(old)}
    gone = [t for t in outgrown(old, new) if not t.is_bundle]
    assert {t.path for t in gone} == full & was_partial
    assert {t.bundle.path for t in gone if t.level == 0} == {
        t.path for t in outgrown(old, new) if t.is_bundle
    }


@given(st.lists(st.binary(max_size=300), max_size=WIDTH))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    raw = write_bundle(entries)
    assert read_bundle(raw, width=len(entries)) == entries
    for wrong in (raw + b"\0", raw[:-1]) if entries else (b"\0",):
        with pytest.raises(BundleError):
            read_bundle(wrong, width=len(entries))


def test_an_entry_too_long_for_its_length_is_refused() -> None:
    with pytest.raises(ValueError, match="65536 bytes"):
        write_bundle([bytes(65_536)])
