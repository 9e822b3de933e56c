"""`lre console` in a real terminal (tmux): both sizes, both languages, resized, hung up, hostile names."""

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from lre_kit.clock import now
from lre_kit.errors import UnlawfulActError
from lre_kit.letters.phases import Phase
from lre_kit.letters.values import Letter
from lre_kit.office import PostOffice
from lre_kit.operators.rules import Act
from lre_kit.operators.values import Outcome
from lre_kit.parties.values import Recipient
from lre_kit.proofs.auditing.audit import audit_office
from lre_kit.testing.clock import MovedClock
from lre_kit.testing.office import deposit_sample, throwaway_office
from lre_kit.testing.operators import PASSWORD, add_operator, code_of
from lre_tui.app import plain

pytestmark = [
    pytest.mark.skipif(
        shutil.which("tmux") is None and os.environ.get("LRE_REQUIRE_SERVICES") != "1",
        reason="tmux is not installed",
    ),
    pytest.mark.timeout(120),
]

WAIT_MAX_S = 40.0


class Terminal:
    """A tmux server of our own with one window."""

    def __init__(self) -> None:
        self._socket = f"lre-test-{secrets.token_hex(4)}"

    def run(self, *arguments: str) -> str:
        command = ["tmux", "-L", self._socket, "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout

    def open(
        self, office: PostOffice, *, columns: int, rows: int, language: str | None, lang: str, **more: str
    ) -> None:
        command = [
            sys.executable,
            "-P",
            "-c",
            "from lre_kit.cli.main import main; main()",
            "console",
            "--screen",
            "letters",
        ]
        if language:
            command += ["--lang", language]
        told = {
            "LRE_HOME": str(office.settings.home),
            "LRE_PROVIDER_NAME": office.settings.provider_name,
            "LANG": lang,
            "LC_ALL": "",
            **more,
        }
        environment = [part for name, value in told.items() for part in ("-e", f"{name}={value}")]
        python_path = os.environ.get("PYTHONPATH", "")
        self.run(
            "-u", "new-session", "-d", "-x", str(columns), "-y", str(rows),
            *environment, "-e", f"PYTHONPATH={python_path}", "--", *command,
        )  # fmt: skip
        self.run("set-option", "-g", "remain-on-exit", "on")

    def screen(self) -> str:
        return self.run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def is_over(self) -> bool:
        return self.run("display-message", "-p", "#{pane_dead}").strip() == "1"

    def until(self, condition: Callable[[], bool]) -> None:
        ends_s = time.monotonic() + WAIT_MAX_S
        while not condition():
            assert time.monotonic() < ends_s, self.screen()
            time.sleep(0.1)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    yield made
    made.run("kill-server")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    with throwaway_office(tmp_path / "office") as opened:
        yield opened


def letters_for(office: PostOffice, *names: str) -> list[Letter]:
    made = [
        deposit_sample(office, recipient=Recipient(name=name, email="someone@example.net")) for name in names
    ]
    office.run_until_idle()
    return made


@pytest.mark.parametrize(
    ("columns", "rows", "language", "lang", "words"),
    [
        (
            80,
            24,
            None,
            "fr_FR.UTF-8",
            ("Lettres", "Destinataire informé", "Ligne 1 sur 2", "Quitter"),
        ),
        (160, 48, "en", "fr_FR.UTF-8", ("Letters", "Recipient notified", "Line 1 of 2", "Quit")),
    ],
)
def test_the_console_opens_shows_and_leaves(
    office: PostOffice,
    terminal: Terminal,
    *,
    columns: int,
    rows: int,
    language: str | None,
    lang: str,
    words: tuple[str, ...],
) -> None:
    letters = letters_for(office, "Zoë Müller", "王小明")
    terminal.open(office, columns=columns, rows=rows, language=language, lang=lang)
    terminal.until(lambda: all(word in terminal.screen() for word in words))
    shown = terminal.screen()
    assert all(letter.number in shown for letter in letters)
    assert "王小明" in shown
    assert max(len(line) for line in shown.splitlines()) <= columns
    terminal.press("Down")
    terminal.until(lambda: terminal.screen().count(letters[0].number) == 2)
    terminal.press("q")
    terminal.until(terminal.is_over)
    assert "Traceback" not in terminal.screen()


def test_an_operator_signs_in_with_a_code_holds_a_letter_and_leaves(
    tmp_path: Path, terminal: Terminal
) -> None:
    past = MovedClock(lambda: now() - timedelta(minutes=10))
    with throwaway_office(tmp_path / "office", clock=past, operator_entrance="accounts") as office:
        made = add_operator(office, past, "anne", "clerk")
        (letter,) = letters_for(office, "Zoë Müller")
        terminal.open(
            office, columns=80, rows=24, language="en", lang="C.UTF-8", LRE_OPERATOR_ENTRANCE="accounts"
        )
        terminal.until(lambda: "Password" in terminal.screen())
        assert letter.number not in terminal.screen()
        # One field after the other: a slow machine moves the cursor some time after the key.
        terminal.press("anne")
        terminal.until(lambda: "anne" in terminal.screen())
        terminal.press("Enter")
        time.sleep(1)
        terminal.press("-l", PASSWORD)
        terminal.until(lambda: "•" * len(PASSWORD) in terminal.screen())
        terminal.press("Enter")
        time.sleep(1)
        code = code_of(made, now)
        terminal.press(code)
        terminal.until(lambda: code in terminal.screen())
        terminal.press("Enter")
        terminal.until(lambda: letter.number in terminal.screen())
        assert PASSWORD not in terminal.run("capture-pane", "-p", "-S", "-")
        terminal.press("h")
        terminal.until(lambda: "Reason (no personal data)" in terminal.screen())
        terminal.press("Lawsuit 24", "Enter")
        terminal.until(lambda: "Done: put on legal hold" in terminal.screen())
        terminal.press("C-l")
        terminal.until(lambda: "Console locked" in terminal.screen())
        assert letter.number not in terminal.screen()
        terminal.press("C-q")
        terminal.until(terminal.is_over)
        assert "Traceback" not in terminal.screen()
        [entry] = office.operators.journal.of(f"letter:{letter.id}")
        assert (entry.act, entry.operator, entry.reason) == ("letter.hold", "anne", "Lawsuit 24")


def test_resized_to_almost_nothing_and_back_it_goes_on(office: PostOffice, terminal: Terminal) -> None:
    """F14.04: twenty by five, one by one, and back."""
    (letter,) = letters_for(office, "Jean")
    terminal.open(office, columns=80, rows=24, language="en", lang="C.UTF-8")
    terminal.until(lambda: letter.number in terminal.screen())
    for columns, rows in ((20, 5), (1, 1), (200, 60), (80, 24)):
        terminal.run("resize-window", "-x", str(columns), "-y", str(rows))
        time.sleep(0.3)
    terminal.until(lambda: "Line 1 of 1" in terminal.screen())
    assert not terminal.is_over()


def test_a_hostile_name_that_got_into_the_database_reaches_no_terminal_as_a_command(
    office: PostOffice, terminal: Terminal
) -> None:
    """F14.05: titles, colours, the clipboard, and writing from the right stay words."""
    from sqlalchemy import text

    letters_for(office, "Jean")
    hostile = "\x1b]0;owned\x07\x1b[31mred\x1b]52;c;b3duZWQ=\x07\u202egnp"
    with office.database.write() as uow:
        uow.execute(text("UPDATE letter SET recipient_name = :name"), {"name": hostile})
        uow.commit()
    terminal.open(office, columns=160, rows=48, language="en", lang="C.UTF-8")
    terminal.until(lambda: "]0;owned" in terminal.screen())
    assert terminal.run("display-message", "-p", "#{pane_title}").strip() != "owned"
    assert "owned" not in terminal.run("show-buffer")
    assert "\u202e" not in terminal.screen()


def test_a_terminal_that_hangs_up_leaves_no_process(office: PostOffice, terminal: Terminal) -> None:
    """F14.04: hung up, it ends."""
    (letter,) = letters_for(office, "Jean")
    terminal.open(office, columns=80, rows=24, language="en", lang="C.UTF-8")
    terminal.until(lambda: letter.number in terminal.screen())
    process = int(terminal.run("display-message", "-p", "#{pane_pid}"))
    terminal.run("kill-session")
    ends_s = time.monotonic() + 15
    while is_alive(process):
        assert time.monotonic() < ends_s, "it went on without a terminal"
        time.sleep(0.1)


def lawsuit(terminal: Terminal, letter: Letter) -> None:
    """Withdraw a letter, with its reason, from the list of letters."""
    terminal.until(lambda: letter.number in terminal.screen())
    terminal.press("x")
    terminal.until(lambda: "Reason (no personal data)" in terminal.screen())
    terminal.press("Asked by its sender")
    terminal.until(lambda: "Asked by its sender" in terminal.screen())
    terminal.press("Enter")


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("place", "is_done"),
    [
        ("operators.begun", False),
        ("act.locked", False),
        ("act.decided", False),
        ("act.before_commit", False),
        ("act.after_commit", True),
        ("operators.carried_out", True),
    ],
)
def test_a_console_killed_in_the_middle_of_an_act_has_done_it_or_not_and_the_next_one_tells(
    office: PostOffice, terminal: Terminal, place: str, *, is_done: bool
) -> None:
    """F14.04: killed at each line of an act, the act is whole or not there, and its outcome stands open."""
    letter = deposit_sample(office)
    terminal.open(office, columns=80, rows=24, language="en", lang="C.UTF-8", LRE_FAILPOINTS=f"{place}=kill")
    lawsuit(terminal, letter)
    terminal.until(terminal.is_over)
    expect_whole(office, letter, is_done=is_done)
    [entry] = office.operators.journal.of(f"letter:{letter.id}")
    assert (entry.act, entry.outcome) == ("letter.withdraw", Outcome.BEGUN)
    session = office.operators.entrance.local("paul")
    told = plain(office, "letters", session, language="en", line_id=letter.id)
    assert "withdraw the letter \u2013 unknown" in told
    assert told.splitlines()[0].endswith("Withdrawn") is is_done
    # What was not done can be done now; what was done is not done twice.
    if is_done:
        with pytest.raises(UnlawfulActError):
            office.operators.desk.act(session, Act.WITHDRAW, letter.id, reason="Asked again")
    else:
        office.operators.desk.act(session, Act.WITHDRAW, letter.id, reason="Asked again")
    expect_whole(office, letter, is_done=True)
    office.run_until_idle()
    assert audit_office(office).exit_code == 0


@pytest.mark.timeout(240)
@pytest.mark.parametrize("place", ["act.locked", "act.after_commit"])
def test_a_line_that_drops_in_the_middle_of_an_act_leaves_no_half_of_it(
    office: PostOffice, terminal: Terminal, place: str
) -> None:
    """F14.04: the line of SSH drops (SIGHUP) while the act is under way."""
    letter = deposit_sample(office)
    terminal.open(
        office, columns=80, rows=24, language="en", lang="C.UTF-8", LRE_FAILPOINTS=f"{place}=sleep:3"
    )
    lawsuit(terminal, letter)
    time.sleep(1)
    process = int(terminal.run("display-message", "-p", "#{pane_pid}"))
    terminal.run("kill-session")
    ends_s = time.monotonic() + 30
    while is_alive(process):
        assert time.monotonic() < ends_s, "it went on without a terminal"
        time.sleep(0.1)
    is_done = office.reading.by_id(letter.id).phase is Phase.WITHDRAWN
    expect_whole(office, letter, is_done=is_done)
    assert is_done or place == "act.locked"
    office.run_until_idle()
    assert audit_office(office).exit_code == 0


def expect_whole(office: PostOffice, letter: Letter, *, is_done: bool) -> None:
    """Expect that a letter is withdrawn with all that belongs to it, or not at all."""
    names = [entry.name.value for entry in office.reading.timeline(letter.id)]
    is_withdrawn = office.reading.by_id(letter.id).phase is Phase.WITHDRAWN
    assert (is_withdrawn, len(names)) == (is_done, 2 if is_done else 1), names


def is_alive(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return False
