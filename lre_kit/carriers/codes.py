"""Delivering one-time codes by e-mail."""

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity, code_message
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.links import Links
from lre_kit.letters.reading import Reading


class CodeMail:
    """Sends codes to the address of a letter's recipient, and to no other."""

    def __init__(
        self, courier: Courier, *, reading: Reading, links: Links, identity: MailIdentity, minutes: int
    ) -> None:
        """Wire the carrier; `minutes` is the life of a code as told to its reader."""
        self._courier = courier
        self._reading = reading
        self._links = links
        self._identity = identity
        self._minutes = minutes

    def deliver(self, letter_id: str, code: str, code_id: str) -> None:
        """Send a code.

        Raises:
            MailUnavailableError: It could not be handed over.
        """
        message = code_message(
            self._reading.before_acceptance(letter_id),
            identity=self._identity,
            code=code,
            minutes=self._minutes,
            message_id=self._links.message_id("code", code_id, 1),
        )
        if self._courier.send(message).outcome is not MailOutcome.ACCEPTED:
            msg = "The code could not be sent."
            raise MailUnavailableError(msg, mend="Ask for a new code in a few minutes.")
