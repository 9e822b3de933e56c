"""The one table of keys: what the screens bind, what help shows, and what the reference page says."""

from collections.abc import Iterator
from dataclasses import dataclass

from lre_kit.operators.rules import RULES, VIEWS, View
from lre_tui.panel import Panel, Sight
from lre_tui.panels import PANELS
from lre_tui.texts import TEXTS


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what is pressed, how it is written, what it does."""

    key: str
    shown: str
    word: str
    action: str = ""
    in_footer: bool = False


EVERYWHERE: tuple[Key, ...] = (
    Key("slash", "/", "find", "find", in_footer=True),
    Key("escape", "Esc", "show_all", "show_all"),
    Key("r", "r", "refresh", "look"),
    Key("f", "f", "filters", "filters"),
    Key("B", "B", "bulk", "bulk"),
    Key("z", "z", "undo", "undo"),
    Key("c", "c", "copy", "copy"),
    Key("C", "C", "copy_all", "copy_story"),
    Key("E", "E", "export", "export"),
    Key("question_mark", "?", "help", "explain", in_footer=True),
    Key("ctrl+p", "Ctrl+P", "palette", "app.command_palette"),
    Key("T", "T", "theme", "app.next_theme"),
    Key("ctrl+l", "Ctrl+L", "lock", "app.lock"),
    Key("q", "q", "quit", "app.quit", in_footer=True),
)
"""Keys of every screen."""

MOVING: tuple[Key, ...] = (
    Key("", "↑ ↓ k j", "move"),
    Key("", "PgUp PgDn", "move_page"),
    Key("", "Home End g G", "move_ends"),
    Key("", "Enter", "open_line"),
    Key("", "Tab", "to_detail"),
)
"""Keys of the table itself."""

TWO_PEOPLE: tuple[Key, ...] = (Key("a", "a", "agree", "agree"), Key("d", "d", "decline", "decline"))
"""Keys of the screen of what waits for a second operator."""

DRAFTING: tuple[Key, ...] = (Key("d", "d", "draft", "draft"),)
"""Keys of the screen of rules."""


def keys_of(panel: Panel, sight: Sight) -> Iterator[tuple[str, str]]:
    """Yield the keys that are a screen's own, with what they do."""
    for act in panel.acts:
        yield act.key, sight.called(RULES[act.act])
    for look in panel.looks:
        yield look.key, sight.words[f"look_{look.name}"]
    for key in more_keys(panel):
        yield key.shown, sight.words[key.word]


_MORE = {
    View.TWO: TWO_PEOPLE,
    View.REGIMES: DRAFTING,
    View.REVIEWS: (Key("n", "n", "compare_names", "app.compare_names"),),
    View.REQUESTS: (Key("a", "a", "answer", "answer"),),
}


def more_keys(panel: Panel) -> tuple[Key, ...]:
    """Return the keys of a screen that are neither an act on a line nor a look."""
    return _MORE.get(panel.view, ())


def help_text(panel: Panel, sight: Sight) -> str:
    """Return what the keys of a screen do."""
    words = sight.words
    lines = [words["keys_here"]]
    lines += [f"  {key:14} {what}" for key, what in keys_of(panel, sight)]
    lines += ["", words["keys_all"]]
    lines += [f"  {key.shown:14} {words[key.word]}" for key in (*MOVING, *EVERYWHERE)]
    lines += [f"  {panel.key:14} {words['view_' + panel.view.value]}" for panel in PANELS]
    return "\n".join(lines)


def keys_page() -> str:
    """Return the reference page of the console's keys, in Markdown."""
    words = TEXTS["en"]
    lines = [
        "# Screens and keys of the console",
        "",
        "`?` shows those of a screen on the screen itself. Which acts are offered follows the operator's",
        "roles; the kernel judges them whatever is pressed.",
        "",
        "## Everywhere",
        "",
        "| Key | Does |",
        "|---|---|",
    ]
    lines += [f"| `{key.shown}` | {words[key.word]} |" for key in (*MOVING, *EVERYWHERE)]
    lines += [f"| `{panel.key}` | Go: {words['view_' + panel.view.value]} |" for panel in PANELS]
    for panel in PANELS:
        roles = ", ".join(sorted(role.value for role in VIEWS[panel.view]))
        name = words[f"view_{panel.view.value}"]
        picture = f"![The screen {name}](../images/console/{panel.view.value}.svg)"
        lines += ["", f"## {name}", "", picture, "", f"For: {roles}.", ""]
        rows = list(_rows(panel))
        lines += ["| Key | Does | For | Takes two |", "|---|---|---|---|", *rows] if rows else []
    return "\n".join(lines).rstrip() + "\n"


def _rows(panel: Panel) -> Iterator[str]:
    words = TEXTS["en"]
    for act in panel.acts:
        rule = RULES[act.act]
        roles = ", ".join(sorted(role.value for role in rule.roles))
        yield f"| `{act.key}` | {rule.english} | {roles} | {'yes' if rule.takes_two else ''} |"
    for look in panel.looks:
        yield f"| `{look.key}` | {words['look_' + look.name]} | all who see it | |"
    for key in more_keys(panel):
        yield f"| `{key.shown}` | {words[key.word]} | as the act | |"
