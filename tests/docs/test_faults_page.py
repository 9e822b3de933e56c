"""The page of faults is found from docstrings, and refuses rows that do not exist."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "docs"))
from generate_faults import UnknownRowError, faults_page, rows_shown


def test_rows_are_found_in_the_docstrings_of_tests_classes_and_files(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "test_one.py").write_text(
        '"""All of F8.01 to F8.03."""\n'
        "class TestCodes:\n"
        '    """F9.03."""\n'
        "    def test_once(self):\n"
        '        """F9.03, and F9.16."""\n'
        "def test_plain():\n"
        '    note = "F9.05 is no docstring"\n',
        encoding="utf-8",
    )
    assert rows_shown(tmp_path) == {
        "F8.01": {"web/test_one.py"},
        "F8.02": {"web/test_one.py"},
        "F8.03": {"web/test_one.py"},
        "F9.03": {"web/test_one.py::TestCodes", "web/test_one.py::TestCodes::test_once"},
        "F9.16": {"web/test_one.py::TestCodes::test_once"},
    }
    assert "`web/test_one.py::TestCodes::test_once`" in faults_page(tmp_path)


def test_a_row_without_a_test_says_why_or_that_there_is_none_yet(tmp_path: Path) -> None:
    page = faults_page(tmp_path)
    assert (
        "| F2.06 | What is decided is read from the database that was written, never from a late copy. | by c"
        in page
    )
    assert page.count("no test bears the number yet") > 100
    (tmp_path / "test_two.py").write_text('def test_it():\n    """F2.06"""\n', encoding="utf-8")
    assert "by construction" not in faults_page(tmp_path)


def test_a_row_that_does_not_exist_is_named_with_its_test(tmp_path: Path) -> None:
    (tmp_path / "test_two.py").write_text('def test_it():\n    """F9.99"""\n', encoding="utf-8")
    with pytest.raises(UnknownRowError, match=r"F9\.99, named by test_two\.py::test_it"):
        faults_page(tmp_path)
