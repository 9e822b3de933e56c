"""The mailbox of delivery reports over IMAP: read one by one, and put aside once they were taken."""

import imaplib
import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lre_kit.errors import MailUnavailableError
from lre_kit.settings import Settings

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Most messages read in one look; the next look goes on."""

SIZE_MAX_BYTES = 4 * 1024 * 1024
"""Larger messages are put aside unread: no report is that large."""

TIMEOUT_S = 30.0
"""Seconds to wait for each answer of the server."""


class Mailbox:
    """A folder on an IMAP server (RFC 9051)."""

    def __init__(self, settings: Settings) -> None:
        """Keep where and how to connect; nothing is opened yet."""
        self._settings = settings

    def fetch(self, take: Callable[[bytes], None]) -> int:
        """Give each message to `take` and move it to the folder of read ones; return how many.

        A message that `take` fails on stays where it is; whoever dies in between reads it again.

        Raises:
            MailUnavailableError: The server does not answer, or not as it should.
        """
        done = 0
        with self._opened() as box:
            for uid in self._uids(box):
                raw = self._message(box, uid)
                if raw is not None:
                    take(raw)
                self._put_aside(box, uid)
                done += 1
        return done

    @contextmanager
    def _opened(self) -> Iterator[imaplib.IMAP4]:
        settings = self._settings
        where = f"{settings.imap_host}:{settings.imap_port}"
        try:
            box = self._connect(settings.imap_host or "")
            try:
                password = settings.imap_password.get_secret_value() if settings.imap_password else ""
                box.login(settings.imap_user or "", password)
                self._check(box.select(_quoted(settings.imap_folder)), "open the folder of reports")
                box.create(_quoted(settings.imap_done_folder))
                yield box
            finally:
                _leave(box)
        except (imaplib.IMAP4.error, OSError) as error:
            # What the server says may quote the account's name or an address: it is not repeated.
            msg = f"The mailbox of delivery reports at {where} cannot be read ({type(error).__name__})."
            raise MailUnavailableError(msg, mend="Check LRE_IMAP_HOST, its account and folders.") from error

    def _connect(self, host: str) -> imaplib.IMAP4:
        settings = self._settings
        if settings.imap_security == "none":
            return imaplib.IMAP4(host, settings.imap_port, timeout=TIMEOUT_S)
        trust = ssl.create_default_context(cafile=settings.imap_ca_file)
        return imaplib.IMAP4_SSL(host, settings.imap_port, ssl_context=trust, timeout=TIMEOUT_S)

    def _uids(self, box: imaplib.IMAP4) -> list[str]:
        found = self._check(box.uid("SEARCH", "UNDELETED"), "list the reports")
        return [uid.decode() for uid in (found[0] or b"").split()][:AT_ONCE]

    def _message(self, box: imaplib.IMAP4, uid: str) -> bytes | None:
        sizes = self._check(box.uid("FETCH", uid, "(RFC822.SIZE)"), "read a report's size")
        told = b" ".join(each if isinstance(each, bytes) else each[0] for each in sizes if each)
        number = told.rpartition(b"RFC822.SIZE")[2].strip(b" )")
        if not number.isdigit() or int(number) > SIZE_MAX_BYTES:
            log.warning("a message in the mailbox of delivery reports is put aside unread: it is too large")
            return None
        parts = self._check(box.uid("FETCH", uid, "(BODY.PEEK[])"), "read a report")
        return next((bytes(each[1]) for each in parts if isinstance(each, tuple)), None)

    def _put_aside(self, box: imaplib.IMAP4, uid: str) -> None:
        done = _quoted(self._settings.imap_done_folder)
        self._check(box.uid("COPY", uid, done), "put a report aside")
        self._check(box.uid("STORE", uid, "+FLAGS.SILENT", r"(\Deleted)"), "put a report aside")
        box.expunge()

    @staticmethod
    def _check(answer: tuple[str, Any], what: str) -> list[Any]:
        status, data = answer
        if status != "OK":
            msg = f"cannot {what}"
            raise imaplib.IMAP4.error(msg)
        return list(data)


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _leave(box: imaplib.IMAP4) -> None:
    try:
        box.logout()
    except (imaplib.IMAP4.error, OSError):
        box.shutdown()
