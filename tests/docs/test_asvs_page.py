"""The table of the ASVS names tests that exist, and says of each other line what is missing."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_line_names_tests_that_are_there_or_says_what_is_missing() -> None:
    page = (ROOT / "docs" / "reference" / "asvs.md").read_text(encoding="utf-8")
    found: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        found |= set(re.findall(r"^\s*def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE))
    rows = re.findall(
        r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (met|host|partly|not met) \| (.+?) \|$", page, re.MULTILINE
    )
    assert len(rows) > 90
    assert len({line for line, *_ in rows}) == len(rows)
    for line, _, state, shown in rows:
        named = re.findall(r"`(test_\w+)`", shown)
        assert bool(named) is (state == "met"), line
        assert set(named) <= found, line
        assert shown.strip(), line
