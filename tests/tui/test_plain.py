"""Screens as text and JSON: the same content, honest counts, and the same rights."""

import json
import string
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lre_kit.cli.main import cli
from lre_kit.office import PostOffice
from lre_kit.operators.errors import NotForYouError, SignInError
from lre_kit.operators.rules import RULES, View
from lre_kit.parties.values import Recipient
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.operators import PASSWORD, code_of
from lre_tui.panels import PANELS
from lre_tui.texts import TEXTS
from lre_tui.working import does, short


def lre(*arguments: str, typed: str = "") -> Any:
    return CliRunner().invoke(cli, ["console", *arguments], input=typed)


@pytest.fixture
def home(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LRE_HOME", str(office.settings.home))
    monkeypatch.setenv("LRE_PROVIDER_NAME", office.settings.provider_name)
    return office.settings.home


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("view", [view.value for view in View])
def test_every_screen_is_written_as_text_and_as_json(
    office: PostOffice, home: Path, view: str, language: str
) -> None:
    deposit_sample(office)
    office.run_until_idle()
    written = lre("--plain", view, "--lang", language)
    assert written.exit_code == 0, written.output
    assert written.output.startswith(TEXTS[language][f"view_{view}"])
    found = json.loads(lre("--plain", view, "--json").output)
    assert found["screen"] == view
    assert found["shown"] == len(found["lines"]) <= found["total"]
    if found["lines"]:
        line = found["lines"][0]["id"]
        assert lre("--plain", view, "--line", line).output.strip()
        assert json.loads(lre("--plain", view, "--line", line, "--json").output)["id"] == line


def test_counts_are_honest_and_the_filter_and_the_limit_hold(office: PostOffice, home: Path) -> None:
    for name in ("Anna", "Annabelle", "Zoë"):
        deposit_sample(office, recipient=Recipient(name=name, email="x@example.net"))
    assert "2 of 3" in lre("--plain", "letters", "--limit", "2", "--lang", "en").output
    found = lre("--plain", "letters", "--text", "anna", "--lang", "en").output
    assert "2 of 2" in found
    assert "Zoë" not in found
    assert "Rien ne" not in lre("--plain", "letters", "--lang", "fr", "--text", "nobody").output


def test_a_line_that_is_not_there_says_so(home: Path) -> None:
    assert lre("--plain", "letters", "--line", "none").exception.slug == "not-found"


def test_a_hostile_name_reaches_no_terminal(office: PostOffice, home: Path) -> None:
    from sqlalchemy import text

    deposit_sample(office)
    with office.database.write() as uow:
        uow.execute(text("UPDATE letter SET recipient_name = :name"), {"name": "\x1b]0;owned\x07\u202e"})
        uow.commit()
    for arguments in (("--plain", "letters"), ("--plain", "letters", "--json")):
        written = lre(*arguments).output
        assert "]0;owned" in written
        assert not {"\x1b", "\x07", "\u202e"} & set(written)


def test_read_only_writes_nothing_and_shows_the_same(office: PostOffice, home: Path) -> None:
    deposit_sample(office)
    assert "1 of 1" in lre("--plain", "letters", "--read-only", "--lang", "en").output


def test_where_operators_sign_in_plain_text_asks_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = MovedClock()
    with throwaway_office(tmp_path / "o", clock=clock, operator_entrance="accounts") as office:
        made = office.operators.book.add("anne", ["identity-reviewer"], by="root")
        first = office.operators.entrance.sign_in(
            "anne", made.password, code_of(made, clock), new_password=PASSWORD
        )
        office.operators.entrance.end(first)
        with office.database.write() as uow:
            from sqlalchemy import text

            uow.execute(text("UPDATE operator SET next_step = 0"))
            uow.commit()
        code = code_of(made, clock)
    monkeypatch.setenv("LRE_HOME", str(tmp_path / "o"))
    monkeypatch.setenv("LRE_OPERATOR_ENTRANCE", "accounts")
    refused = lre("--plain", "regimes", typed=f"anne\n{PASSWORD}\n000000\n")
    assert isinstance(refused.exception, SignInError)
    not_hers = lre("--plain", "letters", "--operator", "anne", typed=f"{PASSWORD}\n{code}\n")
    assert isinstance(not_hers.exception, NotForYouError)
    assert PASSWORD not in not_hers.output


# --- words ----------------------------------------------------------------------------------------------


def test_every_act_column_and_look_has_its_words_in_both_languages() -> None:
    for language in ("fr", "en"):
        words = TEXTS[language]
        for panel in PANELS:
            wanted = [f"view_{panel.view.value}", panel.empty]
            wanted += [f"col_{column.name}" for column in panel.columns]
            wanted += [f"look_{look.name}" for look in panel.looks]
            for act in panel.acts:
                wanted += [
                    does(act.act),
                    short(act.act),
                    *(f"ask_{ask.removesuffix('?')}" for ask in act.asks),
                ]
            assert [name for name in wanted if name not in words] == []
    for act, rule in RULES.items():
        if rule.takes_two:
            assert does(act) in TEXTS["fr"], "the screen of what waits for two tells it"


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_no_word_has_a_field_that_only_one_language_fills() -> None:
    for name, french in TEXTS["fr"].items():
        fields = [fields_of(text) for text in (french, TEXTS["en"][name])]
        assert fields[0] == fields[1], name


def test_no_two_keys_of_a_screen_are_the_same() -> None:
    from lre_tui.keys_table import EVERYWHERE, TWO_PEOPLE

    everywhere = [key.key for key in EVERYWHERE] + [panel.key for panel in PANELS] + ["v"]
    table = ["j", "k", "g", "G", "space", "enter"]
    for panel in PANELS:
        own = [act.key for act in panel.acts] + [look.key for look in panel.looks]
        own += [key.key for key in TWO_PEOPLE] if panel.view is View.TWO else []
        keys = [*everywhere, *table, *own]
        assert len(keys) == len(set(keys)), panel.view


def test_the_duties_that_the_office_knows_have_names(office: PostOffice) -> None:
    known = {*office.duties._actions, *office.duties._more()}
    unnamed = sorted(name for name in known if f"duty_{name}" not in TEXTS["fr"])
    # A new duty may come without a name: its own is then shown, without underscores.
    assert len(unnamed) <= 5, unnamed
