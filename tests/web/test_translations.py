"""The pages' words as translators' files: out and in again, complete, with their places, and in use."""

from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from hypothesis import given
from hypothesis import strategies as st

from lre_kit.errors import ConfigurationError
from lre_web.overrides import checked_texts, placeholders
from lre_web.testing import ThrowawaySite
from lre_web.texts import LANGUAGES
from lre_web.translations import (
    BRACES,
    catalogue_of,
    export,
    faults_of,
    left_of,
    merged,
    read_translations,
    shelves,
)


def changed(folder: Path, name: str, said: str, language: str = "fr") -> Path:
    """Write a translators' file in which one sentence is another."""
    catalogue = catalogue_of(language)
    [message] = [each for each in catalogue if each.context == name]
    message.string = said
    path = folder / f"{language}.po"
    with path.open("wb") as file:
        write_po(file, catalogue)
    return path


def test_every_shelf_is_exported_with_all_its_words(tmp_path: Path) -> None:
    template, french, english = export(tmp_path)
    assert (template.name, french.name, english.name) == ("lre.pot", "fr.po", "en.po")
    count = sum(len(words) for words in shelves().values())
    assert len(shelves()) >= 20
    for path, language in ((french, "fr"), (english, "en")):
        with path.open("rb") as file:
            read = read_po(file, locale=language)
        messages = [each for each in read if each.id]
        assert len(messages) == count
        assert faults_of(path, language) == []
        assert left_of(path, language) == []
        assert all((BRACES in each.flags) == bool(placeholders(str(each.id))) for each in messages)
    with template.open("rb") as file:
        assert all(not each.string for each in read_po(file) if each.id)


def test_what_comes_back_unchanged_changes_nothing(tmp_path: Path) -> None:
    export(tmp_path)
    assert read_translations(tmp_path) == {"fr": {}, "en": {}}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["po", "mo"])
def test_a_sentence_of_the_hosts_stands_on_the_page(tmp_path: Path, language: str, kind: str) -> None:
    words = tmp_path / "words"
    words.mkdir()
    path = changed(words, "compose:draft_save", "Mettre de côté", language)
    if kind == "mo":
        inner = words / language / "LC_MESSAGES"
        inner.mkdir(parents=True)
        with path.open("rb") as source, (inner / "lre.mo").open("wb") as made:
            write_mo(made, read_po(source, locale=language))
        path.unlink()
    site = ThrowawaySite.open(tmp_path / "office", translations=words)
    with site.office:
        client = site.client()
        other = next(each for each in LANGUAGES if each != language)
        assert "Mettre de côté" in client.get(f"/lre/deposit?lang={language}").text
        assert "Mettre de côté" not in client.get(f"/lre/deposit?lang={other}").text


def test_the_hosts_own_words_come_before_a_file() -> None:
    file, own = {"fr": {":deposit": "du fichier", "home:look": "Voir"}}, {"fr": {":deposit": "du code"}}
    assert merged(file, own) == {"fr": {":deposit": "du code", "home:look": "Voir"}}
    assert checked_texts(merged(file, {"fr": {"deposit": "court"}})) == {
        "fr": {"": {"deposit": "court"}, "home": {"look": "Voir"}}
    }


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [
        ("compose:draft_changed", "Changé", "must hold"),
        ("compose:draft_changed", "Changé {quand}", "must hold"),
        ("compose:draft_changed", "Changé {when", "must hold"),
        ("compose:draft_save", "Garder {x}", "must hold"),
    ],
    ids=["place lost", "place renamed", "brace broken", "place added"],
)
def test_a_file_that_no_page_could_say_is_refused_at_the_start(
    tmp_path: Path, name: str, said: str, told: str
) -> None:
    path = changed(tmp_path, name, said)
    assert any(told in each for each in faults_of(path, "fr"))
    with pytest.raises(ConfigurationError, match="cannot be used"):
        read_translations(tmp_path)


def test_what_is_left_and_what_is_only_a_draft_is_told_and_not_used(tmp_path: Path) -> None:
    catalogue = catalogue_of("fr")
    for message in catalogue:
        if message.context == "compose:draft_save":
            message.string = ""
        if message.context == "compose:drafts":
            message.string = "Ébauches"
            message.flags.add("fuzzy")
    path = tmp_path / "fr.po"
    with path.open("wb") as file:
        write_po(file, catalogue)
    assert left_of(path, "fr") == ["compose:drafts", "compose:draft_save"]
    assert read_translations(tmp_path) == {"fr": {}}


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "fr.po").write_bytes(b"\x00\xff")
    with pytest.raises(ConfigurationError, match="is no file of translations"):
        read_translations(tmp_path)
    with pytest.raises(ConfigurationError):
        read_translations(tmp_path / "none")


def test_commands_export_and_check(tmp_path: Path) -> None:
    site = ThrowawaySite.open(tmp_path / "office")
    with site.office:
        run = site.app.test_cli_runner().invoke
        words = tmp_path / "words"
        assert run(args=["lre", "words", "export", str(words)]).exit_code == 0
        good = run(args=["lre", "words", "check", str(words / "fr.po")])
        assert (good.exit_code, "Every sentence" in good.output) == (0, True)
        changed(words, "compose:draft_changed", "Changé")
        bad = run(args=["lre", "words", "check", str(words / "fr.po")])
        assert bad.exit_code == 1
        assert "compose:draft_changed" in bad.output


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80).filter(str.strip))
def test_any_sentence_survives_the_round_trip(said: str) -> None:
    catalogue = catalogue_of("fr")
    [message] = [each for each in catalogue if each.context == "compose:draft_save"]
    message.string = said
    out = BytesIO()
    write_po(out, catalogue)
    out.seek(0)
    [again] = [each for each in read_po(out, locale="fr") if each.context == "compose:draft_save"]
    assert again.string == said
