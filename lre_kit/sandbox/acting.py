"""Scripted recipients: they follow the link of their notice and use the pages, as a person would.

Nothing is decided behind the office's doors: the automaton opens the page over HTTP, has a code sent, reads
it in the mail that was caught, and sends the forms. A page that offers it no form (the letter was decided,
the window is over, a stronger identification is asked) ends its part.
"""

import logging
import re
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.error import HTTPError

from sqlalchemy import select

from lre_kit.errors import UnavailableError
from lre_kit.letters.bounces import Bounces
from lre_kit.letters.rows import LetterRow
from lre_kit.sandbox.browser import Recipient
from lre_kit.sandbox.catching import NO_SUCH_MAILBOX, consent_link, letter_link, text_of
from lre_kit.sandbox.clock import SandboxClock
from lre_kit.sandbox.rows import SandboxMailRow
from lre_kit.sandbox.scripts import ScriptedOutcome, scripted
from lre_kit.store.agenda import Duty, fulfil
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

log = logging.getLogger(__name__)

REFUSED = "REFUSER"
"""What a recipient types to refuse."""

LOOKED_AT = 20
"""Newest messages to an address among which a code is looked for."""

_CODE = re.compile(r"^[0-9A-Z]{4}-[0-9A-Z]{4}\s*$|(?<![\w-])[0-9A-Z]{4}-[0-9A-Z]{4}(?![\w-])", re.MULTILINE)
_MAIL, _LETTER = table_of(SandboxMailRow), table_of(LetterRow)
_WHOLE = select(_MAIL, _LETTER.c.number).join_from(
    _MAIL, _LETTER, _LETTER.c.id == _MAIL.c.letter_id, isouter=True
)


class PagesUnreachableError(UnavailableError):
    """The pages of a sandbox do not answer its scripted recipients."""

    slug = "sandbox-pages-unreachable"


class ScriptedRecipients:
    """Carries the duties out in which scripted recipients act; they may run twice."""

    def __init__(self, database: Database, *, clock: SandboxClock, bounces: Bounces) -> None:
        """Read caught mail from `database`."""
        self._database = database
        self._clock = clock
        self._bounces = bounces

    def run(self, duty: Duty) -> None:
        """Do what the address of a message scripts.

        Raises:
            PagesUnreachableError: The office's own pages do not answer; it is tried again.
        """
        with self._database.read() as connection:
            mail = connection.execute(_WHOLE.where(_MAIL.c.id == duty.subject)).first()
        if mail is not None:
            self._act(mail)
        with self._database.write() as uow:
            fulfil(uow, duty)
            uow.commit()

    def _act(self, mail: Any) -> None:
        script, text = scripted(mail.recipient), _text(mail.raw)
        if script is None:
            return
        if script.outcome is ScriptedOutcome.BOUNCE:
            self._bounces.take(report_of(mail, self._clock()), to=mail.return_path)
            return
        letter, consent = letter_link(text), consent_link(text)
        accepts = script.outcome is ScriptedOutcome.ACCEPT
        try:
            if letter is not None:
                self._decide(mail, letter, accepts=accepts)
            elif consent is not None:
                self._answer(mail, consent, accepts=accepts)
        except (LookupError, HTTPError) as error:
            log.info("sandbox: the recipient of mail %s could do no more: %s", mail.id, type(error).__name__)
        except OSError as error:
            msg = "The pages of the sandbox do not answer its recipients."
            raise PagesUnreachableError(
                msg, mend="Serve the office, under the address in LRE_BASE_URL, where its jobs are done."
            ) from error

    def _decide(self, mail: Any, link: str, *, accepts: bool) -> None:
        browser = Recipient()
        browser.open(link)
        if browser.has("/r/choose"):
            browser.send("/r/choose", way="electronic")
        self._identify(browser, mail, "/r")
        if accepts:
            browser.send("/r/accept")
        else:
            browser.send("/r/refuse", confirmation=REFUSED)

    def _answer(self, mail: Any, link: str, *, accepts: bool) -> None:
        browser = Recipient()
        browser.open(link)
        self._identify(browser, mail, "/consent")
        browser.send("/consent/answer", answer="give" if accepts else "refuse")

    def _identify(self, browser: Recipient, mail: Any, pages: str) -> None:
        before = {row.id for row in self._newest(mail.recipient)}
        browser.send(f"{pages}/code")
        fresh = [_text(row.raw) for row in self._newest(mail.recipient) if row.id not in before]
        # One address may be that of several letters: a code names the letter it is for.
        about = [text for text in fresh if mail.number is None or mail.number in text]
        code = next((found for text in about if (found := _CODE.search(text))), None)
        if code is None:
            msg = "No code came for the sandbox's recipient."
            raise PagesUnreachableError(msg, mend="It is tried again: codes have a pace.")
        browser.send(f"{pages}/identify", code=code.group().strip())

    def _newest(self, address: str) -> list[Any]:
        mine = select(_MAIL).where(_MAIL.c.recipient == address)
        with self._database.read() as connection:
            return list(connection.execute(mine.order_by(_MAIL.c.id.desc()).limit(LOOKED_AT)))


def report_of(mail: Any, at: datetime) -> bytes:
    """Return the delivery report (RFC 3464) of a message whose mailbox does not exist."""
    report = EmailMessage()
    report["From"] = "Mail delivery <postmaster@lre.test>"
    report["To"] = mail.return_path
    report["Subject"] = "Undeliverable"
    report["Date"] = format_datetime(at)
    report["Auto-Submitted"] = "auto-replied"
    said = f"550 {NO_SUCH_MAILBOX.text}"
    text = f"Content-Type: text/plain\n\n{said}\n"
    status = (
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; lre.test\n\n"
        f"Final-Recipient: rfc822; {mail.recipient}\nAction: failed\nStatus: 5.1.1\n"
        f"Diagnostic-Code: smtp; {said}\n"
    )
    returned = f"Content-Type: text/rfc822-headers\n\nMessage-ID: {mail.message_id}\n"
    mark = f"={mail.id}"
    parts = "".join(f"--{mark}\n{part}\n" for part in (text, status, returned))
    kind = f'multipart/report; report-type=delivery-status; boundary="{mark}"'
    head = report.as_bytes().rstrip() + f"\nMIME-Version: 1.0\nContent-Type: {kind}\n\n".encode()
    return head + f"{parts}--{mark}--\n".encode()


def _text(raw: bytes) -> str:
    return text_of(message_from_bytes(raw, policy=policy.default))
