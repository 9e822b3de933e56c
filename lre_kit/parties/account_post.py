"""What accounts are told by mail, and by whom it is sent."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from lre_kit.errors import UnavailableError
from lre_kit.parties.account_values import Account, AccountMail, MailKind

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """Somebody without an account who gave an address."""

    email: str
    name: str
    language: str


class AccountPost:
    """Hands accounts' messages over."""

    def __init__(self, deliver: Callable[[AccountMail], None]) -> None:
        """Keep who sends; `deliver` may raise `MailUnavailableError`."""
        self._deliver = deliver

    def send(self, kind: MailKind, to: Account | Stranger, token: str | None = None) -> None:
        """Send a message that the act hangs on.

        Raises:
            MailUnavailableError: It could not be sent.
        """
        mail = AccountMail(kind=kind, email=to.email, name=to.name, language=to.language, token=token)
        self._deliver(mail)

    def inform(self, kind: MailKind, to: Account) -> None:
        """Tell of what is done already: a mail server that is away undoes nothing."""
        try:
            self.send(kind, to)
        except UnavailableError as error:
            log.warning("an account's owner could not be told: %s (%s)", kind.value, error.slug)
