"""The room of news, wired: what senders chose, and the messages."""

from collections.abc import Callable, Mapping

from lre_kit.carriers.mail import Courier
from lre_kit.carriers.notices import MailIdentity
from lre_kit.clock import Clock
from lre_kit.identifiers.links import Links
from lre_kit.news.desk import TELL, TELL_DAY, NewsDesk
from lre_kit.news.mail import NewsMail
from lre_kit.store.agenda import Duty
from lre_kit.store.database import Database


class NewsRoom:
    """News of their letters, for senders.

    Attributes:
        desk: Keeps what they chose.
    """

    def __init__(
        self, database: Database, *, clock: Clock, courier: Courier, links: Links, identity: MailIdentity
    ) -> None:
        """Wire it to the office's parts."""
        self.desk = NewsDesk(database, clock=clock)
        self._mail = NewsMail(database, desk=self.desk, courier=courier, links=links, identity=identity)

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {TELL: self._mail.tell, TELL_DAY: self._mail.tell_day}
