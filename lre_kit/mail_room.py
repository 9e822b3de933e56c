"""The mail room: reminders and pre-notices that leave, delivery reports that come back, senders told."""

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from lre_kit.carriers.mail import Courier
from lre_kit.carriers.mailbox import Mailbox
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.return_paths import ReturnPaths
from lre_kit.carriers.sender_mail import SenderMail
from lre_kit.clock import Clock
from lre_kit.errors import UnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.letters.bounces import Bounces
from lre_kit.letters.desk import Desk
from lre_kit.letters.notice_failure import ACTION as TELL_SENDER
from lre_kit.letters.notice_failure import TellingSender
from lre_kit.letters.pre_notices import ACTION as PRE_NOTIFY
from lre_kit.letters.pre_notices import PreNotifying
from lre_kit.letters.reading import Reading
from lre_kit.letters.reminders import ACTION as REMIND
from lre_kit.letters.reminders import Reminding
from lre_kit.news.desk import NewsDesk
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty, fulfil, plan
from lre_kit.store.database import Database, UnitOfWork

log = logging.getLogger(__name__)

FETCH = "fetch_reports"
"""Action of the duty that looks into the mailbox of delivery reports."""


class MailRoom:
    """What happens to mail besides the notice itself.

    Attributes:
        bounces: Takes delivery reports in.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        clock: Clock,
        courier: Courier,
        links: Links,
        paths: ReturnPaths,
        identity: MailIdentity,
        desk: Desk,
        reading: Reading,
        replies: Callable[[bytes], bool],
        news: NewsDesk,
    ) -> None:
        """Wire it.

        `replies` takes in what answers a request, and tells whether it did; `news` knows what senders chose.
        """
        self._replies = replies
        self._settings = settings
        self._database = database
        self._clock = clock
        self.bounces = Bounces(database, clock=clock, paths=paths, desk=desk, reading=reading)
        self._reminding, self._pre_notifying = (
            told(
                database,
                clock=clock,
                reading=reading,
                courier=courier,
                links=links,
                paths=paths,
                identity=identity,
            )
            for told in (Reminding, PreNotifying)
        )
        mail = SenderMail(courier, links=links, identity=identity)
        self._telling = TellingSender(database, reading=reading, mail=mail, news=news)

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {
            REMIND: self._reminding.run,
            PRE_NOTIFY: self._pre_notifying.run,
            TELL_SENDER: self._telling.run,
            FETCH: self._look,
        }

    def fetch(self) -> int:
        """Take in what lies in the mailbox of delivery reports; return how many messages.

        Raises:
            MailUnavailableError: The mailbox cannot be read.
        """
        return Mailbox(self._settings).fetch(self._take)

    def opened(self) -> None:
        """Put the first look into the mailbox on the agenda, if there is one; it is there once only."""
        if self._settings.imap_host is not None:
            with self._database.write() as uow:
                self._plan(uow, timedelta(0))
                uow.commit()

    def _take(self, raw: bytes) -> None:
        """Take one message in; one that nobody can read is put aside like the others, and stops none (F5).

        Raises:
            UnavailableError: The message is sound, but the office cannot take it in now: it stays.
        """
        try:
            if self._replies(raw):
                log.info("a reply to a request was taken in")
                return
            taken = self.bounces.take(raw)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever somebody sends, the next message is read
            # What the error says may quote the message: its class is enough.
            log.error("a message in the mailbox of reports is unreadable: %s", type(error).__name__)  # noqa: TRY400
            return
        log.info("a delivery report was taken in: %s, %s", taken.kind.value, taken.outcome.value)

    def _look(self, duty: Duty) -> None:
        if self._settings.imap_host is not None:
            self.fetch()
        with self._database.write() as uow:
            fulfil(uow, duty)
            if self._settings.imap_host is not None:
                self._plan(uow, timedelta(minutes=self._settings.imap_every_min))
            uow.commit()

    def _plan(self, uow: UnitOfWork, later: timedelta) -> None:
        plan(uow, key=FETCH, due_at=self._clock() + later, action=FETCH, subject="mail")
