"""The support of an office: opening hours, requests, answers to begin from; wired from the office's parts."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property

from lre_kit.carriers.mail import Courier
from lre_kit.carriers.notices import MailIdentity
from lre_kit.clock import Clock
from lre_kit.identifiers.links import Links
from lre_kit.identifiers.throttle import Throttle
from lre_kit.parties.account_guesses import network_of
from lre_kit.settings import Settings
from lre_kit.store.agenda import Duty
from lre_kit.store.database import Database
from lre_kit.store.vault import Vault
from lre_kit.support.answers import AnswerTemplates
from lre_kit.support.desk import SEND, TELL, UPKEEP, SupportDesk
from lre_kit.support.hours import Open, OpeningHours, read_hours
from lre_kit.support.keeping import Keeping
from lre_kit.support.mail import SupportMail
from lre_kit.support.values import Asking, RequestInfo


class Support:
    """What people may ask of the office, and when somebody is there.

    Attributes:
        desk: Requests.
        mail: Answers that leave, replies that come back.
        templates: Answers to begin from.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        database: Database,
        clock: Clock,
        vault: Vault,
        pepper: bytes,
        courier: Courier,
        links: Links,
        identity: MailIdentity,
        throttle: Callable[[], Throttle],
    ) -> None:
        """Wire it; `throttle` is asked when somebody asks."""
        self._settings = settings
        self._clock = clock
        self._throttle = throttle
        self.keeping = Keeping(database, vault, pepper=pepper)
        self.desk = SupportDesk(
            database,
            clock=clock,
            keeping=self.keeping,
            links=links,
            keep=timedelta(days=settings.support_keep_days),
            tells=settings.support_notify is not None,
        )
        self.mail = SupportMail(
            database,
            clock=clock,
            desk=self.desk,
            keeping=self.keeping,
            courier=courier,
            links=links,
            identity=identity,
            reply_to=settings.support_email,
            notify=settings.support_notify,
        )
        self.templates = AnswerTemplates(settings.support_answers)

    @cached_property
    def hours(self) -> OpeningHours:
        """The opening hours.

        Raises:
            ConfigurationError: Their file cannot be used.
        """
        return read_hours(self._settings.support_hours)

    def now(self) -> Open:
        """Return whether somebody is there now, and when that changes."""
        return self.hours.at(self._clock())

    def receive(self, asking: Asking, *, remote: str) -> RequestInfo:
        """Take a request in from a page: what comes too often from one network or address has to wait.

        Args:
            asking: What is asked.
            remote: Network address of who asks.

        Raises:
            ThrottledError: Too many from there.
            InputError: Something in it cannot be used; nothing is kept.
        """
        told = asking.checked()
        network = network_of(remote)
        keys = [f"ask:mail:{self.keeping.digest_of(told.email)}", f"ask:net:{network}" if network else ""]
        self._throttle().check(*keys)
        return self.desk.receive(told)

    @property
    def actions(self) -> Mapping[str, Callable[[Duty], None]]:
        """The duties by action, for the office's runner."""
        return {SEND: self.mail.run, TELL: self.mail.tell_operators, UPKEEP: self.desk.upkeep}
