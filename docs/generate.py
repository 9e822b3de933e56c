"""Writes the reference pages that repeat what the code says: settings, commands, errors, events, faults.

It also fills the blocks of README and docs that show a file of the repository.

Run ``python docs/generate.py`` after changing one of them; with ``--check`` nothing is written and the
exit code is 1 when a page lags behind.
"""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import click

from lre_kit import errors, settings
from lre_kit.cli.main import cli
from lre_kit.errors import LreError
from lre_kit.law.events import ErdsEvent

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
SAME_AS = re.compile(
    r"(?P<head>^<!-- same-as: (?P<path>\S+) -->\n```\w+\n)(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
WIDTH = 96
"""Columns of the help texts."""


def settings_page() -> str:
    """Return the table of settings, read from the source of the class."""
    lines = [
        "# Settings",
        "",
        "Each is an environment variable, or an argument of `lre_kit.settings.Settings` (lower case, without",
        "`LRE_`). A value that cannot be used is refused, and the message names its variable.",
        "",
        "| Variable | Type | Default | Meaning |",
        "|---|---|---|---|",
    ]
    tree = ast.parse(inspect.getsource(settings))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings").body
    for field, meaning in pairwise(body):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        words = _docstring(meaning)
        lines.append(
            f"| `LRE_{field.target.id.upper()}` | {_code(ast.unparse(field.annotation))} "
            f"| {_default(field.value)} | {words} |"
        )
    return "\n".join(lines) + "\n"


def _docstring(node: ast.stmt) -> str:
    value = node.value if isinstance(node, ast.Expr) else None
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return _cell(value.value.replace("``", "`"))
    return ""


def _default(value: ast.expr | None) -> str:
    if value is None:
        return "required"
    if isinstance(value, ast.Call):
        named = {keyword.arg: keyword.value for keyword in value.keywords}
        value = named.get("default") or (value.args[0] if value.args else value)
    if isinstance(value, ast.Constant) and value.value is None:
        return "–"
    if isinstance(value, ast.Constant):
        return _code(str(value.value))
    return _code(ast.unparse(value))


def commands_page() -> str:
    """Return the help of every command."""
    parts = [
        "# Commands",
        "",
        "Exit codes: 0 done (for `verify`: passed), 1 failed, 2 indeterminate (`verify` only), 64 wrong",
        "usage, 65 bad input, 66 missing file, 67 no such letter, 69 a missing extra, 75 something does not",
        "answer (try again), 78 configuration.",
        "",
    ]
    for path, command, context in _commands(cli, None, "lre"):
        parts += [f"## `{path}`", "", "```text", command.get_help(context).rstrip(), "```", ""]
    return "\n".join(parts).rstrip() + "\n"


def _commands(
    command: click.Command, parent: click.Context | None, name: str
) -> Iterator[tuple[str, click.Command, click.Context]]:
    settings_of = {**command.context_settings, "max_content_width": WIDTH, "terminal_width": WIDTH}
    context = click.Context(command, info_name=name, parent=parent, **settings_of)
    yield context.command_path, command, context
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None:
                yield from _commands(found, context, below)


def errors_page() -> str:
    """Return the table of errors: slug, class, status, exit code, meaning."""
    lines = [
        "# Errors",
        "",
        "Every error the kit raises on purpose is a child of `lre_kit.errors.LreError` and carries two",
        "sentences: `problem` (what is wrong) and `mend` (how to put it right). The slug never changes;",
        "programs go by it. Classes without a module here are in `lre_kit.errors`.",
        "",
        "| Slug | Class | HTTP status | Exit code | Meaning |",
        "|---|---|---|---|---|",
    ]
    found = sorted(_errors(), key=lambda each: (each["slug"], each["name"]))
    row = "| `{slug}` | `{name}` | {status} | {exit_code} | {meaning} |"
    lines += [row.format(**each) for each in found]
    return "\n".join(lines) + "\n"


def _errors() -> Iterator[dict[str, str]]:
    """Yield the errors of all packages, read from their source: no extra need be installed."""
    classes: dict[str, list[tuple[str, ast.ClassDef]]] = {}
    for root in (ROOT, *(ROOT / face for face in ("web", "tui", "jobs"))):
        for path in sorted(root.glob("lre_*/**/*.py")):
            module = ".".join(path.relative_to(root).with_suffix("").parts)
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef):
                    classes.setdefault(node.name, []).append((module, node))
    for name, homes in classes.items():
        for module, node in homes:
            values = _class_values(node, classes)
            if name != LreError.__name__ and values.pop("", ""):
                values["meaning"] = _first_sentence(node)
                yield {"name": name if module == errors.__name__ else f"{module}.{name}"} | values


def _class_values(
    node: ast.ClassDef, classes: dict[str, list[tuple[str, ast.ClassDef]]], seen: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Return what a class and its bases set; under the empty name a mark if it descends from `LreError`."""
    found = {"": "yes"} if node.name == LreError.__name__ else {}
    for base in reversed(node.bases):
        if isinstance(base, ast.Name) and base.id not in {*seen, node.name}:
            for _, above in classes.get(base.id, []):
                found |= _class_values(above, classes, seen | {node.name})
    for line in node.body:
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        value = getattr(line, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and target.id in _TOLD and isinstance(value, ast.Constant):
                found[target.id] = str(value.value)
    return found


_TOLD = frozenset({"slug", "status", "exit_code"})


def _first_sentence(node: ast.ClassDef) -> str:
    words = (ast.get_docstring(node) or "Private to its module.").split("\n\n")[0]
    return _cell(words.replace("``", "`"))


def events_page() -> str:
    """Return the table of events."""
    lines = [
        "# Events",
        "",
        "A letter's journal speaks the words of ETSI EN 319 522-2. The code is the standard's; where public",
        "sources do not settle it, none is given.",
        "",
        "| Code | Name | English | French |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {event.code or '–'} | `{event.value}` | {_cell(event.english)} | {_cell(event.french)} |"
        for event in ErdsEvent
    ]
    return "\n".join(lines) + "\n"


def console_keys_page() -> str:
    """Return the console's keys, from the one table that its screens and its help read too."""
    from lre_tui.keys_table import keys_page

    return keys_page()


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


PAGES = {
    "settings.md": settings_page,
    "commands.md": commands_page,
    "errors.md": errors_page,
    "events.md": events_page,
    "console-keys.md": console_keys_page,
}


def with_files(text: str) -> str:
    """Return a page whose blocks under ``<!-- same-as: PATH -->`` hold what the file holds."""

    def block(found: re.Match[str]) -> str:
        original = ROOT / found["path"]
        return f"{found['head']}{original.read_text(encoding='utf-8')}```" if original.exists() else found[0]

    return SAME_AS.sub(block, text)


def wanted() -> Iterator[tuple[Path, str]]:
    """Yield every page this program writes to, with the text it should have."""
    # Where a program's own folder is kept off the path, its neighbours are not found without this.
    sys.path.append(str(ROOT / "docs"))
    from generate_faults import faults_page

    for name, page in (PAGES | {"faults.md": faults_page}).items():
        yield FOLDER / name, page()
    if find_spec("flask"):
        from generate_api import api_page, shapes_module

        yield FOLDER / "api.md", api_page()
        yield ROOT / "lre_kit" / "client" / "shapes.py", shapes_module()
    for place in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        if place.parent != FOLDER:
            yield place, with_files(place.read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` say which lag behind."""
    late = []
    for place, text in wanted():
        if not place.exists() or place.read_text(encoding="utf-8") != text:
            late.append(str(place.relative_to(ROOT)))
            if "--check" not in arguments:
                place.parent.mkdir(exist_ok=True)
                place.write_text(text, encoding="utf-8")
    if late and "--check" in arguments:
        print(f"not current: {', '.join(late)}; run: python docs/generate.py")
        return 1
    print(f"written: {', '.join(late)}" if late else "all pages are current")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
