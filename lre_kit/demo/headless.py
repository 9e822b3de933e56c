"""The headless run: three letters, three ends, every proof written and verified.

Everything is real but the person and the calendar: a fresh office, an SMTP conversation with a
catching server, the recipient's pages over HTTP, and a clock that is moved by sixteen days so
that one window closes.
"""

import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from lre_kit.clock import now
from lre_kit.errors import InputError
from lre_kit.faces import load_face
from lre_kit.letters.values import Letter, Upload
from lre_kit.office import PostOffice
from lre_kit.parties.values import Recipient, Sender
from lre_kit.proofs.keys.trust_folder import write_trust_folder
from lre_kit.proofs.report import Report
from lre_kit.proofs.verifying.verify import Anchors, verify_path
from lre_kit.sandbox.browser import Recipient as Browser
from lre_kit.settings import Settings
from lre_kit.setup import prepare
from lre_kit.testing.clock import MovedClock

SENDER = Sender(ref="demo", name="Hélène Faÿ", email="helene.fay@example.org")
PASSED = timedelta(days=16)
"""How far the clock is moved: beyond the window of fifteen days and the day of its notice."""

RECIPIENTS = (
    Recipient(name="Jean Dupont", email="jean.dupont@example.net"),
    Recipient(name="Ольга Иванова", email="olga@example.net"),
    Recipient(name="Société Brumes & Fils", email="contact@brumes.example.net"),
)
_LINK = re.compile(r"https?://\S+/r/\S+")
_CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the run made: each letter's folder and the reports on all its products."""

    letter: Letter
    folder: Path
    timeline: tuple[tuple[datetime, str], ...]
    reports: tuple[tuple[Path, Report], ...]


def run(pdf: bytes, name: str, *, out: Path, say: Callable[[str], None]) -> list[Outcome]:
    """Run the demonstration into the folder `out` and return what became of each letter.

    Args:
        pdf: The letter's one document.
        name: Its file name.
        out: Folder to make; refused when it holds something.
        say: Called with each line of the story.

    Raises:
        InputError: `out` is not empty.
        MissingExtraError: The web face is not installed.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        msg = f"{out} is not an empty folder."
        raise InputError(msg, mend="Give a fresh folder with --out.")
    # The story ends now: proofs that say they are from days to come would be of no use.
    clock = MovedClock(lambda: now() - PASSED)
    with ExitStack() as stack:
        mailbox = stack.enter_context(load_face("mailbox")())
        web_port = _free_port()
        settings = Settings(
            home=out / "office",
            base_url=f"http://127.0.0.1:{web_port}",
            smtp_host="127.0.0.1",
            smtp_port=mailbox.port,
            smtp_security="none",
            mail_from="notices@demo.example",
            provider_name="LRE Kit demo",
        )
        try:
            for line in prepare(settings, clock=clock):
                say(line)
        except BaseException:
            shutil.rmtree(out, ignore_errors=True)
            raise
        office = stack.enter_context(PostOffice.open(settings, clock=clock))
        stack.enter_context(_served(load_face("web")(office), web_port))
        letters = [_deposit(office, pdf, name, recipient) for recipient in RECIPIENTS]
        office.run_until_idle()
        say(f"Deposited {len(letters)} letters; notices left by SMTP on port {mailbox.port}.")
        _decide(mailbox.messages, RECIPIENTS[0], "accept")
        say(f"{letters[0].number}: the recipient followed the link, typed the code and accepted.")
        _decide(mailbox.messages, RECIPIENTS[1], "refuse")
        say(f"{letters[1].number}: refused.")
        office.run_until_idle()
        clock.advance(PASSED)
        office.run_until_idle()
        say(f"{letters[2].number}: the clock was moved by sixteen days; not claimed.")
        write_trust_folder(out / "trust", office.settings, office.keys, office.clock)
        return [_outcome(office, letter, out) for letter in letters]


def _deposit(office: PostOffice, pdf: bytes, name: str, recipient: Recipient) -> Letter:
    return office.desk.deposit(
        sender=SENDER,
        recipient=recipient,
        product="simple",
        subject="Résiliation de bail",
        documents=[Upload(name=name, stream=BytesIO(pdf))],
        language="fr",
    )


def _decide(messages: list[EmailMessage], who: Recipient, act: str) -> None:
    browser = Browser()
    browser.open(_last(messages, who, _LINK))
    browser.send("/r/code")
    browser.send("/r/identify", code=_last(messages, who, _CODE))
    browser.send(f"/r/{act}", **({"confirmation": "REFUSER"} if act == "refuse" else {}))


def _last(messages: list[EmailMessage], who: Recipient, pattern: re.Pattern[str]) -> str:
    for message in reversed(messages):
        if who.email in str(message["To"]):
            body = message.get_body(("plain",))
            found = pattern.search(body.get_content() if body else "")
            if found:
                return found.group().strip()
    msg = f"no message to {who.email} holds what is looked for"
    raise LookupError(msg)


def _outcome(office: PostOffice, letter: Letter, out: Path) -> Outcome:
    folder = office.issuer.export(letter.id, out / letter.number)
    anchors = Anchors.load(out / "trust")
    products = [
        folder / "bundle",
        *sorted(folder.glob("evidence/*")),
        *sorted(folder.glob("proofs/*.pdf")),
    ]
    return Outcome(
        letter=office.reading.by_id(letter.id),
        folder=folder,
        timeline=tuple((entry.at, entry.name.value) for entry in office.reading.timeline(letter.id)),
        reports=tuple((path, verify_path(path, anchors)) for path in products),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Say nothing: request lines hold locators."""


@contextmanager
def _served(app: Any, port: int) -> Iterator[None]:
    with make_server("127.0.0.1", port, app, server_class=_Server, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
