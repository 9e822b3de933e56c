"""What the page of faults is written from: the catalogue beside it, and the docstrings of the tests.

A test shows a row by naming its id in its docstring (``F9.03``; ``F8.01 to F8.07`` is each between them). An
id in the docstring of a class or a file stands for the whole class or file.
"""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path(__file__).resolve().with_name("faults.toml")
_ROW = r"F(\d{1,2})\.(\d{2})"
_NO_ROWS = {"title", "outside"}
"""Keys of a family that are no rows: its name, and reasons why rows of it bear no test."""
_SPAN = re.compile(rf"\b{_ROW}\b(?:\s+(?:to|until)\s+{_ROW}\b)?")


class UnknownRowError(Exception):
    """A docstring names a row that the catalogue does not have."""


def faults_page(tests: Path = ROOT / "tests") -> str:
    """Return the page: each row, its sentence, and the tests that show it.

    Raises:
        UnknownRowError: A test names a row that does not exist.
    """
    catalogue = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    shown = rows_shown(tests)
    known = {row for family in catalogue.values() for row in family if row not in _NO_ROWS}
    for row in sorted(shown.keys() - known):
        message = f"{row}, named by {', '.join(sorted(shown[row]))}, is no row of docs/faults.toml"
        raise UnknownRowError(message)
    lines = [
        "# Faults",
        "",
        "What can go wrong, what the product does about it, and the tests that show it on every run of the",
        "suite. Written from the tests: one that bears a row's number in its docstring stands here.",
        "",
    ]
    for name, family in catalogue.items():
        lines += _family(name, family, shown)
    return "\n".join(lines).rstrip() + "\n"


def _family(name: str, family: dict[str, Any], shown: dict[str, set[str]]) -> Iterator[str]:
    yield from (f"## {name} {family['title']}", "", "| Row | What holds | Shown by |", "|---|---|---|")
    for row, sentence in family.items():
        if row not in _NO_ROWS:
            tests = "<br>".join(f"`{test}`" for test in sorted(shown.get(row, ())))
            reason = family.get("outside", {}).get(row, "no test bears the number yet")
            yield f"| {row} | {sentence} | {tests or reason} |"
    yield ""


def rows_shown(tests: Path) -> dict[str, set[str]]:
    """Return for each row the tests that name it, as ``folder/file.py::name``."""
    shown: dict[str, set[str]] = defaultdict(set)
    for path in sorted(tests.rglob("test_*.py")):
        place = path.relative_to(tests).as_posix()
        text = path.read_text(encoding="utf-8")
        if not _SPAN.search(text):
            continue
        for name, words in _docstrings(ast.parse(text)):
            for row in _rows_in(words):
                shown[row].add("::".join((place, *name)))
    return shown


def _docstrings(tree: ast.Module) -> Iterator[tuple[tuple[str, ...], str]]:
    yield (), ast.get_docstring(tree) or ""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield (node.name,), ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef):
            for below in node.body:
                if isinstance(below, ast.FunctionDef):
                    yield (node.name, below.name), ast.get_docstring(below) or ""


def _rows_in(words: str) -> Iterator[str]:
    for family, first, until, last in _SPAN.findall(words):
        end = int(last) if until == family else int(first)
        yield from (f"F{family}.{place:02}" for place in range(int(first), end + 1))
