"""The console's words: both languages whole, numbers as each writes them, foreign text harmless."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lre_kit.errors import MissingExtraError
from lre_tui.inert import inert
from lre_tui.lines import columns_for
from lre_tui.panel import Panel
from lre_tui.panels import PANELS
from lre_tui.panels.letters import LETTERS
from lre_tui.texts import TEXTS, language_of, number_text


def test_both_languages_have_the_same_words_and_fields() -> None:
    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text)} - {None}

    assert TEXTS["fr"].keys() == TEXTS["en"].keys()
    for name in TEXTS["fr"]:
        assert fields(TEXTS["fr"][name]) == fields(TEXTS["en"][name])


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_CA"}, "fr"),
    ],
)
def test_the_terminals_language_is_taken(environment: dict[str, str], language: str) -> None:
    assert language_of(environment) == language


def test_thousands_are_grouped() -> None:
    assert number_text(12431, "en") == "12,431"
    assert number_text(12431, "fr") == "12\u202f431"


@given(st.text())
def test_no_foreign_text_can_move_the_cursor_or_turn_the_line_round(text: str) -> None:
    shown = inert(text)
    assert len(shown) == len(text)
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert inert(shown) == shown


@pytest.mark.parametrize(
    "name", ["Zoë Müller", "王小明", "עדי כהן", "محمد", "می\u200cخواهم", "O’Brien", "[red]x[/]"]
)
def test_names_of_any_script_are_shown_as_they_are(name: str) -> None:
    assert inert(name) == name


@given(st.sampled_from(PANELS), st.integers(1, 400))
def test_columns_fill_the_width_and_never_pass_it_unless_the_screen_is_tiny(panel: Panel, cells: int) -> None:
    columns = columns_for(panel.columns, cells)
    assert columns[0][0] == panel.columns[0].name
    assert all(width > 0 for _, width in columns)
    kept = [column for column in panel.columns if not column.gives_way]
    least = sum(column.cells for column in kept[:-1]) + 2 * (len(kept) - 1) + 1
    assert sum(width for _, width in columns) + 2 * (len(columns) - 1) == max(cells, least)


def test_a_wide_screen_shows_everything_and_80_columns_show_the_recipient() -> None:
    assert [name for name, _ in columns_for(LETTERS.columns, 78)] == ["number", "state", "recipient"]
    names = [name for name, _ in columns_for(LETTERS.columns, 120)]
    assert names == ["number", "state", "recipient", "deposited", "closes"]


def test_every_state_fits_its_column_or_is_cut_with_a_sign() -> None:
    from lre_tui.line_table import _fitted

    assert cell_len(_fitted("Acceptée, identification en cours", 26)) == 26
    assert _fitted("Acceptée, identification en cours", 26).endswith("…")
    assert cell_len(_fitted("王小明王小明", 7)) == 7


def test_without_the_extra_the_import_says_how_to_install_it() -> None:
    import subprocess
    import sys

    program = "import sys; sys.modules['textual'] = None; import lre_tui"
    found = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False)
    assert MissingExtraError.__name__ in found.stderr
    assert 'pip install "lre-kit[tui]"' in found.stderr
