"""What the four packages import stands in pyproject.toml, and the other way round."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN = {"lre_kit", "lre_web", "lre_tui", "lre_jobs"}
SOURCES = [ROOT / "lre_kit", ROOT / "web" / "lre_web", ROOT / "tui" / "lre_tui", ROOT / "jobs" / "lre_jobs"]
NOT_IMPORTED = {
    "tzdata",  # data for zoneinfo
    "psycopg",  # named in database URLs
    "obstore",  # imported by name, so that a missing extra can be told
    "python-pkcs11",  # the seal's port is there, the adapter follows
    "pyotp",  # likewise, for identification by an app
    "lre-kit",  # the extra `all` names the others
}

PARTS = {"werkzeug": "flask", "jinja2": "flask", "markupsafe": "flask"}
"""Packages that are a documented part of another's interface."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    for extra in project["optional-dependencies"].values():
        lines += extra
    return {normal(re.split(r"[\[<>=;~! ]", line)[0]) for line in lines}


def imported() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in SOURCES:
        for file in folder.rglob("*.py"):
            if file.is_relative_to(ROOT / "lre_kit" / "testing"):
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names = [node.module]
                else:
                    continue
                found |= {name.split(".")[0]: file for name in names}
    return {name: file for name, file in found.items() if name not in OWN | sys.stdlib_module_names}


def test_every_import_is_declared() -> None:
    owners = packages_distributions()
    known = declared()
    missing = {
        f"{name} ({file.relative_to(ROOT)})"
        for name, file in imported().items()
        if name in owners
        and PARTS.get(name) not in known
        and known.isdisjoint({normal(owner) for owner in owners[name]})
    }
    assert missing == set()


def test_every_declared_dependency_is_imported() -> None:
    owners = packages_distributions()
    names = imported()
    if absent := [name for name in names if name not in owners]:
        pytest.skip(f"not installed here: {', '.join(absent)}")
    used = {normal(owner) for name in names for owner in owners[name]}
    assert declared() - used - NOT_IMPORTED == set()


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text[text.index("dependencies = [") : text.index("[project.scripts]")]
    named = [line for line in section.splitlines() if line.startswith('  "')]
    assert [line for line in named if "#" not in line] == []
