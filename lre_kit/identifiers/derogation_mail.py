"""The notices of a derogation's end, by e-mail."""

from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

from lre_kit.carriers.mail import Courier, MailOutcome
from lre_kit.carriers.notices import MailIdentity
from lre_kit.carriers.plain_message import plain_message
from lre_kit.errors import MailUnavailableError
from lre_kit.identifiers.derogation_notices import EndNotice
from lre_kit.identifiers.links import Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a person is told things."""

    name: str
    email: str
    language: str


class EndNoticeMail:
    """Sends notices of a derogation's end; the same notice always has the same Message-ID."""

    def __init__(
        self,
        courier: Courier,
        *,
        links: Links,
        identity: MailIdentity,
        contact: Callable[[str], Contact | None],
    ) -> None:
        """Send with `courier`.

        Args:
            courier: Takes messages.
            links: Makes Message-IDs.
            identity: Who writes.
            contact: Finds a person's address, by the person's id.
        """
        self._courier = courier
        self._links = links
        self._identity = identity
        self._contact = contact

    def __call__(self, notice: EndNotice) -> None:
        """Send one notice.

        Raises:
            MailUnavailableError: It could not be handed over, or no address is known: it is tried again,
                and then waits for an operator. Nobody is passed over in silence.
        """
        contact = self._contact(notice.party_id)
        if contact is None:
            msg = "No e-mail address is known for this person."
            raise MailUnavailableError(msg, mend="Tell the person by other means, then end this duty.")
        if self._courier.send(self._message(notice, contact)).outcome is not MailOutcome.ACCEPTED:
            msg = "The notice could not be sent."
            raise MailUnavailableError(msg, mend="It is tried again; check the person's address.")

    def _message(self, notice: EndNotice, contact: Contact) -> EmailMessage:
        language = "fr" if contact.language == "fr" else "en"
        greeting = f"Bonjour {contact.name}," if language == "fr" else f"Hello {contact.name},"
        return plain_message(
            identity=self._identity,
            name=contact.name,
            email=contact.email,
            subject=notice.subject.in_language(language),
            paragraphs=[greeting, notice.body.in_language(language)],
            message_id=self._links.message_id("derogation", notice.message_key, 1),
            language=language,
        )
