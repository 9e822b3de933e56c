"""Holds, purges and answers to persons from the command line."""

import json
import stat
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from lre_kit.cli.main import cli
from lre_kit.errors import LreError
from lre_kit.letters.values import Letter
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, identify, throwaway_office


@pytest.fixture
def letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Letter:
    """A letter that was received four hundred days ago."""
    from lre_kit.clock import now

    monkeypatch.setenv("LRE_HOME", str(tmp_path / "office"))
    clock = MovedClock(lambda: now() - timedelta(days=400))
    with throwaway_office(tmp_path / "office", clock=clock) as office:
        made = deposit_sample(office)
        office.run_until_idle()
        office.desk.accept(made.id, identify(office, made))
        office.run_until_idle()
    return made


def run(*arguments: str) -> None:
    cli.main(args=list(arguments), prog_name="lre", standalone_mode=False)


def test_a_letter_is_held_released_and_purged(letter: Letter, capsys: pytest.CaptureFixture[str]) -> None:
    run("letters", "hold", letter.number, "--reason", "Lawsuit 24/0193", "--by", "claire")
    assert "is on hold." in capsys.readouterr().out
    run("letters", "purge", "--json")
    assert json.loads(capsys.readouterr().out) == {"letters": 0, "erased": True}
    run("letters", "release", letter.number, "--reason", "Judged", "--by", "anne")
    run("letters", "holds", letter.number, "--json")
    printed = capsys.readouterr().out
    (hold,) = json.loads(printed[printed.index("[") :])
    assert (hold["actor"], hold["reason"], hold["released_by"]) == ("claire", "Lawsuit 24/0193", "anne")
    run("letters", "purge", "--dry-run")
    assert "would be erased: 1." in capsys.readouterr().out
    run("letters", "purge")
    assert "was erased: 1." in capsys.readouterr().out
    run("show", letter.number, "--json")
    assert json.loads(capsys.readouterr().out)["timeline"][-1]["name"] == "ContentErasure"


def test_the_list_of_letters_is_what_it_was(letter: Letter, capsys: pytest.CaptureFixture[str]) -> None:
    run("letters", "--text", "dupont", "--json")
    (found,) = json.loads(capsys.readouterr().out)
    assert found["number"] == letter.number


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_person_gets_a_file_with_all_that_is_known(
    letter: Letter, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    place = tmp_path / "jean.zip"
    run("subject-access", letter.recipient.email.upper(), "--out", str(place), "--language", language)
    assert str(place) in capsys.readouterr().out
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    with zipfile.ZipFile(place) as archive:
        assert archive.namelist() == ["data.json", "read-me.txt"]
        data, text = json.loads(archive.read("data.json")), archive.read("read-me.txt").decode()
    (received,) = data["sections"]["letters_received"]
    assert received["number"] == letter.number
    assert received["sender_name"] == letter.sender.name, "it was received"
    assert data["sections"]["letters_sent"] == []
    head = {"fr": "Ce que l'office sait de", "en": "What the office knows of"}
    assert head[language] in text
    assert letter.number in text


def test_an_address_that_nobody_knows_is_said_and_no_file_is_written(letter: Letter, tmp_path: Path) -> None:
    place = tmp_path / "nobody.zip"
    with pytest.raises(LreError, match="Nothing is known"):
        run("subject-access", "nobody@example.net", "--out", str(place))
    assert not place.exists()
