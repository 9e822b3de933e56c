"""Where operators sign in, no command is a way round their desk (F14.03)."""

import base64
import re
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from lre_kit.cli.main import cli
from lre_kit.clock import now
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.operators.errors import NotAllowedError, SignInError
from lre_kit.operators.values import Enrolment
from lre_kit.settings import Settings
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.operators import PASSWORD, add_operator, code_of


class Gates:
    """An office where operators sign in, and its commands."""

    def __init__(self, home: Path) -> None:
        self.home = home
        past = MovedClock(lambda: now() - timedelta(minutes=10))
        with throwaway_office(home, clock=past, operator_entrance="accounts") as office:
            self.operators = {
                name: add_operator(office, past, name, role)
                for name, role in (("anne", "clerk"), ("boris", "clerk"), ("paul", "post-room"))
            }

    def office(self) -> PostOffice:
        return PostOffice.open(Settings(home=self.home, operator_entrance="accounts"))

    def deposit(self) -> Letter:
        with self.office() as office:
            return deposit_sample(office)

    def letter(self, letter_id: str) -> Letter:
        with self.office() as office:
            return office.reading.by_id(letter_id)

    def run(self, *arguments: str, name: str = "", password: str = PASSWORD) -> Any:
        made: Enrolment = self.operators[name or "anne"]
        typed = f"{password}\n{code_of(made, now)}\n"
        return CliRunner().invoke(cli, list(arguments), input=typed)


@pytest.fixture
def gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gates:
    made = Gates(tmp_path / "office")
    monkeypatch.setenv("LRE_HOME", str(made.home))
    monkeypatch.setenv("LRE_OPERATOR_ENTRANCE", "accounts")
    return made


def test_what_takes_two_waits_for_the_second(gates: Gates) -> None:
    letter = gates.deposit()
    told = gates.run("withdraw", letter.number, "--by", "anne", "--reason", "Sender called")
    assert told.exit_code == 0, told.output
    assert "waits for a second operator" in told.output
    assert gates.letter(letter.id).phase is Phase.DEPOSITED
    with gates.office() as office:
        [waiting] = office.operators.two_people.waiting()
    assert (waiting.proposed_by, waiting.reason) == ("anne", "Sender called")


def test_what_one_may_do_is_done_and_written_down(gates: Gates) -> None:
    letter = gates.deposit()
    told = gates.run("letters", "hold", letter.number, "--by", "anne", "--reason", "Lawsuit")
    assert (told.exit_code, "is on hold." in told.output) == (0, True), told.output
    with gates.office() as office:
        [entry] = office.operators.journal.of(f"letter:{letter.id}")
    assert (entry.operator, entry.reason) == ("anne", "Lawsuit")


@pytest.mark.parametrize(
    "command",
    ["withdraw {} --by paul --reason x", "correct-address {} new@example.net --by paul --reason x",
     "letters hold {} --by paul --reason x"],
)  # fmt: skip
def test_who_has_not_the_role_changes_nothing(gates: Gates, command: str) -> None:
    letter = gates.deposit()
    told = gates.run(*command.format(letter.number).split(), name="paul")
    assert isinstance(told.exception, NotAllowedError), told.output
    assert gates.letter(letter.id) == letter


def test_who_does_not_sign_in_changes_nothing(gates: Gates) -> None:
    letter = gates.deposit()
    wrong = gates.run("withdraw", letter.number, "--by", "anne", "--reason", "x", password="not the password")
    assert isinstance(wrong.exception, SignInError), wrong.output
    assert "not the password" not in wrong.output
    assert gates.letter(letter.id) == letter


def test_every_command_that_changes_a_letter_asks_who(gates: Gates) -> None:
    letter = gates.deposit()
    for command in (
        f"withdraw {letter.number} --by anne",
        f"correct-address {letter.number} new@example.net --by anne",
        f"letters hold {letter.number} --reason x",
        f"letters release {letter.number} --reason x",
        "consents withdraw 019a --reason x",
    ):
        told = CliRunner().invoke(cli, command.split(), input="")
        assert re.search(r"Operator|Password", told.output), command
        assert told.exit_code != 0
    assert gates.letter(letter.id) == letter


def test_no_command_shows_an_operator_what_a_letter_says(gates: Gates, tmp_path: Path) -> None:
    """F13.06: nothing that is printed or written holds the content, and evidence goes on to verify."""
    planted, name = b"PLANTED-c0ntent-91", "letter.txt"
    with gates.office() as office:
        letter = deposit_sample(office, documents=[Upload(name=name, stream=[planted])])
        office.run_until_idle()
    out = tmp_path / "out"
    for command in (
        ("show", letter.number), ("show", letter.number, "--json"), ("letters", "--json"),
        ("export", letter.number, "--out", str(out), "--container"),
        ("log", "audit", "--json"), ("doctor",), ("operator", "journal"),
    ):  # fmt: skip
        told = gates.run(*command)
        assert planted.decode() not in told.output, command
        assert base64.b64encode(planted).decode() not in told.output, command
    files = [path for path in out.rglob("*") if path.is_file()]
    assert any(path.suffix == ".asice" for path in files)
    for path in files:
        raw = path.read_bytes()
        held = [raw]
        if zipfile.is_zipfile(path):
            archive = zipfile.ZipFile(path)
            held += [archive.read(each) for each in archive.namelist()]
        assert not any(planted in each for each in held), path
    verified = gates.run("verify", str(out / letter.number / "bundle"), "--trust", str(out / "trust"))
    assert verified.exit_code == 0, verified.output
