"""The site that the tests of the pages share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lre_web.testing import ThrowawaySite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ThrowawaySite]:
    made = ThrowawaySite.open(tmp_path / "office")
    with made.office:
        yield made
