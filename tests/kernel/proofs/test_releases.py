"""What a release made verifies for ever: the vectors of every release so far, in every form."""

from pathlib import Path

import pytest

from lre_kit.clock import from_iso
from lre_kit.proofs.report import Result
from lre_kit.proofs.verifying.anchors import Anchors
from lre_kit.proofs.verifying.verify import verify_path

RELEASES = sorted((Path(__file__).parents[2] / "vectors").glob("release-*"))
PRODUCTS = [
    product
    for release in RELEASES
    for product in sorted(
        [
            *release.glob("*/evidence/*"),
            *release.glob("*/proofs/*.pdf"),
            *(manifest.parent for manifest in release.glob("*/manifest.json")),
            *release.glob("*.asice"),
        ]
    )
]


def release_of(product: Path) -> Path:
    return next(release for release in RELEASES if product.is_relative_to(release))


def test_there_are_vectors_of_each_form() -> None:
    assert RELEASES
    assert {path.suffix for path in PRODUCTS} == {".json", ".xml", ".pdf", ".asice", ""}


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: str(p.relative_to(release_of(p).parent)))
def test_it_still_verifies(product: Path) -> None:
    """F15.01."""
    release = release_of(product)
    anchors = Anchors.load(release / "trust")
    at = from_iso((release / "made-at.txt").read_text("ascii").strip())
    report = verify_path(product, anchors, at=at)
    assert report.result is Result.PASSED, [c for c in report.checks if c.result is not Result.PASSED]


@pytest.mark.parametrize(
    "product", [p for p in PRODUCTS if p.suffix in {".json", ".xml"}], ids=lambda p: f"{p.parts[-3]}/{p.name}"
)
def test_its_changed_twin_still_fails(product: Path, tmp_path: Path) -> None:
    """F15.01."""
    release = release_of(product)
    raw = product.read_bytes()
    for place in range(7, len(raw), len(raw) // 12):
        twin = tmp_path / product.name
        twin.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        assert verify_path(twin, Anchors.load(release / "trust")).result is not Result.PASSED, place
