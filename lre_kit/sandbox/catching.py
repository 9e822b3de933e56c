"""The courier of a sandbox: it keeps what it is handed, and sees what the address scripts."""

import re
from datetime import timedelta
from email.message import EmailMessage
from email.utils import localtime

from sqlalchemy import delete

from lre_kit.carriers.mail import MailAnswer, MailOutcome
from lre_kit.errors import NotFoundError
from lre_kit.identifiers.links import Links
from lre_kit.sandbox.clock import SandboxClock
from lre_kit.sandbox.rows import SandboxMailRow
from lre_kit.sandbox.scripts import ScriptedOutcome, scripted
from lre_kit.store.agenda import plan
from lre_kit.store.columns import new_id
from lre_kit.store.database import Database
from lre_kit.store.inserts import table_of

ACT = "sandbox_act"
"""Action of the duty in which a scripted recipient acts."""

KEPT = timedelta(days=30)
"""How long caught mail is kept, by the machine's clock."""

NO_SUCH_MAILBOX = MailAnswer(MailOutcome.REFUSED, code=550, text="5.1.1 no such mailbox (sandbox)")
"""What the mail server of a bouncing address answers."""

_LETTER_LINK = re.compile(r"https?://\S+/r/(?P<token>\S+)")
_CONSENT_LINK = re.compile(r"https?://\S+/c/\S+")
_MAIL = table_of(SandboxMailRow)


def letter_link(text: str) -> str | None:
    """Return the link to a letter in a message, if it has one."""
    found = _LETTER_LINK.search(text)
    return found.group() if found else None


def consent_link(text: str) -> str | None:
    """Return the link to a request for consent in a message, if it has one."""
    found = _CONSENT_LINK.search(text)
    return found.group() if found else None


def text_of(message: EmailMessage) -> str:
    """Return the plain text of a message."""
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


class CatchingCourier:
    """Keeps every message, and plans what its scripted recipient does."""

    def __init__(self, database: Database, *, clock: SandboxClock, links: Links) -> None:
        """Keep them in `database`."""
        self._database = database
        self._clock = clock
        self._links = links

    def send(self, message: EmailMessage, *, return_path: str | None = None) -> MailAnswer:
        """Keep a message; a bouncing address refuses it."""
        recipient = message["To"].addresses[0].addr_spec
        script, now, text = scripted(recipient), self._clock(), text_of(message)
        if script is not None and script.outcome is ScriptedOutcome.BOUNCE and not script.delay:
            return NO_SUCH_MAILBOX
        if "Date" not in message:
            message["Date"] = localtime(now)
        mail_id, letter_id = new_id(), self._letter_of(text)
        with self._database.write() as uow:
            old = _MAIL.c.caught_at < self._clock.machine() - KEPT
            uow.execute(delete(_MAIL).where(old))
            uow.add_missing(
                SandboxMailRow,
                id=mail_id,
                message_id=str(message["Message-ID"] or mail_id),
                letter_id=letter_id,
                recipient=recipient.lower(),
                return_path=return_path or "",
                subject=str(message["Subject"] or ""),
                raw=message.as_bytes(),
                sent_at=now,
                caught_at=self._clock.machine(),
            )
            is_asked = letter_id is not None or consent_link(text) is not None
            if script is not None and script.outcome is not ScriptedOutcome.IGNORE and is_asked:
                plan(uow, key=f"{ACT}:{mail_id}", due_at=now + script.delay, action=ACT, subject=mail_id)
            uow.commit()
        return MailAnswer(MailOutcome.ACCEPTED, code=250)

    def ping(self) -> str:
        """Say that nothing leaves."""
        return "sandbox: mail is caught, none leaves"

    def _letter_of(self, text: str) -> str | None:
        found = _LETTER_LINK.search(text)
        if found is None:
            return None
        try:
            return self._links.read(found["token"])
        except NotFoundError:
            return None
